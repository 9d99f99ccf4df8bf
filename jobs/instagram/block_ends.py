"""The end of a block, where Instagram's words name one: a date, or a length of time."""

import re
import unicodedata
from collections.abc import Iterator
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
_LENGTHS = {length: re.compile(rf"\b(\d{{1,9}}|{_ONE}) (?:{names})\b") for length, names in _UNITS.items()}
# Of a length that is over, or that begins elsewhere: "2 days ago", "in the last 24 hours", "after 24 hours".
_PAST_BEFORE = re.compile(
    r"\b(?:after|within|since|past|previous|the last|vor|seit|letzten|vergangenen|hace|desde|ha|ultim[aeio]s?"
    r"|il y a|depuis|dernier(?:e?s)?|da|sinds|afgelopen|laatste|son|od|ostatni(?:e|ch)?) $"
)
_PAST_AFTER = re.compile(r" (?:ago|earlier|old|alt|atras|fa|geleden|once|temu)\b")
_SINCE = re.compile(r"\b(?:since|seit|desde|depuis|sinds)(?: \w{1,3})? $")
_UNTIL = re.compile(
    r"\b(?:until|till?|ends?|expires?|endet|bis|hasta|ate|jusqu'au|fino|tot|do)"
    r"(?: (?:on|the|am|zum|el|o|al|a|en met))? $"
)
_LONGEST_LEAD = 24
# A block that lasts longer is one whose end is not known.
_LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)
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
    """The end of a block: `until`, the end of the named day in UTC, or `lasts`, counted from the reply.

    Neither of them if the named end is more than a year away, which is as good as none.
    """

    until: datetime | None = None
    lasts: timedelta | None = None

    @property
    def meta(self) -> dict[str, Any]:
        """Return the same as plain values, for the error about the block."""
        if self.until:
            return {"blocked_until": self.until.isoformat()}
        return {"blocked_seconds": self.lasts.total_seconds()} if self.lasts else {}


def block_end(words: str, now: datetime) -> BlockEnd | None:
    """Read the end of a block from words in lower case that came at `now`; None if they name none that can be read.

    A time of the past is none: "joined 2 days ago". A past day is one only after a word such as "until".
    """
    bare = _bare(words)
    for found, day in _days(bare):
        is_past = _leads(_SINCE, bare, found) or day <= now - _DAY
        if not is_past or _leads(_UNTIL, bare, found):
            return BlockEnd(until=day + _DAY) if day - now <= _LONGEST else BlockEnd()
    for unit, length in _LENGTHS.items():
        for found in length.finditer(bare):
            if not _leads(_PAST_BEFORE, bare, found) and not _PAST_AFTER.match(bare, found.end()):
                units = int(found[1]) if found[1].isdecimal() else 1
                return BlockEnd(lasts=unit * units) if units <= _LONGEST // unit else BlockEnd()
    return None


def _leads(lead: re.Pattern[str], words: str, found: re.Match[str]) -> bool:
    """Return whether what was found comes right after `lead`, which ends with `$`."""
    return lead.search(words, max(0, found.start() - _LONGEST_LEAD), found.start()) is not None


def _bare(words: str) -> str:
    """Return the words without accents."""
    return "".join(one for one in unicodedata.normalize("NFD", words) if not unicodedata.combining(one))


def _days(words: str) -> Iterator[tuple[re.Match[str], datetime]]:
    """Yield the days that words name, with the place of each."""
    for form, read in _FORMS:
        for found in form.finditer(words):
            if day := read(found):
                yield found, day


def _iso(found: re.Match[str]) -> datetime | None:
    return _midnight(int(found["year"]), int(found["month"]), int(found["day"]))


def _numbers(found: re.Match[str]) -> datetime | None:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    # Only with dots the day surely comes first. The later one is the safer one.
    days = [_midnight(year, second, first), None if found[2] == "." else _midnight(year, first, second)]
    return max((day for day in days if day), default=None)


def _named(found: re.Match[str]) -> datetime | None:
    month = _month(found[1])
    return _midnight(int(found[3]), month, int(found[2])) if month else None


def _named_after(found: re.Match[str]) -> datetime | None:
    month = _month(found[2])
    return _midnight(int(found[3]), month, int(found[1])) if month else None


_FORMS = ((_ISO, _iso), (_NUMBERS, _numbers), (_NAMED, _named), (_NAMED_AFTER, _named_after))


def _month(name: str) -> int | None:
    return _BY_STEM.get(name[:4]) or _BY_STEM.get(name[:3])


def _midnight(year: int, month: int, day: int) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
