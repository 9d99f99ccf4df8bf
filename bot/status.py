"""What a bot does now, what it will do and when, or why not: the state of the decision and its words."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.decision import Act, BotState, Halt, Hours, LimitState, OpenAction, Rest, Verdict, Wait, decide
from bot.errors import find_code, registry
from bot.limits import Rule, rules, states
from bot.models import OPEN, Action, BotSettings, BotStatus, InstagramCredentials
from bot.pushback import SESSION_ENDERS, active_rests
from bot.runtime import now, runtime
from bot.scope import TenantSession, tenant

# The kind of the steps of each kind of order: limits and rests go by it.
STEP_KIND = {"follow-hashtag": "follow"}


@dataclass(frozen=True)
class VerdictReport:
    """The verdict for a person and for a program; `state` is `acting`, `waiting` or `halted`."""

    state: str
    reason: str
    message: str
    until: datetime | None = None
    remedy: str | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Verification:
    """A sign-in at Instagram that waits for a code; `kind` is `two_factor`, `challenge` or `app`."""

    kind: str
    sent_to: str
    expires_at: datetime


@dataclass(frozen=True)
class BotReport:
    """Everything that the status shows."""

    bot_running: bool
    session_valid: bool
    linked: bool
    instagram_username: str | None
    last_tested: datetime | None
    last_error_code: str | None
    last_error_message: str | None
    last_error_at: datetime | None
    verdict: VerdictReport
    next_step_at: datetime | None
    limits: list[LimitState]
    rules: list[Rule]
    hours: Hours
    demo: bool
    verification: Verification | None


def load_state(session: TenantSession, moment: datetime) -> BotState:
    """Reads all that the decision goes by, in one transaction."""
    status = session.scalars(select(BotStatus)).one()
    settings = session.scalars(select(BotSettings)).one()
    account = session.scalars(select(InstagramCredentials)).one_or_none()
    hours = Hours(settings.timezone, settings.hours_start, settings.hours_end)
    linked_at = account.created_at if account else None
    actions = session.scalars(select(Action).where(Action.status.in_(OPEN)))
    return BotState(
        running=status.bot_running,
        session_valid=status.session_valid,
        halt_reason=_halt_reason(status, account, moment),
        hours=hours,
        next_step_at=status.next_step_at,
        actions=[
            OpenAction(row.id, STEP_KIND[row.kind], row.status, row.created_at, row.last_step_at) for row in actions
        ],
        limits=states(session, session.user_id, linked_at, settings.timezone, moment),
        rests=[Rest(row.kind, row.until, row.error_code) for row in active_rests(session, moment)],
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
        linked_at = account.created_at if account else None
        verdict = decide(state, moment)
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
            next_step_at=_next_step(verdict, moment),
            limits=list(state.limits.values()),
            rules=list(rules(session, user_id, linked_at, moment).values()),
            hours=state.hours,
            demo=runtime().config.instagram_sandbox,
            verification=_verification(account, moment),
        )


def _verification(account: InstagramCredentials | None, moment: datetime) -> Verification | None:
    if account is None or not account.verification_kind or not account.verification_expires_at:
        return None
    if account.verification_expires_at <= moment:
        return None
    return Verification(account.verification_kind, account.verification_sent_to or "", account.verification_expires_at)


def _next_step(verdict: Verdict, moment: datetime) -> datetime | None:
    if isinstance(verdict, Act):
        return moment
    return verdict.until if isinstance(verdict, Wait) else None


_DOING = {"follow": "following people"}
_RULES = {
    "ceiling": "the administrator's ceiling",
    "own": "your own limit",
    "default": "the default limit",
    "ramp": "the warm-up of a newly linked account",
    "per_hour": "the limit of an hour",
}


def describe(verdict: Verdict, state: BotState) -> VerdictReport:
    """The verdict in words; every reason is a name of the error registry, or ACTING."""
    if isinstance(verdict, Act):
        return VerdictReport("acting", "ACTING", f"Your bot is {_DOING[verdict.kind]}.")
    entry = registry()[verdict.reason]
    if isinstance(verdict, Halt):
        return VerdictReport("halted", verdict.reason, entry.description, remedy=entry.remedy)
    message = entry.description
    if verdict.reason == "LIMIT_REACHED" and verdict.kind:
        limit = state.limits[verdict.kind]
        number = f"{limit.per_hour} an hour" if verdict.rule == "per_hour" else f"{limit.effective} a day"
        message = (
            f"The limit of {number} for {_DOING[verdict.kind]} is reached, by {_RULES[verdict.rule or 'default']}."
        )
    elif verdict.reason == "COOL_DOWN" and (why := find_code(verdict.error_code)):
        message = f"Your bot rests: {why.description}"
    return VerdictReport("waiting", verdict.reason, message, verdict.until, entry.remedy, verdict.rule)
