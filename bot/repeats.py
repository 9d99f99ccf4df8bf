"""When an order that repeats comes again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import Field

from bot.filters import Number
from bot.hours import local_time
from bot.users import Params


class Repeat(Params):
    """Every so many days, at a local time or when the working hours begin."""

    every_days: Number = Field(ge=1, le=30, description="1 is every day.")
    at: str | None = Field(
        None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="A local time like 09:30; null: when the hours begin."
    )


def next_run(
    repeat: Repeat, previous: datetime, moment: datetime, timezone: str, opens: Callable[[date], int | None]
) -> datetime:
    """The first run after `moment` that is a multiple of `every_days` local days after `previous`.

    `opens` gives the minute at which the hours of a day begin, None on a day off: then it is the day after.
    """
    zone = ZoneInfo(timezone)
    day = previous.astimezone(zone).date()
    while True:
        day += timedelta(days=repeat.every_days)
        run = _run_on(repeat, day, zone, opens)
        if run > moment:
            return run


def _run_on(repeat: Repeat, day: date, zone: ZoneInfo, opens: Callable[[date], int | None]) -> datetime:
    for days in range(7):
        opening = opens(day + timedelta(days=days))
        if opening is not None:
            break
    else:
        days, opening = 0, 0
    if repeat.at is None:
        return local_time(day + timedelta(days=days), opening, zone)
    hours, _, minutes = repeat.at.partition(":")
    return local_time(day + timedelta(days=days), int(hours) * 60 + int(minutes), zone)
