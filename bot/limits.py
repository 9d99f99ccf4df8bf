"""How many steps of a kind a user may do, how many were done, and which rule binds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.decision import LimitState
from bot.errors import BotException
from bot.hours import local_midnight
from bot.models import ActionTarget, BotSettings, CoolDown, DailyLimit, InstagramCredentials
from bot.runtime import now, runtime
from bot.scope import identity, tenant

RAMP_FLAT_DAYS = 7
RAMP_DAYS = 21
# Statuses in which a call to Instagram was made or may have been: what counts against a limit.
_ACTED = ("working", "done", "failed", "unknown")


@dataclass(frozen=True)
class Default:
    """The defaults of one kind: steps a day in the first week and after the ramp, the ceiling, seconds between."""

    first_week: int
    per_day: int
    ceiling: int
    delay_min: float
    delay_max: float


# The product's own figures; none of them promises safety.
DEFAULTS = {
    "follow": Default(10, 50, 100, 45, 120),
    "unfollow": Default(10, 50, 100, 45, 120),
    "like": Default(20, 80, 150, 30, 90),
    "story": Default(30, 100, 200, 20, 60),
    "message": Default(4, 15, 20, 120, 300),
}
# For this long after Instagram blocked a kind, half of what would be allowed is what is left of its limit.
CAUTION = timedelta(days=7)
# In the sandbox nobody real is disturbed and a person is watching.
DEMO_DELAYS = (2.0, 4.0)


def seed_defaults() -> None:
    """Writes the default limits that are missing; those an administrator changed stay."""
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
    """What holds for one kind of one user: the effective number a day and which rule binds, an hour, and the delay."""

    kind: str
    effective: int
    binding: str
    per_hour: int | None
    delay_min: float
    delay_max: float


@dataclass(frozen=True)
class LimitReport:
    """What makes the limit of one kind, in steps a day, and how many were done today; None where nothing is set.

    `default_delay` is the least and the most seconds between two steps of those who chose nothing.
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
    """Steps a day that an account may do this many days after it was linked: flat for a week, then up to day 21."""
    default = DEFAULTS[kind]
    share = max(0.0, min(1.0, (days - RAMP_FLAT_DAYS) / (RAMP_DAYS - RAMP_FLAT_DAYS)))
    return round(default.first_week + (default.per_day - default.first_week) * share)


def rules(session: Session, user_id: str, moment: datetime) -> dict[str, Rule]:
    """The rule of every kind: the smallest of ceiling, the user's own or the default limit, and the ramp while it
    lasts; half of that while the kind was blocked not long ago.
    """
    rows = list(session.scalars(select(DailyLimit)))
    linked_at = session.scalars(select(InstagramCredentials.created_at)).one_or_none()
    warm_up = session.scalars(select(BotSettings.warm_up)).one()
    days = ((moment - linked_at).days if linked_at else 0) if warm_up else RAMP_DAYS
    made = {kind: _rule(kind, user_id, rows, days) for kind in DEFAULTS}
    for kind in _blocked_lately(session, moment):
        made[kind] = replace(made[kind], effective=(made[kind].effective + 1) // 2, binding="cool_down")
    return made


def _blocked_lately(session: Session, moment: datetime) -> set[str]:
    query = select(CoolDown.kind).where(
        CoolDown.error_code == BotException("INSTAGRAM_ACTION_BLOCKED").code, CoolDown.until > moment - CAUTION
    )
    return set(session.scalars(query)) & set(DEFAULTS)


def _rule(kind: str, user_id: str, rows: Iterable[DailyLimit], days: int) -> Rule:
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
    per_hour = _smallest([hourly, default.ceiling_hour, own.ceiling_hour if own else None])
    if per_hour == 0:
        # No hour brings a step, so no day does.
        effective, binding = 0, "per_hour"
    return Rule(kind, effective, binding, per_hour, *_delays(default, own))


def _delays(default: DailyLimit, own: DailyLimit | None) -> tuple[float, float]:
    """Those of the user, unless an administrator has slowed down the default past them since."""
    low, high = default.delay_min or 0, default.delay_max or 0
    if own and own.delay_min and own.delay_max and own.delay_min >= low:
        return own.delay_min, own.delay_max
    return low, high


def _rows(kind: str, user_id: str, rows: Iterable[DailyLimit]) -> tuple[DailyLimit, DailyLimit | None]:
    """The row of the default and the user's own, if there is one."""
    default = next(row for row in rows if row.kind == kind and row.user_id is None)
    own = next((row for row in rows if row.kind == kind and row.user_id == user_id), None)
    return default, own


def _ceiling(default: DailyLimit, own: DailyLimit | None) -> int | None:
    return _smallest(row.ceiling for row in (default, own) if row)


def _smallest(numbers: Iterable[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def limit_reports(user_id: str) -> list[LimitReport]:
    """The limit of every kind of one user, with what it is made of."""
    moment = now()
    with tenant(user_id, reading=True) as session:
        timezone = session.scalars(select(BotSettings.timezone)).one()
        rows = list(session.scalars(select(DailyLimit)))
        used = _steps(session, ActionTarget.claimed_at >= local_midnight(moment, timezone))
        made = rules(session, user_id, moment)
    return [_report(rule, *_rows(kind, user_id, rows), used.get(kind, (0, None))[0]) for kind, rule in made.items()]


def _report(rule: Rule, default: DailyLimit, own: DailyLimit | None, used: int) -> LimitReport:
    return LimitReport(
        rule,
        used,
        own.per_day if own else None,
        default.per_day,
        _ceiling(default, own),
        own.per_hour if own else None,
        (own.delay_min, own.delay_max) if own and own.delay_min and own.delay_max else None,
        default.per_hour,
        _smallest(row.ceiling_hour for row in (default, own) if row),
        (default.delay_min or 0, default.delay_max or 0),
    )


def states(session: Session, user_id: str, timezone: str, moment: datetime) -> dict[str, LimitState]:
    """Use of the limit of every kind. Counts come from the recorded targets, never from a counter beside them."""
    day_began, day_ends = local_midnight(moment, timezone), local_midnight(moment, timezone, days=1)
    used = _steps(session, ActionTarget.claimed_at >= day_began)
    hour = _steps(session, ActionTarget.claimed_at > moment - timedelta(hours=1))
    result = {}
    for kind, rule in rules(session, user_id, moment).items():
        done, _ = used.get(kind, (0, None))
        in_hour, first = hour.get(kind, (0, None))
        ends = first + timedelta(hours=1) if first else None
        result[kind] = LimitState(kind, done, rule.effective, rule.binding, day_ends, in_hour, rule.per_hour, ends)
    return result


def _steps(session: Session, since: ColumnElement[bool]) -> dict[str, tuple[int, datetime | None]]:
    """How many steps of each kind, and when the first of them began; the kinds are named for the index."""
    query = (
        select(ActionTarget.step_kind, func.count(), func.min(ActionTarget.claimed_at))
        .where(ActionTarget.step_kind.in_(DEFAULTS), since, ActionTarget.status.in_(_ACTED))
        .group_by(ActionTarget.step_kind)
    )
    return {kind: (count, first) for kind, count, first in session.execute(query)}
