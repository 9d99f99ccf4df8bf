"""Words that stand where a username could: answers, states, buttons, names of lists. not_usernames.txt has them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.inputs.usernames import read_username
from bot.recipients.headers import as_word, header_kind, phrases_of, plain_words

_FILE = Path(__file__).with_name("not_usernames.txt")
_ORDINARY = ("answer", "status", "total", "button", "do_not_write")
_PIECE = re.compile(r"[^\W\d_]+")
_MAX_WORDS = 4
"""The most words of a phrase in the file that is searched in longer texts."""


def is_ordinary_word(text: str) -> bool:
    """Whether a text without an @ is an answer, a state, a total or a button, and so surely no username."""
    word = as_word(text)
    return any(word in _known(kind) for kind in _ORDINARY) and not read_username(text).marked


def is_button(text: str) -> bool:
    """Whether a text is a label of Instagram's pages, as "Follow", so that without an @ it means no account."""
    return as_word(text) in _known("button") and not read_username(text).marked


def is_list_word(text: str) -> bool:
    """Whether each word of a text is one that lists and columns are called by: "user_list", "col1"."""
    if names_do_not_write(text) or is_ordinary_word(text) or as_word(text) in _known("list"):
        return True
    pieces = [piece for word in plain_words(text) for piece in _PIECE.findall(word)]
    return bool(pieces) and all(_is_of_a_list(piece) for piece in pieces)


def _is_of_a_list(piece: str) -> bool:
    return piece in _known("list") or header_kind(piece) is not None or is_ordinary_word(piece)


def is_do_not_write(text: str) -> bool:
    """Whether a text without an @ says nothing else than that somebody must not be written to: "unsubscribed"."""
    return as_word(text) in _known("do_not_write") and not read_username(text).marked


def says_do_not_write(cell: str) -> bool:
    """Whether a cell beside a username says that the person must not be written to: all of it, or in several words."""
    if as_word(cell) in _known("do_not_write") | _known("removal"):
        return True
    return any(len(words) > 1 and "".join(words) in _known("do_not_write") for words in _phrases(plain_words(cell)))


def names_do_not_write(text: str) -> bool:
    """Whether a header, a title or a line says, or may say, that people must not be written to: "Do not contact",
    "is_blocked", "wants nothing of us". What is not done yet may be done.
    """
    words = plain_words(text)
    found = {"".join(phrase) for phrase in _phrases(words)}
    if not found.isdisjoint(_known("do_not_write") | _known("removal")):
        return True
    return not found.isdisjoint(_known("negation")) and found.isdisjoint(_known("yet"))


def names_consent(header: str) -> bool:
    """Whether a header asks if a person agreed to be written to: "Opt-in", "Do you agree to be contacted?"."""
    return any("".join(phrase) in _known("consent") for phrase in _phrases(plain_words(header)))


def is_refusal(text: str) -> bool:
    """Whether an answer is no."""
    return as_word(text) in _known("refusal")


def _phrases(words: list[str]) -> Iterator[list[str]]:
    return (words[at:end] for at in range(len(words)) for end in range(at + 1, min(at + _MAX_WORDS, len(words)) + 1))


@cache
def _known(kind: str) -> frozenset[str]:
    phrases = phrases_of(_FILE.read_text(encoding="utf-8"))
    return frozenset(as_word(phrase) for named, phrase in phrases if named == kind)
