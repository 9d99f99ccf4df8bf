"""Periods of whole local days, and the columns that group steps by them, by hour and by message."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, extract

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.core.errors import invalid
from bot.decision.hours import local_date, local_time
from bot.storage.models import ActionTarget, Message

PERIODS = (7, 30, 90)
"""Lengths of the periods that the page offers, in days."""
DEFAULT_PERIOD = 30
MAX_PERIOD = 92
"""Days of the longest period: a quarter."""
Grouping = Literal["day", "source", "kind", "action", "hour", "variant"]
BY_ORIGIN: tuple[Grouping, ...] = ("source", "action")
"""The groupings whose rows may be of other filters or weeks. Hours and variants are of the same actions."""
of_message = and_(Message.user_id == ActionTarget.user_id, Message.target_id == ActionTarget.id)
"""The condition that joins a message with its target."""
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

    @property
    def weeks(self) -> list[date]:
        """Return the first day, and each Monday after it."""
        return [day for day in self if day == self.since or not day.weekday()]

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
    return period_up_to(local_date(now(), timezone_of(user_id)), days, since, until)


def period_up_to(
    latest: date,
    days: int | None,
    since: date | None,
    until: date | None,
    *,
    longest: int = MAX_PERIOD,
    word: str = "today",
) -> Period:
    """Return the chosen days as a period that ends on the latest day, which has this name, or before it.

    Raises INVALID_INPUT.
    """
    if days and (since or until):
        raise invalid("days", "Give either days, or a first and a last day.")
    last = until or latest
    if last > latest:
        raise invalid("to", f"This may be {word} at most.")
    first = since or last - timedelta(days=(days or DEFAULT_PERIOD) - 1)
    if first > last:
        raise invalid("from", "This has to be the last day or a day before it.")
    if (last - first).days >= longest:
        raise invalid("from", f"A period may have {longest} days at most.")
    return Period(first, last)


def slot_of(at: Any) -> ColumnElement[int]:
    """Return the number of the quarter of an hour of a time as a column."""
    return extract("epoch", at) // _SLOT


def hour_of(slot: int, zone: ZoneInfo) -> int:
    """Return the hour of the local day of a quarter of an hour."""
    return datetime.fromtimestamp(int(slot) * _SLOT, zone).hour
