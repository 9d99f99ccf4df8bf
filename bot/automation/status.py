"""Status of a bot in words: its current and next activity, or why it waits."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.automation.kill_switch import kill_switch
from bot.config.runtime import now, runtime
from bot.core.errors import Who, find_code, registry
from bot.decision.decide import EVERYTHING, BotState, LimitState, OpenAction, decide, next_step_time, rest_of
from bot.decision.hours import Hours
from bot.decision.kinds import DOING
from bot.decision.limit_rules import Rule
from bot.decision.snapshot import Verification, load, verification_of
from bot.decision.verdicts import Halt, PerformStep, Reconcile, RunChore, SkipTarget, Verdict, Wait
from bot.storage.tenancy import tenant

State = Literal["acting", "waiting", "halted"]


@dataclass(frozen=True)
class VerdictReport:
    """The verdict for a person and for a program.

    `kind` is the kind of step it is about, if any. `who` has to act, if anyone: `user` or `admin`. `change` is the page
    on which the rule can be changed. `cause` is the name of the error that began a rest.
    """

    state: State
    reason: str
    message: str
    until: datetime | None = None
    remedy: str | None = None
    rule: str | None = None
    code: str | None = None
    who: Who | None = None
    change: str | None = None
    kind: str | None = None
    cause: str | None = None


@dataclass(frozen=True)
class BotReport:
    """The whole status of a bot.

    `orders` holds the verdict of each open action as if it were the only one. `rests` holds the end of each kind's
    rest, `rest_causes` the name of the error that began it. `next_step_kind` and `next_action_id` are the kind and the
    action of the next step if nothing changes.
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
    next_action_id: str | None
    limits: list[LimitState]
    rests: dict[str, datetime]
    rest_causes: dict[str, str]
    rules: list[Rule]
    hours: Hours
    demo: bool
    verification: Verification | None


def bot_report(user_id: str, moment: datetime | None = None) -> BotReport:
    """Return the status of the user's bot at this moment. A step that is due is due at `moment` itself."""
    moment = moment or now()
    with tenant(user_id, reading=True) as session:
        snapshot = load(session, moment)
    state, bot = snapshot.state, snapshot.bot
    next_step_at = next_step_time(state, moment)
    next_step = _step_at(state, next_step_at)
    rests = {kind: rest for kind in state.limits if (rest := rest_of(state, kind, moment))}
    return BotReport(
        bot_running=bot.bot_running,
        session_valid=bot.session_valid,
        linked=bot.linked,
        instagram_username=bot.instagram_username,
        last_tested=bot.last_tested,
        last_error_code=bot.last_error_code,
        last_error_message=bot.last_error_message,
        last_error_at=bot.last_error_at,
        verdict=describe(decide(state, moment), state),
        orders={action.id: describe(decide(_alone(state, action), moment), state) for action in state.actions},
        next_step_at=next_step_at,
        next_step_kind=next_step.kind if next_step else None,
        next_action_id=next_step.action_id if next_step else None,
        limits=list(state.limits.values()),
        rests={kind: rest.until for kind, rest in rests.items()},
        rest_causes={kind: why.name for kind, rest in rests.items() if (why := find_code(rest.error_code))},
        rules=list(snapshot.rules.values()),
        hours=state.hours,
        demo=runtime().config.instagram_sandbox,
        verification=verification_of(bot, moment),
    )


def _alone(state: BotState, *actions: OpenAction) -> BotState:
    """Return the state with these actions alone and without chores."""
    return replace(state, actions=actions, chores=())


def _step_at(state: BotState, at: datetime | None) -> PerformStep | Reconcile | SkipTarget | None:
    verdict = decide(_alone(state, *state.actions), at) if at else None
    return verdict if isinstance(verdict, PerformStep | Reconcile | SkipTarget) else None


_RULES = {
    "ceiling": "your admin’s maximum",
    "own": "your own limit",
    "default": "the default limit",
    "ramp": "the warm-up of a newly connected account",
    "per_hour": "the limit of an hour",
    "cool_down": "the caution after Instagram pushed back",
    "restored": "the restore of the database, which does not know what was done before it today",
}
# The page on which a person can change the rule that causes a wait.
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
    "measure": "Your bot is reading who followed back.",
    "test_session": "Your bot is testing its session at Instagram.",
    "catch_up": "Your bot is reading what was sent and answered before the database was restored.",
}


def describe(verdict: Verdict, state: BotState) -> VerdictReport:
    """Put the verdict into words. Every reason is a name of the error registry, or ACTING."""
    if isinstance(verdict, RunChore):
        return VerdictReport("acting", "ACTING", _CHORES[verdict.chore])
    if isinstance(verdict, Halt):
        return _halted(verdict)
    if isinstance(verdict, Wait):
        return _waiting(verdict, state)
    # Only the lane's holder knows if the step still runs or is being reconciled.
    where = "in the middle of " if isinstance(verdict, Reconcile) else ""
    return VerdictReport("acting", "ACTING", f"Your bot is {where}{DOING[verdict.kind]}.", kind=verdict.kind)


def _halted(verdict: Halt) -> VerdictReport:
    entry = registry()[verdict.reason]
    message, rule = entry.description, verdict.rule
    if verdict.reason == "KILL_SWITCH" and (stopped := kill_switch()):
        message = f"{entry.description} The reason: {stopped.reason}"
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
    message, remedy = entry.description, entry.remedy
    who: Who | None = None
    why = find_code(verdict.error_code) if verdict.reason == "COOL_DOWN" else None
    if verdict.reason == "LIMIT_REACHED" and verdict.kind:
        limit = state.limits[verdict.kind]
        number = f"{limit.per_hour} an hour" if verdict.rule == "per_hour" else f"{limit.effective} a day"
        message = f"The limit of {number} for {DOING[verdict.kind]} is reached, by {_RULES[verdict.rule or 'default']}."
    elif why:
        of_all = any(rest.kind == EVERYTHING and rest.until == verdict.until for rest in state.rests)
        rests = "Your bot" if of_all or not verdict.kind else DOING[verdict.kind].capitalize()
        message = f"{rests} rests: {why.description}"
        remedy, who = (entry.remedy, None) if why.who == "nobody" else (why.remedy, why.who)
    elif verdict.rule == "failure" and entry.who != "nobody":
        who = entry.who
    return VerdictReport(
        "waiting",
        verdict.reason,
        message,
        verdict.until,
        remedy,
        verdict.rule,
        code=entry.code,
        who=who,
        change=_CHANGE.get(verdict.rule or ""),
        kind=verdict.kind,
        cause=why.name if why else None,
    )
