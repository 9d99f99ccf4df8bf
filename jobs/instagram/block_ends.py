"""The end of a block, where Instagram's words name one: a date, or a length of time."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# In the languages of `wordings`, as far as they use the Latin alphabet; without accents, as `_bare` leaves them.
_UNITS = {
    timedelta(hours=1): "hours?|stunden?|horas?|heures?|or[ae]|uur|uren|saat|godzin[ay]?",
    timedelta(days=1): "days?|tage?n?|dias?|jours?|giorn[oi]|dag(?:en)?|gun|dni|dzien",
    timedelta(weeks=1): "weeks?|wochen?|semanas?|semaines?|settiman[ae]|wek?en|hafta|tygodni[ea]?",
}
_ONE = "an?|one|eine[nr]?|una?|um[a]?|une"
_LENGTHS = {length: re.compile(rf"(?<!after )\b(\d{{1,3}}|{_ONE}) (?:{names})\b") for length, names in _UNITS.items()}
_ISO = re.compile(r"\b(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b")
_NUMBERS = re.compile(r"\b(\d{1,2})([-/.])(\d{1,2})\2(\d{4})\b")
_NAMED = re.compile(r"\b([a-z]{3,12})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b")
_NAMED_AFTER = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th|\.|er)? (?:de |of )?([a-z]{3,12})\.?,? (?:de )?(\d{4})\b")
# The first letters of the names of months. Those of June and July differ later than the others.
_MONTHS = {
    "jan ene gen sty oca": 1,
    "feb fev lut sub": 2,
    "mar mrz maa": 3,
    "apr abr avr kwi nis": 4,
    "may mai mag mei maj": 5,
    "jun juin giu cze haz": 6,
    "jul juil lug lip tem": 7,
    "aug ago aou sie agu": 8,
    "sep set wrz eyl": 9,
    "oct okt ott out paz eki": 10,
    "nov lis kas": 11,
    "dec dez dic gru ara": 12,
}
_BY_STEM = {stem: month for stems, month in _MONTHS.items() for stem in stems.split()}


@dataclass(frozen=True)
class BlockEnd:
    """The end of a block: `until`, the end of the named day in UTC, or `lasts`, counted from the reply."""

    until: datetime | None = None
    lasts: timedelta | None = None

    @property
    def meta(self) -> dict[str, Any]:
        """Return the same as plain values, for the error about the block."""
        if self.until:
            return {"blocked_until": self.until.isoformat()}
        return {"blocked_seconds": self.lasts.total_seconds()} if self.lasts else {}


def block_end(words: str) -> BlockEnd | None:
    """Read the end of a block from words in lower case; None if they name none that can be read."""
    bare = _bare(words)
    if day := _day(bare):
        return BlockEnd(until=day + timedelta(days=1))
    for unit, length in _LENGTHS.items():
        if found := length.search(bare):
            return BlockEnd(lasts=unit * (int(found[1]) if found[1].isdecimal() else 1))
    return None


def _bare(words: str) -> str:
    """Return the words without accents."""
    return "".join(one for one in unicodedata.normalize("NFD", words) if not unicodedata.combining(one))


def _day(words: str) -> datetime | None:
    if found := _ISO.search(words):
        return _midnight(int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _NUMBERS.search(words):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        # Only with dots the day surely comes first. The later one is the safer one.
        days = [_midnight(year, second, first), None if found[2] == "." else _midnight(year, first, second)]
        return max((day for day in days if day), default=None)
    if (found := _NAMED.search(words)) and (month := _month(found[1])):
        return _midnight(int(found[3]), month, int(found[2]))
    if (found := _NAMED_AFTER.search(words)) and (month := _month(found[2])):
        return _midnight(int(found[3]), month, int(found[1]))
    return None


def _month(name: str) -> int | None:
    return _BY_STEM.get(name[:4]) or _BY_STEM.get(name[:3])


def _midnight(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
