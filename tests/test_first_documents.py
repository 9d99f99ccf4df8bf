"""Every row that the first documents ask for has tests that show it, as first_documents.toml says."""

import re
import tomllib

import pytest

from tests.structure.source import ROOT, functions

ROWS = tomllib.loads((ROOT / "tests" / "first_documents.toml").read_text())
PAGE = (ROOT / "docs" / "first-version.md").read_text()
LINE = re.compile(r"^\| ((?:S1|S2|CARD|DEP)-[\w-]+) \|", re.MULTILINE)
# Of the two descriptions, the stack and the deployment; a row that is lost is missed here.
HOW_MANY = {"S1": 49, "S2": 96, "CARD": 21, "DEP": 7}


@pytest.mark.parametrize("document", HOW_MANY)
def test_every_row_of_a_document_is_here(document):
    assert len([row for row in ROWS if row.startswith(f"{document}-")]) == HOW_MANY[document]


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_shown_by_tests_that_there_are(row):
    assert ROWS[row]["asked"]
    assert ROWS[row]["tests"]
    for test in ROWS[row]["tests"]:
        file, name = test.split("::")
        assert (ROOT / file).is_file(), file
        assert name in {function.name for function in functions(ROOT / file)}, test


def test_what_is_otherwise_has_its_line_in_the_page_and_nothing_else_has():
    lines = LINE.findall(PAGE.partition("\n## Intended differences\n")[2])
    assert len(lines) == len(set(lines))
    assert set(lines) == {name for name, row in ROWS.items() if row.get("otherwise")}
