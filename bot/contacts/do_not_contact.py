"""The do-not-contact list: people that one user's bot, or any bot of this server, never touches."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import bindparam, or_, select, update

from bot.auth.sessions import SessionInfo
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.history.activity import record
from bot.history.audit import audit
from bot.inputs.pagination import Page, page
from bot.inputs.params import Params
from bot.inputs.validation import LINES, InstagramName
from bot.storage.bot_lock import locked_status
from bot.storage.models import ActionTarget, Contact, DoNotContact, Person
from bot.storage.models.values import ActivityStatus, ListedBy, StepKind
from bot.storage.tenancy import TenantSession, identity, identity_within, tenant

# Targets of other kinds are posts, which have ids of their own.
_OF_PEOPLE = tuple(kind for kind in StepKind if kind != StepKind.LIKE)


class LeaveAlone(Params):
    """A person to be left alone."""

    username: InstagramName = Field(description="A username at Instagram: letters, digits, dots and underscores.")
    note: Annotated[str, StringConstraints(max_length=200), LINES] | None = Field(
        None, description="Why; for yourself."
    )


def untouchable(session: TenantSession, people: Mapping[str, str | None]) -> set[str]:
    """Return those of the people who are on the user's list or on the global list. `people` maps names to ids, if
    known.
    """
    ids = [known for known in people.values() if known]
    listed = or_(DoNotContact.username.in_(list(people)), DoNotContact.instagram_id.in_(ids))
    rows = session.execute(select(DoNotContact.username, DoNotContact.instagram_id).where(listed)).all()
    names, known_ids = {name for name, _ in rows}, {known for _, known in rows if known}
    return {name for name, known in people.items() if name in names or known in known_ids}


# Two queries, so that each uses its index.
UNTOUCHABLE = or_(
    select(DoNotContact.id).where(DoNotContact.username == bindparam("name")).exists(),
    select(DoNotContact.id).where(DoNotContact.instagram_id == bindparam("known_id")).exists(),
)
"""Part of a statement: whether the person with this `name`, or with `known_id`, may not be touched."""


def list_people(user_id: str, limit: int, cursor: str | None, search: str | None = None) -> Page[DoNotContact]:
    """Return a page of the user's list and of the global list, newest first. Raises BAD_CURSOR.

    `search` is a part of the usernames.
    """
    query = select(DoNotContact)
    if search:
        query = query.where(DoNotContact.username.contains(plain_username(search), autoescape=True))
    with tenant(user_id, reading=True) as session:
        found: Page[DoNotContact] = page(session, query, (DoNotContact.created_at, DoNotContact.id), limit, cursor)
        return found


def add_own(user_id: str, params: LeaveAlone) -> DoNotContact:
    """Put a person on the user's list. A second call changes nothing. Commits."""
    with tenant(user_id) as session:
        locked_status(session)
        row = add(session, params.username, source="user", note=params.note)
        session.commit()
        return row


def add(
    session: TenantSession, username: str, *, source: ListedBy, note: str | None = None, instagram_id: str | None = None
) -> DoNotContact:
    """Put a person on the list of the session's user, with a given or known id. The caller commits."""
    name = plain_username(username)
    row = _own(session, name)
    if row and instagram_id and row.instagram_id not in (None, instagram_id) and _renamed(session, row):
        row = None
    if row is None:
        row = DoNotContact(user_id=session.user_id, username=name, source=source, note=note, created_at=now())
        session.add(row)
        record(session, "do_not_contact", ActivityStatus.DONE, target=name)
    row.instagram_id = instagram_id or row.instagram_id or known_ids(session, [name]).get(name)
    return row


def _renamed(session: TenantSession, row: DoNotContact) -> bool:
    """Move an entry to the name that its person has now, because somebody else has theirs. False if it is unknown."""
    query = select(Person.username).where(Person.instagram_id == row.instagram_id)
    name = session.scalars(query).one_or_none()
    if name is None or name == row.username or _own(session, name):
        return False
    row.username = name
    session.flush()
    return True


def add_all(session: TenantSession, usernames: Sequence[str]) -> int:
    """Put people on the list of the session's user, and return the number of those who were not on it. The caller
    commits.
    """
    names = list(dict.fromkeys(plain_username(name) for name in usernames))
    mine = select(DoNotContact.username).where(DoNotContact.user_id == session.user_id)
    listed = set(session.scalars(mine.where(DoNotContact.username.in_(names))))
    new = [name for name in names if name not in listed]
    known, moment = known_ids(session, new), now()
    for name in new:
        row = DoNotContact(user_id=session.user_id, username=name, source="user", created_at=moment)
        row.instagram_id = known.get(name)
        session.add(row)
        record(session, "do_not_contact", ActivityStatus.DONE, target=name)
    return len(new)


def remember_instagram_id(session: TenantSession, username: str, instagram_id: str | None) -> None:
    """Add the id to the entries of this person that have only a name, on both lists. The caller commits.

    An administrator types names that their own bot may not know. The first bot of any user that meets such a person
    tells who it is. From then on all bots leave them alone under any name.
    """
    nameless = DoNotContact.username == username, DoNotContact.instagram_id.is_(None)
    rows = session.scalars(select(DoNotContact).where(*nameless)).all() if instagram_id else []
    for row in rows:
        if row.user_id:
            row.instagram_id = instagram_id
    if any(row.user_id is None for row in rows):
        of_all = update(DoNotContact).where(*nameless, DoNotContact.user_id.is_(None))
        with identity_within(session) as everybody:
            everybody.execute(of_all.values(instagram_id=instagram_id))


def _own(session: TenantSession, name: str) -> DoNotContact | None:
    own = DoNotContact.user_id == session.user_id
    return session.scalars(select(DoNotContact).where(DoNotContact.username == name, own)).one_or_none()


def known_ids(session: TenantSession, names: Sequence[str]) -> dict[str, str]:
    """Return the latest Instagram id of each name, of people the bot has written to or, if not, found."""
    found = select(ActionTarget.target, ActionTarget.instagram_id).where(
        ActionTarget.step_kind.in_(_OF_PEOPLE), ActionTarget.target.in_(names), ActionTarget.instagram_id.is_not(None)
    )
    written = select(Contact.username, Contact.instagram_id).where(Contact.username.in_(names))
    rows = [*session.execute(found.order_by(ActionTarget.created_at))]
    rows += session.execute(written.order_by(Contact.written_at))
    return {name: known for name, known in rows if known}


def remove_own(user_id: str, username: str) -> None:
    """Remove a person from the user's list. Commits.

    Raises NOT_ON_THE_LIST, and LISTED_FOR_ALL for a person on the global list.
    """
    name = plain_username(username)
    with tenant(user_id) as session:
        rows = list(session.scalars(select(DoNotContact).where(DoNotContact.username == name)))
        withdraw(session, rows)
        session.commit()


def withdraw(session: TenantSession, entries: Sequence[DoNotContact]) -> None:
    """Remove those of a person's entries that are the user's own. The caller commits.

    Raises NOT_ON_THE_LIST, and LISTED_FOR_ALL if all of them are on the global list.
    """
    own = [row for row in entries if row.user_id == session.user_id]
    if not own:
        raise BotException("LISTED_FOR_ALL" if entries else "NOT_ON_THE_LIST")
    for row in own:
        session.delete(row)
        same = or_(Contact.username == row.username, Contact.instagram_id == row.instagram_id)
        session.execute(update(Contact).where(same).values(stopped=False).execution_options(synchronize_session=False))
        record(session, "may_contact", ActivityStatus.DONE, target=row.username)


def add_global(admin: SessionInfo, params: LeaveAlone) -> DoNotContact:
    """Put a person on the list of every bot. Commits."""
    name = plain_username(params.username)
    with identity() as session:
        query = select(DoNotContact).where(DoNotContact.username == name, DoNotContact.user_id.is_(None))
        row = session.scalars(query).one_or_none()
        if row is None:
            row = DoNotContact(user_id=None, username=name, source="admin", note=params.note, created_at=now())
            session.add(row)
            audit(session, "do_not_contact_all", actor_id=admin.id)
        session.commit()
        return row


def remove_global(admin: SessionInfo, username: str) -> None:
    """Remove a person from the list of every bot. Raises NOT_ON_THE_LIST. Commits."""
    with identity() as session:
        query = select(DoNotContact).where(
            DoNotContact.username == plain_username(username), DoNotContact.user_id.is_(None)
        )
        row = session.scalars(query).one_or_none()
        if row is None:
            raise BotException("NOT_ON_THE_LIST")
        session.delete(row)
        audit(session, "may_contact_all", actor_id=admin.id)
        session.commit()


def list_global(limit: int, cursor: str | None) -> Page[DoNotContact]:
    """Return a page of the list of every bot, newest first. Raises BAD_CURSOR."""
    with identity(reading=True) as session:
        query = select(DoNotContact).where(DoNotContact.user_id.is_(None))
        found: Page[DoNotContact] = page(session, query, (DoNotContact.created_at, DoNotContact.id), limit, cursor)
        return found


def plain_username(username: str) -> str:
    """Return a name in its one form: lower case, without @ and spaces."""
    return username.strip().removeprefix("@").lower()
