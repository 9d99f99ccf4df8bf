"""The page of the whole way by hand, typed into a shell line by line."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from e2e.installation import SQLITE, Installation, Installations

PAGE = Path(__file__).resolve().parent.parent / "docs" / "by-hand.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
END = "--the end of a command--"

pytestmark = [
    pytest.mark.xdist_group("e2e-by-hand"),
    pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed"),
]


def commands() -> list[tuple[str, str]]:
    """Each command of the page with the answer that the page expects, which may be none."""
    lines = [line for block in BLOCK.findall(PAGE.read_text()) for line in block.splitlines()]
    found: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line.removeprefix("$ "), ""))
        else:
            command, answer = found[-1]
            found[-1] = (command, f"{answer}\n{line}".strip())
    return found


@pytest.fixture
def installation(installations: Installations) -> Installation:
    """A new one: the page begins with the first password of its administrator."""
    return installations.new(SQLITE)


def test_every_answer_is_as_the_page_says(installation: Installation) -> None:
    typed = commands()
    assert len(typed) > 30
    assert installation.stack.admin
    script = "".join(f"{command}\necho\necho '{END}'\n" for command, _ in typed)
    settings = {
        "BASE": installation.address,
        "SANDBOX": installation.stack.sandbox_address,
        "FIRST": installation.stack.admin[1],
    }
    ran = subprocess.run(
        ["bash"], input=script, env={"PATH": "/usr/bin:/bin", **settings}, text=True, capture_output=True, timeout=240
    )
    answers = [answer.strip() for answer in ran.stdout.split(END)]
    for (command, expected), answer in zip(typed, answers, strict=False):
        pattern = ".*".join(map(re.escape, expected.split("…")))
        assert re.fullmatch(pattern, answer, re.DOTALL), f"$ {command}\n{answer}\n{ran.stderr[-2000:]}"
    assert len(answers) == len(typed) + 1
