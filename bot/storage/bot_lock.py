"""The lock of a bot: whoever changes what it may do takes it first."""

from typing import NamedTuple

from sqlalchemy import update

from bot.core.errors import BotException
from bot.storage.models import BotStatus
from bot.storage.tenancy import IdentitySession, TenantSession

_LOCK = (
    update(BotStatus)
    .values(revision=BotStatus.revision + 1)
    .execution_options(synchronize_session=False, populate_existing=True)
    .returning(BotStatus)
)


class Locked(NamedTuple):
    """What a step needs of the status row that it has locked."""

    revision: int
    paces: dict[str, str] | None


_LOCK_FOR_STEP = (
    update(BotStatus).values(revision=BotStatus.revision + 1).returning(BotStatus.revision, BotStatus.paces)
)


def lock(session: TenantSession) -> Locked:
    """Locks the row as `locked_status` does, without making an entity of it. Raises USER_NOT_FOUND too."""
    row = session.run(_LOCK_FOR_STEP).one_or_none()
    if row is None:
        raise BotException("USER_NOT_FOUND")
    return Locked._make(row)


def locked_status(session: TenantSession) -> BotStatus:
    """The user's status row, held until the commit: whoever changes what a bot may do takes it first.

    So two claims never count the same use, and an order never passes an unlinking by. Its revision grows, so that a
    worker notices that what it has read is of yesterday. Raises USER_NOT_FOUND for one who is erased.
    """
    status = session.scalars(_LOCK).one_or_none()
    if status is None:
        raise BotException("USER_NOT_FOUND")
    return status


def note_change(session: IdentitySession, user_id: str) -> None:
    """An administrator changes what this user's bot may do; the caller commits."""
    session.execute(_LOCK.where(BotStatus.user_id == user_id))
