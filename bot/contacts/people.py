"""People that a bot has met: each has one id of ours, whatever name they have at Instagram."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, insert, not_, or_, select, update

from bot.config.runtime import now
from bot.contacts.do_not_contact import add, plain_username, withdraw
from bot.core.errors import BotException
from bot.inputs.pagination import Page, page
from bot.storage.bot_lock import locked_status
from bot.storage.models import ENDED, Action, ActionTarget, Contact, DoNotContact, Message, Person, new_id
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant

_KNOWN = select(Person.id, Person.instagram_id, Person.username).where(
    Person.instagram_id.in_(bindparam("ids", expanding=True))
)
_ADD = insert(Person)
_SEEN = update(Person).where(Person.id.in_(bindparam("known", expanding=True))).values(seen_at=bindparam("at"))
_RENAMED = update(Person).where(Person.id == bindparam("known")).values(username=bindparam("name"))


def meet(session: TenantSession, names: Mapping[str, str], *, seen: bool = True) -> dict[str, str]:
    """Record people under the names they have now, and return their ids. Instagram ids lead to names and to ids.

    Without `seen` the names are old ones: they do not replace names known since. The caller holds the bot's status, so
    that no other step adds the same person, and commits.
    """
    moment = now()
    known = {row.instagram_id: row for row in session.run(_KNOWN, {"ids": list(names)})} if names else {}
    new = {instagram_id: new_id() for instagram_id in names if instagram_id not in known}
    if new:
        rows = [(id_, instagram_id, names[instagram_id]) for instagram_id, id_ in new.items()]
        session.run(_ADD, [{"id": i, "instagram_id": k, "username": name, "seen_at": moment} for i, k, name in rows])
    if seen and known:
        session.run(_SEEN, {"known": [row.id for row in known.values()], "at": moment})
        for key, row in known.items():
            if row.username != names[key]:
                session.run(_RENAMED, {"known": row.id, "name": names[key]})
    return new | {key: row.id for key, row in known.items()}


FORGOTTEN = "forgotten"
"""The reason for skipping a person who was forgotten, and the beginning of their name from then on.

A hyphen follows, which no username holds.
"""
OF_PEOPLE = tuple(kind for kind in StepKind if kind != StepKind.LIKE)
"""The kinds of steps whose target is a person, named by their username."""


@dataclass(frozen=True)
class FormerName:
    """A name that a person had before, and the time at which the bot last met them under it."""

    username: str
    last_seen_at: datetime


@dataclass(frozen=True)
class Profile:
    """A person with all that is known of them.

    `full_name` is the latest known one. `holder` is another person who has the same username since: names change hands.
    `listed` are the do-not-contact entries that hold for them. `contact` is None if the bot never wrote to them.
    """

    person: Person
    full_name: str | None = None
    former_names: list[FormerName] = field(default_factory=list)
    holder: Person | None = None
    listed: list[DoNotContact] = field(default_factory=list)
    contact: Contact | None = None

    @property
    def listed_by_user(self) -> DoNotContact | None:
        """The entry on the user's own list."""
        return next((row for row in self.listed if row.user_id is not None), None)


@dataclass(frozen=True)
class Event:
    """One target that concerned a person, its action, and the text of its message if there is one."""

    target: ActionTarget
    action: Action
    text: str | None = None


def find_people(user_id: str, sought: str | None, limit: int, cursor: str | None) -> Page[Profile]:
    """Return a page of the people that the user's bot has met, the last met first.

    `sought` is a part of their username, of a former one, or of their full name. Raises BAD_CURSOR.
    """
    query = select(Person)
    if part := plain_username(sought or ""):
        former = ActionTarget.person.contains(part, autoescape=True)
        named = or_(former, ActionTarget.full_name.icontains(part, autoescape=True))
        met = select(ActionTarget.person_id).where(ActionTarget.person_id.is_not(None), named)
        query = query.where(or_(Person.username.contains(part, autoescape=True), Person.id.in_(met)))
    with tenant(user_id, reading=True) as session:
        found: Page[Person] = page(session, query, (Person.seen_at, Person.id), limit, cursor)
        names = full_names(session, [one.id for one in found.items])
        former_of = _former_names(session, found.items)
        profiles = [Profile(one, names.get(one.id), former_of.get(one.id, [])) for one in found.items]
        return Page(profiles, found.next)


def get_person(user_id: str, person_id: str) -> Profile:
    """Return what is known of a person. Raises PERSON_NOT_FOUND."""
    with tenant(user_id, reading=True) as session:
        return profile_of(session, locate(session, person_id))


def list_history(
    user_id: str, person_id: str, limit: int, cursor: str | None, kind: StepKind | None = None
) -> Page[Event]:
    """Return a page of all that was done with a person, waits or was skipped, newest first, or of one kind of step.

    An action that has ended needs no one more: those it found in excess are no part of this. Raises PERSON_NOT_FOUND
    and BAD_CURSOR.
    """
    with tenant(user_id, reading=True) as session:
        person = locate(session, person_id)
        spare = and_(ActionTarget.status == TargetStatus.PENDING, Action.status.in_(ENDED))
        query = select(ActionTarget).join(Action, Action.id == ActionTarget.action_id)
        query = query.where(ActionTarget.person_id == person.id, not_(spare))
        if kind:
            query = query.where(ActionTarget.step_kind == kind)
        keys = (ActionTarget.happened_at, ActionTarget.id)
        found: Page[ActionTarget] = page(session, query, keys, limit, cursor)  # type: ignore[arg-type]  # a hybrid
        ids = {row.action_id for row in found.items}
        actions = {one.id: one for one in session.scalars(select(Action).where(Action.id.in_(ids)))}
        texts = texts_of(session, [row.id for row in found.items])
        return Page([Event(row, actions[row.action_id], texts.get(row.id)) for row in found.items], found.next)


def texts_of(session: TenantSession, target_ids: Sequence[str]) -> dict[str, str]:
    """Return the texts of messages by the ids of their targets. Those of replies are in their conversations alone."""
    query = select(Message.target_id, Message.text).where(Message.target_id.in_(target_ids), Message.text != "")
    return {target_id: text for target_id, text in session.execute(query)}  # noqa: C416  a result is no mapping


def leave_alone(user_id: str, person_id: str) -> Profile:
    """Put a person on the user's do-not-contact list, under any name. Raises PERSON_NOT_FOUND. Commits."""
    with tenant(user_id) as session:
        locked_status(session)
        person = locate(session, person_id)
        add(session, person.username, source="user", instagram_id=person.instagram_id)
        session.commit()
        return profile_of(session, person)


def allow_contact(user_id: str, person_id: str) -> Profile:
    """Remove a person from the user's do-not-contact list. Commits.

    Raises PERSON_NOT_FOUND, NOT_ON_THE_LIST, and LISTED_FOR_ALL for a person on the global list alone.
    """
    with tenant(user_id) as session:
        locked_status(session)
        person = locate(session, person_id)
        listed = list(session.scalars(select(DoNotContact).where(entry_of(person))))
        withdraw(session, listed)
        session.commit()
        return profile_of(session, person)


def people_by_name(user_id: str, usernames: Iterable[str]) -> dict[str, str]:
    """Return the ids of people by the names that the bot met them under, former ones too.

    Names change hands: of several people with a name it is the one that the bot met last under it.
    """
    query = (
        select(ActionTarget.person, ActionTarget.person_id)
        .where(ActionTarget.step_kind.in_(OF_PEOPLE), ActionTarget.target.in_(set(usernames)))
        .where(ActionTarget.person_id.is_not(None))
        .group_by(ActionTarget.person, ActionTarget.person_id)
        .order_by(func.max(ActionTarget.created_at))
    )
    with tenant(user_id, reading=True) as session:
        return {name: person_id for name, person_id in session.execute(query) if person_id}


def people_of(session: TenantSession, instagram_ids: Iterable[str | None]) -> dict[str, Person]:
    """Return the people by their Instagram ids."""
    known = [one for one in instagram_ids if one]
    return {one.instagram_id: one for one in session.scalars(select(Person).where(Person.instagram_id.in_(known)))}


def full_names(session: TenantSession, person_ids: Sequence[str]) -> dict[str, str]:
    """Return the latest known full name of each person, by id."""
    query = (
        select(ActionTarget.person_id, ActionTarget.full_name)
        .where(ActionTarget.person_id.in_(person_ids), ActionTarget.full_name.is_not(None))
        .order_by(ActionTarget.created_at)
    )
    return {person_id: name for person_id, name in session.execute(query) if person_id and name}


def locate(session: TenantSession, person_id: str) -> Person:
    """Return a person's row. Raises PERSON_NOT_FOUND."""
    person = session.scalars(select(Person).where(Person.id == person_id)).one_or_none()
    if person is None:
        raise BotException("PERSON_NOT_FOUND")
    return person


def profile_of(session: TenantSession, person: Person) -> Profile:
    same_name = select(Person).where(Person.username == person.username, Person.id != person.id)
    since = same_name.where(Person.seen_at > person.seen_at).order_by(Person.seen_at.desc()).limit(1)
    contact = select(Contact).where(Contact.instagram_id == person.instagram_id)
    return Profile(
        person,
        full_names(session, [person.id]).get(person.id),
        _former_names(session, [person]).get(person.id, []),
        session.scalars(since).one_or_none(),
        list(session.scalars(select(DoNotContact).where(entry_of(person)).order_by(DoNotContact.created_at))),
        session.scalars(contact).one_or_none(),
    )


def entry_of(person: Person) -> ColumnElement[bool]:
    """Return the condition under which a do-not-contact entry is this person's. A known id decides: names change."""
    nameless = and_(DoNotContact.instagram_id.is_(None), DoNotContact.username == person.username)
    return or_(DoNotContact.instagram_id == person.instagram_id, nameless)


def _former_names(session: TenantSession, people: Sequence[Person]) -> dict[str, list[FormerName]]:
    """Return the earlier names of people by id, the latest first.

    An action that unfollows takes its names from the follows before, so it says nothing of when.
    """
    current = {one.id: one.username for one in people}
    query = (
        select(ActionTarget.person_id, ActionTarget.person, func.max(ActionTarget.created_at).label("last"))
        .where(ActionTarget.person_id.in_(list(current)), ActionTarget.step_kind != StepKind.UNFOLLOW)
        .group_by(ActionTarget.person_id, ActionTarget.person)
        .order_by(func.max(ActionTarget.created_at).desc())
    )
    names: dict[str, list[FormerName]] = {}
    for person_id, username, last in session.execute(query):
        if person_id and username != current[person_id]:
            names.setdefault(person_id, []).append(FormerName(username, last))
    return names
