"""Reading of pasted or uploaded lists: the people who are surely meant, and the problem of each other row."""

import re
from collections.abc import Sequence
from itertools import islice

from bot.core.errors import BotException, invalid
from bot.recipients.columns import first_is_header, is_named
from bot.recipients.copied_lists import without_display_names
from bot.recipients.delimited_text import DELIMITERS, MAX_COLUMNS, delimiter_of, lines_of
from bot.recipients.encodings import ASCII, decode, offers
from bot.recipients.headers import USER, header_kind
from bot.recipients.instagram_downloads import json_rows, read_json
from bot.recipients.lines import Line, is_list, pasted_delimiter, read_lines
from bot.recipients.other_sites import is_other_site
from bot.recipients.questions import ask_for_column, ask_for_header, ask_for_words, why_to_ask
from bot.recipients.recipient import (
    EVERY_WORD,
    MAX_ACCEPTED,
    MAX_READ,
    AnswerOption,
    Choice,
    NobodyNamed,
    Recipient,
    Recipients,
    Row,
    Unsure,
    collected,
    read_person,
    shown,
    with_people,
)
from bot.recipients.tables import Table, find_table, read_table, table_of

__all__ = [
    "EVERY_WORD",
    "MAX_ACCEPTED",
    "MAX_BYTES",
    "AnswerOption",
    "Choice",
    "NobodyNamed",
    "Recipient",
    "Recipients",
    "Unsure",
    "parse_csv",
    "parse_list",
    "parse_pasted",
    "with_people",
]

MAX_BYTES = 5 * 1024 * 1024
_NOTHING_CHOSEN = Choice()
_ONLY_COLUMN = "1"
_MAX_NAMES_OFFERED = 5


def parse_list(usernames: Sequence[str]) -> Recipients:
    """Read one username from each item. `line` of a rejected item is its number. Raises RECIPIENTS_EMPTY."""
    rows = [Row(number, text, text) for number, text in enumerate(usernames, 1) if text.strip()]
    return collected(iter(rows), lambda row: sum(1 for other in rows if other.line >= row.line))


def parse_pasted(text: str, choice: Choice = _NOTHING_CHOSEN) -> Recipients:
    """Read a list with one person a line, a table, or JSON.

    Raises Unsure, RECIPIENTS_TOO_LARGE, RECIPIENTS_UNREADABLE, RECIPIENTS_JSON and RECIPIENTS_EMPTY, and INVALID_INPUT
    for a choice that does not fit the text.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise BotException("RECIPIENTS_TOO_LARGE")
    return _read(text, choice, pasted=True)


def parse_csv(data: bytes, choice: Choice = _NOTHING_CHOSEN) -> Recipients:
    """Read a file: a table, a list, or a download of Instagram. Raises the errors of parse_pasted."""
    if len(data) > MAX_BYTES:
        raise BotException("RECIPIENTS_TOO_LARGE")
    text, known = decode(data, choice.encoding)
    try:
        found = _read(text, choice, pasted=False)
    except Unsure:
        # Headers in an unknown encoding cannot be read either, so the encoding is asked first.
        if known:
            raise
        raise _ask_for_encoding(data, text) from None
    if found.undecoded and not known:
        raise _ask_for_encoding(data, text)
    return found


def _ask_for_encoding(data: bytes, text: str) -> Unsure:
    cells = (cell.strip(' "') for line in text.splitlines() for cell in re.split(f"[{DELIMITERS}]", line))
    found = offers(data, [cell for cell in cells if not cell.isascii()])
    candidates = [
        AnswerOption(offer.name, offer.label, [shown(sample) for sample in offer.texts[:_MAX_NAMES_OFFERED]])
        for offer in found
    ]
    return Unsure("RECIPIENTS_ENCODING", "encoding", [*candidates, AnswerOption(ASCII, None, [])])


def _read(text: str, choice: Choice, *, pasted: bool) -> Recipients:
    if (value := read_json(text)) is not None:
        rows = list(json_rows(value))
        return collected(iter(rows), lambda row: len(rows) - row.line + 1)
    lines = lines_of(text)
    table, start = _table(lines, choice, pasted=pasted)
    if table is None or choice.column == EVERY_WORD:
        return _read_list(lines, start, choice, strict=not pasted and start == 0)
    reading = read_table(table, choice)
    found = collected(reading.rows, lambda row: _filled(lines, row.line))
    if pasted and table.header is None and choice.column is None and not found.accepted:
        # Commas in the lines of a chat are no table.
        return _read_list(lines, start, choice, strict=False)
    found.column = None if reading.column is None else shown(reading.column)
    return found


def _table(lines: list[str], choice: Choice, *, pasted: bool) -> tuple[Table | None, int]:
    """Return the table, or None for a list, and the index of the first line under the headers."""
    if table := find_table(lines):
        rows = lines[table.start :]
        if table.header and len(table.header.cells) == 1:
            # The other columns have no header.
            sign = None if is_list(rows) else delimiter_of(rows)
            return (table._replace(delimiter=sign) if sign else None), table.start
        return table, table.start
    sign = pasted_delimiter(lines) if pasted else delimiter_of(lines)
    if sign is None and choice.column not in (None, EVERY_WORD):
        sign = delimiter_of(lines)
    is_wide = sign and any(line.count(sign) >= MAX_COLUMNS for line in lines)
    return (table_of(lines, sign) if sign and not is_wide else None), 0


def _read_list(lines: list[str], start: int, choice: Choice, *, strict: bool) -> Recipients:
    """Read a list. `strict`: it is a list of people only if every row can be one."""
    read = list(islice(read_lines(lines, start), MAX_READ))
    header = _header_of(read, choice) if start == 0 else None
    top = lines[:start] or [line.rows[0].text for line in read[:1] if _is_title(line)]
    if choice.column is None and (why := why_to_ask(top)):
        question = ask_for_column(None, [[row.text.strip()] for line in read for row in line.rows], why=why)
        if question.candidates and any(row.name for line in read for row in line.rows or line.doubtful):
            raise question
    read = read[1:] if header is not None else read
    doubtful = [row for line in read for row in line.doubtful]
    if doubtful and choice.column != EVERY_WORD:
        raise ask_for_words(lines[start:], doubtful)
    rows = [row for line in read for row in line.rows or line.doubtful]
    if choice.column != EVERY_WORD:
        rows = without_display_names(rows)
    if strict and choice.column is None and _is_mixed(rows):
        raise ask_for_column(None, [[row.text.strip()] for row in rows])
    rows = [*_rows_above(lines[:start]), *rows]
    found = collected(iter(rows), lambda row: _filled(lines, row.line))
    found.column = None if header is None else shown(header)
    return found


def _rows_above(lines: list[str]) -> list[Row]:
    """The rows above a header, which is the last of these lines, that could have named somebody."""
    numbered = enumerate(lines[:-1], 1)
    return [Row(at, line, None, reason="above_header") for at, line in numbered if read_person(line).name]


def _is_title(line: Line) -> bool:
    """Return whether a first line names no person. Another site's name alone is a heading: the rows below are
    rejected.
    """
    return bool(line.rows) and not line.rows[0].name and not is_other_site(line.rows[0].text.rstrip(":： "))


def _header_of(read: Sequence[Line], choice: Choice) -> str | None:
    """Return the first row of a list if it is surely a header, or None. Raises Unsure if it may be one."""
    cells = [row.name for line in read for row in line.rows if row.name is not None]
    first = read[0].rows[0].name if read and read[0].rows else None
    if choice.column not in (None, EVERY_WORD, _ONLY_COLUMN):
        if not is_named(choice.column, cells[:1]):
            raise invalid("column", "This list has one column only.")
        return first
    if first is None or len(read[0].rows) > 1 or choice.header is False:
        return None
    rows = [[cell] for cell in cells]
    if not (choice.header or (len(read) > 1 and first_is_header([first], rows[1:], 0))):
        return None
    if choice.column is None and (why := why_to_ask([first])):
        raise ask_for_column(None, rows, why=why)
    if choice.header is None and not _is_known_header(first, cells[1:]):
        raise ask_for_header(rows, 0)
    return first


def _is_known_header(first: str, below: Sequence[str]) -> bool:
    """Return whether a first row surely is a header: it is named like one, and all rows below are links or have an
    @.
    """
    return header_kind(first) == USER and all(read_person(cell).marked for cell in below)


def _is_mixed(rows: Sequence[Row]) -> bool:
    """Return whether some of the rows can be people and others cannot."""
    able = [bool(row.name and read_person(row.name).name) for row in rows]
    return any(able) and not all(able)


def _filled(lines: list[str], line: int) -> int:
    """Return the number of lines from that one on that are not blank."""
    return sum(1 for text in lines[line - 1 :] if text.strip())
