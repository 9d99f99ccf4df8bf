"""The end of a block, where Instagram's words name one: a date, or a length of time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_LENGTH = re.compile(r"\bfor (?:the next )?(\d{1,3}) (hour|day|week)s?\b")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]* (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b")
_NAMED_AFTER = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(_MONTHS)})[a-z]*,? (\d{{4}})\b")
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


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
    if found := _LENGTH.search(words):
        return BlockEnd(lasts=int(found[1]) * _UNITS[found[2]])
    day = _day(words)
    return BlockEnd(until=day + timedelta(days=1)) if day else None


def _day(words: str) -> datetime | None:
    try:
        if found := _ISO.search(words):
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        if found := _NAMED.search(words):
            return datetime(int(found[3]), _MONTHS.index(found[1]) + 1, int(found[2]), tzinfo=UTC)
        if found := _NAMED_AFTER.search(words):
            return datetime(int(found[3]), _MONTHS.index(found[2]) + 1, int(found[1]), tzinfo=UTC)
    except ValueError:
        return None
    return None
