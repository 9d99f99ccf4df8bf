"""Answers of people as they are stored: their text sealed, a mark by rule, and the day on which the text goes."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bot.alerts.delivery import raise_alert
from bot.config.runtime import now
from bot.contacts.opt_out import asks_to_stop, holds_own
from bot.storage.models import Answer, BotSettings, Contact, InstagramCredentials, new_id
from bot.storage.models.values import ANSWER_EVENTS, AnswerEvent, AnswerMark, AnswerSort
from bot.storage.tenancy import TenantSession, identity
from bot.vault.cipher import current_vault
from bot.vault.columns import seal

MAX_TEXT = 10_000
"""Characters of one answer that are kept. Instagram takes 1,000 in a message; captions may add some."""
_EVENTS: dict[AnswerMark | None, AnswerEvent] = {"opted_out": "answer_stop", "positive": "answer_positive"}


@dataclass(frozen=True)
class Reply:
    """One item that a person wrote. `sender_id` is their Instagram id. `in_group` means that others read it too.

    If it is not `dated`, `at` is when it was read. Some items have no id.
    """

    item_id: str
    sender_id: str
    text: str
    at: datetime
    in_group: bool = False
    dated: bool = True
    thread_id: str = ""
    sort: AnswerSort = "text"
    username: str = ""


@dataclass(frozen=True)
class Words:
    """The user's own words for answers, and the days for which texts are kept."""

    stop: list[str]
    positive: list[str]
    days: int

    @classmethod
    def of(cls, session: TenantSession) -> "Words":
        row = session.scalars(select(BotSettings)).one()
        return cls(row.stop_words, row.positive_words, row.answer_days)


class Shelf:
    """The answers of one user while replies are read: what is known already, and what is new.

    An item is stored once, whatever number of readings show it. The caller holds the bot's status and commits.
    """

    def __init__(self, session: TenantSession, replies: Iterable[Reply]) -> None:
        self._session = session
        self._words = Words.of(session)
        self._account_id = session.scalars(select(InstagramCredentials.instagram_id)).one_or_none()
        found = list(replies)
        ids, people = {_id_of(reply) for reply in found}, {reply.sender_id for reply in found}
        self._known = set(session.scalars(select(Answer.item_id).where(Answer.item_id.in_(ids))))
        self._told = _told_before(session, people)
        self._events: set[AnswerEvent] = set()

    def asks_to_stop(self, reply: Reply) -> bool:
        return asks_to_stop(reply.text, self._words.stop)

    def note_stop(self, reply: Reply) -> bool:
        """Store that a stranger asked to be left alone, without the words. Return False if it is known."""
        item_id = _id_of(reply)
        if item_id in self._known:
            return False
        self._known.add(item_id)
        answer = self._row(reply, item_id)
        answer.mark, answer.mark_by, answer.rule = "opted_out", "rule", "stop_words"
        answer.read_at = answer.done_at = now()
        self._session.add(answer)
        return True

    def keep(self, reply: Reply, *, stop: bool) -> None:
        """Store an answer that is new. One that was told of before texts were stored counts as read."""
        item_id = _id_of(reply)
        if item_id in self._known or (reply.in_group and not stop):
            return
        self._known.add(item_id)
        mark: AnswerMark | None = "opted_out" if stop else None
        if mark is None and holds_own(reply.text, self._words.positive):
            mark = "positive"
        told = self._told.get(reply.sender_id)
        is_old = told is not None and reply.at <= told
        answer = self._row(reply, item_id)
        answer.mark, answer.mark_by = mark, "rule" if mark else None
        answer.rule = {"opted_out": "stop_words", "positive": "positive_words"}.get(mark or "")
        answer.read_at = answer.done_at = now() if is_old else None
        forget_at = reply.at + timedelta(days=self._words.days)
        if reply.text and forget_at > now():
            seal(answer, "text_encrypted", reply.text[:MAX_TEXT])
            answer.forget_at = forget_at
        self._session.add(answer)
        if not is_old:
            self._events.add(_EVENTS.get(mark, "answer"))

    def _row(self, reply: Reply, item_id: str) -> Answer:
        return Answer(
            id=new_id(),
            user_id=self._session.user_id,
            account_id=self._account_id,
            instagram_id=reply.sender_id,
            thread_id=reply.thread_id,
            item_id=item_id,
            at=reply.at,
            sort=reply.sort,
            in_group=reply.in_group,
        )

    def tell(self) -> None:
        """Raise one alert for all that is new, for the event that matters most."""
        event = next((event for event in ANSWER_EVENTS if event in self._events), None)
        if event:
            raise_alert(self._session, event)


def _told_before(session: TenantSession, people: set[str]) -> dict[str, datetime]:
    """Return the last known answer of each person without a stored one: it came before answers were stored."""
    stored = select(Answer.id).where(Answer.instagram_id == Contact.instagram_id).exists()
    query = select(Contact.instagram_id, Contact.answered_at).where(Contact.instagram_id.in_(people), ~stored)
    return {person: at for person, at in session.execute(query) if at}


def _id_of(reply: Reply) -> str:
    """Return the item's id, or for one without an id a mark of its author and words that only this server can make."""
    if reply.item_id:
        return reply.item_id
    key = current_vault().derived("answer_item").encode()
    told = f"{reply.sender_id}\0{reply.thread_id}\0{reply.text}".encode()
    return "undated-" + hmac.new(key, told, hashlib.sha256).hexdigest()[:40]


def keep_for(session: TenantSession, days: int) -> None:
    """Plan when the texts of the session's user go, after a change of the days. The caller commits.

    What is due at once is gone with the next round of the clock.
    """
    for answer in session.scalars(select(Answer).where(Answer.text_encrypted.is_not(None))):
        answer.forget_at = answer.at + timedelta(days=days)


def forget_old_texts() -> None:
    """Empty the texts that have been kept for as long as their users chose. Time and mark stay. Commits."""
    with identity() as session:
        due = update(Answer).where(Answer.forget_at <= now())
        session.execute(due.values(text_encrypted=None, forget_at=None))
        session.commit()
