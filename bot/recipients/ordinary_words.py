"""Words in the place of usernames: answers, states, buttons, names of lists. They are in not_usernames.txt."""

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
    """Return whether a text without an @ is an answer, a state, a total or a button, and so no username."""
    return _is_bare(text, *_ORDINARY)


def is_button(text: str) -> bool:
    """Return whether a text without an @ is a label of Instagram's pages, like "Follow", and so no account."""
    return _is_bare(text, "button")


def is_list_word(text: str) -> bool:
    """Return whether each word of a text is a usual name of lists and columns: "user_list", "col1"."""
    if names_do_not_write(text) or is_ordinary_word(text) or as_word(text) in _known("list"):
        return True
    pieces = [piece for word in plain_words(text) for piece in _PIECE.findall(word)]
    return bool(pieces) and all(_is_of_a_list(piece) for piece in pieces)


def _is_bare(text: str, *kinds: str) -> bool:
    """Return whether a text without an @ is a word of these kinds."""
    word = as_word(text)
    return any(word in _known(kind) for kind in kinds) and not read_username(text).marked


def _is_of_a_list(piece: str) -> bool:
    return piece in _known("list") or header_kind(piece) is not None or is_ordinary_word(piece)


def is_do_not_write(text: str) -> bool:
    """Return whether a text without an @ only says that a person gets no messages: "unsubscribed"."""
    return _is_bare(text, "do_not_write")


def says_do_not_write(cell: str) -> bool:
    """Return whether a cell next to a username says that the person gets no messages: all of it, or in several
    words.
    """
    if as_word(cell) in _known("do_not_write") | _known("removal"):
        return True
    return any(len(words) > 1 and "".join(words) in _known("do_not_write") for words in _phrases(plain_words(cell)))


def names_do_not_write(text: str) -> bool:
    """Return whether a header, a title or a line says, or may say, that people get no messages.

    For example "Do not contact", "is_blocked", "wants nothing of us". What is not done yet may be done.
    """
    words = plain_words(text)
    found = {"".join(phrase) for phrase in _phrases(words)}
    if not found.isdisjoint(_known("do_not_write") | _known("removal")):
        return True
    return not found.isdisjoint(_known("negation")) and found.isdisjoint(_known("yet"))


def names_consent(header: str) -> bool:
    """Return whether a header asks if a person agreed to get messages: "Opt-in", "Do you agree to be contacted?"."""
    return any("".join(phrase) in _known("consent") for phrase in _phrases(plain_words(header)))


def is_refusal(text: str) -> bool:
    """Return whether an answer is no."""
    return as_word(text) in _known("refusal")


def _phrases(words: list[str]) -> Iterator[list[str]]:
    return (words[at:end] for at in range(len(words)) for end in range(at + 1, min(at + _MAX_WORDS, len(words)) + 1))


@cache
def _known(kind: str) -> frozenset[str]:
    phrases = phrases_of(_FILE.read_text(encoding="utf-8"))
    return frozenset(as_word(phrase) for named, phrase in phrases if named == kind)
