"""Working hours: when a bot's day begins and ends in its own time zone, over every change of the clocks."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.storage.models.values import DAY_MINUTES, Span

# A span of one weekday can fall into the hour that a clock change skips; the week after it stands.
_LOOK_AHEAD = 15


@dataclass(frozen=True)
class Hours:
    """`week` has the span of each weekday, Monday first, None for a day off; `pause` is out of every night's hours."""

    timezone: str
    week: tuple[Span | None, ...]
    pause: Span | None = None


def open_at(hours: Hours, moment: datetime) -> datetime | None:
    """`moment` itself within the working hours, else when they begin next; None when they never do."""
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
    """`moment`, or the end of the pause that it lies in."""
    if hours.pause is None:
        return moment
    day = moment.astimezone(zone).date()
    for begins, ends in (_times(day - timedelta(days=back), hours.pause, zone) for back in (1, 0)):
        if begins <= moment < ends:
            return ends
    return moment


def opens_on(hours: Hours, day: date) -> int | None:
    """Minutes after midnight at which the hours of that day begin; None on a day off."""
    span = hours.week[day.weekday()]
    return span[0] if span else None


def local_time(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """That minute of the local day, in UTC: of one that comes twice the first, of one that is skipped the time it
    jumps to.
    """
    extra, minutes = divmod(minutes, DAY_MINUTES)
    local = datetime.combine(day + timedelta(days=extra), time(minutes // 60, minutes % 60), zone)
    return local.astimezone(UTC)


def local_midnight(moment: datetime, timezone: str, *, days: int = 0) -> datetime:
    """When the local day of `moment` began (or `days` later), in UTC."""
    return local_time(local_date(moment, timezone) + timedelta(days=days), 0, ZoneInfo(timezone))


def local_date(moment: datetime, timezone: str) -> date:
    return moment.astimezone(ZoneInfo(timezone)).date()


_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Today:
    """One day as limits count it, in UTC: local midnight, the first moment that counts, and the end of the counts."""

    midnight: datetime
    since: datetime
    ends: datetime


@dataclass(frozen=True)
class Days:
    """The days by which limits count: local ones, but after a change of the zone the last 24 hours for a whole day.

    Else whoever goes from zone to zone would have a new day every hour.
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
        # What was done exactly a day ago counts no more.
        since = min(midnight, moment - _DAY + timedelta.resolution) if moment < whole_day else midnight
        return Today(midnight, since, max(ends, whole_day))

    def free_at(self, times: Sequence[datetime], moment: datetime, most: Callable[[datetime], int]) -> datetime:
        """The first time after `moment` at which fewer than `most` of the steps, in order of time, count.

        `most` gives the limit at a time and may change at midnight; where it is 0 no time is free, and the last at
        which anything changes is returned.
        """
        last = local_midnight(moment, self.timezone, days=2)
        changes = {local_midnight(moment, self.timezone, days=1), last, *(time + _DAY for time in times)}
        if self.changed_at:
            changes.add(self.changed_at + _DAY)
        for at in sorted(changes):
            if at > moment and len(times) - bisect_left(times, self.today(at).since) < most(at):
                return at
        return last
