"""Start and stop of a bot, and the notification of its lane."""

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
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import TenantSession, tenant


def start(user_id: str) -> None:
    """Start the bot and notify its lane. Commits. Raises SESSION_INVALID and USER_DISABLED."""
    with tenant(user_id) as session:
        status = valid_status(session)
        if not status.bot_running:
            status.bot_running, status.stop_reason = True, None
            forget_error(status)
            record(session, "bot_start", ActivityStatus.DONE)
        session.commit()
    notify_bot(user_id)


def stop(user_id: str) -> None:
    """Stop the bot. The running step ends, no other begins, and only a person can start the bot again. Commits."""
    with tenant(user_id) as session:
        halt(session, locked_status(session))
        session.commit()


def halt(session: TenantSession, status: BotStatus) -> None:
    """Stop the bot of the locked status. The caller commits."""
    if status.bot_running:
        status.bot_running, status.stop_reason = False, None
        record(session, "bot_stop", ActivityStatus.DONE)
    status.stop_reason = status.stop_reason or "BOT_STOPPED"


_TIMEZONE = select(BotSettings.timezone)


def timezone_of(user_id: str) -> str:
    """Return the user's time zone, in which the bot keeps its hours and the pages show times."""
    with tenant(user_id, reading=True) as session:
        return session.run(_TIMEZONE).scalar_one()


def valid_status(session: TenantSession) -> BotStatus:
    """Return the locked status row of a bot with a valid Instagram session. Raises SESSION_INVALID and
    USER_DISABLED.
    """
    status = locked_status(session)
    check_active(session, session.user_id)
    if not status.session_valid:
        raise BotException("SESSION_INVALID")
    return status


def notify_bot(user_id: str, at: datetime | None = None) -> None:
    """Notify the user's lane after a commit. If Redis is down, the clock notifies it later from the database."""
    request_id = get_contextvars().get("request_id")
    if not notify_lane(runtime().redis, user_id, at.timestamp() if at else None, request_id=request_id):
        # The lane may be planned for tomorrow, so only this mark tells the clock to notify it now.
        _note_missed(user_id, missed=True)


def notify_missed(user_id: str) -> bool:
    """Notify a lane whose notification was missed. Returns False, and keeps the mark, if Redis is down. Commits.

    It holds the lock, so it never clears a newer mark, and every mark that it clears was notified.
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
