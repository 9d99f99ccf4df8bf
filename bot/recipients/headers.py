"""What the columns of a table of people are called: a header as it was written → what it names."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from bot.core.phrases import plain

USERNAME, USER = "username", "user"
INSTAGRAM = "instagram"
"""A column that names Instagram itself comes before one that may be of another site."""
FULL_NAME, NAME, FIRST_NAME, LAST_NAME, OTHER = "full_name", "name", "first_name", "last_name", "other"
PERSON, SITE = "person", "site"
_BETWEEN = "between"

_FILE = Path(__file__).with_suffix(".txt")
_LONGEST = 60
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_LETTER = re.compile(r"[\W_]+")
_LINKS = frozenset({"link", "links", "url", "urls", "ссылка"})


def header_kind(text: str) -> str | None:
    """The kind of column that a text names, a constant of this module; None for a text that is no known header."""
    if len(text) > _LONGEST:
        return None
    words = _words(text)
    known = _kinds().get("".join(words))
    return (_of_instagram(words) or known) if known in (USERNAME, USER, None) else known


def names_instagram(text: str) -> bool:
    """Whether a word of it is Instagram's name: it may be a header that is not known."""
    return len(text) <= _LONGEST and not _words_of(INSTAGRAM).isdisjoint(_words(text))


def is_site(text: str) -> bool:
    """Whether it is Instagram's name and nothing else."""
    words = plain_words(text) if len(text) <= _LONGEST else []
    return len(words) == 1 and words[0] in _words_of(INSTAGRAM)


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without accents."""
    return list(_words(text) if len(text) <= _LONGEST else _split(text))


def as_word(text: str) -> str:
    """A short text as one word, as files of words are searched; empty for a longer one, which none of them has."""
    return "".join(_words(text)) if len(text) <= _LONGEST else ""


def _of_instagram(words: Sequence[str]) -> str | None:
    """What a header with Instagram's name in it names: "IG handle", "instagram_profile_url", "Instagram name"."""
    others = [word for word in words if word not in _words_of(INSTAGRAM)]
    if len(others) == len(words):
        return None
    plain = [word for word in others if word not in _words_of(_BETWEEN)]
    whole = {_kinds().get("".join(rest)) for rest in (others, plain)}
    if FULL_NAME in whole:
        return FULL_NAME
    kinds = {_kinds().get(word) for word in plain}
    if not kinds.isdisjoint((USERNAME, USER)) and kinds <= {USERNAME, USER, NAME}:
        return INSTAGRAM
    if whole <= {USERNAME, USER, NAME, None} and not whole.isdisjoint((USERNAME, USER)):
        return INSTAGRAM
    if not kinds <= {NAME}:
        return None
    # The name that is shown and a number are called so as well, and so are some accounts.
    return INSTAGRAM if not others or not _LINKS.isdisjoint(others) else USER


# The same cell is searched in several lists of words, one after the other. Long texts would fill the memory.
@lru_cache(256)
def _words(text: str) -> tuple[str, ...]:
    return _split(text)


def _split(text: str) -> tuple[str, ...]:
    parts = _NO_LETTER.split(_CAMEL.sub(" ", unicodedata.normalize("NFKC", text)))
    return tuple(plain(part) for part in parts if part)


@cache
def _kinds() -> dict[str, str]:
    """Each header, as one word, with its kind; of a header that several languages have, the surest."""
    kinds: dict[str, str] = {}
    for kind in (OTHER, SITE, PERSON, NAME, USER, LAST_NAME, FIRST_NAME, FULL_NAME, USERNAME):
        kinds |= {"".join(_words(phrase)): kind for named, phrase in _entries() if named == kind}
    return kinds


@cache
def _words_of(kind: str) -> frozenset[str]:
    return frozenset(word for named, phrase in _entries() if named == kind for word in _words(phrase))


@cache
def _entries() -> tuple[tuple[str, str], ...]:
    return tuple(phrases_of(_FILE.read_text(encoding="utf-8")))


def phrases_of(text: str) -> Iterator[tuple[str, str]]:
    """The kind and the phrase of each entry of a file of words, "kind: phrase, phrase" in each line."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, _, phrases = line.partition(":")
            yield from ((kind, phrase.strip()) for phrase in phrases.split(","))
