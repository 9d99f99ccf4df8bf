"""Rows of a table of people, if the column of usernames is sure or was chosen."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from bot.recipients.columns import (
    NAMES,
    Columns,
    Header,
    chosen_columns,
    find_header,
    first_is_header,
    first_name_of,
    full_name_of,
    is_named,
    named_columns,
    sure_column,
    with_names,
)
from bot.recipients.delimited_text import DELIMITERS, Record, declared_delimiter, records
from bot.recipients.headers import INSTAGRAM, SITE, USER, USERNAME, header_kind, names_instagram
from bot.recipients.ordinary_words import is_refusal, names_consent
from bot.recipients.other_sites import is_of_other_site
from bot.recipients.questions import ask_for_column, ask_for_header, why_to_ask
from bot.recipients.recipient import MAX_READ, Choice, Row, read_person
from bot.recipients.sections import DO_NOT_WRITE, OTHER_SITE, section, value_against


class Table(NamedTuple):
    """A table: its rows without those above the header, and the header."""

    lines: list[str]
    delimiter: str
    start: int
    header: Header | None


class Reading(NamedTuple):
    """The rows, and the label of the column of usernames for Recipients."""

    rows: Iterator[Row]
    column: str | None


def find_table(lines: list[str]) -> Table | None:
    """Return the table by a row of known headers, or by a line that declares its delimiter. None if there is
    neither.
    """
    declared, start = declared_delimiter(lines)
    found: list[tuple[int, Table]] = []
    for delimiter in [declared] if declared else DELIMITERS:
        if header := find_header(lines, delimiter, start):
            known = sum(1 for kind in header.kinds if kind)
            after = header.record.at + header.record.taken
            found.append((known, Table(lines, delimiter, after, header)))
    if found:
        _, table = max(found, key=lambda one: one[0])
        return table
    return Table(lines, declared, start, None) if declared else None


def table_of(lines: list[str], delimiter: str) -> Table:
    """Return the text as a table with that delimiter."""
    return Table(lines, delimiter, declared_delimiter(lines)[1], None)


def read_table(table: Table, choice: Choice) -> Reading:
    """Read the rows of a table. Raises Unsure, and INVALID_INPUT for an unknown column."""
    cells = [record.cells for record in islice(_records(table), MAX_READ) if record.cells is not None]
    header = table.header
    if choice.column:
        return _read_chosen(table, choice, cells)
    heads = header.cells if header else None
    why = why_to_ask(_titles(table, cells))
    if why and (question := ask_for_column(heads, cells, why=why)).candidates:
        raise question
    if header and len(header.cells) == 1 and any(_is_wider(row, header.cells) for row in cells):
        return _read_half_headed(table, header, cells)
    if header:
        cells = [row for row in cells if not _is_wider(row, header.cells)]
    if header and (columns := named_columns(header, cells)):
        sure = header.kinds[columns.username] in (USERNAME, INSTAGRAM)
        return Reading(_rows(table, columns, header.cells), None if sure else header.cells[columns.username])
    columns = sure_column(cells)
    if columns and not (why := why_to_ask([_label(heads or [], columns)])):
        columns = with_names(header, columns.username, None if header else columns.full_name)
        like = header.cells if header else _narrowest(cells, columns)
        return Reading(_rows(table, columns, like), _label(header.cells if header else [], columns))
    if header is None and len(cells) > 1 and not columns and (columns := sure_column(cells[1:])):
        why = why_to_ask([_label(cells[0], columns)])
        if not why:
            return _under(table, cells[0], columns)
    question = ask_for_column(heads, cells, every_word=header is None and _holds_words_alone(cells), why=why)
    if question.candidates:
        raise question
    return Reading(_rows(table, Columns(0), header.cells if header else None), None)


def _titles(table: Table, cells: Sequence[list[str]]) -> list[str]:
    """Return the texts that may describe the people: the headers, or the first row, and the lines above the headers.

    Among several headers, one that names another site says nothing about the others.
    """
    above = table.lines[: table.header.record.at] if table.header else []
    first = table.header.cells if table.header else cells[0] if cells else []
    titles = (text for text in first if len(first) == 1 or not is_of_other_site(text))
    return [*above, *(text for text in titles if not read_person(text).marked)]


def _read_half_headed(table: Table, header: Header, cells: Sequence[list[str]]) -> Reading:
    """Read a table whose header has one cell, which does not tell which of several columns it names."""
    columns = sure_column(cells)
    if columns is None:
        raise ask_for_column(header.cells, cells)
    return Reading(_rows(table, columns, _narrowest(cells, columns)), None)


def _read_chosen(table: Table, choice: Choice, cells: Sequence[list[str]]) -> Reading:
    columns = chosen_columns(choice, table.header, cells)
    if table.header:
        like = table.header.cells if len(table.header.cells) > 1 else _narrowest(cells, columns)
        return Reading(_rows(table, columns, like), _label(table.header.cells, columns))
    first = cells[0] if cells else []
    is_header = choice.header
    if is_header is None:
        is_header = is_named(choice.column, first) or first_is_header(first, cells[1:], columns.username)
    if is_header is None:
        raise ask_for_header(cells, columns.username)
    if not is_header:
        return Reading(_rows(table, columns, _narrowest(cells, columns)), "")
    return _under(table, first, columns)


def _under(table: Table, first: list[str], columns: Columns) -> Reading:
    """Read the rows under a first row that is a header only because a person or the column says so."""
    header = Header(Record(0, first, 1), first, [header_kind(cell) for cell in first], [])
    named = with_names(header, columns.username, columns.full_name)
    return Reading(islice(_rows(table, named, first), 1, None), _label(first, columns))


def _label(cells: list[str], columns: Columns) -> str:
    return cells[columns.username].strip() if columns.username < len(cells) else ""


def _holds_words_alone(cells: Sequence[list[str]]) -> bool:
    words = [cell for row in cells for cell in row if cell.strip()]
    return bool(words) and all(read_person(word).name for word in words)


def _records(table: Table) -> Iterator[Record]:
    return records(table.lines, table.delimiter, table.start)


def _rows(table: Table, columns: Columns, like: list[str] | None) -> Iterator[Row]:
    """Yield the rows of the table.

    A row with more cells than `like` is not read by position: a name that contains a delimiter shifts the cells after
    it.
    """
    for above in table.header.above if table.header else ():
        yield Row(above.at + 1, table.lines[above.at], None, reason="above_header")
    kinds = table.header.kinds if table.header else None
    consents = [at for at, cell in enumerate(table.header.cells) if names_consent(cell)] if table.header else []
    is_second, below = False, None
    for at, cells, _ in _records(table):
        text = table.lines[at]
        is_second = is_second or (cells is not None and _is_second_header(cells, kinds))
        if cells is None or is_second:
            yield Row(at + 1, text, None, reason="second_table" if is_second else "broken_row")
            continue
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) == 1:
            below = section(filled[0], below, is_first=False)
        name = cells[columns.username] if columns.username < len(cells) else ""
        if reason := below or _reason_beside(cells, columns, kinds, consents):
            yield Row(at + 1, text, None, reason=reason)
            continue
        if like is not None and _is_wider(cells, like):
            is_sure = columns.username == 0 and read_person(name).marked
            yield Row(at + 1, text, name if is_sure else None, reason="too_many_cells")
            continue
        yield Row(at + 1, text, name, full_name_of(cells, columns), first_name_of(cells, columns))


def _reason_beside(
    cells: Sequence[str], columns: Columns, kinds: Sequence[str | None] | None, consents: Sequence[int]
) -> str | None:
    """Return why the account of a row gets no messages, by a cell next to it.

    A name gives no reason: people and companies are called "Skip", too.
    """
    if any(at < len(cells) and is_refusal(cells[at]) for at in consents):
        return DO_NOT_WRITE
    for at, cell in enumerate(cells):
        kind = kinds[at] if kinds and at < len(kinds) else None
        if not cell or at == columns.username or kind in NAMES:
            continue
        if kind == SITE:
            reason = OTHER_SITE if any(map(str.isalpha, cell)) and not names_instagram(cell) else None
        else:
            reason = value_against(cell, has_header=kinds is not None)
        if reason:
            return reason
    return None


def _is_second_header(cells: list[str], kinds: Sequence[str | None] | None) -> bool:
    """Return whether a row has other headers than the table, so that a second table begins."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if kinds is None or len(filled) < 2 or any(cell.startswith("@") or not header_kind(cell) for cell in filled):
        return False
    found = [header_kind(cell) for cell in cells]
    return not {USERNAME, INSTAGRAM, USER}.isdisjoint(found) and found != list(kinds)


def _is_wider(cells: Sequence[str], like: Sequence[str]) -> bool:
    """Return whether a row has more cells than the row it should be like.

    An empty last cell counts too: "Kim, Anna," may be an unquoted name without a username.
    """
    return len(cells) > len(like) or _filled_width(cells) > _filled_width(like)


def _filled_width(cells: Sequence[str]) -> int:
    return max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _narrowest(rows: Sequence[list[str]], columns: Columns) -> list[str] | None:
    """Return the row with the fewest cells among those with the column of usernames and another one."""
    whole = [row for row in rows if len(row) > max(columns.username, 1)]
    return min(whole, key=_filled_width, default=None)
