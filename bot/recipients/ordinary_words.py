"""Words that stand where a username could: answers, states, buttons, names of lists. not_usernames.txt has them."""

import re
from functools import cache
from pathlib import Path

from bot.inputs.usernames import read_username
from bot.recipients.headers import header_kind, phrases_of, plain_words

_FILE = Path(__file__).with_name("not_usernames.txt")
_ORDINARY = ("answer", "status", "total", "button", "do_not_write")
_PIECE = re.compile(r"[^\W\d_]+")


def is_ordinary_word(text: str) -> bool:
    """Whether a text without an @ is an answer, a state, a total or a button, and so surely no username."""
    word = "".join(plain_words(text))
    return any(word in _known(kind) for kind in _ORDINARY) and not read_username(text).marked


def is_button(text: str) -> bool:
    """Whether a text is a label of Instagram's pages, as "Follow", so that without an @ it means no account."""
    return "".join(plain_words(text)) in _known("button") and not read_username(text).marked


def is_list_word(text: str) -> bool:
    """Whether each word of a text is one that lists and columns are called by: "user_list", "col1"."""
    if names_do_not_write(text) or is_ordinary_word(text) or "".join(plain_words(text)) in _known("list"):
        return True
    pieces = [piece for word in plain_words(text) for piece in _PIECE.findall(word)]
    return bool(pieces) and all(_is_of_a_list(piece) for piece in pieces)


def _is_of_a_list(piece: str) -> bool:
    return piece in _known("list") or header_kind(piece) is not None or is_ordinary_word(piece)


def is_do_not_write(text: str) -> bool:
    """Whether a text without an @ says nothing else than that somebody must not be written to: "unsubscribed"."""
    return "".join(plain_words(text)) in _known("do_not_write") and not read_username(text).marked


def names_do_not_write(text: str) -> bool:
    """Whether a header or a title says that people must not be written to: "Do not contact", "is_blocked"."""
    words = plain_words(text)
    parts = ("".join(words[at:end]) for at in range(len(words)) for end in range(at + 1, min(at + 5, len(words) + 1)))
    return not _known("do_not_write").isdisjoint(parts)


@cache
def _known(kind: str) -> frozenset[str]:
    phrases = phrases_of(_FILE.read_text(encoding="utf-8"))
    return frozenset("".join(plain_words(phrase)) for named, phrase in phrases if named == kind)
