"""Answers of people. An answer ends messages to its author, and one that asks to stop lists them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from bot.config.runtime import now
from bot.contacts.answers import Reply, Shelf
from bot.contacts.do_not_contact import add, untouchable
from bot.contacts.people import FORGOTTEN, meet
from bot.decision.chores import READ_INTERVAL
from bot.history.activity import record
from bot.storage.bot_lock import locked_status
from bot.storage.models import LATER, MORE_TO_READ, Action, ActionTarget, BotStatus, Contact, Person
from bot.storage.models.values import ActionKind, ActivityStatus, StepKind, TargetStatus
from bot.storage.target_states import skip
from bot.storage.tenancy import TenantSession, tenant

# Instagram keeps positions in lists for hours, not for days.
POSITION_LASTS = timedelta(days=1)


@dataclass(frozen=True)
class Unread:
    """Items of one person between `since` and `cursor` of their thread that are still unread."""

    sender_id: str
    thread_id: str
    cursor: str
    since: datetime


@dataclass(frozen=True)
class InboxPlace:
    """The place from which a reading of the inbox goes on that `began` then.

    `requests` is the box of requests, in which strangers write, and `has_requests` tells that someone waits there. The
    reading `is_whole` when nothing newer than the one before it is left.
    """

    began: datetime
    cursor: str | None = None
    requests: bool = False
    has_requests: bool = False
    is_whole: bool = False


def inbox_place(user_id: str) -> InboxPlace:
    """Return the place at which the inbox is to be read: the beginning, unless a reading is not whole yet.

    A position that is older than POSITION_LASTS may be gone at Instagram, so that reading begins again.
    """
    with tenant(user_id, reading=True) as session:
        stored = session.scalars(select(BotStatus)).one().inbox_place
    if stored is None:
        return InboxPlace(now())
    began = datetime.fromisoformat(stored["began"])
    if began < now() - POSITION_LASTS:
        return InboxPlace(now())
    return InboxPlace(began, stored["cursor"], stored["requests"], stored["has_requests"])


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


def handled(user_id: str, instagram_ids: Iterable[str]) -> set[str]:
    """Return those of the people that a step of this bot concerns, though it never wrote to them."""
    sought = set(instagram_ids)
    if not sought:
        return set()
    with tenant(user_id, reading=True) as session:
        query = select(Person.instagram_id).join(ActionTarget, ActionTarget.person_id == Person.id)
        return set(session.scalars(query.where(Person.instagram_id.in_(sought)).distinct()))


def unread(user_id: str) -> list[Unread]:
    """Return the places at which readings continue that were too long for one round."""
    with tenant(user_id, reading=True) as session:
        rows = session.scalars(select(Contact).where(MORE_TO_READ))
        return [_unread(row.instagram_id, row.unread or {}) for row in rows]


def _unread(sender_id: str, place: dict[str, str]) -> Unread:
    return Unread(sender_id, place["thread_id"], place["cursor"], datetime.fromisoformat(place["since"]))


def store_replies(
    user_id: str,
    replies: list[Reply],
    left: Sequence[Unread] = (),
    strangers: Sequence[Reply] = (),
    place: InboxPlace | None = None,
) -> None:
    """Store answers, oldest first, and the places that are `left` to read, and plan the next reading. Commits.

    Known answers change nothing. An item in a group, or without a time, does not answer the bot, but it may ask to be
    left alone. Of `strangers`, to which the bot never wrote, nothing is stored but that they ask for it.

    A reading that is not whole goes on at its `place`, and until then nothing counts as read: an answer, or a wish to
    be left alone, may be further back.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        take_in(session, replies)
        _heed(session, strangers)
        _leave(session, left)
        if place is None or place.is_whole:
            status.replies_read_at, status.inbox_place = place.began if place else now(), None
        else:
            status.inbox_place = asdict(place) | {"began": place.began.isoformat(), "read_at": now().isoformat()}
        session.commit()


def store_answers(user_id: str, replies: list[Reply]) -> None:
    """Store answers that one conversation shows, and leave the plan of readings as it is. Commits."""
    if not replies:
        return
    with tenant(user_id) as session:
        locked_status(session)
        take_in(session, replies)
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


def _heed(session: TenantSession, strangers: Sequence[Reply]) -> None:
    """Put strangers who ask to be left alone on the do-not-contact list."""
    # Without a name there is no one to list, and so there is none in a thread that cannot be read.
    named = [reply for reply in strangers if reply.username]
    listed, shelf = untouchable(session, {one.username: one.sender_id for one in named}), Shelf(session, named)
    for reply in named:
        if reply.username not in listed and shelf.asks_to_stop(reply) and shelf.note_stop(reply):
            meet(session, {reply.sender_id: reply.username})
            add(session, reply.username, source="answer", instagram_id=reply.sender_id)


def _leave(session: TenantSession, left: Sequence[Unread]) -> None:
    for contact in session.scalars(select(Contact).where(MORE_TO_READ)):
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
            end_messages_to(session, contact.instagram_id, contact.username, "answered", contact.answered_at)
    # One without a time may be the known one, read again, so only the first counts.
    is_new = contact.stopped_at is None or (reply.dated and reply.at > contact.stopped_at)
    if is_new and stop:
        contact.stopped, contact.stopped_at = True, reply.at
        add(session, contact.username, source="answer", instagram_id=contact.instagram_id)


def _first_written(session: TenantSession, contact: Contact) -> datetime:
    """Return the time of the bot's first message. Earlier items of the person are no answers."""
    query = select(func.min(ActionTarget.claimed_at)).where(ActionTarget.recipient == contact.instagram_id)
    return min(session.scalars(query).one() or contact.written_at, contact.written_at)


def end_messages_to(
    session: TenantSession, instagram_id: str, username: str, reason: str, placed_before: datetime | None = None
) -> None:
    """Skip the messages to a person that actions, or those placed before then, still have to send. The caller commits.

    All later steps of a plan are skipped with them, after an answer only if the plan waits for none.

    Names change hands: a target that was looked up is told by its id alone.
    """
    unknown = and_(ActionTarget.instagram_id.is_(None), ActionTarget.person == username)
    # The id of a like is that of a post.
    known = ActionTarget.person_id.in_(select(Person.id).where(Person.instagram_id == instagram_id))
    query = (
        select(ActionTarget)
        .join(Action, Action.id == ActionTarget.action_id)
        .where(or_(ActionTarget.step_kind == StepKind.MESSAGE, LATER), ActionTarget.status == TargetStatus.PENDING)
        .where(or_(ActionTarget.instagram_id == instagram_id, unknown, and_(LATER, known)))
    )
    if placed_before:
        listens = Action.params["listens"].as_boolean()
        query = query.where(Action.created_at < placed_before, or_(Action.kind != ActionKind.PLAN, ~listens))
    for row in session.scalars(query):
        skip(row, reason, now())
