"""Generations of the database. A restore begins a new one, which holds every bot until it is released."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.automation.wakeups import notify_all
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.history.activity import log_error
from bot.history.audit import audit
from bot.storage.models import Generation, User
from bot.storage.models.values import RestoreCause
from bot.storage.tenancy import IdentitySession, identity

_EVENTS: dict[RestoreCause, str] = {"found": "restore_found", "declared": "restore_declared"}


@dataclass(frozen=True)
class Restore:
    """The last restore that was found or declared. The bots are held while `released_at` is None.

    `released_by` is the name of the administrator, or None if the command released them or the administrator was
    erased.
    """

    began_at: datetime
    cause: RestoreCause
    released_at: datetime | None
    released_by: str | None


def ensure_generation() -> None:
    """Begin the first generation if the database has none. Commits."""
    with identity() as session:
        if _present(session) is None:
            session.add(Generation(number=1, began_at=now(), released_at=now()))
            _commit(session)


def hold_bots(cause: RestoreCause) -> None:
    """Begin a new generation and hold every bot, as the kill switch does, until `release_bots`. Commits."""
    with identity() as session:
        present = _present(session)
        number = present.number + 1 if present else 1
        session.add(Generation(number=number, cause=cause, began_at=now()))
        audit(session, _EVENTS[cause], actor_id=None)
        if _commit(session):
            log_error(BotException("DATABASE_RESTORED"), action="hold", cause=cause)
    notify_all_bots()


def last_restore() -> Restore | None:
    """Return the last restore, or None if none is known."""
    query = select(Generation, User.username).outerjoin(User, User.id == Generation.released_by)
    latest = query.where(Generation.cause.is_not(None)).order_by(Generation.number.desc()).limit(1)
    with identity(reading=True) as session:
        found = session.execute(latest).one_or_none()
    if found is None:
        return None
    row = found.Generation
    return Restore(row.began_at, row.cause, row.released_at, found.username)


def held_since() -> datetime | None:
    """Return the time since when a restore holds the bots, or None if they are free."""
    query = select(Generation.began_at).where(Generation.released_at.is_(None))
    with identity(reading=True) as session:
        return session.scalars(query.order_by(Generation.number.desc()).limit(1)).one_or_none()


def release_bots(actor_id: str | None) -> bool:
    """Release the bots that a restore holds. Each first looks for messages that were sent meanwhile. Commits.

    `actor_id` is the administrator, or None for the command. Returns False if no bot was held.
    """
    with identity() as session:
        held = session.scalars(select(Generation).where(Generation.released_at.is_(None)).with_for_update()).all()
        for row in held:
            row.released_at, row.released_by = now(), actor_id
        if not held:
            return False
        audit(session, "bots_released", actor_id=actor_id)
        session.commit()
    notify_all_bots()
    return True


def notify_all_bots() -> None:
    """Make every running bot decide again. Call it after the commit.

    A step that was read before finds a new revision at its claim and reads again.
    """
    with identity() as session:
        notify_all(session)
        session.commit()


def _present(session: IdentitySession) -> Generation | None:
    return session.scalars(select(Generation).order_by(Generation.number.desc()).limit(1)).one_or_none()


def _commit(session: IdentitySession) -> bool:
    """Commit, or return False if another process was faster. It began the same generation."""
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True
