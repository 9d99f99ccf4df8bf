"""Start and stop of a bot, its settings, and the ring of its lane."""

from datetime import datetime

from sqlalchemy import select
from structlog.contextvars import get_contextvars

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.decision.blocks import check_active
from bot.decision.pushback import forget_error
from bot.history.activity import record
from bot.lanes.queue import notify_lane
from bot.storage.bot_lock import locked_status
from bot.storage.models import BotSettings, BotStatus
from bot.storage.tenancy import TenantSession, tenant


def start(user_id: str) -> None:
    """Sets the bot running and rings its lane. Raises SESSION_INVALID."""
    with tenant(user_id) as session:
        status = valid_status(session)
        if not status.bot_running:
            status.bot_running, status.stop_reason = True, None
            forget_error(status)
            record(session, "bot_start", "done")
        session.commit()
    notify_bot(user_id)


def stop(user_id: str) -> None:
    """Stops the bot: the running step ends, nothing starts after it, and nothing but a person starts it again."""
    with tenant(user_id) as session:
        halt(session, locked_status(session))
        session.commit()


def halt(session: TenantSession, status: BotStatus) -> None:
    """Stops the bot of the locked status; the caller commits."""
    if status.bot_running:
        status.bot_running, status.stop_reason = False, None
        record(session, "bot_stop", "done")
    status.stop_reason = status.stop_reason or "BOT_STOPPED"


def timezone_of(user_id: str) -> str:
    """The name of the time zone that the user's bot keeps its hours in and their pages show times in."""
    with tenant(user_id, reading=True) as session:
        return session.scalars(select(BotSettings.timezone)).one()


def valid_status(session: TenantSession) -> BotStatus:
    """The locked status row of a bot whose Instagram session is valid. Raises SESSION_INVALID and USER_DISABLED."""
    status = locked_status(session)
    check_active(session, session.user_id)
    if not status.session_valid:
        raise BotException("SESSION_INVALID")
    return status


def notify_bot(user_id: str, at: datetime | None = None) -> None:
    """Rings the user's lane after a commit. Without Redis the clock rings later: the row stands, so nothing is lost."""
    request_id = get_contextvars().get("request_id")
    if not notify_lane(runtime().redis, user_id, at.timestamp() if at else None, request_id=request_id):
        # The lane may be planned for tomorrow, so the clock cannot tell by itself that it should look now.
        _note_missed(user_id, missed=True)


def notify_missed(user_id: str) -> bool:
    """Rings a lane whose ring was missed; False when Redis is away, and the note of it stays. Commits.

    Under the lock, so that a note made since then is not wiped out, and one that is wiped out was rung.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        notified = notify_lane(runtime().redis, user_id)
        status.ring_missed = not notified
        session.commit()
    return notified


def _note_missed(user_id: str, *, missed: bool) -> None:
    with tenant(user_id) as session:
        locked_status(session).ring_missed = missed
        session.commit()
