"""Limits: the number of steps that a user may perform of a kind, the number performed, and the rule that applies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from bot.config.runtime import now, runtime
from bot.decision.decide import LimitState, Rest
from bot.decision.hours import Days, Today
from bot.decision.pushback import blocks
from bot.decision.records import BotRecord, one_of, read_bot
from bot.storage.models import ActionTarget, CoolDown, DailyLimit, EarlierCall
from bot.storage.tenancy import TenantSession, identity, tenant

RAMP_FLAT_DAYS = 7
RAMP_DAYS = 21
# A call to Instagram was or may have been made in these statuses, so they count against a limit.
_ACTED = ("working", "done", "failed", "unknown")
_CALLS: tuple[type[ActionTarget | EarlierCall], ...] = (ActionTarget, EarlierCall)
_HOUR = timedelta(hours=1)


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
}
# For this long after Instagram blocked a kind, its limit is halved.
CAUTION = timedelta(days=7)
# In the sandbox no real person is disturbed, and a person watches.
DEMO_DELAYS = (2.0, 4.0)


def seed_defaults() -> None:
    """Insert the missing default limits. Those that an administrator changed stay. Commits."""
    demo = runtime().config.instagram_sandbox
    with identity() as session:
        have = set(session.scalars(select(DailyLimit.kind).where(DailyLimit.user_id.is_(None))))
        for kind, default in DEFAULTS.items():
            if kind not in have:
                low, high = DEMO_DELAYS if demo else (default.delay_min, default.delay_max)
                session.add(
                    DailyLimit(
                        kind=kind,
                        per_day=default.per_day,
                        ceiling=default.ceiling,
                        delay_min=low,
                        delay_max=high,
                    )
                )
        session.commit()


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


@dataclass(frozen=True)
class LimitReport:
    """One kind's limit in steps a day, its parts, and today's use; None means unset. `default_delay` is the minimum and
    maximum of seconds between two steps for users without a pace of their own.
    """

    rule: Rule
    used: int
    own: int | None
    default: int | None
    ceiling: int | None
    own_per_hour: int | None
    own_delay: tuple[float, float] | None
    default_per_hour: int | None
    ceiling_per_hour: int | None
    default_delay: tuple[float, float]


def ramp(kind: str, days: int) -> int:
    """Return the steps a day on this day after linking: flat for a week, then rising until day 21."""
    default = DEFAULTS[kind]
    share = max(0.0, min(1.0, (days - RAMP_FLAT_DAYS) / (RAMP_DAYS - RAMP_FLAT_DAYS)))
    return round(default.first_week + (default.per_day - default.first_week) * share)


@dataclass(frozen=True)
class _Basis:
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

    def rule(self, kind: str, midnight: datetime) -> Rule:
        """Return the rule of the local day that began at this midnight."""
        made, until = _rule(kind, self.user_id, self.rows, self._days_linked(midnight)), self.blocked_until.get(kind)
        half = (made.effective + 1) // 2
        if until and half < made.effective and until > midnight - CAUTION:
            return replace(made, effective=half, binding="cool_down")
        return made

    def rules(self) -> dict[str, Rule]:
        return {kind: self.rule(kind, self.today.midnight) for kind in DEFAULTS}

    def _days_linked(self, midnight: datetime) -> int:
        """Return whole days from the first valid session to this local day, or RAMP_DAYS if there is no warm-up."""
        if not self.warm_up:
            return RAMP_DAYS
        return max(0, (midnight - self.linked_at).days) if self.linked_at else 0


def _basis(session: TenantSession, bot: BotRecord, moment: datetime) -> _Basis:
    days = Days(bot.timezone, bot.timezone_changed_at)
    today = days.today(moment)
    # A rest asks for caution until the end of the local day on which a week has passed since it ended.
    since = today.midnight - CAUTION
    cool_downs = [Rest(*row) for row in session.run(_REMEMBERED, {"since": since})] if bot.cooled_down else []
    blocked, blocked_until = blocks() if cool_downs else [], dict[str, datetime]()
    for row in cool_downs:
        if row.error_code in blocked:
            blocked_until[row.kind] = max(row.until, blocked_until.get(row.kind, row.until))
    return _Basis(
        session.user_id,
        [LimitRecord._make(row) for row in session.run(_ROWS)],
        days,
        today,
        bot.warm_up,
        bot.linked_at,
        cool_downs,
        blocked_until,
        bot.restored_at,
    )


@dataclass(frozen=True)
class Limits:
    """Use and rule of every kind, and the cool-downs that last or still ask for caution."""

    states: Mapping[str, LimitState]
    rules: Mapping[str, Rule]
    cool_downs: Sequence[Rest]


def read_limits(session: TenantSession, bot: BotRecord, moment: datetime) -> Limits:
    """Return the limits of all kinds.

    The rule of a kind is the smallest of the ceiling, the user's own or the default limit, and the warm-up while it
    lasts. It is halved for a week after a block of the kind. Counts come from the recorded steps and never from a
    separate counter.
    """
    basis = _basis(session, bot, moment)
    counts = _counts(session, bot, basis.today.since, moment)
    rules = basis.rules()
    states = {kind: _state(session, basis, rules[kind], counts[kind], moment) for kind in DEFAULTS}
    return Limits(states, rules, basis.cool_downs)


def _rule(kind: str, user_id: str, rows: Iterable[LimitRecord], days: int) -> Rule:
    default, own = _rows(kind, user_id, rows)
    candidates = [("ramp", ramp(kind, days))] if days < RAMP_DAYS else []
    if own and own.per_day is not None:
        candidates.append(("own", own.per_day))
    elif default.per_day is not None:
        candidates.append(("default", default.per_day))
    ceiling = _ceiling(default, own)
    if ceiling is not None:
        candidates.append(("ceiling", ceiling))
    binding, effective = min(candidates, key=lambda candidate: candidate[1])
    hourly = own.per_hour if own and own.per_hour is not None else default.per_hour
    per_hour = _smallest([hourly, _ceiling_hour(default, own)])
    if per_hour == 0:
        # If no hour allows a step, no day does.
        effective, binding = 0, "ceiling" if _ceiling_hour(default, own) == 0 else "per_hour"
    return Rule(kind, effective, binding, per_hour, *_delays(default, own))


def _delays(default: LimitRecord, own: LimitRecord | None) -> tuple[float, float]:
    """Return the user's delays, unless an administrator has raised the default's minimum above them."""
    low, high = default.delay_min or 0, default.delay_max or 0
    if own and own.delay_min and own.delay_max and own.delay_min >= low:
        return own.delay_min, own.delay_max
    return low, high


def _rows(kind: str, user_id: str, rows: Iterable[LimitRecord]) -> tuple[LimitRecord, LimitRecord | None]:
    default = next(row for row in rows if row.kind == kind and row.user_id is None)
    own = next((row for row in rows if row.kind == kind and row.user_id == user_id), None)
    return default, own


def _ceiling(default: LimitRecord, own: LimitRecord | None) -> int | None:
    return _smallest(row.ceiling for row in (default, own) if row)


def _ceiling_hour(default: LimitRecord, own: LimitRecord | None) -> int | None:
    return _smallest(row.ceiling_hour for row in (default, own) if row)


def _smallest(numbers: Iterable[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def limit_reports(user_id: str) -> list[LimitReport]:
    """Return the limit of every kind of one user, with its parts."""
    moment = now()
    with tenant(user_id, reading=True) as session:
        bot = read_bot(session)
        basis = _basis(session, bot, moment)
        counts = _counts(session, bot, basis.today.since, moment)
    rules = basis.rules()
    unknown = basis.unknown_since(basis.today.since)
    used = {kind: max(counts[kind].day, rules[kind].effective if unknown else 0) for kind in DEFAULTS}
    return [_report(rules[kind], *_rows(kind, user_id, basis.rows), used[kind]) for kind in DEFAULTS]


def _report(rule: Rule, default: LimitRecord, own: LimitRecord | None, used: int) -> LimitReport:
    return LimitReport(
        rule,
        used,
        own.per_day if own else None,
        default.per_day,
        _ceiling(default, own),
        own.per_hour if own else None,
        (own.delay_min, own.delay_max) if own and own.delay_min and own.delay_max else None,
        default.per_hour,
        _ceiling_hour(default, own),
        (default.delay_min or 0, default.delay_max or 0),
    )


def _state(session: TenantSession, basis: _Basis, rule: Rule, count: "_Count", moment: datetime) -> LimitState:
    """Return the use of one kind. After a restore the whole day counts as used: the steps before it are unknown."""
    kind, today, binding = rule.kind, basis.today, rule.binding
    day, hour, day_ends, hour_ends = count.day, count.hour, today.ends, None
    lost: list[datetime] = []
    lately: datetime | None = None
    if (restored := basis.unknown_since(today.since)) and day < rule.effective:
        lost, day, binding = [restored] * (rule.effective - day), rule.effective, "restored"
    if day >= rule.effective:
        times = sorted(_times(session, kind, today.since) + lost)
        day_ends = basis.days.free_at(
            times, moment, lambda at: basis.rule(kind, basis.days.today(at).midnight).effective
        )
    if rule.per_hour and (lately := basis.unknown_since(moment - _HOUR)):
        hour = max(hour, rule.per_hour)
    if rule.per_hour and hour >= rule.per_hour:
        missing = [lately] * (rule.per_hour - count.hour) if lately else []
        hour_ends = hour_free_at(sorted(_times(session, kind, moment - _HOUR) + missing), rule.per_hour)
    return LimitState(kind, day, rule.effective, binding, day_ends, hour, rule.per_hour, hour_ends)


def hour_free_at(times: Sequence[datetime], per_hour: int) -> datetime | None:
    """Return the time at which fewer steps than the limit lie within an hour. `times` are the last hour's, in order."""
    return times[-per_hour:][0] + _HOUR if times else None


@dataclass(frozen=True)
class _Count:
    day: int = 0
    hour: int = 0


def _made(table: type[ActionTarget | EarlierCall]) -> list[ColumnElement[bool]]:
    return [one_of(ActionTarget.status, _ACTED)] if table is ActionTarget else []


def _count(table: type[ActionTarget | EarlierCall]) -> Select[str, int, int]:
    """Select the counts. It names the kinds so that the index applies."""
    at = table.claimed_at
    since, hour_ago, earliest = (bindparam(name, type_=at.type) for name in ("since", "hour_ago", "earliest"))
    query = select(table.step_kind, func.count().filter(at >= since), func.count().filter(at > hour_ago))
    return query.where(one_of(table.step_kind, DEFAULTS), at >= earliest, *_made(table)).group_by(table.step_kind)


# Built once, because every step runs them.
_ROWS = select(*(getattr(DailyLimit, name) for name in LimitRecord._fields))
_REMEMBERED = select(CoolDown.kind, CoolDown.until, CoolDown.error_code).where(
    CoolDown.until > bindparam("since", type_=CoolDown.until.type)
)
_COUNTS = tuple(_count(table) for table in _CALLS)


def _counts(session: TenantSession, bot: BotRecord, since: datetime, moment: datetime) -> dict[str, _Count]:
    counts = dict.fromkeys(DEFAULTS, _Count())
    times = {"since": since, "hour_ago": moment - _HOUR, "earliest": min(since, moment - _HOUR)}
    for query in _COUNTS if bot.called_earlier else _COUNTS[:1]:
        for kind, day, hour in session.run(query, times):
            counts[kind] = _Count(counts[kind].day + day, counts[kind].hour + hour)
    return counts


def _times(session: TenantSession, kind: str, since: datetime) -> list[datetime]:
    times: list[datetime | None] = []
    for table in _CALLS:
        times += session.scalars(
            select(table.claimed_at).where(table.step_kind == kind, table.claimed_at >= since, *_made(table))
        )
    return sorted(time for time in times if time)
