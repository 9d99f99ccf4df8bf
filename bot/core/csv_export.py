"""Tables that people take away as CSV, in which no spreadsheet program finds a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

# What a spreadsheet program takes for a formula, and the signs that it does so behind.
_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x20\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
# The same in the middle of a text, where a program that parts cells by other signs than commas begins a new one.
_HIDDEN_FORMULA = re.compile(
    r"(?<=[;\t\r\n])(?=(?:[^\S\t\r\n]|[\x00-\x08\x0e-\x1f\u200b-\u200f\u2060\ufeff\"])*[=+\-@＝＋－＠])"
)


# Most cells begin with a letter or a digit and hold nothing behind which another cell might begin.
_HARMLESS = re.compile(r"(?:\w[^;\t\r\n]*)?")
# To send each row by itself costs more than to make it.
_PART = 64 * 1024


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A table for spreadsheet programs, many rows at a time: RFC 4180 after a byte order mark, no cell a formula."""
    part = io.StringIO()
    part.write("\ufeff")
    writer = csv.writer(part)
    for row in chain([header], rows):
        writer.writerow([_cell(value) for value in row])
        if part.tell() >= _PART:
            yield part.getvalue()
            part.seek(0)
            part.truncate()
    yield part.getvalue()


def _cell(value: object) -> object:
    """Numbers stay as they are: a minus before one is no formula."""
    if value is None or (isinstance(value, str) and _HARMLESS.fullmatch(value)):
        return value
    if isinstance(value, int | float):
        return str(value)
    text = _HIDDEN_FORMULA.sub("'", str(value or ""))
    return f"'{text}" if _FORMULA.match(text) else text
