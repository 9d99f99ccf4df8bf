"""What a bot does now, what it will do and when, or why not: the state of the decision and its words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select

from bot.chores import chores_of
from bot.decision import (
    EVERYTHING,
    Act,
    BotState,
    Do,
    Halt,
    LeaveOut,
    LimitState,
    LookUp,
    OpenAction,
    Rest,
    Verdict,
    Wait,
    acts_at,
    decide,
    rest_of,
)
from bot.do_not_contact import untouchable
from bot.errors import find_code, registry
from bot.hours import Hours
from bot.kinds import DOING, STEP_KIND
from bot.limits import Rule, rules, states
from bot.models import OPEN, Action, ActionTarget, BotStatus, InstagramCredentials
from bot.pushback import SESSION_ENDERS, active_rests
from bot.runtime import now, runtime
from bot.scope import TenantSession, tenant
from bot.settings import hours_of


@dataclass(frozen=True)
class VerdictReport:
    """The verdict for a person and for a program; `state` is `acting`, `waiting` or `halted`.

    `kind` is that of the steps it is about, where it is about one. `who` must act, where somebody must: `user` or
    `admin`. `change` is the page where the rule can be changed.
    """

    state: str
    reason: str
    message: str
    until: datetime | None = None
    remedy: str | None = None
    rule: str | None = None
    code: str | None = None
    who: str | None = None
    change: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Verification:
    """A sign-in at Instagram that waits for a code; `kind` is `two_factor`, `challenge` or `app`."""

    kind: str
    sent_to: str
    expires_at: datetime


@dataclass(frozen=True)
class BotReport:
    """Everything that the status shows.

    `orders` is the verdict of each open order as if it were the only one, `rests` until when kinds rest, and
    `next_step_kind` what the next step will be as things stand.
    """

    bot_running: bool
    session_valid: bool
    linked: bool
    instagram_username: str | None
    last_tested: datetime | None
    last_error_code: str | None
    last_error_message: str | None
    last_error_at: datetime | None
    verdict: VerdictReport
    orders: dict[str, VerdictReport]
    next_step_at: datetime | None
    next_step_kind: str | None
    limits: list[LimitState]
    rests: dict[str, datetime]
    rules: list[Rule]
    hours: Hours
    demo: bool
    verification: Verification | None


def load_state(
    session: TenantSession, moment: datetime, people: Mapping[str, tuple[str, str | None]] | None = None
) -> BotState:
    """Reads all that the decision goes by, in one transaction.

    `people` says whom the next step of an action (by its id) concerns: the name, and the Instagram id if known.
    """
    people = people or {}
    status = session.scalars(select(BotStatus)).one()
    account = session.scalars(select(InstagramCredentials)).one_or_none()
    hours = hours_of(session)
    actions = list(session.scalars(select(Action).where(Action.status.in_(OPEN))))
    look_ups = _look_ups(session, [row.id for row in actions])
    worked_off = _worked_off(session, look_ups)
    return BotState(
        running=status.bot_running,
        session_valid=status.session_valid,
        halt_reason=_halt_reason(status, account, moment),
        stop_reason=status.stop_reason,
        hours=hours,
        next_step_at=status.next_step_at,
        actions=[
            _open_action(row, look_ups.get(row.id), row.id in worked_off, people.get(row.id, (None, None))[0])
            for row in actions
        ],
        limits=states(session, session.user_id, moment),
        rests=[Rest(row.kind, row.until, row.error_code) for row in active_rests(session, moment)],
        paces={kind: datetime.fromisoformat(at) for kind, at in (status.paces or {}).items()},
        untouchable=frozenset(untouchable(session, dict(people.values())) if people else ()),
        chores=chores_of(session, status, hours, moment),
    )


def _look_ups(session: TenantSession, action_ids: Sequence[str]) -> dict[str, datetime]:
    """When each order next has something to look up; what is half done is due since it was claimed."""
    if not action_ids:
        return {}
    due = func.coalesce(ActionTarget.look_up_at, ActionTarget.claimed_at, type_=ActionTarget.look_up_at.type)
    query = (
        select(ActionTarget.action_id, func.min(due, type_=ActionTarget.look_up_at.type))
        .where(
            ActionTarget.action_id.in_(action_ids),
            # As a list, so that the index on order and status serves.
            ActionTarget.status.in_(("working", "unknown")),
            (ActionTarget.status == "working") | ActionTarget.look_up_at.is_not(None),
        )
        .group_by(ActionTarget.action_id)
    )
    return {action_id: at for action_id, at in session.execute(query)}  # noqa: C416  a result is no mapping


def _worked_off(session: TenantSession, action_ids: Collection[str]) -> set[str]:
    """Those of the orders that search no further and have nothing pending."""
    if not action_ids:
        return set()
    pending = select(ActionTarget.id).where(ActionTarget.action_id == Action.id, ActionTarget.status == "pending")
    query = select(Action.id).where(Action.id.in_(list(action_ids)), Action.searched, ~pending.exists())
    return set(session.scalars(query))


def _open_action(row: Action, look_up_at: datetime | None, worked_off: bool, person: str | None) -> OpenAction:
    return OpenAction(
        row.id,
        STEP_KIND[row.kind],
        row.status,
        row.created_at,
        row.last_step_at,
        row.start_at,
        look_up_at,
        look_up_at is not None and worked_off,
        person,
    )


def _halt_reason(status: BotStatus, account: InstagramCredentials | None, moment: datetime) -> str | None:
    if account is None:
        return "NOT_LINKED"
    waiting = _verification(account, moment)
    if waiting:
        return "INSTAGRAM_CONFIRM_IN_APP" if waiting.kind == "app" else "CODE_NEEDED"
    entry = find_code(status.last_error_code)
    return entry.name if entry and entry.name in SESSION_ENDERS else None


def bot_report(user_id: str) -> BotReport:
    """The status of the user's bot right now."""
    moment = now()
    with tenant(user_id, reading=True) as session:
        state = load_state(session, moment)
        status = session.scalars(select(BotStatus)).one()
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        verdict = decide(state, moment)
        next_step_at = acts_at(state, moment)
        return BotReport(
            bot_running=status.bot_running,
            session_valid=status.session_valid,
            linked=bool(account and account.session_data_encrypted),
            instagram_username=status.instagram_username,
            last_tested=status.last_tested,
            last_error_code=status.last_error_code,
            last_error_message=status.last_error_message,
            last_error_at=status.last_error_at,
            verdict=describe(verdict, state),
            orders={action.id: describe(decide(_alone(state, action), moment), state) for action in state.actions},
            next_step_at=next_step_at,
            next_step_kind=_kind_at(state, next_step_at),
            limits=list(state.limits.values()),
            rests={kind: rest.until for kind in state.limits if (rest := rest_of(state, kind, moment))},
            rules=list(rules(session, user_id, moment).values()),
            hours=state.hours,
            demo=runtime().config.instagram_sandbox,
            verification=_verification(account, moment),
        )


def _alone(state: BotState, *actions: OpenAction) -> BotState:
    """The state without chores, and with these orders alone."""
    return replace(state, actions=actions, chores=())


def _kind_at(state: BotState, at: datetime | None) -> str | None:
    verdict = decide(_alone(state, *state.actions), at) if at else None
    return verdict.kind if isinstance(verdict, Act | LookUp | LeaveOut) else None


def _verification(account: InstagramCredentials | None, moment: datetime) -> Verification | None:
    if account is None or not account.verification_kind or not account.verification_expires_at:
        return None
    if account.verification_expires_at <= moment:
        return None
    return Verification(account.verification_kind, account.verification_sent_to or "", account.verification_expires_at)


_RULES = {
    "ceiling": "the administrator's ceiling",
    "own": "your own limit",
    "default": "the default limit",
    "ramp": "the warm-up of a newly linked account",
    "per_hour": "the limit of an hour",
    "cool_down": "the caution after Instagram pushed back",
}
# Where a person can change the rule that a wait comes from.
_CHANGE = {
    "working_hours": "hours",
    "own": "limits",
    "default": "limits",
    "per_hour": "limits",
    "ramp": "limits",
    "delay": "limits",
    "start_at": "automation",
}
_CHORES = {
    "read_replies": "Your bot is reading what people answered.",
    "test_session": "Your bot is testing its session at Instagram.",
}


def describe(verdict: Verdict, state: BotState) -> VerdictReport:
    """The verdict in words; every reason is a name of the error registry, or ACTING."""
    if isinstance(verdict, Do):
        return VerdictReport("acting", "ACTING", _CHORES[verdict.chore])
    if isinstance(verdict, Halt):
        return _halted(verdict)
    if isinstance(verdict, Wait):
        return _waiting(verdict, state)
    # Only who holds the lane knows whether the step still runs or is looked up.
    where = "in the middle of " if isinstance(verdict, LookUp) else ""
    return VerdictReport("acting", "ACTING", f"Your bot is {where}{DOING[verdict.kind]}.", kind=verdict.kind)


def _halted(verdict: Halt) -> VerdictReport:
    entry = registry()[verdict.reason]
    message, rule = entry.description, verdict.rule
    if verdict.kind:
        message = f"The limit for {DOING[verdict.kind]} is 0, by {_RULES[rule or 'default']}."
    return VerdictReport(
        "halted",
        verdict.reason,
        message,
        remedy=entry.remedy,
        rule=rule,
        code=entry.code,
        who="admin" if rule == "ceiling" else entry.who,
        change=_CHANGE.get(rule or ""),
        kind=verdict.kind,
    )


def _waiting(verdict: Wait, state: BotState) -> VerdictReport:
    entry = registry()[verdict.reason]
    message = entry.description
    if verdict.reason == "LIMIT_REACHED" and verdict.kind:
        limit = state.limits[verdict.kind]
        number = f"{limit.per_hour} an hour" if verdict.rule == "per_hour" else f"{limit.effective} a day"
        message = f"The limit of {number} for {DOING[verdict.kind]} is reached, by {_RULES[verdict.rule or 'default']}."
    elif verdict.reason == "COOL_DOWN" and (why := find_code(verdict.error_code)):
        of_all = any(rest.kind == EVERYTHING and rest.until == verdict.until for rest in state.rests)
        who = "Your bot" if of_all or not verdict.kind else DOING[verdict.kind].capitalize()
        message = f"{who} rests: {why.description}"
    return VerdictReport(
        "waiting",
        verdict.reason,
        message,
        verdict.until,
        entry.remedy,
        verdict.rule,
        code=entry.code,
        change=_CHANGE.get(verdict.rule or ""),
        kind=verdict.kind,
    )
