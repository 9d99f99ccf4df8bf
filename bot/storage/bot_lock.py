"""The lock of a bot. Every change of what a bot may do takes it first."""

from typing import NamedTuple

from sqlalchemy import case, update

from bot.core.errors import BotException
from bot.storage.models import BotStatus
from bot.storage.tenancy import IdentitySession, TenantSession

CHANGED = "bot_changed"
"""In the `info` of a session that has locked the status or ended an action: its commit decides the verdict again."""
_LOCK = (
    update(BotStatus)
    .values(revision=BotStatus.revision + 1)
    .execution_options(synchronize_session=False, populate_existing=True)
    .returning(BotStatus)
)


class Locked(NamedTuple):
    """The columns that a step needs of the locked status row."""

    revision: int
    paces: dict[str, str] | None


REVISION_OF_STEP = {
    "revision": BotStatus.revision + 1,
    "verdict_revision": case(
        (BotStatus.verdict_revision == BotStatus.revision, BotStatus.revision + 1), else_=BotStatus.verdict_revision
    ),
}
"""Columns of a change by a step: a kept verdict stays as current as it was. The next turn decides it again."""
_LOCK_FOR_STEP = update(BotStatus).values(REVISION_OF_STEP).returning(BotStatus.revision, BotStatus.paces)


def lock(session: TenantSession) -> Locked:
    """Lock the status row like locked_status, but read two columns instead of an entity. Raises USER_NOT_FOUND."""
    row = session.run(_LOCK_FOR_STEP).one_or_none()
    if row is None:
        raise BotException("USER_NOT_FOUND")
    return Locked._make(row)


def locked_status(session: TenantSession) -> BotStatus:
    """Return the user's status row, locked until the commit. Take it before any change of what the bot may do.

    It keeps two claims from counting the same use, and a new action from overtaking an unlinking. Each lock raises
    `revision`, so a worker notices that its copy is stale. Raises USER_NOT_FOUND if the user was erased.
    """
    status = session.scalars(_LOCK).one_or_none()
    if status is None:
        raise BotException("USER_NOT_FOUND")
    session.info[CHANGED] = True
    return status


def note_change(session: IdentitySession, user_id: str) -> None:
    """Record that an administrator changes what this user's bot may do. The caller commits."""
    session.execute(_LOCK.where(BotStatus.user_id == user_id))
