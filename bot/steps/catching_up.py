"""The reading of the inbox because of a doubt: whom the account has written to and what, and what they answered.

After a restore, and if Redis has forgotten what it knew of claims, there is a doubt whether all messages of an account
are known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from bot.config.runtime import now
from bot.contacts import replies
from bot.contacts.replies import Reply, Unread
from bot.decision.records import read_bot
from bot.steps.doubts import SentMessage, settle_pending
from bot.storage.bot_lock import locked_status
from bot.storage.models import ActionTarget, Contact, User
from bot.storage.tenancy import TenantSession, tenant

# Clocks of machines may be apart by this much, and what was sent by hand a little before is worth knowing too.
MARGIN = timedelta(days=1)
# Pages of the inbox, of 20 threads each, that are read for one doubt.
MAX_PAGES = 30


@dataclass(frozen=True)
class Writing:
    """Somebody whom the account has written to (their Instagram id and name): when first, when last, and what."""

    instagram_id: str
    username: str
    first: datetime
    last: datetime
    sent: Sequence[SentMessage] = ()


@dataclass(frozen=True)
class Reading:
    """The reading of the inbox: what was sent from `since` on may be unknown; it goes on at `cursor`."""

    since: datetime
    cursor: str | None
    pages: int


def begin(user_id: str) -> None:
    """From now on it is doubted that all messages of the account are known here. Commits."""
    with tenant(user_id) as session:
        status = locked_status(session)
        status.doubted_at, status.catching_up = now(), None
        session.commit()


def reading(user_id: str) -> Reading:
    """Where the reading of the inbox stands; its first time writes down since when messages may be unknown. Commits."""
    with tenant(user_id) as session:
        status, bot = locked_status(session), read_bot(session)
        place = status.catching_up
        if place is None or status.doubt_since is None:
            since = _last_known(session, bot.doubt or now()) - MARGIN
            status.doubt_since = min(since, status.doubt_since or since)
            status.catching_up = place = {"cursor": None, "pages": 0, "read_at": now().isoformat()}
        session.commit()
        return Reading(status.doubt_since, place["cursor"], place["pages"])


def _last_known(session: TenantSession, doubt: datetime) -> datetime:
    """The last claim that the copy of the database surely held, else when its user came: no copy is older."""
    query = select(func.max(ActionTarget.claimed_at)).where(
        ActionTarget.claimed_at < doubt, ActionTarget.finished_at < doubt
    )
    return session.scalars(query).one() or session.scalars(select(User.created_at)).one()


def read(
    user_id: str,
    writings: Sequence[Writing],
    heard: Sequence[Reply],
    left: Sequence[Unread],
    cursor: str | None,
    pages: int,
) -> None:
    """Takes in what so many pages of the inbox told, and where the reading goes on; None ends it. Commits.

    A target whose message a conversation shows as sent is done before an answer to it could end it. What is `left` of
    single conversations is read by and by, as long ones are; their targets wait for their look-ups.
    """
    with tenant(user_id) as session:
        status = locked_status(session)
        for writing in writings:
            _meet(session, user_id, writing)
        session.flush()
        replies.read_later(session, left)
        _settle(session, writings, heard, {one.sender_id for one in left})
        replies.take_in(session, heard)
        status.catching_up = {"cursor": cursor, "pages": pages, "read_at": now().isoformat()} if cursor else None
        if cursor is None:
            status.caught_up_at = now()
        session.commit()


def _settle(session: TenantSession, writings: Sequence[Writing], heard: Sequence[Reply], unread: set[str]) -> None:
    account_id = read_bot(session).instagram_id
    for writing in writings:
        if writing.instagram_id not in unread:
            theirs = [reply for reply in heard if reply.sender_id == writing.instagram_id]
            settle_pending(session, writing.instagram_id, writing.username, writing.sent, theirs, account_id)


def _meet(session: TenantSession, user_id: str, writing: Writing) -> None:
    """Somebody whom the account has written to is a contact: what they answer is heard."""
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
