import re

from bot.config.environment import Config
from tests.structure.source import ROOT, product_files

# What the system or a library gives, and no setting of ours.
FOREIGN = {"HOME", "PATH", "DEBIAN_FRONTEND"}
READ = re.compile(r"""environ(?:\.get\(|\[)\s*["']([A-Z][A-Z0-9_]+)["']""")


def documented():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)(?:=[^`]*)?`", "".join(page.read_text() for page in pages)))


def test_every_setting_is_documented():
    assert {name.upper() for name in Config.model_fields} - documented() == set()


def test_nothing_reads_the_environment_past_the_documented_settings():
    read = {name for path in product_files() for name in READ.findall(path.read_text())}
    assert read - FOREIGN - documented() == set()
