"""Times as the person who looks reads them: in the time zone of their settings."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask_login import current_user
from markupsafe import Markup

from bot.access import me
from bot.bots import timezone_of
from bot.decision import DAY_MINUTES, Hours
from bot.runtime import now


def zone() -> ZoneInfo:
    """The time zone of the signed-in user, UTC for anybody else; read once a request."""
    if "zone" not in g:
        g.zone = ZoneInfo(timezone_of(me().id) if current_user.is_authenticated else "UTC")
    found: ZoneInfo = g.zone
    return found


def moment(at: datetime | None, seconds: bool = False) -> Markup:
    """A `<time>`: the time of today, else with the day, else with the year."""
    if at is None:
        return Markup("never")
    here = at.astimezone(zone())
    text = here.strftime("%H:%M:%S" if seconds else "%H:%M")
    today = now().astimezone(zone()).date()
    if here.date() != today:
        day = f"{here.day} {here:%b}" if here.year == today.year else f"{here.day} {here:%b %Y}"
        text = f"{day}, {text}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), text)


def hours(worked: Hours) -> str:
    """Working hours in words."""
    if worked.start == worked.end or (worked.start, worked.end) == (0, DAY_MINUTES):
        return "all day"
    return f"{_clock(worked.start)}–{_clock(worked.end)} ({worked.timezone})"


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def wait(seconds: int) -> str:
    """A length of time, roughly, as one says it."""
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{round(seconds / 60)} minutes"
