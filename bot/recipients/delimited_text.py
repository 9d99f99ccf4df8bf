"""Delimited text, read into rows of cells in the forms that spreadsheet programs and exports write."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from bot.core.errors import BotException

DELIMITERS = ",;\t|"
MAX_COLUMNS = 200
"""A row with more cells is a list of its own."""
# A quoted name may hold line ends. An unclosed quote must not swallow the rest.
_MAX_LINES_OF_A_ROW = 5
_SNIFFED_LINES = 20
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
_QUOTED = re.compile(r'"[^"]*"')
_DELIMITER = re.compile(f"[{DELIMITERS}]")
_DECLARED = re.compile(r'\s*"?sep=(.|\\t)"?\s*', re.IGNORECASE)
# Some programs write a space after the quote, which a strict reader takes for a broken cell.
_SPACE_BEHIND_QUOTE = {sign: re.compile(f'" +(?={re.escape(sign)}|$)') for sign in DELIMITERS}
_OF_RULES = " \t:|=+-"


class Record(NamedTuple):
    """A row that is not blank: the index of its first line, its cells (None if it is broken), and its number of
    lines.
    """

    at: int
    cells: list[str] | None
    taken: int


def lines_of(text: str) -> list[str]:
    """Return the lines. Raises RECIPIENTS_UNREADABLE if more than half of them hold characters that no text holds."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [line for line in lines if line.strip()]
    if 2 * sum(1 for line in filled if is_binary(line)) > len(filled):
        raise BotException("RECIPIENTS_UNREADABLE")
    return lines


def is_binary(line: str) -> bool:
    return _BINARY.search(line) is not None


def declared_delimiter(lines: list[str]) -> tuple[str | None, int]:
    """Return the delimiter that a first line "sep=;" declares, as Excel writes it, and the index of the next line."""
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    found = _DECLARED.fullmatch(lines[first]) if lines else None
    if not found:
        return None, 0
    sign = found.group(1).replace("\\t", "\t")
    return (sign if sign in DELIMITERS else None), first + 1


def delimiter_of(lines: list[str]) -> str | None:
    """Return the first delimiter of most lines, or None if there is none. Usernames and headers hold none."""
    filled = islice((line for line in lines if line.strip()), _SNIFFED_LINES)
    first = (_DELIMITER.search(_QUOTED.sub("", line)) for line in filled)
    votes = Counter(found.group() for found in first if found)
    return votes.most_common(1)[0][0] if votes else None


def records(lines: list[str], delimiter: str, start: int = 0) -> Iterator[Record]:
    at = start
    while at < len(lines):
        line, taken = lines[at], 1
        cells: list[str] | None = line.split(delimiter)
        if is_binary(line):
            cells = None
        elif '"' in line:
            cells, taken = _quoted(lines[at : at + _MAX_LINES_OF_A_ROW], delimiter)
        if cells is None or (any(cell.strip() for cell in cells) and not _is_rule(line)):
            yield Record(at, cells, taken)
        at += taken


def _is_rule(line: str) -> bool:
    """Return whether the line is the rule that a table drawn in text has under its headers."""
    return "---" in line and not line.strip(_OF_RULES)


def _quoted(lines: list[str], delimiter: str) -> tuple[list[str] | None, int]:
    """Return the cells of the row that begins with the first line, and its number of lines."""
    cells, taken = _strictly(lines, delimiter)
    if cells is None:
        return _strictly([_SPACE_BEHIND_QUOTE[delimiter].sub('"', line) for line in lines], delimiter)
    return cells, taken


def _strictly(lines: list[str], delimiter: str) -> tuple[list[str] | None, int]:
    rows = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(rows), rows.line_num
    except csv.Error:
        return None, 1
