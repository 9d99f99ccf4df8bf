"""People who must never be touched: by one user's bot, or by any bot of this place."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select

from bot.activity import record
from bot.audit import audit
from bot.bots import locked_status
from bot.errors import BotException
from bot.models import DoNotContact
from bot.paging import Page, page
from bot.runtime import now
from bot.scope import TenantSession, identity, tenant
from bot.sessions import SessionInfo
from bot.users import Params

Name = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^@?[A-Za-z0-9._]{1,30}$")]


class LeaveAlone(Params):
    """Somebody to be left alone."""

    username: Name = Field(description="A username at Instagram: letters, digits, dots and underscores.")
    note: str | None = Field(None, max_length=200, description="Why; for yourself.")


def untouchable(session: TenantSession, usernames: Iterable[str]) -> set[str]:
    """Those of the names that are on the user's list or on that of the whole place."""
    query = select(DoNotContact.username).where(DoNotContact.username.in_(list(usernames)))
    return set(session.scalars(query))


def list_people(user_id: str, limit: int, cursor: str | None) -> Page[DoNotContact]:
    """The user's list and that of the whole place, the newest first. Raises BAD_CURSOR."""
    with tenant(user_id, reading=True) as session:
        keys = (DoNotContact.created_at, DoNotContact.id)
        found: Page[DoNotContact] = page(session, select(DoNotContact), keys, limit, cursor)
        return found


def leave_alone(user_id: str, params: LeaveAlone) -> DoNotContact:
    """Puts somebody on the user's list; a second time changes nothing. Commits."""
    with tenant(user_id) as session:
        locked_status(session)
        row = add(session, params.username, source="user", note=params.note)
        session.commit()
        return row


def add(session: TenantSession, username: str, *, source: str, note: str | None = None) -> DoNotContact:
    """Puts somebody on the list of the session's user; the caller commits."""
    name = plain(username)
    own = DoNotContact.user_id == session.user_id
    row = session.scalars(select(DoNotContact).where(DoNotContact.username == name, own)).one_or_none()
    if row is None:
        row = DoNotContact(user_id=session.user_id, username=name, source=source, note=note, created_at=now())
        session.add(row)
        record(session, "do_not_contact", "done", target=name)
    return row


def remove(user_id: str, username: str) -> None:
    """Takes somebody off the user's list. Raises NOT_ON_THE_LIST, and LISTED_FOR_ALL for one on the list of all."""
    name = plain(username)
    with tenant(user_id) as session:
        rows = list(session.scalars(select(DoNotContact).where(DoNotContact.username == name)))
        own = [row for row in rows if row.user_id == user_id]
        if not own:
            raise BotException("LISTED_FOR_ALL" if rows else "NOT_ON_THE_LIST")
        session.delete(own[0])
        record(session, "may_contact", "done", target=name)
        session.commit()


def leave_alone_everywhere(admin: SessionInfo, params: LeaveAlone) -> DoNotContact:
    """Puts somebody on the list that holds for every bot. Commits."""
    name = plain(params.username)
    with identity() as session:
        query = select(DoNotContact).where(DoNotContact.username == name, DoNotContact.user_id.is_(None))
        row = session.scalars(query).one_or_none()
        if row is None:
            row = DoNotContact(user_id=None, username=name, source="admin", note=params.note, created_at=now())
            session.add(row)
            audit(session, "do_not_contact_all", actor_id=admin.id)
        session.commit()
        return row


def remove_everywhere(admin: SessionInfo, username: str) -> None:
    """Takes somebody off the list that holds for every bot. Raises NOT_ON_THE_LIST. Commits."""
    with identity() as session:
        query = select(DoNotContact).where(DoNotContact.username == plain(username), DoNotContact.user_id.is_(None))
        row = session.scalars(query).one_or_none()
        if row is None:
            raise BotException("NOT_ON_THE_LIST")
        session.delete(row)
        audit(session, "may_contact_all", actor_id=admin.id)
        session.commit()


def list_everywhere(limit: int, cursor: str | None) -> Page[DoNotContact]:
    """The list that holds for every bot, the newest first. Raises BAD_CURSOR."""
    with identity(reading=True) as session:
        query = select(DoNotContact).where(DoNotContact.user_id.is_(None))
        found: Page[DoNotContact] = page(session, query, (DoNotContact.created_at, DoNotContact.id), limit, cursor)
        return found


def plain(username: str) -> str:
    """A name in its one form."""
    return username.strip().removeprefix("@").lower()
