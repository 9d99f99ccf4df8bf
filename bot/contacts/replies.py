"""Answers of people. An answer ends messages to its author, and one that asks to stop lists them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, null, select

from bot.config.runtime import now
from bot.contacts.answers import Reply, Shelf
from bot.contacts.do_not_contact import add
from bot.contacts.people import FORGOTTEN, meet
from bot.decision.chores import READ_INTERVAL
from bot.history.activity import record
from bot.storage.bot_lock import locked_status
from bot.storage.models import Action, ActionTarget, BotStatus, Contact
from bot.storage.models.values import ActivityStatus
from bot.storage.target_states import skip
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class Unread:
    """Items of one person between `since` and `cursor` of their thread that are still unread."""

    sender_id: str
    thread_id: str
    cursor: str
    since: datetime


def awaited(user_id: str) -> tuple[dict[str, datetime | None], datetime]:
    """Return the people the bot wrote to, and the time since when their answers are unread.

    The people are Instagram ids with the time of the latest known answer.
    """
    with tenant(user_id, reading=True) as session:
        status = session.scalars(select(BotStatus)).one()
        query = select(Contact.instagram_id, Contact.answered_at)
        people = {person: at for person, at in session.execute(query)}  # noqa: C416  a result is no mapping
        first = session.scalars(select(func.min(Contact.written_at))).one()
    # An answer may arrive while the inbox is read.
    since = status.replies_read_at - READ_INTERVAL if status.replies_read_at else first
    return people, since or now()


def unread(user_id: str) -> list[Unread]:
    """Return the places at which readings continue that were too long for one round."""
    with tenant(user_id, reading=True) as session:
        rows = session.scalars(select(Contact).where(Contact.unread.is_not(null())))
        return [_unread(row.instagram_id, row.unread or {}) for row in rows]


def _unread(sender_id: str, place: dict[str, str]) -> Unread:
    return Unread(sender_id, place["thread_id"], place["cursor"], datetime.fromisoformat(place["since"]))


def store_replies(user_id: str, replies: list[Reply], left: Sequence[Unread] = ()) -> None:
    """Store answers, oldest first, and the places that are `left` to read, and plan the next reading. Commits.

    Known answers change nothing. An item in a group, or without a time, does not answer the bot, but it may ask to be
    left alone.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        take_in(session, replies)
        _leave(session, left)
        status.replies_read_at = now()
        session.commit()


def take_in(session: TenantSession, replies: Iterable[Reply]) -> None:
    """Store answers with their texts sealed, and plan the alert of them. The caller holds the bot's status and commits.

    The texts are in no log, activity or alert.
    """
    found = sorted(replies, key=lambda one: one.at)
    shelf = Shelf(session, found)
    for reply in found:
        _take_in(session, reply, shelf)
    shelf.tell()


def _leave(session: TenantSession, left: Sequence[Unread]) -> None:
    for contact in session.scalars(select(Contact).where(Contact.unread.is_not(null()))):
        contact.unread = None
    read_later(session, left)


def read_later(session: TenantSession, left: Sequence[Unread]) -> None:
    """Note where the next readings continue. The caller commits."""
    places = {one.sender_id: one for one in left}
    for contact in session.scalars(select(Contact).where(Contact.instagram_id.in_(list(places)))):
        place = places[contact.instagram_id]
        contact.unread = {"thread_id": place.thread_id, "cursor": place.cursor, "since": place.since.isoformat()}


def _take_in(session: TenantSession, reply: Reply, shelf: Shelf) -> None:
    contact = session.scalars(select(Contact).where(Contact.instagram_id == reply.sender_id)).one_or_none()
    if contact is None or reply.at < _first_written(session, contact):
        return
    stop = shelf.asks_to_stop(reply)
    if contact.forgotten_at is None or (reply.dated and reply.at > contact.forgotten_at):
        shelf.keep(reply, stop=stop)
        if contact.username.startswith(f"{FORGOTTEN}-") and reply.username:
            contact.username = reply.username
            meet(session, {contact.instagram_id: reply.username})
    if reply.dated and not reply.in_group and (contact.answered_at is None or reply.at > contact.answered_at):
        contact.answered_at, contact.answer_id = reply.at, reply.item_id
        record(session, "reply", ActivityStatus.DONE, target=contact.username)
        # An unread part of the conversation may show that such a message was sent. Its step will find out.
        if contact.unread is None:
            _end_messages_to(session, contact)
    # One without a time may be the known one, read again, so only the first counts.
    is_new = contact.stopped_at is None or (reply.dated and reply.at > contact.stopped_at)
    if is_new and stop:
        contact.stopped, contact.stopped_at = True, reply.at
        add(session, contact.username, source="answer", instagram_id=contact.instagram_id)


def _first_written(session: TenantSession, contact: Contact) -> datetime:
    """Return the time of the bot's first message. Earlier items of the person are no answers."""
    query = select(func.min(ActionTarget.claimed_at)).where(ActionTarget.recipient == contact.instagram_id)
    return min(session.scalars(query).one() or contact.written_at, contact.written_at)


def _end_messages_to(session: TenantSession, contact: Contact) -> None:
    """Skip the messages of earlier actions to a person who has answered."""
    query = select(ActionTarget).where(
        ActionTarget.step_kind == "message", ActionTarget.person == contact.username, ActionTarget.status == "pending"
    )
    for row in session.scalars(query):
        action = session.scalars(select(Action).where(Action.id == row.action_id)).one()
        if contact.answered_at and action.created_at < contact.answered_at:
            skip(row, "answered", now())
