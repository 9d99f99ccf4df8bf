"""Periods of whole local days, and the columns that group times by them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, extract

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.core.errors import invalid
from bot.decision.hours import local_date, local_time

PERIODS = (7, 30, 90)
"""Lengths of the periods that the page offers, in days."""
DEFAULT_PERIOD = 30
MAX_PERIOD = 92
"""Days of the longest period: a quarter."""
# No zone of today is off UTC by a part of it, so each lies within one local hour.
_SLOT = 900


@dataclass(frozen=True)
class Period:
    """Whole days of the user's time zone, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends the day before."""
        return Period(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def __iter__(self) -> Iterator[date]:
        return (self.since + timedelta(days=number) for number in range(self.days))

    def midnights(self, timezone: str) -> list[datetime]:
        """Return the begins of the local days in UTC, and the end of the last one."""
        zone = ZoneInfo(timezone)
        return [local_time(self.since + timedelta(days=number), 0, zone) for number in range(self.days + 1)]


def chosen_period(user_id: str, days: int | None, since: date | None, until: date | None) -> Period:
    """Return the last `days` days, or the days from `since` to `until`.

    A missing `until` is today, and a missing `since` makes the period as long as the page's own. Raises INVALID_INPUT.
    """
    today = local_date(now(), timezone_of(user_id))
    if days and (since or until):
        raise invalid("days", "Give either days, or a first and a last day.")
    last = until or today
    if last > today:
        raise invalid("to", "This may be today at most.")
    first = since or last - timedelta(days=(days or DEFAULT_PERIOD) - 1)
    if first > last:
        raise invalid("from", "This has to be the last day or a day before it.")
    if (last - first).days >= MAX_PERIOD:
        raise invalid("from", f"A period may have {MAX_PERIOD} days at most.")
    return Period(first, last)


def slot_of(at: Any) -> ColumnElement[int]:
    """Return the number of the quarter of an hour of a time as a column."""
    return extract("epoch", at) // _SLOT


def hour_of(slot: int, zone: ZoneInfo) -> int:
    """Return the hour of the local day of a quarter of an hour."""
    return datetime.fromtimestamp(int(slot) * _SLOT, zone).hour
