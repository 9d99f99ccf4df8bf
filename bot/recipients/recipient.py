"""A person to write to, the result of reading a list, and the questions about an ambiguous one."""

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
"""Rows that are read. A file may hold millions that name no person."""
MAX_REJECTED_SHOWN = 500
MAX_TEXT = 80
MAX_SAMPLES = 3
MAX_ROWS_SHOWN = 5
EVERY_WORD = "all"
"""The answer to the question for the column if each word is a username."""

_UNDECODED = re.compile(r"[\udc80-\udcff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LETTER = re.compile(r"[a-z]")
_HANDLE = re.compile(r"(?=.*[a-z])(?:.*[_0-9]|.*\w\.\w).*")
# Programs write these into cells without a value.
_NOTHING = frozenset({"nan", "null", "none", "nil", "undefined", "na", "n/a", "#n/a", "<na>", "nat", "#name?", "#ref!"})
_COUNT = re.compile(r"[0-9][0-9.]*[kmb]")
_HEADERS = (USERNAME, INSTAGRAM, FULL_NAME, FIRST_NAME, LAST_NAME)
# Headers of name columns that people also use as names of their own.
_NAMES_TOO = frozenset({"first", "last", "second"})
_DASHES = "-–—_.?*/\\ "


@dataclass(frozen=True)
class Recipient:
    username: str
    full_name: str | None = None
    first_name: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A row that names no person. `line` counts from 1, `text` is its beginning, and `reason` is for programs."""

    line: int
    text: str
    reason: str


@dataclass
class Recipients:
    """The rows of a list: each is accepted, rejected, or folded into an equal one. `rejected` holds the first 500
    rejected.

    `column` is the header of the column of usernames, unless the header itself says that it holds usernames. It is
    empty if the table has no headers.
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
    """A person's answers about an ambiguous list.

    `column` and `name_column` are numbers from 1 or the text of a header. `column` may be EVERY_WORD. `header` tells if
    the first row holds headers. `encoding` is a key of bot.recipients.encodings.
    """

    column: str | None = None
    name_column: str | None = None
    header: bool | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class AnswerOption:
    """One possible answer: the value to send back, its label, and samples of what it would read."""

    value: str
    label: str | None
    samples: list[str]


class Unsure(BotException):
    """A list that needs an answer before it is read: `field` of Choice is one of the candidates' values.

    Candidates and rows hold names of strangers, so they stay out of `meta`, which is logged.
    """

    def __init__(
        self,
        name: str,
        field: str,
        candidates: list[AnswerOption],
        rows: list[list[str]] | None = None,
        why: str | None = None,
    ) -> None:
        super().__init__(name, why)
        self.meta["errors"] = [{"field": field, "code": name, "message": self.message}]
        self.field = field
        self.candidates = candidates
        self.rows = rows or []


class NobodyNamed(BotException):
    """A list with rows of which none surely names a person. `field` holds it, and `rejected` tells why.

    The rows stay out of `meta`, which is logged.
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
    """One row. `name` is as written, or None if the row is unreadable or `reason` tells why it names no person."""

    line: int
    text: str
    name: str | None
    full_name: str = ""
    first_name: str = ""
    reason: str = "broken_row"


def shown(text: str) -> str:
    """Return the beginning of a text, without characters that could change its display."""
    return _CONTROL.sub("�", text.strip()[:MAX_TEXT])


def read_person(text: str) -> Username:
    """Return the account that a whole cell or line means.

    A word without letters, like a phone number, and a count like "12k" mean none unless they are marked. A placeholder
    for a missing value is empty.
    """
    read = read_username(text)
    if read.marked or not read.name:
        return read if text.strip().lower() not in _NOTHING else Username("", False)
    if read.name in _NOTHING:
        return Username("", False)
    is_figure = not _LETTER.search(read.name) or _COUNT.fullmatch(read.name)
    return Username(None, False) if is_figure else read


def is_handle(name: str) -> bool:
    """Return whether only an account has such a name: no word or first name has an underscore, a digit or a dot in
    it.
    """
    return _HANDLE.fullmatch(name) is not None


def known_name(text: str) -> str | None:
    """Return a person's name as a message may use it, or None if there is none or its bytes are undecoded."""
    name = text.strip()
    if _UNDECODED.search(name) or name.lower() in _NOTHING or not name.strip(_DASHES):
        return None
    return clean_name(name) or None


def with_people(field: str, found: Recipients) -> Recipients:
    """Return the result of that field of a request. Raises NobodyNamed if no row was accepted."""
    if not found.accepted:
        raise NobodyNamed(field, found)
    return found


def collected(rows: Iterator[Row], rows_from: Callable[[Row], int]) -> Recipients:
    """Return the people that the rows name, each once. `rows_from` counts the rows from one on. Raises
    RECIPIENTS_EMPTY.
    """
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
