"""What a bot does next: one pure function that the worker obeys and the status page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERYTHING = "*"
DAY_MINUTES = 1440


@dataclass(frozen=True)
class LimitState:
    """Use of the limit of one kind: `used` steps today of at most `effective`; `binding` names the rule that binds.

    The same for the hour where `per_hour` is not None. `day_ends` and `hour_ends` are when steps are free again.
    """

    kind: str
    used: int
    effective: int
    binding: str
    day_ends: datetime
    used_hour: int = 0
    per_hour: int | None = None
    hour_ends: datetime | None = None


@dataclass(frozen=True)
class OpenAction:
    """An order that is not ended: `kind` is the kind of its steps, `last_step_at` when it last did one."""

    id: str
    kind: str
    status: str
    created_at: datetime
    last_step_at: datetime | None = None


@dataclass(frozen=True)
class Rest:
    """A cool-down of a kind, or of everything (`*`)."""

    kind: str
    until: datetime
    error_code: str


@dataclass(frozen=True)
class Hours:
    """Working hours in minutes after local midnight; a start after the end passes over midnight."""

    timezone: str
    start: int
    end: int


@dataclass(frozen=True)
class BotState:
    """All that the decision goes by."""

    running: bool
    session_valid: bool
    halt_reason: str | None
    hours: Hours
    next_step_at: datetime | None
    actions: Sequence[OpenAction] = ()
    limits: dict[str, LimitState] = field(default_factory=dict)
    rests: Sequence[Rest] = ()


@dataclass(frozen=True)
class Act:
    """Do one step of this action now."""

    action_id: str
    kind: str


@dataclass(frozen=True)
class Wait:
    """Nothing until then; `until` is None when only a person can change that (no work)."""

    until: datetime | None
    reason: str
    kind: str | None = None
    rule: str | None = None
    error_code: str | None = None


@dataclass(frozen=True)
class Halt:
    """Nothing at all until a person acts."""

    reason: str


Verdict = Act | Wait | Halt


def decide(state: BotState, moment: datetime) -> Verdict:
    """The next thing for this bot at this moment. Reasons are names of the error registry."""
    if not state.session_valid:
        return Halt(state.halt_reason or "SESSION_INVALID")
    if not state.running:
        return Halt("BOT_STOPPED")
    open_actions = [action for action in state.actions if action.status in ("queued", "running")]
    if not open_actions:
        return Wait(None, "ALL_PAUSED" if state.actions else "NO_WORK")
    opening = hours_open_at(state.hours, moment)
    if opening > moment:
        return Wait(opening, "OUTSIDE_HOURS", rule="working_hours")
    if state.next_step_at and state.next_step_at > moment:
        return Wait(state.next_step_at, "BETWEEN_STEPS", rule="delay")
    return _next_action(state, open_actions, moment)


def _next_action(state: BotState, actions: Sequence[OpenAction], moment: datetime) -> Verdict:
    """The action that waited longest of those whose kind may act; else the wait that ends first."""
    waits = []
    for action in sorted(actions, key=lambda a: (a.last_step_at or a.created_at, a.id)):
        wait = _obstacle(state, action.kind, moment)
        if wait is None:
            return Act(action.id, action.kind)
        waits.append(wait)
    return min(waits, key=lambda wait: wait.until or moment)


def _obstacle(state: BotState, kind: str, moment: datetime) -> Wait | None:
    resting = [rest for rest in state.rests if rest.kind in (kind, EVERYTHING) and rest.until > moment]
    if resting:
        last = max(resting, key=lambda rest: rest.until)
        return Wait(last.until, "COOL_DOWN", kind, "cool_down", last.error_code)
    limit = state.limits[kind]
    if limit.used >= limit.effective:
        return Wait(limit.day_ends, "LIMIT_REACHED", kind, limit.binding)
    if limit.per_hour is not None and limit.hour_ends and limit.used_hour >= limit.per_hour:
        return Wait(limit.hour_ends, "LIMIT_REACHED", kind, "per_hour")
    return None


def hours_open_at(hours: Hours, moment: datetime) -> datetime:
    """`moment` itself within the working hours, else when they begin next."""
    if hours.start == hours.end or (hours.start == 0 and hours.end == DAY_MINUTES):
        return moment
    zone = ZoneInfo(hours.timezone)
    local = moment.astimezone(zone)
    for days in (-1, 0, 1, 2):
        date = local.date() + timedelta(days=days)
        opens = _at(date.toordinal(), hours.start, zone)
        closes = _at(date.toordinal() + (hours.end <= hours.start), hours.end, zone)
        if opens <= moment < closes:
            return moment
        if opens > moment:
            return opens
    raise AssertionError("working hours begin within two days")


def _at(ordinal: int, minutes: int, zone: ZoneInfo) -> datetime:
    """That local minute as a time in UTC; in the hour that a clock change skips, the time it jumps to."""
    from datetime import UTC, date

    extra, minutes = divmod(minutes, DAY_MINUTES)
    local = datetime.combine(date.fromordinal(ordinal + extra), time(minutes // 60, minutes % 60), zone)
    return local.astimezone(UTC)


def local_midnight(moment: datetime, timezone: str, *, days: int = 0) -> datetime:
    """When the local day of `moment` began (or `days` later), in UTC."""
    zone = ZoneInfo(timezone)
    return _at(moment.astimezone(zone).date().toordinal() + days, 0, zone)
