"""The kill switch: one row that stops every bot at once, until an administrator takes it away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.auth.sessions import SessionInfo
from bot.automation.generations import have_all_decide_anew
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
    """Since when and why no bot acts; `set_by` is the name of who said so, None where they are erased."""

    set_at: datetime
    reason: str
    set_by: str | None


def kill_switch() -> Stopped | None:
    """None while it is off."""
    query = select(KillSwitch, User.username).outerjoin(User, User.id == KillSwitch.set_by)
    with identity(reading=True) as session:
        row = session.execute(query).one_or_none()
    return Stopped(row.KillSwitch.set_at, row.KillSwitch.reason, row.username) if row else None


def stop_all(admin: SessionInfo, params: StopAll) -> None:
    """Stops every bot: a call that a worker has begun ends, and none begins after this returns. Commits.

    The first reason stays while it is on already.
    """
    with identity() as session:
        session.add(KillSwitch(set_by=admin.id, set_at=now(), reason=params.reason))
        audit(session, "kill_switch_on", actor_id=admin.id, detail=params.reason)
        try:
            session.commit()
        except IntegrityError:
            # Somebody was faster; what follows is done for both.
            session.rollback()
    have_all_decide_anew()


def release_all(admin: SessionInfo) -> None:
    """Lets every bot go on that was running; a second time changes nothing. Commits."""
    with identity() as session:
        row = session.scalars(select(KillSwitch)).one_or_none()
        if row is None:
            return
        session.delete(row)
        audit(session, "kill_switch_off", actor_id=admin.id)
        session.commit()
    have_all_decide_anew()
