"""The inbox: people who answered messages of a bot, the latest answer first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, func, select

from bot.contacts.conversations import NOT_DONE, UNREAD, State, states_of
from bot.contacts.people import full_names, people_of, texts_of
from bot.inputs.pagination import Page, page
from bot.storage.models import ActionTarget, Answer, Contact, Person
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession, tenant

Waiting = Literal["unread", "open"]
_OF_CONTACT = Answer.instagram_id == Contact.instagram_id
_WAITING = {
    "unread": select(Answer.id).where(_OF_CONTACT, UNREAD).exists(),
    # Nothing is to do for those who asked to be left alone.
    "open": and_(select(Answer.id).where(_OF_CONTACT, NOT_DONE).exists(), Contact.stopped.is_(False)),
}
_SAME = and_(Person.user_id == Contact.user_id, Person.instagram_id == Contact.instagram_id)


@dataclass(frozen=True)
class AnsweredContact:
    """A person who answered, with the message before the answer if the bot sent it, and the state of their answers."""

    contact: Contact
    person: Person
    full_name: str | None
    text: str | None
    action_id: str | None
    state: State


@dataclass(frozen=True)
class AnswerCounts:
    """Numbers of people who answered, and of those among them who opted out, are unread, and wait to be done."""

    answered: int
    opted_out: int
    unread: int = 0
    open: int = 0


def list_answers(
    user_id: str, limit: int, cursor: str | None, *, opted_out: bool | None = None, state: Waiting | None = None
) -> Page[AnsweredContact]:
    """Return a page of the people who answered or asked to be left alone, the latest first. Raises BAD_CURSOR.

    `opted_out` narrows it to those who asked to be left alone, or to the others, `state` to those with answers that are
    unread, or that wait to be done: not those of people who asked to be left alone.
    """
    query = select(Contact).join(Person, _SAME).where(Contact.heard_at.is_not(None))
    if opted_out is not None:
        query = query.where(Contact.stopped.is_(opted_out))
    if state:
        query = query.where(_WAITING[state])
    with tenant(user_id, reading=True) as session:
        keys = (Contact.heard_at, Contact.id)
        found: Page[Contact] = page(session, query, keys, limit, cursor)  # type: ignore[arg-type]  # none is empty here
        return Page(_answered(session, found.items), found.next)


def count_answers(user_id: str) -> AnswerCounts:
    each = func.count(Contact.id)
    unread, to_do = each.filter(_WAITING["unread"]), each.filter(_WAITING["open"])
    counts = select(each, each.filter(Contact.stopped), unread, to_do)
    query = counts.join(Person, _SAME).where(Contact.heard_at.is_not(None))
    with tenant(user_id, reading=True) as session:
        return AnswerCounts(*session.execute(query).one())


def _answered(session: TenantSession, contacts: Sequence[Contact]) -> list[AnsweredContact]:
    people = people_of(session, (one.instagram_id for one in contacts))
    names = full_names(session, [one.id for one in people.values()])
    before = _messages_before(session, contacts)
    texts = texts_of(session, [row.id for row in before.values()])
    states = states_of(session, [one.instagram_id for one in contacts])
    result = []
    for contact, state in zip(contacts, states, strict=True):
        person, row = people[contact.instagram_id], before.get(contact.instagram_id)
        text = texts.get(row.id) if row else None
        result.append(
            AnsweredContact(contact, person, names.get(person.id), text, row.action_id if row else None, state)
        )
    return result


def _messages_before(session: TenantSession, contacts: Sequence[Contact]) -> dict[str, ActionTarget]:
    """Return the last message that each person got before their answer, by Instagram id."""
    answered: dict[str, datetime | None] = {one.instagram_id: one.heard_at for one in contacts}
    query = (
        select(ActionTarget)
        .where(ActionTarget.recipient.in_(list(answered)), ActionTarget.step_kind == StepKind.MESSAGE)
        .where(ActionTarget.claimed_at.is_not(None))
        .order_by(ActionTarget.claimed_at)
    )
    last: dict[str, ActionTarget] = {}
    for row in session.scalars(query):
        at = answered[row.recipient or ""]
        if at and row.claimed_at and row.claimed_at <= at:
            last[row.recipient or ""] = row
    return last
