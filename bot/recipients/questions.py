"""Questions about an ambiguous list of people, and their reasons."""

import re
from collections.abc import Iterable, Sequence

from bot.recipients.columns import column_of, first_is_header
from bot.recipients.delimited_text import DELIMITERS, MAX_COLUMNS
from bot.recipients.headers import names_instagram
from bot.recipients.ordinary_words import names_do_not_write
from bot.recipients.other_sites import is_of_other_site
from bot.recipients.recipient import (
    EVERY_WORD,
    MAX_READ,
    MAX_ROWS_SHOWN,
    MAX_SAMPLES,
    AnswerOption,
    Row,
    Unsure,
    read_person,
    shown,
)

_PART = re.compile(f"[{re.escape(DELIMITERS)}]")


def why_to_ask(texts: Iterable[str]) -> str | None:
    """Return why a list under these titles and headers needs a question, or None."""
    for text in texts:
        if names_do_not_write(text):
            return "The first rows may say that these people do not want messages, so nobody is written to."
        if is_of_other_site(text) and not names_instagram(text):
            return "The first rows name another site than Instagram, so nobody is written to."
    return None


def ask_for_column(
    heads: Sequence[str] | None, rows: Sequence[list[str]], *, every_word: bool = False, why: str | None = None
) -> Unsure:
    """Return the question for the column of usernames. It has no candidates if no cell could be one."""
    first = [list(heads)] if heads else []
    candidates = []
    for at in range(max((len(row) for row in [*first, *rows]), default=0)):
        label = heads[at] if heads and at < len(heads) else _label(rows, at) if not heads else None
        cells = column_of(rows, at)
        if (samples := _samples(cells)) and not all(cell.strip().isdecimal() for cell in cells):
            candidates.append(AnswerOption(str(at + 1), shown(label) if label else None, samples))
    if every_word:
        candidates.append(AnswerOption(EVERY_WORD, None, _samples(cell for row in rows for cell in row)))
    some = [[shown(cell) for cell in row] for row in [*first, *rows][:MAX_ROWS_SHOWN]]
    return Unsure("RECIPIENTS_UNSURE", "column", candidates, some, why)


def _label(rows: Sequence[list[str]], at: int) -> str | None:
    """Return the first cell of a column if it looks like the header: it can be no username, and all cells below can."""
    first, below = rows[0] if rows else [], column_of(rows[1:], at)
    if at >= len(first) or not below or first[at] in below:
        return None
    if first_is_header(first, rows[1:], at):
        return first[at]
    is_other = not read_person(first[at]).name and all(read_person(cell).name for cell in below)
    return first[at] if is_other else None


def ask_for_header(rows: Sequence[list[str]], at: int) -> Unsure:
    """Return a question: does the first row name a person, or the columns?"""
    cells = column_of(rows, at)
    candidates = [
        AnswerOption("true", shown(cells[0]), _samples(cells[1:])),
        AnswerOption("false", None, _samples(cells)),
    ]
    some = [[shown(cell) for cell in row] for row in rows[:MAX_ROWS_SHOWN]]
    return Unsure("RECIPIENTS_UNSURE", "header", candidates, some)


def _samples(cells: Iterable[str]) -> list[str]:
    samples: list[str] = []
    for cell in cells:
        name = read_person(cell).name
        if name and name not in samples:
            samples.append(name)
        if len(samples) == MAX_SAMPLES:
            break
    return samples


def ask_for_words(lines: Sequence[str], doubtful: Sequence[Row]) -> Unsure:
    """Return a question: does each word between the commas name a person, or only those of one column?

    `lines` is the pasted text, `doubtful` the rows that were read from it.
    """
    rows = [[part.strip() for part in _PART.split(line)] for line in lines[:MAX_READ] if line.strip()]
    if len(rows) > 1 and {len(row) for row in rows} <= {len(rows[0])} and len(rows[0]) <= MAX_COLUMNS:
        return ask_for_column(None, rows, every_word=True)
    names = dict.fromkeys(name for row in doubtful if (name := read_person(row.name or "").name))
    some = [[shown(cell) for cell in row] for row in rows[:MAX_ROWS_SHOWN]]
    samples = [AnswerOption(EVERY_WORD, None, list(names)[:MAX_SAMPLES])]
    return Unsure("RECIPIENTS_UNSURE", "column", samples, some)
