"""The lives of the database: each begins where an earlier state was put back, with every bot held until a release."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.automation.wakeups import ring_all
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
    """When the database was last found or declared to be restored; the bots are held while `released_at` is None.

    `released_by` is the name of the administrator, None where the command did it or they are erased.
    """

    began_at: datetime
    cause: RestoreCause
    released_at: datetime | None
    released_by: str | None


def ensure_generation() -> None:
    """Begins the first life of a database that has none. Commits."""
    with identity() as session:
        if _present(session) is None:
            session.add(Generation(number=1, began_at=now(), released_at=now()))
            _commit(session)


def hold_bots(cause: RestoreCause) -> None:
    """Begins a new life of the database and holds every bot as the kill switch does, until `release_bots`. Commits."""
    with identity() as session:
        present = _present(session)
        number = present.number + 1 if present else 1
        session.add(Generation(number=number, cause=cause, began_at=now()))
        audit(session, _EVENTS[cause], actor_id=None)
        if _commit(session):
            log_error(BotException("DATABASE_RESTORED"), action="hold", cause=cause)
    have_all_decide_anew()


def last_restore() -> Restore | None:
    """None where the database was never restored, as far as is known."""
    query = select(Generation, User.username).outerjoin(User, User.id == Generation.released_by)
    latest = query.where(Generation.cause.is_not(None)).order_by(Generation.number.desc()).limit(1)
    with identity(reading=True) as session:
        found = session.execute(latest).one_or_none()
    if found is None:
        return None
    row = found.Generation
    return Restore(row.began_at, row.cause, row.released_at, found.username)


def held_since() -> datetime | None:
    """Since when the bots of a restored database are held; None where they are not."""
    query = select(Generation.began_at).where(Generation.released_at.is_(None))
    with identity(reading=True) as session:
        return session.scalars(query.order_by(Generation.number.desc()).limit(1)).one_or_none()


def release_bots(actor_id: str | None) -> bool:
    """Lets the bots of a restored database go on; each looks up first what was sent meanwhile. Commits.

    `actor_id` is the administrator's, None for the command. False where no bot was held.
    """
    with identity() as session:
        held = session.scalars(select(Generation).where(Generation.released_at.is_(None)).with_for_update()).all()
        for row in held:
            row.released_at, row.released_by = now(), actor_id
        if not held:
            return False
        audit(session, "bots_released", actor_id=actor_id)
        session.commit()
    have_all_decide_anew()
    return True


def have_all_decide_anew() -> None:
    """Only after the commit: a step that was read before it finds a new revision at its claim, and reads again."""
    with identity() as session:
        ring_all(session)
        session.commit()


def _present(session: IdentitySession) -> Generation | None:
    return session.scalars(select(Generation).order_by(Generation.number.desc()).limit(1)).one_or_none()


def _commit(session: IdentitySession) -> bool:
    """False where another process was faster: what it began is what was to begin."""
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return False
    return True
