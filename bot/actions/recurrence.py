"""Orders that come again: every so many days, at a local time (also of another zone) or when working hours begin."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlalchemy import select

from bot.actions.filters import Number
from bot.config.runtime import now
from bot.decision.hours import Hours, local_time, opens_on
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from bot.storage.models import OPEN, Action
from bot.storage.tenancy import TenantSession

# Working hours come again by the week; a year without any has none.
_MAX_DAYS_OFF = 366


class Repeat(Params):
    """How often an order comes again, and when."""

    every_days: Number = Field(ge=1, le=30, description="Every so many days: 1 is daily, 7 weekly.")
    at: Annotated[str, Pattern(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "Type a time like 09:30.")] | None = Field(
        None,
        description="The time of day in your time zone, such as 09:30; left out: when the working hours begin.",
    )


def next_run(
    repeat: Repeat, previous: datetime, moment: datetime, timezone: str, opens: Callable[[date], int | None]
) -> datetime:
    """The first run after `moment`, in UTC: a multiple of `every_days` after the local day of `previous`, or, where
    that is a day off, on the next day that is none.

    `opens` gives the minute of a day at which its hours begin, None for a day off. Raises ValueError where every day
    is one.
    """
    zone = ZoneInfo(timezone)
    first = previous.astimezone(zone).date()
    last = max(first, moment.astimezone(zone).date()) + timedelta(days=repeat.every_days + _MAX_DAYS_OFF)
    due = False
    for days in range(1, (last - first).days + 1):
        day = first + timedelta(days=days)
        due = due or days % repeat.every_days == 0
        begins = opens(day) if due else None
        if begins is None:
            continue
        due = False
        run = local_time(day, _minutes(repeat.at) if repeat.at else begins, zone)
        if run > moment:
            return run
    raise ValueError("every day is a day off")


def move_to_zone(session: TenantSession, before: str, hours: Hours) -> None:
    """Has the orders that wait for their local time wait for it in the zone of `hours` instead of in `before`, on the
    same day or, where it is over, the next of their days; the caller commits.

    A start that was chosen apart from the repeat is a moment, and stays.
    """
    waiting = select(Action).where(Action.status.in_(OPEN), Action.started_at.is_(None), Action.start_at > now())
    for action in session.scalars(waiting):
        repeat = Repeat.model_validate(action.repeat) if action.repeat else None
        if repeat and repeat.at and action.start_at:
            day = action.start_at.astimezone(ZoneInfo(before)).date()
            if action.start_at == local_time(day, _minutes(repeat.at), ZoneInfo(before)):
                action.start_at = _in_zone(repeat, day, _minutes(repeat.at), hours)
                # Days of the series would count from its first, whose day may be another in this zone.
                action.series = None


def _in_zone(repeat: Repeat, day: date, minutes: int, hours: Hours) -> datetime:
    run = local_time(day, minutes, ZoneInfo(hours.timezone))
    return run if run > now() else next_run(repeat, run, now(), hours.timezone, lambda day: opens_on(hours, day))


def _minutes(at: str) -> int:
    hours, minutes = at.split(":")
    return int(hours) * 60 + int(minutes)
