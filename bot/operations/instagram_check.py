"""Checks of Instagram by an administrator: one read of each kind with a user's account, in that account's lane."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bot.automation.client_versions import hold_if_refused
from bot.core.errors import BotException
from bot.decision.decide import EVERYTHING
from bot.decision.pushback import apply
from bot.history.activity import record
from bot.history.audit import audit
from bot.linking.claimed import ClaimedCheck
from bot.linking.requests import Answer, ask, end, open_request, wait_for
from bot.storage.bot_lock import locked_status
from bot.storage.models import AccountRequest, InstagramCredentials, User
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import identity, tenant
from bot.users.directory import user_id_of

LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Check:
    """A check that was asked for. `names` are those of the user and the account, and the account's id."""

    id: str
    user_id: str
    names: frozenset[str]


def begin_check(username: str, *, record_shapes: bool) -> Check:
    """Ask a worker for one read of each kind, and audit it. Commits.

    Raises USER_NOT_FOUND, and the reason if the account must not be used now: NOT_LINKED, SESSION_INVALID or the end of
    the session, COOL_DOWN, CHECKED_JUST_NOW, INSTANCE_BUSY, QUEUE_UNAVAILABLE and what holds all bots.
    """
    user_id = user_id_of(username)
    with identity() as session:
        detail = "with a recording" if record_shapes else None
        audit(session, "instagram_checked", actor_id=None, subject_id=user_id, detail=detail)
        session.commit()
    answer = ask(user_id, AccountRequest(kind="check", params={"record": record_shapes}), wait=0)
    return Check(answer.id, user_id, _names(user_id))


def look(check: Check) -> Answer:
    """Return the state of the check when it has ended, or after a second. Raises the failure that ended it."""
    return wait_for(check.user_id, check.id, LOOK_SECONDS)


def withdraw(check: Check) -> None:
    """Stop the check after its present read. Commits."""
    with tenant(check.user_id) as session:
        row = open_request(session, check.id)
        if row is not None:
            end(row, error=BotException("REQUEST_ABANDONED"))
            session.commit()


def note_progress(user_id: str, check: ClaimedCheck, report: dict[str, Any]) -> bool:
    """Store what was read so far. Return False if the check was withdrawn. Commits."""
    with tenant(user_id) as session:
        row = open_request(session, check.id)
        if row is None:
            return False
        row.result = dict(report)
        session.commit()
        return True


def finish(user_id: str, check: ClaimedCheck, report: dict[str, Any], failure: BotException | None) -> None:
    """Store the report. A failure that stopped the check has its consequence for the bot, as in a step. Commits."""
    with tenant(user_id) as session:
        locked_status(session)
        if failure is not None:
            apply(session, failure, EVERYTHING)
        status = ActivityStatus.FAILED if failure else ActivityStatus.DONE
        record(session, check.kind, status, target=check.username[:64] or None, error=failure)
        row = open_request(session, check.id)
        if row is not None:
            end(row, result=report)
        session.commit()
    if failure is not None:
        hold_if_refused(failure)


def _names(user_id: str) -> frozenset[str]:
    with identity(reading=True) as session:
        user = session.get_one(User, user_id)
        names = [user.username, user.email]
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        names += [account.username, account.instagram_id] if account else []
    return frozenset(name.lower() for name in names if name)
