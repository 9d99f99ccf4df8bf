"""Catching up with the inbox because of a doubt: the people and texts the account wrote to them, and their answers.

After a restore, and if Redis lost what it knew of claims, messages of an account may be unknown here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.config.runtime import now
from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.contacts.people import meet
from bot.contacts.replies import Unread
from bot.decision.records import read_bot
from bot.steps.doubts import SentMessage, resolve_pending
from bot.storage.bot_lock import locked_status
from bot.storage.models import ActionTarget, Contact, User
from bot.storage.tenancy import TenantSession, tenant

# Clocks of machines may differ by this much, and messages sent by hand shortly before matter too.
MARGIN = timedelta(days=1)
# Pages of the inbox, of 20 threads each, that are read for one doubt.
MAX_PAGES = 30


@dataclass(frozen=True)
class SentThread:
    """A person the account has written to (Instagram id and name): the first and last time, and the messages."""

    instagram_id: str
    username: str
    first: datetime
    last: datetime
    sent: Sequence[SentMessage] = ()


@dataclass(frozen=True)
class InboxReading:
    """The reading of the inbox. Messages since `since` may be unknown, and it continues at `cursor`."""

    since: datetime
    cursor: str | None
    pages: int


def begin_catching_up(user_id: str) -> None:
    """Begin a doubt: messages of the account may be unknown here. Commits."""
    with tenant(user_id) as session:
        status = locked_status(session)
        status.doubted_at, status.catching_up = now(), None
        session.commit()


def reading(user_id: str) -> InboxReading:
    """Return the position of the reading. The first call stores the time since when messages may be unknown.
    Commits.
    """
    with tenant(user_id) as session:
        status, bot = locked_status(session), read_bot(session)
        place = status.catching_up
        if place is None or status.doubt_since is None:
            since = _last_known(session, bot.doubt or now()) - MARGIN
            status.doubt_since = min(since, status.doubt_since or since)
            status.catching_up = place = {"cursor": None, "pages": 0, "read_at": now().isoformat()}
        session.commit()
        return InboxReading(status.doubt_since, place["cursor"], place["pages"])


def _last_known(session: TenantSession, doubt: datetime) -> datetime:
    """Return the last claim that the restored copy surely held, or the user's creation: no copy is older."""
    query = select(func.max(ActionTarget.claimed_at)).where(
        ActionTarget.claimed_at < doubt, ActionTarget.finished_at < doubt
    )
    return session.scalars(query).one() or session.scalars(select(User.created_at)).one()


def store_inbox(
    user_id: str,
    writings: Sequence[SentThread],
    heard: Sequence[Reply],
    left: Sequence[Unread],
    cursor: str | None,
    pages: int,
) -> None:
    """Store the result of reading `pages` pages, and the cursor at which the reading continues. None ends it. Commits.

    A target whose message a conversation shows as sent is done before an answer to it could end it. What is `left` of
    single conversations is read by and by, as long ones are; their targets wait for their look-ups.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        meet(session, {writing.instagram_id: writing.username for writing in writings})
        for writing in writings:
            _meet(session, user_id, writing)
        session.flush()
        replies.read_later(session, left)
        _resolve(session, writings, heard, {one.sender_id for one in left})
        replies.take_in(session, heard)
        status.catching_up = {"cursor": cursor, "pages": pages, "read_at": now().isoformat()} if cursor else None
        if cursor is None:
            status.caught_up_at = now()
        session.commit()


def _resolve(session: TenantSession, writings: Sequence[SentThread], heard: Sequence[Reply], unread: set[str]) -> None:
    account_id = read_bot(session).instagram_id
    for writing in writings:
        if writing.instagram_id not in unread:
            theirs = [reply for reply in heard if reply.sender_id == writing.instagram_id]
            resolve_pending(session, writing.instagram_id, writing.username, writing.sent, theirs, account_id)


def _meet(session: TenantSession, user_id: str, writing: SentThread) -> None:
    """Make the person a contact, so that their answers are read."""
    query = select(Contact).where(Contact.instagram_id == writing.instagram_id)
    contact = session.scalars(query).one_or_none()
    if contact is None:
        session.add(
            Contact(
                user_id=user_id,
                instagram_id=writing.instagram_id,
                username=writing.username,
                written_at=writing.first,
            )
        )
    else:
        contact.written_at = max(contact.written_at, writing.last)
