"""The documents name what there is: tests, files, headings, targets, codes, decisions."""

import ast
import re
from functools import cache

import pytest

from bot.core.errors import find_code, registry
from tests.structure.source import ROOT, tree
from tests.support import instagram_page

PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "sandbox" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)")
TARGET = re.compile(r"`(?:[A-Z_]+=\S+ )*make ([a-z]+)`")
CODE = re.compile(r"\bE-[A-Z]{2,4}-[IWEC]-\d{4}\b")
FILE = re.compile(r"`((?:api|bot|e2e|jobs|local|middleware|migrations|sandbox|tests|web)/[\w/.-]+\.\w+)`")
# The glossary names old words, too; a revision to come has no name yet.
NO_FILES = {ROOT / "docs" / "glossary.md": "api/once.py", ROOT / "docs" / "adding-a-revision.md": "NNNN"}
DECISION = re.compile(r"(\d{4})-[\w-]+\.md")


def name_of(page):
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@cache
def names_in(path):
    return {node.name for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)}


@cache
def headings_of(page):
    """The anchors that a reader of Markdown makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_every_test_that_is_named_exists(page):
    for file, name in TEST.findall(page.read_text()):
        path = ROOT / file if file.startswith(("tests/", "e2e/")) else ROOT / "tests" / file
        assert path.is_file(), file
        assert name in names_in(path), f"{file}::{name}"


@each_page
def test_every_link_leads_somewhere(page):
    for target, heading in LINK.findall(page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert not heading or heading in headings_of(path), f"{target}#{heading}"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name_of)
def test_every_file_that_is_named_exists(page):
    """The changelog names files as they were."""
    missing = [name for name in FILE.findall(page.read_text()) if not (ROOT / name).is_file()]
    assert [name for name in missing if NO_FILES.get(page, name + "?") not in name] == []


@each_page
def test_every_target_of_make_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(page.read_text())) <= targets


@each_page
def test_every_code_that_is_named_is_registered(page):
    assert {code for code in CODE.findall(page.read_text()) if find_code(code) is None} == set()


def test_the_page_of_what_instagram_answers_is_made_of_the_recorded_replies():
    assert instagram_page.PAGE.read_text() == instagram_page.page()


def test_the_runbook_has_every_answer_of_instagram_and_every_fault_of_ours():
    page = (ROOT / "docs" / "runbook.md").read_text()
    wanted = [one for one in registry().values() if one.name.startswith("INSTAGRAM_") or one.severity == "critical"]
    assert len(wanted) > 20
    assert [one.name for one in wanted if f"{one.code} `{one.name}`" not in page] == []


def test_every_decision_has_a_number_of_its_own_and_a_line_in_the_index():
    folder = ROOT / "docs" / "adr"
    files = sorted(path.name for path in folder.glob("0*.md"))
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    index = (folder / "README.md").read_text()
    for name in files:
        title = (folder / name).read_text().splitlines()[0].removeprefix(f"# {name[:4]} ")
        assert f"| [{name[:4]}]({name}) | {title} |" in index


SYMBOL_IN_FILE = re.compile(r"((?:`\w+`(?:, | and )?)+) (?:in|of) \[[^\]]+\]\(([^)#]+\.py)\)")


@each_page
def test_every_name_that_is_said_to_be_in_a_file_is_a_word_of_it(page):
    for names, target in SYMBOL_IN_FILE.findall(page.read_text()):
        words = set(re.findall(r"\w+", (page.parent / target).read_text()))
        assert set(re.findall(r"`(\w+)`", names)) - words == set(), target
