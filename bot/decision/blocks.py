"""What keeps a bot from acting whatever its own state is: a disabled user, a restored database, the kill switch."""

from sqlalchemy import ColumnElement, case, exists, null, select
from sqlalchemy.orm import Session

from bot.core.errors import BotException
from bot.storage.models import Generation, KillSwitch, User

HELD: ColumnElement[bool] = exists(select(Generation.number).where(Generation.released_at.is_(None)))
"""Whether an administrator has still to release the bots of a restored database."""
BAR: ColumnElement[str | None] = case(
    (User.is_active.is_(False), "USER_DISABLED"),
    (HELD, "DATABASE_RESTORED"),
    (exists(select(KillSwitch.id)), "KILL_SWITCH"),
    else_=null(),
)
"""The name of what bars the bot of a row of `users`, NULL where nothing does."""


def check_not_barred(session: Session, user_id: str) -> None:
    """Raises USER_DISABLED, DATABASE_RESTORED or KILL_SWITCH: nothing is asked of Instagram for this user."""
    bar = session.scalars(select(BAR).select_from(User).where(User.id == user_id)).one_or_none()
    if bar:
        raise BotException(bar)


def check_active(session: Session, user_id: str) -> None:
    """Raises USER_DISABLED; the kill switch keeps nobody from ordering what is to be done later."""
    if not session.scalars(select(User.is_active).where(User.id == user_id)).one():
        raise BotException("USER_DISABLED")
