"""Consequences of refusals by Instagram and of failing kinds: a rest of the kind or the bot, the end of the session."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from bot.alerts.delivery import raise_alert
from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.decision.decide import EVERYTHING
from bot.decision.kinds import ANSWER_SAYS_NOTHING
from bot.storage.models import ActionTarget, Activity, BotStatus, CoolDown
from bot.storage.models.values import StepKind, activity_of
from bot.storage.target_states import CONFIRMED
from bot.storage.tenancy import TenantSession

# These need the owner: the session is over, the bot stops and nothing is retried.
SESSION_ENDERS = frozenset(
    {
        "INSTAGRAM_LOGGED_OUT",
        "INSTAGRAM_CHALLENGE",
        "INSTAGRAM_CONFIRM_IN_APP",
        "INSTAGRAM_CONSENT",
        "INSTAGRAM_SUSPENDED",
    }
)
# The first block rests the kind for a day. A block within a week of another rests it for three (the product's own
# figures).
BLOCK_REST = timedelta(hours=24)
REPEATED_BLOCK_REST = timedelta(hours=72)
REPEATED_WITHIN = timedelta(days=7)
# A later date is more likely misread than meant (the product's own figure).
MAX_REST = timedelta(days=60)
# Instagram says "a few minutes" and means it for every call of the account.
WAIT_REST = timedelta(hours=1)
# A refused address, country or device stays refused for a while, and every call shows it again.
ADDRESS_REST = timedelta(hours=6)
ADDRESS_BLOCKED = "INSTAGRAM_ADDRESS_BLOCKED"
RESTS_EVERYTHING = {
    "INSTAGRAM_PLEASE_WAIT": WAIT_REST,
    "INSTAGRAM_THROTTLED": WAIT_REST,
    ADDRESS_BLOCKED: ADDRESS_REST,
}
FOLLOWS_FULL = "INSTAGRAM_FOLLOWS_FULL"
# Refusals of one target. They tell nothing about the account, however many targets get them.
OF_ONE_TARGET = ("INSTAGRAM_PERSON_PRIVATE", "INSTAGRAM_MESSAGES_CLOSED", "INSTAGRAM_TARGET_REFUSED")
# The kind rests after this number of failed steps in a row, over all actions: something is wrong that no single refusal
# shows.
MAX_FAILURES = 5
FAILING_REST = timedelta(hours=6)


# An acknowledgement without an effect may be chance once. Twice in a row it is the silent form of a block.
NOT_DONE = "INSTAGRAM_NOT_DONE"
# A message refused without a reason says little once. Three in a row say something about the account.
MESSAGE_REFUSED = "INSTAGRAM_MESSAGE_REFUSED"
IN_A_ROW = {NOT_DONE: 2, MESSAGE_REFUSED: 3}
RESTING = frozenset({"INSTAGRAM_ACTION_BLOCKED", FOLLOWS_FULL, "KIND_FAILING", *IN_A_ROW, *RESTS_EVERYTHING})
"""Names of the errors that begin a rest."""


def apply(session: TenantSession, error: BotException, kind: str) -> bool:
    """Record the consequence of the error for the bot. The caller has recorded the step, and commits.

    Returns False if the error has no consequence of its own. Then it counts as one of the account's failures.
    """
    status = session.scalars(select(BotStatus)).one()
    note_error(status, error)
    if error.name in SESSION_ENDERS:
        status.session_valid = status.bot_running = False
        raise_alert(session, "session_ended", error)
    elif error.name == "INSTAGRAM_ACTION_BLOCKED":
        _rest_blocked(session, status, error, kind)
    elif error.name in IN_A_ROW:
        _rest_if_in_a_row(session, status, error, kind)
    elif error.name == FOLLOWS_FULL:
        _rest(session, error, kind, BLOCK_REST)
        raise_alert(session, "blocked", error)
    elif error.name in RESTS_EVERYTHING:
        _rest(session, error, EVERYTHING, RESTS_EVERYTHING[error.name])
        if error.name == ADDRESS_BLOCKED:
            _stop_if_repeated(session, status, error)
    else:
        # A refused client holds every bot, which is no failure of this one.
        return "refused_client" in error.meta
    return True


def why_over(last_error_code: str | None) -> str | None:
    """Return the name of the error by which Instagram ended a session, or None if the last error was another or
    none.
    """
    entry = find_code(last_error_code)
    return entry.name if entry and entry.name in SESSION_ENDERS else None


def note_error(status: BotStatus, error: BotException) -> None:
    """Store the last error. The end of a session stays stored until the session is valid again, whatever fails
    meanwhile.
    """
    if error.name not in SESSION_ENDERS and not status.session_valid and why_over(status.last_error_code):
        return
    status.last_error_code, status.last_error_message = error.code, error.message
    status.last_error_at = now()


def forget_error(status: BotStatus) -> None:
    """Clear the last error, because the session works or a person has started again."""
    status.last_error_code = status.last_error_message = status.last_error_at = status.trouble = None


def blocks() -> list[str]:
    """Return the codes of rests after a block, explicit or silent."""
    return [BotException(name).code for name in ("INSTAGRAM_ACTION_BLOCKED", NOT_DONE)]


def _rest_if_in_a_row(session: TenantSession, status: BotStatus, error: BotException, kind: str) -> None:
    """Rest the kind if its last steps all ended with this error. After the rest one more is enough.

    Other failures between say nothing of it.
    """
    number = IN_A_ROW[error.name]
    was_done = ActionTarget.status == "done"
    if kind in ANSWER_SAYS_NOTHING:
        # An acknowledgement between two look-ups proves nothing.
        was_done &= ActionTarget.reason == CONFIRMED
    query = select(ActionTarget.error_code).where(
        ActionTarget.step_kind == kind,
        ActionTarget.claimed_at.is_not(None),
        or_(was_done, ActionTarget.error_code == error.code),
    )
    last = session.scalars(query.order_by(ActionTarget.claimed_at.desc(), ActionTarget.id.desc()).limit(number)).all()
    if last != [error.code] * number:
        return
    if error.name == NOT_DONE:
        _rest_blocked(session, status, error, kind)
    else:
        _rest(session, error, kind, BLOCK_REST)
        raise_alert(session, "blocked", error)


def _rest_blocked(session: TenantSession, status: BotStatus, error: BotException, kind: str) -> None:
    """Rest the kind, at least until the end of the block that Instagram named.

    The second block within a week also stops the bot: a person must look before it starts again.
    """
    repeated = _rested(session, kind, blocks())
    named = _named_end(error)
    _rest(session, error, kind, max(REPEATED_BLOCK_REST if repeated else BLOCK_REST, named))
    if repeated:
        status.bot_running, status.stop_reason = False, "BLOCKED_AGAIN"
    raise_alert(session, "blocked", error)


def _named_end(error: BotException) -> timedelta:
    """Return the length of the block by the error, or zero if it names none."""
    if until := error.meta.get("blocked_until"):
        return min(datetime.fromisoformat(until) - now(), MAX_REST)
    return min(timedelta(seconds=error.meta.get("blocked_seconds", 0)), MAX_REST)


def _stop_if_repeated(session: TenantSession, status: BotStatus, error: BotException) -> None:
    """Stop the bot on the second such refusal within a week. The caller has added the rest of this one."""
    session.flush()
    since = now() - REPEATED_WITHIN
    query = select(CoolDown.id).where(CoolDown.error_code == error.code, CoolDown.created_at >= since)
    if len(session.scalars(query.limit(2)).all()) > 1:
        status.bot_running, status.stop_reason = False, error.name
    raise_alert(session, "blocked", error)


def _rested(session: TenantSession, kind: str, codes: list[str]) -> bool:
    """Return whether the kind rested for one of these codes within the last week."""
    since = now() - REPEATED_WITHIN
    query = select(CoolDown.id).where(
        CoolDown.kind == kind, CoolDown.error_code.in_(codes), CoolDown.created_at >= since
    )
    return session.scalars(query.limit(1)).first() is not None


def rest_if_failing(session: TenantSession, kind: str) -> BotException | None:
    """Rest a kind whose last steps all failed, and return the error. The caller has flushed them and commits.

    After the rest one more failure is enough, because the cause is still there.
    """
    of_one = [BotException(name).code for name in OF_ONE_TARGET]
    query = select(Activity.status).where(
        Activity.action == activity_of(StepKind(kind)),
        Activity.status.in_(("done", "failed")),
        or_(Activity.error_code.is_(None), Activity.error_code.not_in(of_one)),
    )
    last = session.scalars(query.order_by(Activity.at.desc(), Activity.id.desc()).limit(MAX_FAILURES)).all()
    if len(last) < MAX_FAILURES or "done" in last:
        return None
    error = BotException("KIND_FAILING", kind=kind)
    note_error(session.scalars(select(BotStatus)).one(), error)
    _rest(session, error, kind, FAILING_REST)
    return error


def _rest(session: TenantSession, error: BotException, kind: str, length: timedelta) -> None:
    moment = now()
    session.add(
        CoolDown(user_id=session.user_id, kind=kind, until=moment + length, error_code=error.code, created_at=moment)
    )


def active_rests(session: TenantSession, moment: datetime) -> list[CoolDown]:
    return list(session.scalars(select(CoolDown).where(CoolDown.until > moment)))
