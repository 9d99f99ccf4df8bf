"""The kill switch: one row that stops every bot until an administrator deletes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.auth.sessions import SessionInfo
from bot.automation.generations import notify_all_bots
from bot.config.runtime import now
from bot.history.audit import audit
from bot.inputs.params import Params
from bot.inputs.validation import LINES
from bot.storage.models import KillSwitch, User
from bot.storage.tenancy import identity


class StopAll(Params):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200), LINES] = Field(
        description="Why; every user sees it."
    )


@dataclass(frozen=True)
class Stopped:
    """The time and reason of the stop. `set_by` is the administrator's name, or None if they were erased."""

    set_at: datetime
    reason: str
    set_by: str | None


def kill_switch() -> Stopped | None:
    """Return the stop, or None if the switch is off."""
    query = select(KillSwitch, User.username).outerjoin(User, User.id == KillSwitch.set_by)
    with identity(reading=True) as session:
        row = session.execute(query).one_or_none()
    return Stopped(row.KillSwitch.set_at, row.KillSwitch.reason, row.username) if row else None


def stop_all(admin: SessionInfo, params: StopAll) -> None:
    """Stop every bot. A call that a worker has begun still ends. None begins after this returns. Commits.

    If the switch is on already, its first reason stays.
    """
    with identity() as session:
        session.add(KillSwitch(set_by=admin.id, set_at=now(), reason=params.reason))
        audit(session, "kill_switch_on", actor_id=admin.id, detail=params.reason)
        try:
            session.commit()
        except IntegrityError:
            # Another administrator was faster. The rest is done for both.
            session.rollback()
    notify_all_bots()


def release_all(admin: SessionInfo) -> None:
    """Release every bot that was running. A second call changes nothing. Commits."""
    with identity() as session:
        row = session.scalars(select(KillSwitch)).one_or_none()
        if row is None:
            return
        session.delete(row)
        audit(session, "kill_switch_off", actor_id=admin.id)
        session.commit()
    notify_all_bots()
