"""CSV downloads, whose cells no spreadsheet program runs as formulas."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

# A spreadsheet program runs a cell as a formula if it begins with one of these signs, even after invisible characters.
_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x20\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
# The same inside a text: a program that splits cells at other signs than commas starts a new cell there.
_HIDDEN_FORMULA = re.compile(
    r"(?<=[;\t\r\n])(?=(?:[^\S\t\r\n]|[\x00-\x08\x0e-\x1f\u200b-\u200f\u2060\ufeff\"])*[=+\-@＝＋－＠])"
)


# Most cells begin with a letter or digit and hold no sign that starts another cell. They skip the slower checks.
_HARMLESS = re.compile(r"(?:\w[^;\t\r\n]*)?")
# Sending every row alone costs more than making it. In characters.
_PART = 64 * 1024


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield a table in parts of about 64 Ki characters: RFC 4180 after a byte order mark. No cell is a formula."""
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
    """Return the cell as it is written. A number keeps its minus: it is no formula."""
    if value is None or (isinstance(value, str) and _HARMLESS.fullmatch(value)):
        return value
    if isinstance(value, int | float):
        return str(value)
    text = _HIDDEN_FORMULA.sub("'", str(value or ""))
    return f"'{text}" if _FORMULA.match(text) else text
