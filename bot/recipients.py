"""Lists of people as they are pasted or uploaded: who is meant, and what is wrong with the other rows."""

import csv
import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from bot.errors import BotException
from bot.wording import clean_name

MOST_BYTES = 5 * 1024 * 1024
MOST_ACCEPTED = 10_000
MOST_READ = 50_000
"""Rows that are looked at; a file may hold millions that name nobody."""
MOST_REJECTED_SHOWN = 500
MOST_TEXT = 80
# A person's name in quotes may hold line ends; a quote that is never closed must not swallow the rest.
_MOST_LINES_OF_A_ROW = 5
_SNIFFED_LINES = 20

_USERNAME = re.compile(r"(?!\.)(?!.*\.\.)[a-z0-9._]{1,30}(?<!\.)")
_LINK = re.compile(r"(?:https?://)?(?:www\.|m\.)?instagram\.com/+([^/?#]*)/?(?:[?#].*)?", re.IGNORECASE)
_PAGES = frozenset({"p", "reel", "reels", "stories", "explore", "accounts", "direct", "tv"})
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f]")
_QUOTED = re.compile(r'"[^"]*"')
_DELIMITER = re.compile(r"[,;\t]")
_BETWEEN = re.compile(r"[\s,;]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_USERNAME_HEADS = ("username", "user_name", "user", "account", "handle", "instagram", "profile")
_FULL_NAME_HEADS = ("full_name", "fullname", "display_name")


@dataclass(frozen=True)
class Recipient:
    username: str
    full_name: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A row that names nobody: `line` from 1, `text` its beginning, `reason` as a program knows it."""

    line: int
    text: str
    reason: str


@dataclass
class Recipients:
    """Every row is accepted, rejected or folded into an equal one. Of the rejected, `rejected` holds the first 500.

    `column` is the head of the column that the usernames of a table were taken from, where that is a guess; empty where
    the table has no known head.
    """

    accepted: list[Recipient] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_count: int = 0
    folded: int = 0
    column: str | None = None

    def reject(self, line: int, text: str, reason: str, rows: int = 1) -> None:
        self.rejected_count += rows
        if len(self.rejected) < MOST_REJECTED_SHOWN:
            self.rejected.append(Rejected(line, _CONTROL.sub("�", text.strip()[:MOST_TEXT]), reason))

    def reject_rest(self, line: int, rows: int) -> None:
        del self.rejected[MOST_REJECTED_SHOWN - 1 :]
        self.reject(line, f"{rows:,} more", "too_many_rows", rows)


class _Row(NamedTuple):
    """`name` as it was written; None where the row cannot be read."""

    line: int
    text: str
    name: str | None
    full_name: str = ""


def parse_pasted(text: str) -> Recipients:
    """Names between spaces, commas, semicolons or line ends. Raises RECIPIENTS_TOO_LARGE, RECIPIENTS_UNREADABLE and
    RECIPIENTS_EMPTY.
    """
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise BotException("RECIPIENTS_TOO_LARGE")
    parts = ((number, part) for number, line in enumerate(_lines(text), 1) for part in _BETWEEN.split(line) if part)
    rows = (_Row(number, part, None if _BINARY.search(part) else part) for number, part in parts)
    return _collected(rows, lambda _: 1 + sum(1 for _ in parts))


def parse_csv(data: bytes) -> Recipients:
    """A table with a column of usernames, the first where no head says otherwise, and perhaps one of full names.
    Raises as parse_pasted does.
    """
    if len(data) > MOST_BYTES:
        raise BotException("RECIPIENTS_TOO_LARGE")
    lines = _lines(_decoded(data))
    found = _collected(_table(lines), lambda row: sum(1 for line in lines[row.line - 1 :] if line.strip()))
    found.column = _guessed_column(lines)
    return found


def _collected(rows: Iterator[_Row], rows_from: Callable[[_Row], int]) -> Recipients:
    found = Recipients()
    known: set[str] = set()
    for read, row in enumerate(rows):
        if len(known) == MOST_ACCEPTED or read == MOST_READ:
            found.reject_rest(row.line, rows_from(row))
            break
        username = _username(row.name) if row.name is not None else None
        if row.name is None:
            found.reject(row.line, row.text, "broken_row")
        elif not username:
            found.reject(row.line, row.text, "not_a_username" if username is None else "empty_name")
        elif username in known:
            found.folded += 1
        else:
            known.add(username)
            found.accepted.append(Recipient(username, clean_name(row.full_name) or None))
    if not (known or found.rejected):
        raise BotException("RECIPIENTS_EMPTY")
    return found


def _username(name: str) -> str | None:
    """The username that is meant; empty where nothing is written, None where it can be none."""
    if not name.isascii():
        name = "".join(char for char in name if unicodedata.category(char) != "Cf")
    name = name.strip()
    if link := _LINK.fullmatch(name):
        name = link.group(1)
    name = name.removeprefix("@")
    if not name:
        return ""
    page = link and name.lower() in _PAGES
    return name.lower() if name.isascii() and _USERNAME.fullmatch(name.lower()) and not page else None


def _decoded(data: bytes) -> str:
    codecs = ("utf-16",) if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else ("utf-8-sig", "cp1252")
    for codec in codecs:
        with suppress(UnicodeDecodeError):
            return data.decode(codec)
    raise BotException("RECIPIENTS_UNREADABLE")


def _lines(text: str) -> list[str]:
    """The lines; a text is none where more than half of them hold what no text does."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    filled = [line for line in lines if line.strip()]
    if 2 * sum(1 for line in filled if _BINARY.search(line)) > len(filled):
        raise BotException("RECIPIENTS_UNREADABLE")
    return lines


def _table(lines: list[str]) -> Iterator[_Row]:
    columns: tuple[int, int] | None = None
    for number, cells in _records(lines, _delimiter(lines)):
        text = lines[number - 1]
        if cells is None:
            yield _Row(number, text, None)
            continue
        if columns is None:
            heads = _heads(cells)
            columns = heads or (0, 1)
            if heads:
                continue
        username, full_name = (cells[column] if column < len(cells) else "" for column in columns)
        yield _Row(number, text, username, full_name)


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """The number of the first line and the cells of each row that is not blank; None for one that is broken."""
    at = 0
    while at < len(lines):
        line, taken = lines[at], 1
        cells: list[str] | None = line.split(delimiter)
        if _BINARY.search(line):
            cells = None
        elif '"' in line:
            cells, taken = _quoted(lines[at : at + _MOST_LINES_OF_A_ROW], delimiter)
        if cells is None or any(cell.strip() for cell in cells):
            yield at + 1, cells
        at += taken


def _quoted(lines: list[str], delimiter: str) -> tuple[list[str] | None, int]:
    """The cells of the row that begins with the first of these lines, and how many of them it has."""
    rows = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(rows), rows.line_num
    except csv.Error:
        return None, 1


def _heads(cells: list[str]) -> tuple[int, int] | None:
    """Which columns have the username and the full name, where the row is one of heads; a column may not be there."""
    heads = [_head(cell) for cell in cells]
    username = _first_of(_USERNAME_HEADS, heads)
    full_name = _first_of(_FULL_NAME_HEADS, heads)
    if username is None and full_name is None and "name" not in heads:
        return None
    if username is None:
        username = 1 if full_name == 0 else 0
    if full_name is None and "name" in heads and heads.index("name") != username:
        full_name = heads.index("name")
    return username, len(cells) if full_name is None else full_name


def _guessed_column(lines: list[str]) -> str | None:
    """The head of the column of usernames where that is a guess; of a single column there is none."""
    cells = next((cells for _, cells in _records(lines, _delimiter(lines)) if cells), [])
    heads = _heads(cells)
    if len(cells) < 2 or (heads and _head(cells[heads[0]]) in _USERNAME_HEADS):
        return None
    return cells[heads[0]].strip()[:MOST_TEXT] if heads else ""


def _head(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().lower())


def _first_of(names: Sequence[str], heads: list[str]) -> int | None:
    return next((heads.index(name) for name in names if name in heads), None)


def _delimiter(lines: list[str]) -> str:
    """The delimiter that most lines have first, for usernames and heads hold none."""
    filled = islice((line for line in lines if line.strip()), _SNIFFED_LINES)
    first = (_DELIMITER.search(_QUOTED.sub("", line)) for line in filled)
    votes = Counter(found.group() for found in first if found)
    return votes.most_common(1)[0][0] if votes else ","
