"""Working hours: begin and end of a bot's day in its own time zone, over every change of the clocks."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.storage.models.values import DAY_MINUTES, Span

# A clock change can swallow the span of one weekday. It is there again a week later.
_LOOK_AHEAD = 15


@dataclass(frozen=True)
class Hours:
    """The spans of a week, Monday first, None for a day off. `pause` is cut out of every night."""

    timezone: str
    week: tuple[Span | None, ...]
    pause: Span | None = None


def open_at(hours: Hours, moment: datetime) -> datetime | None:
    """Return `moment` within the working hours, else their next begin, or None if there are none."""
    zone = ZoneInfo(hours.timezone)
    today = moment.astimezone(zone).date()
    opens = moment
    for begins, ends in _spans(hours, today, zone):
        if ends <= opens:
            continue
        opens = max(opens, begins)
        while (after := _after_pause(hours, opens, zone)) > opens and after < ends:
            opens = after
        if after == opens:
            return opens
        opens = ends
    return None


def _spans(hours: Hours, today: date, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    for days in range(-1, _LOOK_AHEAD):
        day = today + timedelta(days=days)
        span = hours.week[day.weekday()]
        if span:
            yield _times(day, span, zone)


def _times(day: date, span: Span, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start, end = span
    return local_time(day, start, zone), local_time(day, end if end > start else end + DAY_MINUTES, zone)


def _after_pause(hours: Hours, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return `moment`, or the end of the pause that contains it."""
    if hours.pause is None:
        return moment
    day = moment.astimezone(zone).date()
    for begins, ends in (_times(day - timedelta(days=back), hours.pause, zone) for back in (1, 0)):
        if begins <= moment < ends:
            return ends
    return moment


def next_change(hours: Hours, moment: datetime) -> datetime | None:
    """Return the first time after `moment` at which hours or a pause begin or end. None without hours."""
    zone = ZoneInfo(hours.timezone)
    today = moment.astimezone(zone).date()
    times = {at for span in _spans(hours, today, zone) for at in span}
    if hours.pause:
        days = (today + timedelta(days=number) for number in (-1, 0, 1))
        times |= {at for day in days for at in _times(day, hours.pause, zone)}
    return min((at for at in times if at > moment), default=None)


def opens_on(hours: Hours, day: date) -> int | None:
    """Return the minute after midnight at which the hours of that day begin, or None on a day off."""
    span = hours.week[day.weekday()]
    return span[0] if span else None


# A forecast asks for the same few times thousands of times.
@lru_cache(maxsize=4096)
def local_time(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """Return that minute of the local day in UTC.

    Of a minute that comes twice it is the first. Of a skipped one it is the time that the clock jumps to.
    """
    extra, minutes = divmod(minutes, DAY_MINUTES)
    local = datetime.combine(day + timedelta(days=extra), time(minutes // 60, minutes % 60), zone)
    return local.astimezone(UTC)


def local_midnight(moment: datetime, timezone: str, *, days: int = 0) -> datetime:
    """Return the begin of the local day of `moment`, or of the day `days` later, in UTC."""
    return local_time(local_date(moment, timezone) + timedelta(days=days), 0, ZoneInfo(timezone))


def local_date(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()


_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Today:
    """The day of a moment as limits count it, in UTC.

    The local day began at `midnight`. Steps count from `since` on, and the counts start again at `ends`.
    """

    midnight: datetime
    since: datetime
    ends: datetime


@dataclass(frozen=True)
class Days:
    """The days by which limits count: local ones, or the last 24 hours for a day after a change of the zone.

    Otherwise a user who changes zones would get a new day every hour.
    """

    timezone: str
    changed_at: datetime | None = None

    def today(self, moment: datetime) -> Today:
        """Return the day of this moment."""
        day, zone = local_date(moment, self.timezone), ZoneInfo(self.timezone)
        midnight, ends = local_time(day, 0, zone), local_time(day + _DAY, 0, zone)
        if self.changed_at is None:
            return Today(midnight, midnight, ends)
        whole_day = self.changed_at + _DAY
        # A step exactly a day ago no longer counts.
        since = min(midnight, moment - _DAY + timedelta.resolution) if moment < whole_day else midnight
        return Today(midnight, since, max(ends, whole_day))

    def free_at(self, times: Sequence[datetime], moment: datetime, most: Callable[[datetime], int]) -> datetime:
        """Return the first time after `moment` at which fewer than `most` of the steps count. `times` are in order.

        `most` gives the limit at a time and may change at midnight. If it is 0, no time is free, and the result is the
        last change.
        """
        last = local_midnight(moment, self.timezone, days=2)
        changes = {local_midnight(moment, self.timezone, days=1), last, *(time + _DAY for time in times)}
        if self.changed_at:
            changes.add(self.changed_at + _DAY)
        for at in sorted(changes):
            if at > moment and len(times) - bisect_left(times, self.today(at).since) < most(at):
                return at
        return last
