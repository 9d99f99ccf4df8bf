"""Recurrence of actions: every few days, at a local time or at the begin of the working hours."""

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

# Working hours repeat every week. If a year has none, there are none.
_MAX_DAYS_OFF = 366


class Repeat(Params):
    """The interval and the time of a repeating action."""

    every_days: Number = Field(ge=1, le=30, description="Every so many days: 1 is daily, 7 weekly.")
    at: Annotated[str, Pattern(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "Type a time like 09:30.")] | None = Field(
        None,
        description="The time of day in your time zone, such as 09:30; left out: when the working hours begin.",
    )


def next_run(
    repeat: Repeat, previous: datetime, moment: datetime, timezone: str, opens: Callable[[date], int | None]
) -> datetime:
    """Return the first run after `moment`, in UTC.

    It is a multiple of `every_days` after the local day of `previous` or, if that is a day off, the next working day.
    `opens` returns the minute of a day at which its hours begin, or None for a day off. Raises ValueError if every day
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


def next_run_within(hours: Hours, repeat: Repeat, previous: datetime, moment: datetime) -> datetime:
    """Return the first run after `moment` by these working hours, as `next_run` does."""
    return next_run(repeat, previous, moment, hours.timezone, lambda day: opens_on(hours, day))


def move_to_zone(session: TenantSession, before: str, hours: Hours) -> None:
    """Move waiting actions with a local time from the zone `before` to the zone of `hours`. The caller commits.

    They keep their day or, if its time is over, get the next of their days. A start that was chosen apart from the
    repeat is an absolute time, and stays.
    """
    waiting = select(Action).where(Action.status.in_(OPEN), Action.started_at.is_(None), Action.start_at > now())
    for action in session.scalars(waiting):
        repeat = Repeat.model_validate(action.repeat) if action.repeat else None
        if repeat and repeat.at and action.start_at:
            day = action.start_at.astimezone(ZoneInfo(before)).date()
            if action.start_at == local_time(day, _minutes(repeat.at), ZoneInfo(before)):
                action.start_at = _in_zone(repeat, day, _minutes(repeat.at), hours)
                # The days of the series count from its first action, whose day may differ in this zone.
                action.series = None


def _in_zone(repeat: Repeat, day: date, minutes: int, hours: Hours) -> datetime:
    run = local_time(day, minutes, ZoneInfo(hours.timezone))
    return run if run > now() else next_run_within(hours, repeat, run, now())


def _minutes(at: str) -> int:
    hours, minutes = at.split(":")
    return int(hours) * 60 + int(minutes)
