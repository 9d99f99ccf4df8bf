"""Column headers of tables of people, and the kind of column that each names."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from bot.core.phrases import plain

USERNAME, USER = "username", "user"
INSTAGRAM = "instagram"
"""A column that names Instagram itself takes precedence over one that may belong to another site."""
FULL_NAME, NAME, FIRST_NAME, LAST_NAME, OTHER = "full_name", "name", "first_name", "last_name", "other"
PERSON, SITE = "person", "site"
_BETWEEN = "between"

_FILE = Path(__file__).with_suffix(".txt")
_LONGEST = 60
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_LETTER = re.compile(r"[\W_]+")
_LINKS = frozenset({"link", "links", "url", "urls", "ссылка"})


def header_kind(text: str) -> str | None:
    """Return the kind of column that a text names, a constant of this module, or None if the header is unknown."""
    if len(text) > _LONGEST:
        return None
    words = _words(text)
    known = _kinds().get("".join(words))
    return (_of_instagram(words) or known) if known in (USERNAME, USER, None) else known


def names_instagram(text: str) -> bool:
    """Return whether a word of it is Instagram's name. The text may be an unknown header."""
    return len(text) <= _LONGEST and not _words_of(INSTAGRAM).isdisjoint(_words(text))


def is_site(text: str) -> bool:
    """Return whether it is Instagram's name and nothing else."""
    words = plain_words(text) if len(text) <= _LONGEST else []
    return len(words) == 1 and words[0] in _words_of(INSTAGRAM)


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents."""
    return list(_words(text) if len(text) <= _LONGEST else _split(text))


def as_word(text: str) -> str:
    """A short text as one word, as files of words are searched; empty for a longer one, which none of them has."""
    return "".join(_words(text)) if len(text) <= _LONGEST else ""


def _of_instagram(words: Sequence[str]) -> str | None:
    """Return the kind of a header that contains Instagram's name: "IG handle", "instagram_profile_url", "Instagram
    name".
    """
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
    # A display name and a number have such headers too, and so do some accounts.
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
    """Return each header, as one word, with its kind. If several languages share a header, the surest kind wins."""
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
    """Yield kind and phrase of each entry of a word file, whose lines are "kind: phrase, phrase"."""
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, _, phrases = line.partition(":")
            yield from ((kind, phrase.strip()) for phrase in phrases.split(","))
