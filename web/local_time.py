"""Times in the time zone of the reader's settings."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from flask_login import current_user
from markupsafe import Markup

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.decision.hours import Hours
from bot.settings.preferences import clock_time
from bot.storage.models.values import ALL_DAY, Span
from middleware.access import me
from web.once import once_a_request

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@once_a_request
def zone() -> ZoneInfo:
    """Return the time zone of the signed-in user, else UTC."""
    return ZoneInfo(timezone_of(me().id) if current_user.is_authenticated else "UTC")


def zone_name() -> str:
    """Return the name of the zone as people write it."""
    return zone().key.replace("_", " ")


def moment(at: datetime | None, seconds: bool = False) -> Markup:
    """Return a `<time>`: of today the time, else with the day, else with the year."""
    if at is None:
        return Markup("never")
    text = clock(at, seconds)
    if at.astimezone(zone()).date() != today():
        text = f"{day(at)}, {text}"
    return tagged(at, text)


def tagged(at: datetime, text: str) -> Markup:
    """Return a `<time>` with these words."""
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), text)


@once_a_request
def today() -> date:
    """Return the reader's day."""
    return now().astimezone(zone()).date()


def clock(at: datetime, seconds: bool = False) -> str:
    """Return the time of day, such as 9:04 or 14:22."""
    here = at.astimezone(zone())
    return f"{here.hour}:{here:%M:%S}" if seconds else f"{here.hour}:{here:%M}"


def day(at: datetime | date) -> str:
    """Return the day, such as Nov 29; of another year with the year. A time is that of the reader's zone."""
    here = at.astimezone(zone()).date() if isinstance(at, datetime) else at
    year = "" if here.year == today().year else f", {here.year}"
    return f"{here:%b} {here.day}{year}"


def day_or_days(early: date, late: date) -> str:
    """Return a day, or the first and the last one of several."""
    if early == late:
        return day(late)
    if (early.month, early.year) == (late.month, late.year):
        return f"{early:%b} {early.day}–{late.day}"
    return f"{day(early)} – {day(late)}"


def age(at: datetime) -> str:
    """Return how many days ago that was, by the reader's calendar."""
    days = (today() - at.astimezone(zone()).date()).days
    return f"{days} {'day' if days == 1 else 'days'}" if days > 0 else "today"


def field_value(at: datetime | None) -> str:
    """Return a time for a field of type `datetime-local`."""
    return at.astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if at else ""


def from_field(text: str) -> str:
    """Return a field's time with the reader's zone. A text that is not a time is returned unchanged."""
    try:
        typed = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (typed if typed.tzinfo else typed.replace(tzinfo=zone())).isoformat()


def hours(worked: Hours) -> str:
    """Return working hours in words."""
    if set(worked.week) == {ALL_DAY} and worked.pause is None:
        return "all day"
    text = f"{', '.join(_week(worked.week))}"
    if worked.pause:
        text += f", never {_span(worked.pause)}"
    return f"{text} ({worked.timezone})"


def _week(week: tuple[Span | None, ...]) -> Iterator[str]:
    """Group consecutive days with the same hours."""
    day = 0
    for span, alike in groupby(week):
        length = len(list(alike))
        if span:
            days = _DAYS[day] if length == 1 else f"{_DAYS[day]}–{_DAYS[day + length - 1]}"
            yield _span(span) if length == len(_DAYS) else f"{days} {_span(span)}"
        day += length


def _span(span: Span) -> str:
    return "all day" if span == ALL_DAY else f"{clock_time(span[0])}–{clock_time(span[1])}"


def wait(seconds: int) -> str:
    """Return a rounded length of time in words."""
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{round(seconds / 60)} minutes"
