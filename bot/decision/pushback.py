"""What follows when Instagram says no, or a kind only fails: a rest of the kind or the bot, the end of the session."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from bot.alerts.delivery import raise_alert
from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.decision.decide import EVERYTHING
from bot.storage.models import Activity, BotStatus, CoolDown
from bot.storage.tenancy import TenantSession

# These need the owner: the session is over, the bot stops and nothing is tried again by itself.
SESSION_ENDERS = frozenset(
    {
        "INSTAGRAM_LOGGED_OUT",
        "INSTAGRAM_CHALLENGE",
        "INSTAGRAM_CONFIRM_IN_APP",
        "INSTAGRAM_CONSENT",
        "INSTAGRAM_SUSPENDED",
    }
)
# The first block rests the kind for a day; a block within a week of another for three (the product's defaults).
BLOCK_REST = timedelta(hours=24)
REPEATED_BLOCK_REST = timedelta(hours=72)
REPEATED_WITHIN = timedelta(days=7)
# Instagram says "a few minutes" and means it for every call of the account.
WAIT_REST = timedelta(hours=1)
RESTS_EVERYTHING = frozenset({"INSTAGRAM_PLEASE_WAIT", "INSTAGRAM_THROTTLED"})
# What Instagram says of one person alone: it tells nothing of the account that asks, however many people it is said of.
OF_ONE_PERSON = ("INSTAGRAM_PERSON_PRIVATE", "INSTAGRAM_MESSAGES_CLOSED")
# Failed steps of a kind in a row, over all orders, after which the kind rests: something is wrong that no single
# refusal tells.
MAX_FAILURES = 5
FAILING_REST = timedelta(hours=6)


# An acknowledgement without an effect: once it may be chance, twice in a row it is the quiet form of a block.
NOT_DONE = "INSTAGRAM_NOT_DONE"


def apply(session: TenantSession, error: BotException, kind: str) -> bool:
    """Records the consequence of the error for the bot; the caller has recorded the step, and commits. Returns whether
    there was one.
    """
    status = session.scalars(select(BotStatus)).one()
    note_error(status, error)
    if error.name in SESSION_ENDERS:
        status.session_valid = status.bot_running = False
        raise_alert(session, "session_ended", error)
    elif error.name == "INSTAGRAM_ACTION_BLOCKED" or (error.name == NOT_DONE and _twice_in_a_row(session, error, kind)):
        _rest_blocked(session, status, error, kind)
        raise_alert(session, "blocked", error)
    elif error.name in RESTS_EVERYTHING:
        _rest(session, error, EVERYTHING, WAIT_REST)
    else:
        return False
    return True


def why_over(last_error_code: str | None) -> str | None:
    """The name of the error by which Instagram ended a session; None where the last error was another, or none."""
    entry = find_code(last_error_code)
    return entry.name if entry and entry.name in SESSION_ENDERS else None


def note_error(status: BotStatus, error: BotException) -> None:
    """Why a session is over stays the last error until it is valid again, whatever else fails on the way there."""
    if error.name not in SESSION_ENDERS and not status.session_valid and why_over(status.last_error_code):
        return
    status.last_error_code, status.last_error_message = error.code, error.message
    status.last_error_at = now()


def forget_error(status: BotStatus) -> None:
    """The last error is over: the session works, or a person has begun anew."""
    status.last_error_code = status.last_error_message = status.last_error_at = status.trouble = None


def blocks() -> list[str]:
    """The codes of rests after a block, spoken or quiet."""
    return [BotException(name).code for name in ("INSTAGRAM_ACTION_BLOCKED", NOT_DONE)]


def _twice_in_a_row(session: TenantSession, error: BotException, kind: str) -> bool:
    """Whether the last two steps of the kind have ended with this error."""
    query = select(Activity.error_code).where(Activity.action == kind, Activity.status.in_(("done", "failed")))
    last = session.scalars(query.order_by(Activity.at.desc(), Activity.id.desc()).limit(2)).all()
    return last == [error.code, error.code]


def _rest_blocked(session: TenantSession, status: BotStatus, error: BotException, kind: str) -> None:
    """The second block within a week also stops the bot: a person must look before it starts again."""
    since = now() - REPEATED_WITHIN
    query = select(CoolDown).where(
        CoolDown.kind == kind, CoolDown.error_code.in_(blocks()), CoolDown.created_at >= since
    )
    repeated = session.scalars(query.limit(1)).first() is not None
    _rest(session, error, kind, REPEATED_BLOCK_REST if repeated else BLOCK_REST)
    if repeated:
        status.bot_running, status.stop_reason = False, "BLOCKED_AGAIN"


def rest_if_failing(session: TenantSession, kind: str) -> BotException | None:
    """Rests a kind whose last steps all failed, and says so; the caller has flushed them and commits.

    After the rest one more failure is enough: what was wrong still is.
    """
    of_one = [BotException(name).code for name in OF_ONE_PERSON]
    query = select(Activity.status).where(
        Activity.action == kind,
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
