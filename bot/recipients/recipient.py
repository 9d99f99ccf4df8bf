"""A person to write to, what a list of them was found to hold, and what is asked about a list that is not sure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bot.core.display_names import clean_name
from bot.core.errors import BotException
from bot.inputs.usernames import Username, read_username
from bot.recipients.headers import FIRST_NAME, FULL_NAME, INSTAGRAM, LAST_NAME, USERNAME, header_kind
from bot.recipients.ordinary_words import is_button, is_ordinary_word
from bot.recipients.other_sites import is_other_site

MAX_ACCEPTED = 10_000
MAX_READ = 50_000
"""Rows that are looked at; a file may hold millions that name nobody."""
MAX_REJECTED_SHOWN = 500
MAX_TEXT = 80
MAX_SAMPLES = 3
MAX_ROWS_SHOWN = 5
EVERY_WORD = "all"
"""The answer to which column has the usernames where each word is one."""

_UNDECODED = re.compile(r"[\udc80-\udcff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LETTER = re.compile(r"[a-z]")
_HANDLE = re.compile(r"(?=.*[a-z])(?:.*[_0-9]|.*\w\.\w).*")
# What programs write where a cell has no value.
_NOTHING = frozenset({"nan", "null", "none", "nil", "undefined", "na", "n/a", "#n/a", "<na>", "nat", "#name?", "#ref!"})
_COUNT = re.compile(r"[0-9][0-9.]*[kmb]")
_HEADERS = (USERNAME, INSTAGRAM, FULL_NAME, FIRST_NAME, LAST_NAME)
# Headers of columns of names that people may call themselves by.
_NAMES_TOO = frozenset({"first", "last", "second"})
_DASHES = "-–—_.?*/\\ "


@dataclass(frozen=True)
class Recipient:
    username: str
    full_name: str | None = None
    first_name: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A row that names nobody: `line` from 1, `text` its beginning, `reason` as a program knows it."""

    line: int
    text: str
    reason: str


@dataclass
class Recipients:
    """Every row is accepted, rejected or folded into an equal one. Of the rejected, `rejected` holds the first 500.

    `column` is the header of the column that the usernames of a table were taken from, unless the header itself says
    that it holds usernames; empty if the table has no headers.
    """

    accepted: list[Recipient] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_count: int = 0
    folded: int = 0
    column: str | None = None
    undecoded: bool = False
    """Whether a name was left out because its encoding is not known."""

    def reject(self, line: int, text: str, reason: str, rows: int = 1) -> None:
        self.rejected_count += rows
        if len(self.rejected) < MAX_REJECTED_SHOWN:
            self.rejected.append(Rejected(line, shown(text), reason))

    def reject_rest(self, line: int, rows: int) -> None:
        del self.rejected[MAX_REJECTED_SHOWN - 1 :]
        self.reject(line, f"{rows:,} more", "too_many_rows", rows)


@dataclass(frozen=True)
class Choice:
    """What a person says of a list that is not sure.

    `column` and `name_column` are numbers from 1 or the text of a header; `column` may be EVERY_WORD. `header` says
    whether the first row holds headers. `encoding` is a key of bot.text_encodings.
    """

    column: str | None = None
    name_column: str | None = None
    header: bool | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Candidate:
    """One answer to what is asked: the value to send back, what it is called, and what would be read by it."""

    value: str
    label: str | None
    samples: list[str]


class Unsure(BotException):
    """A list that is read only after a person has said how: `field` of Choice is one of the candidates' values.

    Candidates and rows hold names of strangers, so they are no part of `meta`, which is logged.
    """

    def __init__(
        self,
        name: str,
        field: str,
        candidates: list[Candidate],
        rows: list[list[str]] | None = None,
        why: str | None = None,
    ) -> None:
        super().__init__(name, why)
        self.meta["errors"] = [{"field": field, "code": name, "message": self.message}]
        self.field = field
        self.candidates = candidates
        self.rows = rows or []


class NobodyNamed(BotException):
    """A list that is not empty, and none of whose rows surely names a person: `field` holds it, `rejected` says why.

    The rows are no part of `meta`, which is logged.
    """

    def __init__(self, field: str, found: Recipients) -> None:
        super().__init__(
            "RECIPIENTS_EMPTY",
            "None of these rows names a person.",
            remedy="See why each row is rejected, and correct it. An @ before a word says that it is a username.",
        )
        self.meta["errors"] = [{"field": field, "code": self.name, "message": self.message}]
        self.rejected = found.rejected


class Row(NamedTuple):
    """`name` as it was written; None where the row cannot be read or `reason` says why it names nobody."""

    line: int
    text: str
    name: str | None
    full_name: str = ""
    first_name: str = ""
    reason: str = "broken_row"


def shown(text: str) -> str:
    """The beginning of a text, without what could change how it is shown."""
    return _CONTROL.sub("�", text.strip()[:MAX_TEXT])


def read_person(text: str) -> Username:
    """The account that a whole cell or line means. A word without letters, as of a phone number, and a count as "12k"
    mean none unless they are marked; what stands for a missing value is empty.
    """
    read = read_username(text)
    if read.marked or not read.name:
        return read if text.strip().lower() not in _NOTHING else Username("", False)
    if read.name in _NOTHING:
        return Username("", False)
    is_figure = not _LETTER.search(read.name) or _COUNT.fullmatch(read.name)
    return Username(None, False) if is_figure else read


def is_handle(name: str) -> bool:
    """Whether only an account is called so: no word and no first name has an underscore, a figure or a dot in it."""
    return _HANDLE.fullmatch(name) is not None


def known_name(text: str) -> str | None:
    """A person's name as it may stand in a message; None where there is none, or its bytes are not decoded."""
    name = text.strip()
    if _UNDECODED.search(name) or name.lower() in _NOTHING or not name.strip(_DASHES):
        return None
    return clean_name(name) or None


def with_people(field: str, found: Recipients) -> Recipients:
    """What was found in that field of a request. Raises NobodyNamed."""
    if not found.accepted:
        raise NobodyNamed(field, found)
    return found


def collected(rows: Iterator[Row], rows_from: Callable[[Row], int]) -> Recipients:
    """Whom the rows name, each person once; `rows_from` counts the rows from one on. Raises RECIPIENTS_EMPTY."""
    found = Recipients()
    known: set[str] = set()
    for read, row in enumerate(rows):
        if len(known) == MAX_ACCEPTED or read == MAX_READ:
            found.reject_rest(row.line, rows_from(row))
            break
        if row.name is None:
            found.reject(row.line, row.text, row.reason)
            continue
        username, marked = read_person(row.name)
        if not username:
            found.reject(row.line, row.text, "not_a_username" if username is None else "empty_name")
        elif not marked and is_button(username):
            found.reject(row.line, row.text, "button")
        elif not marked and is_other_site(username):
            found.reject(row.line, row.text, "other_site")
        elif not marked and is_ordinary_word(username):
            found.reject(row.line, row.text, "ordinary_word")
        elif not marked and username not in _NAMES_TOO and header_kind(username) in _HEADERS:
            found.reject(row.line, row.text, "header")
        elif username in known:
            found.folded += 1
        else:
            known.add(username)
            found.undecoded |= _UNDECODED.search(row.full_name + row.first_name) is not None
            found.accepted.append(Recipient(username, known_name(row.full_name), known_name(row.first_name)))
    if not (known or found.rejected):
        raise BotException("RECIPIENTS_EMPTY")
    return found
