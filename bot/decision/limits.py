"""Limits: the number of steps that a user may perform of a kind, the number performed, and the rule that applies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from bot.config.runtime import now, runtime
from bot.decision.decide import LimitState, Rest
from bot.decision.hours import Days
from bot.decision.limit_rules import (
    CAUTION,
    DEFAULTS,
    HOUR,
    Basis,
    Count,
    LimitRecord,
    Rule,
    ceiling_hour_of,
    ceiling_of,
    limit_state,
    rows_of,
)
from bot.decision.pushback import blocks
from bot.decision.records import BotRecord, one_of, read_bot
from bot.storage.models import ActionTarget, CoolDown, DailyLimit, EarlierCall
from bot.storage.tenancy import TenantSession, identity, tenant

# A call to Instagram was or may have been made in these statuses, so they count against a limit.
_ACTED = ("working", "done", "failed", "unknown")
_CALLS: tuple[type[ActionTarget | EarlierCall], ...] = (ActionTarget, EarlierCall)
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


def limit_rows(session: TenantSession) -> list[LimitRecord]:
    """Return the rows of the limits that the session's user has, and of those that all users have."""
    return [LimitRecord._make(row) for row in session.run(_ROWS)]


def _basis(session: TenantSession, bot: BotRecord, moment: datetime) -> Basis:
    days = Days(bot.timezone, bot.timezone_changed_at)
    today = days.today(moment)
    # A rest asks for caution until the end of the local day on which a week has passed since it ended.
    since = today.midnight - CAUTION
    cool_downs = [Rest(*row) for row in session.run(_REMEMBERED, {"since": since})] if bot.cooled_down else []
    blocked, blocked_until = blocks() if cool_downs else [], dict[str, datetime]()
    for row in cool_downs:
        if row.error_code in blocked:
            blocked_until[row.kind] = max(row.until, blocked_until.get(row.kind, row.until))
    return Basis(
        session.user_id,
        limit_rows(session),
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
    """Use and rule of every kind, and the inputs of the rules."""

    states: Mapping[str, LimitState]
    rules: Mapping[str, Rule]
    basis: Basis


def read_limits(session: TenantSession, bot: BotRecord, moment: datetime) -> Limits:
    """Return the limits of all kinds.

    The rule of a kind is the smallest of the ceiling, the user's own or the default limit, and the warm-up while it
    lasts. It is halved for a week after a block of the kind. Counts come from the recorded steps and never from a
    separate counter.
    """
    basis = _basis(session, bot, moment)
    counts = _counts(session, bot, basis.today.since, moment)
    rules = basis.rules()
    states = {
        kind: limit_state(basis, rules[kind], counts[kind], partial(_times, session, kind), moment) for kind in DEFAULTS
    }
    return Limits(states, rules, basis)


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
    return [_report(rules[kind], *rows_of(kind, user_id, basis.rows), used[kind]) for kind in DEFAULTS]


def _report(rule: Rule, default: LimitRecord, own: LimitRecord | None, used: int) -> LimitReport:
    return LimitReport(
        rule,
        used,
        own.per_day if own else None,
        default.per_day,
        ceiling_of(default, own),
        own.per_hour if own else None,
        (own.delay_min, own.delay_max) if own and own.delay_min and own.delay_max else None,
        default.per_hour,
        ceiling_hour_of(default, own),
        (default.delay_min or 0, default.delay_max or 0),
    )


def _made(table: type[ActionTarget | EarlierCall]) -> list[ColumnElement[bool]]:
    return [one_of(ActionTarget.status, _ACTED)] if table is ActionTarget else []


def _count(table: type[ActionTarget | EarlierCall]) -> Select[str, int, int]:
    """Select the counts. It names the kinds so that the index applies."""
    at = table.claimed_at
    since, hour_ago, earliest = (bindparam(name, type_=at.type) for name in ("since", "hour_ago", "earliest"))
    query = select(table.step_kind, func.count().filter(at >= since), func.count().filter(at > hour_ago))
    return query.where(one_of(table.step_kind, DEFAULTS), at >= earliest, *_made(table)).group_by(table.step_kind)


def _time(table: type[ActionTarget | EarlierCall]) -> Select[datetime | None]:
    """Select the times of one kind."""
    kind, since = bindparam("kind", type_=table.step_kind.type), bindparam("since", type_=table.claimed_at.type)
    return select(table.claimed_at).where(table.step_kind == kind, table.claimed_at >= since, *_made(table))


# Built once, because every step runs them.
_ROWS = select(*(getattr(DailyLimit, name) for name in LimitRecord._fields))
_REMEMBERED = select(CoolDown.kind, CoolDown.until, CoolDown.error_code).where(
    CoolDown.until > bindparam("since", type_=CoolDown.until.type)
)
_COUNTS = tuple(_count(table) for table in _CALLS)
_TIMES = tuple(_time(table) for table in _CALLS)


def _counts(session: TenantSession, bot: BotRecord, since: datetime, moment: datetime) -> dict[str, Count]:
    counts = dict.fromkeys(DEFAULTS, Count())
    times = {"since": since, "hour_ago": moment - HOUR, "earliest": min(since, moment - HOUR)}
    for query in _COUNTS if bot.called_earlier else _COUNTS[:1]:
        for kind, day, hour in session.run(query, times):
            counts[kind] = Count(counts[kind].day + day, counts[kind].hour + hour)
    return counts


def step_times(session: TenantSession, moment: datetime, since: datetime) -> dict[str, list[datetime]]:
    """Return the times, in order, of each kind's steps that count for a limit since then or within the last hour."""
    return {kind: _times(session, kind, min(since, moment - HOUR)) for kind in DEFAULTS}


def _times(session: TenantSession, kind: str, since: datetime) -> list[datetime]:
    asked = {"kind": kind, "since": since}
    return sorted(at for query in _TIMES for (at,) in session.run(query, asked) if at)
