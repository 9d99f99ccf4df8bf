"""Bars, which keep bots from acting: a disabled user, a restored database, the kill switch, a client too old."""

from sqlalchemy import ColumnElement, case, exists, null, select
from sqlalchemy.orm import Session

from bot.core.errors import BotException
from bot.storage.models import Generation, InstagramClientRow, KillSwitch, User

HELD: ColumnElement[bool] = exists(select(Generation.number).where(Generation.released_at.is_(None)))
"""Whether an administrator has still to release the bots of a restored database."""
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
"""Whether Instagram has refused the version of the client that the workers run, and no admin has released the bots."""
BAR: ColumnElement[str | None] = case(
    (User.is_active.is_(False), "USER_DISABLED"),
    (HELD, "DATABASE_RESTORED"),
    (exists(select(KillSwitch.id)), "KILL_SWITCH"),
    (OUTDATED, "INSTAGRAM_CLIENT_OUTDATED"),
    else_=null(),
)
"""The name of what bars the bot of a row of `users`, NULL where nothing does."""


def check_not_barred(session: Session, user_id: str) -> None:
    """Raise the name of the bar that keeps anything from being asked of Instagram for this user, if there is one."""
    bar = session.scalars(select(BAR).select_from(User).where(User.id == user_id)).one_or_none()
    if bar:
        raise BotException(bar)


def check_active(session: Session, user_id: str) -> None:
    """Raises USER_DISABLED; the kill switch keeps nobody from ordering what is to be done later."""
    if not session.scalars(select(User.is_active).where(User.id == user_id)).one():
        raise BotException("USER_DISABLED")
