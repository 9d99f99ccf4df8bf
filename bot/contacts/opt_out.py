"""Detection of answers that ask to be left alone."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bot.core.phrases import holds_any, plain

_APOSTROPHES = str.maketrans("’‘ʼ´`′＇", "'''''''")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_GAP = r"[\W_]+"
_LETTER = re.compile(r"[^\W_]")
_SPELLED = re.compile(r"(?<![^\W_])[^\W\d_](?:[\W_]+[^\W\d_](?![^\W_]))+")
_BETWEEN = re.compile(_GAP)


def asks_to_stop(text: str, own: Iterable[str] = ()) -> bool:
    """Return whether the text holds a phrase of stop_words.txt, in any of ten languages, or one of the user's own.

    It prefers a false alarm to a miss: "can't stop smiling" counts too, because it holds a stop word. A part of a word
    does not count ("stopover", "non-stop"), nor does a "no" that is not the whole answer. A word may be spelled out
    ("S.T.O.P"), or be parted if it is the whole answer ("un-subscribe").
    """
    said = _simple(text)
    anywhere = _known().anywhere
    return bool(
        anywhere.search(said)
        or anywhere.search(_SPELLED.sub(lambda spelled: _BETWEEN.sub("", spelled[0]), said))
        or anywhere.fullmatch(_BETWEEN.sub("", said))
        or _is_no(said)
        or _holds_own(said, own)
    )


class _Known(NamedTuple):
    anywhere: re.Pattern[str]
    alone: re.Pattern[str]
    beside: re.Pattern[str]


def _is_no(said: str) -> bool:
    """Return whether the text is a "no" with nothing else but courtesy."""
    rest, found = _known().alone.subn(" ", said)
    return found > 0 and not _LETTER.search(_known().beside.sub(" ", rest))


def holds_own(text: str, own: Iterable[str]) -> bool:
    """Return whether the text holds one of the user's own words or phrases, however it is written."""
    return _holds_own(_simple(text), own)


def _holds_own(said: str, own: Iterable[str]) -> bool:
    phrases = [phrase for phrase in map(_simple, own) if _together(phrase)]
    return holds_any(said, phrases) or holds_any(_together(said), map(_together, phrases))


def _simple(text: str) -> str:
    """Remove case and accents, unify apostrophes, and shorten "stoooop" to "stop"."""
    return _STRETCHED.sub(r"\1", plain(text.translate(_APOSTROPHES)))


def _together(text: str) -> str:
    return text.replace("'", "")


@cache
def _known() -> _Known:
    lines = (Path(__file__).parent / "stop_words.txt").read_text(encoding="utf-8").splitlines()
    phrases: dict[str, list[str]] = {"": [], "=": [], "~": []}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            mark = line[0] if line[0] in phrases else ""
            phrases[mark].append(line.removeprefix(mark))
    return _Known(_any_of(phrases[""]), *(_any_of(_longest_first(phrases[mark])) for mark in "=~"))


def _longest_first(lines: list[str]) -> list[str]:
    """Split the lines into phrases, longest first, so that "no quiero" is not read as "no" and a rest."""
    return sorted((phrase.strip() for line in lines for phrase in line.split("/")), key=len, reverse=True)


def _any_of(phrases: list[str]) -> re.Pattern[str]:
    """Match any phrase. A hyphen before it makes it part of a word ("non-stop"), one after it does not
    ("arrêtez-vous").
    """
    return re.compile(rf"(?<![^\W_])(?<![^\W_]-)(?:{'|'.join(map(_phrase, phrases))})(?![^\W_])")


def _phrase(line: str) -> str:
    return _GAP.join(f"(?:{'|'.join(map(_words, place.split('/')))})" for place in line.split())


def _words(joined: str) -> str:
    return _GAP.join(re.escape(_simple(word)).replace("'", "'?") for word in joined.split("_"))
