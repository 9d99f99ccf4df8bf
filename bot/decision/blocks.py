"""Reasons that stop any bot: a disabled user, a restored database, the kill switch, a client too old."""

from sqlalchemy import ColumnElement, case, exists, null, or_, select
from sqlalchemy.orm import Session

from bot.core.errors import BotException
from bot.storage.models import Generation, InstagramClientRow, KillSwitch, User

HELD: ColumnElement[bool] = exists(select(Generation.number).where(Generation.released_at.is_(None)))
"""True while an administrator still has to release the bots of a restored database."""
_CURRENT_CLIENT = (
    select(InstagramClientRow.version)
    .order_by(InstagramClientRow.started_at.desc(), InstagramClientRow.version)
    .limit(1)
    .scalar_subquery()
)
OUTDATED: ColumnElement[bool] = exists(
    select(InstagramClientRow.version).where(
        InstagramClientRow.refused_at.is_not(None),
        InstagramClientRow.released_at.is_(None),
        InstagramClientRow.version == _CURRENT_CLIENT,
    )
)
"""True if Instagram has refused the client version that the workers run, and no admin has released the bots."""
_HOLDS: tuple[tuple[ColumnElement[bool], str], ...] = (
    (HELD, "DATABASE_RESTORED"),
    (exists(select(KillSwitch.id)), "KILL_SWITCH"),
    (OUTDATED, "INSTAGRAM_CLIENT_OUTDATED"),
)
HOLD: ColumnElement[str | None] = case(*_HOLDS, else_=null())
"""The name of what holds the bots of all users, or NULL."""
EVERY_BOT_HELD: ColumnElement[bool] = or_(*(hold for hold, _ in _HOLDS))
"""True while something holds the bots of all users."""
BLOCKED_REASON: ColumnElement[str | None] = case((User.is_active.is_(False), "USER_DISABLED"), *_HOLDS, else_=null())
"""The name of the reason that blocks the bot of a row of `users`, or NULL."""


def require_not_blocked(session: Session, user_id: str) -> None:
    """Raise the name of the reason that blocks every request to Instagram for this user, if there is one."""
    blocked_reason = session.scalars(select(BLOCKED_REASON).select_from(User).where(User.id == user_id)).one_or_none()
    if blocked_reason:
        raise BotException(blocked_reason)


def check_active(session: Session, user_id: str) -> None:
    """Raise USER_DISABLED. The kill switch does not stop users from placing actions for later."""
    if not session.scalars(select(User.is_active).where(User.id == user_id)).one():
        raise BotException("USER_DISABLED")
