"""The column of usernames in a table: by its header, by cells that are surely usernames, or by a person's choice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.core.errors import invalid
from bot.recipients import headers
from bot.recipients.delimited_text import MAX_COLUMNS, Record, records
from bot.recipients.headers import (
    FIRST_NAME,
    FULL_NAME,
    INSTAGRAM,
    LAST_NAME,
    NAME,
    OTHER,
    PERSON,
    USER,
    USERNAME,
    header_kind,
)
from bot.recipients.ordinary_words import is_list_word, is_ordinary_word
from bot.recipients.other_sites import is_of_other_site
from bot.recipients.recipient import (
    Choice,
    is_handle,
    known_name,
    read_person,
)

_MAX_ROWS_ABOVE = 20
_MAX_LINES_COMPARED = 1000
_FEWEST_COMPARED = 4
NAMES = (FULL_NAME, NAME, FIRST_NAME, LAST_NAME)


class Header(NamedTuple):
    """A row of headers: its place, its cells, their kinds, and the rows above it that could have named a person."""

    record: Record
    cells: list[str]
    kinds: list[str | None]
    above: list[Record]


@dataclass(frozen=True)
class Columns:
    """The indexes of the columns of a table. None for a missing column."""

    username: int
    full_name: int | None = None
    first_name: int | None = None
    last_name: int | None = None


def find_header(lines: list[str], delimiter: str, start: int) -> Header | None:
    """Return the row of known headers, or None. Titles and notes may precede it."""
    above: list[Record] = []
    only_sure = False
    lines = lines[: start + _MAX_LINES_COMPARED]
    for number, record in enumerate(records(lines, delimiter, start)):
        if number == _MAX_ROWS_ABOVE or record.cells is None or len(record.cells) > MAX_COLUMNS:
            return None
        cells = [cell.strip() for cell in record.cells]
        kinds = [None if cell.startswith("@") else header_kind(cell) for cell in cells]
        filled = sum(1 for cell in cells if cell)
        below = records(lines, delimiter, record.at + record.taken)
        if _is_sure(cells, kinds) or (not only_sure and _is_likely(cells, kinds, below)):
            # One word above the header of a list is its title; more are another list, and so is a marked one.
            is_title = USERNAME in kinds and len(above) == 1 and not any(map(_is_marked, above[0].cells or []))
            return None if filled == 1 and above and not is_title else Header(record, cells, kinds, above)
        if any(read_person(cell).name for cell in cells) and not any(kinds):
            above.append(record)
        only_sure |= filled > 1
    return None


def _is_sure(cells: Sequence[str], kinds: Sequence[str | None]) -> bool:
    """Return whether a cell can only be a header. "Instagram" alone may be a value: where a contact was found."""
    pairs = zip(cells, kinds, strict=True)
    if any(kind == USERNAME or (kind == INSTAGRAM and not headers.is_site(cell)) for cell, kind in pairs):
        return True
    return INSTAGRAM in kinds and sum(1 for cell in cells if cell) == 1


def _is_likely(cells: Sequence[str], kinds: Sequence[str | None], below: Iterable[Record]) -> bool:
    """Return whether known words that may be values too, like "user", are headers here: several, none a value below."""
    known, filled = sum(1 for kind in kinds if kind), sum(1 for cell in cells if cell)
    enough = known == filled if USER in kinds else 2 * known >= filled
    if known < 2 or not enough or {USER, INSTAGRAM, *NAMES}.isdisjoint(kinds):
        return False
    rows = [record.cells or [] for record in below]
    return not any(cell and cell in column_of(rows, at) for at, cell in enumerate(cells))


def named_columns(header: Header, rows: Sequence[list[str]]) -> Columns | None:
    """Return the columns by their headers, or None if no header surely names the usernames."""
    strong = [at for at, kind in enumerate(header.kinds) if kind in (INSTAGRAM, USERNAME)]
    if not _say_the_same(rows, strong):
        return None
    for tier in (INSTAGRAM, USERNAME, USER):
        found = [at for at, kind in enumerate(header.kinds) if kind == tier]
        if not found:
            continue
        if len(found) > 1 and not _agree(rows, found):
            return None
        best = max(found, key=lambda at: (len(column_of(rows, at)), -at))
        if _holds_few_kinds(column_of(rows, best)) or _has_rival(header, rows, best):
            return None
        return with_names(header, best)
    return None


def _say_the_same(rows: Sequence[list[str]], columns: Sequence[int]) -> bool:
    """Return whether columns that may be of several sites name one account a row. "no" next to a name is another."""
    names = ({read_person(row[at]).name for at in columns if at < len(row)} for row in rows)
    return all(len(found - {"", None}) <= 1 for found in names)


def _holds_few_kinds(cells: Sequence[str]) -> bool:
    """Return whether the same few words repeat, as states do and usernames do not."""
    bare = [name for cell in cells if (name := read_person(cell).name) and not read_person(cell).marked]
    return len(bare) >= _FEWEST_COMPARED and 3 * len(set(bare)) <= len(bare) and not all(map(is_ordinary_word, bare))


def _is_repeated(cells: Sequence[str]) -> bool:
    """Return whether a column repeats a value, like the account that the people were found at."""
    kinds = len(set(cells))
    return len(cells) > 1 and (kinds == 1 or (len(cells) >= _FEWEST_COMPARED and 3 * kinds <= len(cells)))


def _has_rival(header: Header, rows: Sequence[list[str]], best: int) -> bool:
    """Return whether another column may hold the usernames, or this one does not.

    A header of any account, like "user", counts only for links and names with an @, or if the usernames are made of the
    names next to them.
    """
    is_marked = all(map(_is_marked, column_of(rows, best)))
    if header.kinds[best] == USER and not is_marked and not _has_its_names(header, rows, best):
        return True
    others = (at for at, cell in enumerate(header.cells) if at != best and not is_of_other_site(cell))
    return any(_is_rival(header, rows, at, best, is_marked=is_marked) for at in others)


def _has_its_names(header: Header, rows: Sequence[list[str]], best: int) -> bool:
    """Return whether all cells can be usernames, each made of the person's name."""
    if not all(read_person(cell).name for cell in column_of(rows, best)):
        return False
    for at, kind in enumerate(header.kinds):
        named = _filled(rows, at, best) if kind in NAMES else []
        if named and all(_names(row[at], row[best]) for row in named):
            return True
    return False


def _is_rival(header: Header, rows: Sequence[list[str]], at: int, best: int, *, is_marked: bool) -> bool:
    """Return whether a column may hold the usernames too: marked accounts, or words under an unknown or a person's
    header. Plain words under an unknown header are no rivals of names like "anna_k".
    """
    both, cells = _filled(rows, at, best), column_of(rows, at)
    if not both or _is_repeated(cells) or all(_names(row[at], row[best]) for row in both):
        return False
    if all(read_person(cell).marked and read_person(cell).name for cell in cells):
        return any(read_person(row[at]).name != read_person(row[best]).name for row in both)
    if _names_no_account(header.cells[at]) and _has_handles(column_of(rows, best)) and not _has_handles(cells):
        return False
    return not is_marked and header.kinds[at] in (None, USER, PERSON) and all(_may_be_person(cell) for cell in cells)


def _names_no_account(header: str) -> bool:
    """Return whether no word of an unknown header is one for people, names or accounts."""
    words = [header, *headers.plain_words(header)]
    return header_kind(header) is None and {header_kind(word) for word in words} <= {None, OTHER}


def _is_marked(cell: str) -> bool:
    return read_person(cell).marked


def _has_handles(cells: Sequence[str]) -> bool:
    return any(is_handle(read_person(cell).name or "") for cell in cells)


def _filled(rows: Sequence[list[str]], *columns: int) -> list[list[str]]:
    return [row for row in rows if all(at < len(row) and row[at].strip() for at in columns)]


def _may_be_person(cell: str) -> bool:
    name, marked = read_person(cell)
    return bool(name) and (marked or not is_ordinary_word(cell))


def with_names(header: Header | None, username: int, full_name: int | None = None) -> Columns:
    """Return the column of usernames with those of names. `full_name` is one that a person chose."""
    if header is None or full_name is not None:
        return Columns(username, full_name)
    at = {kind: n for n, kind in reversed(list(enumerate(header.kinds))) if kind in NAMES and n != username}
    full, plain, first, last = (at.get(kind) for kind in NAMES)
    if plain is not None and full is None:
        if first is None and last is not None:
            first = plain
        elif first is not None and last is None:
            last = plain
        else:
            full = plain
    return Columns(username, full, first, last)


def _agree(rows: Sequence[list[str]], columns: list[int]) -> bool:
    """Return whether columns of usernames name the same person in each row."""
    return all(
        len({read_person(row[at]).name for at in columns if at < len(row) and row[at]} - {""}) <= 1 for row in rows
    )


def column_of(rows: Iterable[list[str]], at: int) -> list[str]:
    """Return the cells of a column that are not empty."""
    return [row[at] for row in rows if at < len(row) and row[at].strip()]


def sure_column(rows: Sequence[list[str]]) -> Columns | None:
    """Return the column that surely holds the usernames of rows without headers, or None if a person has to say.

    It holds only links or names with an @, and no other column could hold usernames. Or each of its usernames is made
    of the name in the other one of two columns.
    """
    width = max((len(row) for row in rows), default=0)
    able = [
        at for at in range(width) if (cells := column_of(rows, at)) and all(read_person(cell).name for cell in cells)
    ]
    others = (cell for row in rows for at, cell in enumerate(row) if at not in able)
    if len(able) != 1 or any(map(_mentions, others)):
        return None
    if all(map(_is_marked, column_of(rows, able[0]))):
        return Columns(able[0])
    other = 1 - able[0]
    if width == 2 and all(len(row) == 2 and _is_made_of(row[able[0]], row[other]) for row in rows):
        return Columns(able[0], full_name=other)
    return None


def _mentions(cell: str) -> bool:
    """Return whether a text that is no username contains one. Then the row may be a list of people."""
    return any((read := read_person(word)).marked and read.name for word in cell.split())


def _is_made_of(username: str, full_name: str) -> bool:
    """Whether a username has a word of the person's name in it and is no plain word of it, as a first name is."""
    words = headers.plain_words(full_name)
    plain = read_person(username).name or ""
    return plain not in words and any(len(word) > 2 and word in plain for word in words)


def chosen_columns(choice: Choice, header: Header | None, rows: Sequence[list[str]]) -> Columns:
    """Return the columns that a person chose, by number or header. Raises INVALID_INPUT for an unknown one."""
    heads = header.cells if header else rows[0] if rows else []
    width = max((len(row) for row in [heads, *rows]), default=0)
    username = _index("column", choice.column or "", heads, width)
    full_name = _index("name_column", choice.name_column, heads, width) if choice.name_column else None
    if full_name == username:
        raise invalid("name_column", "This column has the usernames.")
    return with_names(header, username, full_name)


def _index(field: str, wanted: str, heads: list[str], width: int) -> int:
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted[:6]) <= width:
        return int(wanted) - 1
    named = [at for at, head in enumerate(heads) if head.strip().casefold() == wanted.strip().casefold()]
    if len(named) != 1:
        raise invalid(field, "Name a column by its header, or by its number from 1.")
    return named[0]


def is_named(wanted: str | None, cells: Sequence[str]) -> bool:
    """Return whether a chosen column is given as the text of its header."""
    return wanted is not None and wanted.strip().casefold() in {cell.strip().casefold() for cell in cells}


def first_is_header(cells: Sequence[str], rows: Sequence[list[str]], at: int) -> bool | None:
    """Return whether the first row holds headers, by the column of usernames. None if it cannot be told."""
    cell = cells[at].strip() if at < len(cells) else ""
    name, marked = read_person(cell)
    if not name or marked:
        return False
    is_word = _is_word_above(cell, column_of(rows, at))
    if header_kind(cell) or headers.names_instagram(cell) or (is_word and len(cells) == 1):
        return True
    is_person = any(char in "._0123456789" for char in name) or any(
        _names(one, cell) for one in cells if one != cells[at]
    )
    if is_person and not is_word:
        return False
    if any(header_kind(one) for one in cells):
        return True
    below = column_of(rows, at)
    if cell[0].isupper() and below and not any(one.strip()[:1].isupper() for one in below):
        return True
    others = (column for column in range(len(cells)) if column != at)
    if any(_is_of_another_form(cells[column], column_of(rows, column)) for column in others):
        return True
    return _stands_out(name, below) if len(cells) == 1 else None


def _stands_out(name: str, below: Sequence[str]) -> bool:
    """Return whether a word differs from all cells below: those are marked, or are no words."""
    others = [read_person(cell) for cell in below]
    return bool(others) and not is_handle(name) and all(one.marked or is_handle(one.name or "") for one in others)


def _is_word_above(cell: str, below: Sequence[str]) -> bool:
    """Return whether a cell has a usual name of lists and columns, unless the next one has it too: "user1", "user2"."""
    return is_list_word(cell) and not (below and _stem(cell) == _stem(below[0]))


def _stem(text: str) -> str:
    return "".join(char for char in text.casefold() if not char.isdigit())


def _names(full_name: str, username: str) -> bool:
    """Whether a name has the username as a word, or the username a word of the name: both are of one person."""
    return read_person(username).name in headers.plain_words(full_name) or _is_made_of(username, full_name)


def _is_of_another_form(first: str, below: list[str]) -> bool:
    """Return whether all cells below hold a digit or an @, like numbers, dates and addresses, and the first does
    not.
    """
    return bool(below) and not _has_figure(first) and all(_has_figure(cell) for cell in below)


def _has_figure(cell: str) -> bool:
    return any(char.isdigit() or char == "@" for char in cell)


def full_name_of(cells: list[str], columns: Columns) -> str:
    """Return the full name in a row, joined if the table has it in parts."""
    full, first, last = (_cell(cells, at) for at in (columns.full_name, columns.first_name, columns.last_name))
    if full:
        return full
    return last if first and last.casefold().startswith(f"{first.casefold()} ") else f"{first} {last}".strip()


def first_name_of(cells: list[str], columns: Columns) -> str:
    return _cell(cells, columns.first_name)


def _cell(cells: list[str], at: int | None) -> str:
    text = cells[at] if at is not None and at < len(cells) else ""
    # Undecoded bytes stay: they decide if the encoding is asked for.
    return text.strip() if known_name(text) or not text.isascii() else ""
