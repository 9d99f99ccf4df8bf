"""The rules of limits: how many steps of a kind a day and an hour allow, and when the next one is free. No database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.decision.decide import LimitState, Rest
from bot.decision.hours import Days, Today

RAMP_FLAT_DAYS = 7
RAMP_DAYS = 21
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Default:
    """The defaults of one kind: steps a day in the first week and after the ramp, the ceiling, and seconds between
    steps.
    """

    first_week: int
    per_day: int
    ceiling: int
    delay_min: float
    delay_max: float


# The product's own figures. None of them promises safety.
DEFAULTS = {
    "follow": Default(10, 50, 100, 45, 120),
    "unfollow": Default(10, 50, 100, 45, 120),
    "like": Default(20, 80, 150, 30, 90),
    "story": Default(30, 100, 200, 20, 60),
    "message": Default(4, 15, 20, 120, 300),
    # Somebody typed each of them to a person who had written.
    "reply": Default(15, 30, 60, 10, 30),
}
# For this long after Instagram blocked a kind, its limit is halved.
CAUTION = timedelta(days=7)


@dataclass(frozen=True)
class Rule:
    """The rule of one kind for one user: steps a day and the name of the rule that sets them, steps an hour, and
    delays.
    """

    kind: str
    effective: int
    binding: str
    per_hour: int | None
    delay_min: float
    delay_max: float


class LimitRecord(NamedTuple):
    """A row of the limits as plain values. `user_id` is None in the default of all users."""

    user_id: str | None
    kind: str
    per_day: int | None
    per_hour: int | None
    ceiling: int | None
    ceiling_hour: int | None
    delay_min: float | None
    delay_max: float | None


def ramp(kind: str, days: int) -> int:
    """Return the steps a day on this day after linking: flat for a week, then rising until day 21."""
    default = DEFAULTS[kind]
    share = max(0.0, min(1.0, (days - RAMP_FLAT_DAYS) / (RAMP_DAYS - RAMP_FLAT_DAYS)))
    return round(default.first_week + (default.per_day - default.first_week) * share)


@dataclass(frozen=True)
class Basis:
    """The inputs of one user's rules. A rule changes only when a limit's day ends: just the warm-up and the caution
    change with time, at local midnight. `cool_downs` are those that last or still ask for caution.
    """

    user_id: str
    rows: Sequence[LimitRecord]
    days: Days
    today: Today
    warm_up: bool
    linked_at: datetime | None
    cool_downs: Sequence[Rest]
    blocked_until: Mapping[str, datetime]
    restored_at: datetime | None

    def unknown_since(self, earliest: datetime) -> datetime | None:
        """Return the time of a restore after `earliest`. The acts before it are unknown."""
        return self.restored_at if self.restored_at and self.restored_at >= earliest else None

    def at(self, moment: datetime) -> "Basis":
        """Return the same inputs on the day of another moment."""
        return replace(self, today=self.days.today(moment))

    def rule(self, kind: str) -> Rule:
        """Return the kind's rule of the day."""
        midnight = self.today.midnight
        made, until = _rule(kind, self.user_id, self.rows, self._days_linked(midnight)), self.blocked_until.get(kind)
        half = (made.effective + 1) // 2
        if until and half < made.effective and until > midnight - CAUTION:
            return replace(made, effective=half, binding="cool_down")
        return made

    def rules(self) -> dict[str, Rule]:
        return {kind: self.rule(kind) for kind in DEFAULTS}

    def _days_linked(self, midnight: datetime) -> int:
        """Return whole days from the first valid session to this local day, or RAMP_DAYS if there is no warm-up."""
        if not self.warm_up:
            return RAMP_DAYS
        return max(0, (midnight - self.linked_at).days) if self.linked_at else 0


def _rule(kind: str, user_id: str, rows: Iterable[LimitRecord], days: int) -> Rule:
    default, own = rows_of(kind, user_id, rows)
    candidates = [("ramp", ramp(kind, days))] if days < RAMP_DAYS else []
    if own and own.per_day is not None:
        candidates.append(("own", own.per_day))
    elif default.per_day is not None:
        candidates.append(("default", default.per_day))
    ceiling = ceiling_of(default, own)
    if ceiling is not None:
        candidates.append(("ceiling", ceiling))
    binding, effective = min(candidates, key=lambda candidate: candidate[1])
    hourly = own.per_hour if own and own.per_hour is not None else default.per_hour
    per_hour = _smallest([hourly, ceiling_hour_of(default, own)])
    if per_hour == 0:
        # If no hour allows a step, no day does.
        effective, binding = 0, "ceiling" if ceiling_hour_of(default, own) == 0 else "per_hour"
    return Rule(kind, effective, binding, per_hour, *_delays(default, own))


def _delays(default: LimitRecord, own: LimitRecord | None) -> tuple[float, float]:
    """Return the user's delays, unless an administrator has raised the default's minimum above them."""
    low, high = default.delay_min or 0, default.delay_max or 0
    if own and own.delay_min and own.delay_max and own.delay_min >= low:
        return own.delay_min, own.delay_max
    return low, high


def rows_of(kind: str, user_id: str, rows: Iterable[LimitRecord]) -> tuple[LimitRecord, LimitRecord | None]:
    """Return the default row of the kind, and the row of the user if there is one."""
    default = next(row for row in rows if row.kind == kind and row.user_id is None)
    own = next((row for row in rows if row.kind == kind and row.user_id == user_id), None)
    return default, own


def ceiling_of(default: LimitRecord, own: LimitRecord | None) -> int | None:
    return _smallest(row.ceiling for row in (default, own) if row)


def ceiling_hour_of(default: LimitRecord, own: LimitRecord | None) -> int | None:
    return _smallest(row.ceiling_hour for row in (default, own) if row)


def _smallest(numbers: Iterable[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


@dataclass(frozen=True)
class Count:
    """Steps of one kind since the begin of the day, and in the last 60 minutes."""

    day: int = 0
    hour: int = 0


def limit_state(
    basis: Basis, rule: Rule, count: Count, times_since: Callable[[datetime], list[datetime]], moment: datetime
) -> LimitState:
    """Return the use of one kind. After a restore the whole day counts as used: the steps before it are unknown.

    `times_since` returns the times of the kind's steps since a time, and is asked only if a limit is reached.
    """
    today, binding = basis.today, rule.binding
    day, hour, day_ends, hour_ends = count.day, count.hour, today.ends, None
    lost: list[datetime] = []
    lately: datetime | None = None
    if (restored := basis.unknown_since(today.since)) and day < rule.effective:
        lost, day, binding = [restored] * (rule.effective - day), rule.effective, "restored"
    if day >= rule.effective:
        # At midnight no step of today counts any more, so their times are asked for only after a change of the zone.
        times = sorted(times_since(today.since) + lost) if basis.days.changed_at else []
        day_ends = basis.days.free_at(times, moment, lambda at: basis.at(at).rule(rule.kind).effective)
    if rule.per_hour and (lately := basis.unknown_since(moment - HOUR)):
        hour = max(hour, rule.per_hour)
    if rule.per_hour and hour >= rule.per_hour:
        missing = [lately] * (rule.per_hour - count.hour) if lately else []
        hour_ends = hour_free_at(sorted(times_since(moment - HOUR) + missing), rule.per_hour)
    return LimitState(rule.kind, day, rule.effective, binding, day_ends, hour, rule.per_hour, hour_ends)


def hour_free_at(times: Sequence[datetime], per_hour: int) -> datetime | None:
    """Return the time at which fewer steps than the limit lie within an hour. `times` are the last hour's, in order."""
    return times[-per_hour:][0] + HOUR if times else None
