"""Tables as people take them away: no program finds a formula in them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.csv_export import csv_text


def written(header, rows):
    text = "".join(csv_text(header, rows))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_table_is_written_for_spreadsheet_programs():
    text = "".join(csv_text(["username", "text"], [["anna", 'Say "hi",\nAnna'], ["bob", None], ["carl", 5]]))
    assert text == '\ufeffusername,text\r\nanna,"Say ""hi"",\nAnna"\r\nbob,\r\ncarl,5\r\n'


@pytest.mark.parametrize("before", ["", "  ", "\u00a0", "\u200b", "\x01", "\ufeff "])
@pytest.mark.parametrize("cell", ["=1+1", "+49", "-x", "@SUM(A1)", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_is_a_formula(before, cell):
    text = before + cell
    assert written([text], [[text]]) == [[f"'{text}"], [f"'{text}"]]


@pytest.mark.parametrize("cell", ["\tx", "\rx", "\nx"])
def test_a_cell_that_begins_with_a_break_is_none_either(cell):
    assert written(["a"], [[cell]])[1] == [f"'{cell}"]


@pytest.mark.parametrize("cell", ["anna", "a=b", "", "5", "'x", " x", "😀 - yes"])
def test_other_cells_stay_as_they_are(cell):
    assert written(["a"], [[cell, cell]])[1] == [cell, cell]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
@pytest.mark.parametrize("between", [";", "\t", "\n", "\r\n", "; ", ";\u200b", ';"', "\n\n", ";;"])
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_no_cell_is_a_formula_for_a_program_that_parts_cells_by_another_sign(delimiter, between, sign):
    text = "".join(csv_text(["a", "b"], [["ann", f"Hello Foo{between}{sign}cmd|'/C calc'!A0"]]))
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)
    for cell in (cell for row in rows for cell in row):
        # Characters that a program drops in front of a formula.
        assert not cell.lstrip(' "\u200b\r\n').startswith(sign), cell


def test_signs_inside_a_text_stay_as_they_are():
    assert "".join(csv_text(["a"], [["1 - 2 = -1; x@y.z, -5"]])).endswith('"1 - 2 = -1; x@y.z, -5"\r\n')


def test_a_number_below_zero_is_no_formula():
    assert written(["a"], [[-5, -0.5]])[1] == ["-5", "-0.5"]


def test_a_table_is_written_while_its_rows_come():
    parts = csv_text(["a"], ([number] for number in iter(int, 1)))
    first, second = next(parts), next(parts)
    assert first.startswith("\ufeffa\r\n0\r\n")
    assert {*second.split("\r\n")} == {"0", ""}


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_what_is_written_can_be_read_back(rows):
    back = written(["a", "b"], rows)[1:]
    assert [without_guards(row) for row in back] == [without_guards(row) for row in rows]


def without_guards(row):
    return [cell.replace("'", "") for cell in row]
