"""Deliveries of messages, from the claim to the known result: at most one for a person and a purpose.

The purpose is `first` until the person has answered. Each of their answers opens one more, and an action with `again`
has its own, as each reply that a person types has. Of a reply the text is sealed and set when it is placed.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from bot.actions.targets import Target
from bot.config.runtime import now, runtime
from bot.contacts.reply_texts import sealed_text
from bot.messages.templates import parse
from bot.storage.models import Action, ActionTarget, Contact, Message, new_id
from bot.storage.tenancy import TenantSession

# Instagram treats the same words to more people than this as spam (the product's own figure).
MAX_ALIKE = 5
ALIKE_WITHIN = timedelta(days=30)
# Successful readings of the thread that do not find a message before the user has to decide, and the time between them.
MAX_RECONCILIATIONS = 2
RECONCILE_AFTER = timedelta(minutes=1)
RECONCILE_AGAIN = timedelta(minutes=10)
DEMO_RECONCILE_AFTER = timedelta(seconds=3)
# Instagram's own app sends the token as a number of this many digits.
_TOKEN_DIGITS = 19

Earlier = tuple[str | None, datetime | None]
"""The purpose of a message that a person got or may have got, and the time of its claim."""


@dataclass(frozen=True)
class Wanted:
    """A message that people are to get.

    With `again` people get it too that this bot has written to before. `after_answer`: an answer of the person is what
    it waited for, and does not end it.
    """

    text: str
    again: bool = False
    after_answer: bool = False


def reserve(session: TenantSession, action: Action, row: ActionTarget, wanted: Wanted | None) -> Message | str:
    """Reserve the person for this message and store its text and token, or return the reason for a skip.

    The caller holds the bot's status and commits before the call. A try that surely did not arrive left its token.
    """
    if row.instagram_id and row.instagram_id == row.account_id:
        return "own_account"
    contact = _contact(session, row.instagram_id)
    if contact and contact.stopped:
        return "do_not_contact"
    purpose = _purpose(action, row, wanted, contact)
    if wanted is None:
        row.recipient, row.purpose = row.instagram_id, purpose
        return write(session, row)
    if (
        not wanted.after_answer
        and contact
        and contact.answered_at
        and contact.answered_at > _since(session, action, row)
    ):
        return "answered"
    if _is_taken(session, row, purpose, contact, again=wanted.again):
        return "already_messaged"
    if not wanted.again and _waits_elsewhere(session, action, row):
        return "in_another_order"
    message = find_message(session, row) or _written(session, row, wanted)
    if _alike(session, message, row) >= MAX_ALIKE:
        return "identical_text"
    row.recipient, row.purpose = row.instagram_id, purpose
    return message


def _since(session: TenantSession, action: Action, row: ActionTarget) -> datetime:
    """Return the time from which an answer ends a message: that of the action's last one to the person, or its own."""
    query = select(func.max(ActionTarget.claimed_at, type_=ActionTarget.claimed_at.type)).where(
        ActionTarget.action_id == action.id,
        ActionTarget.recipient == row.instagram_id,
        ActionTarget.node < row.node,
    )
    earlier = session.scalars(query).one() if row.node else None
    return max(action.created_at, earlier or action.created_at)


def _is_taken(session: TenantSession, row: ActionTarget, purpose: str, contact: Contact | None, *, again: bool) -> bool:
    taken = select(ActionTarget.purpose, ActionTarget.claimed_at).where(
        ActionTarget.recipient == row.instagram_id, ActionTarget.id != row.id
    )
    earlier = [(known, at) for known, at in session.execute(taken)]
    if again:
        return any(known == purpose for known, _ in earlier)
    return is_taken(earlier, purpose, contact)


def is_taken(earlier: Iterable[Earlier], purpose: str, contact: Contact | None) -> bool:
    """Return whether this message would follow an earlier one without an answer in between."""
    answered_at = contact.answered_at if contact else None
    return any(known == purpose or answered_at is None or (at and at >= answered_at) for known, at in earlier)


def waiting(column: Any, starts: datetime) -> Select[Any]:
    """Select a column of the people who wait for a message of an open action that has started by then."""
    started = or_(Action.start_at.is_(None), Action.start_at <= starts)
    return (
        select(column)
        .join(Action, and_(Action.id == ActionTarget.action_id, Action.user_id == ActionTarget.user_id))
        .where(ActionTarget.step_kind == "message", ActionTarget.status == "pending")
        .where(Action.status.in_(("queued", "running")), started)
    )


def _waits_elsewhere(session: TenantSession, action: Action, row: ActionTarget) -> bool:
    """Return whether an earlier action that does not start later will write to the person."""
    starts = max(action.created_at, action.start_at or action.created_at)
    before = or_(
        Action.created_at < action.created_at, and_(Action.created_at == action.created_at, Action.id < action.id)
    )
    query = waiting(ActionTarget.id, starts).where(ActionTarget.target == row.target, before)
    return session.scalars(query.limit(1)).first() is not None


def _contact(session: TenantSession, instagram_id: str | None) -> Contact | None:
    return session.scalars(select(Contact).where(Contact.instagram_id == instagram_id)).one_or_none()


def _purpose(action: Action, row: ActionTarget, wanted: Wanted | None, contact: Contact | None) -> str:
    """Return the purpose of a message, or that of a reply if nothing is `wanted`. Each place of a plan has its own."""
    if wanted is None or wanted.again:
        return f"{action.id}:{row.node}" if row.node else action.id
    return purpose_of(contact)


def purpose_of(contact: Contact | None) -> str:
    """Return the purpose of a message without `again`."""
    return f"answer:{contact.answer_id}"[:64] if contact and contact.answer_id else "first"


def find_message(session: TenantSession, row: ActionTarget | Target) -> Message | None:
    """Return the message of a target, or None if it was never claimed."""
    return session.scalars(select(Message).where(Message.target_id == row.id)).one_or_none()


def with_message(session: TenantSession, target: Target) -> Target:
    """Return the target with the text and token by which it is reconciled."""
    message = find_message(session, target)
    return replace(target, text=said(session, message), token=message.token) if message else target


def said(session: TenantSession, message: Message) -> str:
    """Return the text of a message, or the sealed one of a reply. Raises VAULT_REFUSED."""
    return message.text or sealed_text(session, message.target_id)


def write(session: TenantSession, row: ActionTarget) -> Message:
    """Return the message of a reply, made with a new token if it has none. Its text is elsewhere."""
    message = find_message(session, row)
    if message is None:
        message = Message(id=new_id(), user_id=row.user_id, target_id=row.id, text="", token=_new_token())
        message.digest, message.created_at = message.id, now()
        session.add(message)
    return message


def _written(session: TenantSession, row: ActionTarget, wanted: Wanted) -> Message:
    text = text_for(wanted.text, row.person, row.full_name, row.first_name)
    message = Message(
        user_id=row.user_id,
        target_id=row.id,
        text=text,
        digest=digest_of(text),
        token=_new_token(),
        variant=_variant_for(wanted.text, row.person),
        created_at=now(),
    )
    session.add(message)
    return message


def text_for(template: str, username: str, full_name: str | None, first_name: str | None) -> str:
    """Return the text for one person. It is the same on every call."""
    return parse(template).render(username, full_name, f"{text_key(template)}:{username}", first_name)


def _variant_for(template: str, username: str) -> str | None:
    """Return the choices of the text for one person, by the key of their text."""
    return parse(template).variant(f"{text_key(template)}:{username}")


def text_key(template: str) -> str:
    """Return the key that selects variants, together with the username. A preview uses the same."""
    return hashlib.sha256(template.encode()).hexdigest()


def digest_of(text: str) -> str:
    """Return the digest that identifies a text."""
    return hashlib.sha256(text.casefold().encode()).hexdigest()


def _new_token() -> str:
    first, *rest = secrets.choice("123456789"), *(secrets.choice("0123456789") for _ in range(_TOKEN_DIGITS - 1))
    return first + "".join(rest)


def _alike(session: TenantSession, message: Message, row: ActionTarget) -> int:
    """Return the number of other people who got, or may have got, the same words within ALIKE_WITHIN."""
    query = alike(func.count(Message.id)).where(Message.digest == message.digest, ActionTarget.id != row.id)
    count: int = session.scalars(query).one()
    return count


def alike(*columns: Any) -> Select[Any]:
    """Select columns of the messages that people got, or may have got, within ALIKE_WITHIN."""
    return (
        select(*columns)
        .join(ActionTarget, ActionTarget.id == Message.target_id)
        .where(Message.created_at > now() - ALIKE_WITHIN, ActionTarget.status.in_(("working", "done", "unknown")))
    )


def mark_arrived(
    session: TenantSession,
    action: Action,
    row: ActionTarget,
    wanted: Wanted | None,
    item_id: str,
    thread_id: str,
    at: datetime,
) -> None:
    """Store the place of the message at Instagram, and the time at which the person was written to."""
    if row.recipient is None:
        # It exists after all. Another one may have reserved the person since.
        _take(session, row, _purpose(action, row, wanted, _contact(session, row.instagram_id)))
    message = find_message(session, row)
    if message:
        message.item_id, message.thread_id = item_id, thread_id
    contacted(session, row, at)


def found(
    session: TenantSession,
    action: Action,
    row: ActionTarget,
    wanted: Wanted | None,
    text: str,
    token: str,
    at: datetime,
) -> None:
    """Store a message that was unknown here, and reserve its person for the purpose it had when it was sent."""
    message = find_message(session, row)
    if message is None:
        message = Message(id=new_id(), user_id=row.user_id, target_id=row.id, text="", created_at=at)
        message.digest = message.id
        if wanted and text == text_for(wanted.text, row.person, row.full_name, row.first_name):
            message.variant = _variant_for(wanted.text, row.person)
        session.add(message)
    message.token = token or message.token or _new_token()
    if wanted:
        message.text, message.digest = text, digest_of(text)
    contact = _contact(session, row.instagram_id)
    purpose = _purpose(action, row, wanted, contact)
    before_answer = contact and contact.answered_at and at < contact.answered_at
    _take(session, row, "first" if before_answer and wanted and not wanted.again else purpose)


def may_say(wanted: Wanted | None, username: str, text: str) -> bool:
    """Return whether a message to the person may have this text, with any choice of its variants. A reply has none."""
    return wanted is not None and parse(wanted.text).may_be(text, username)


def _take(session: TenantSession, row: ActionTarget, purpose: str) -> None:
    taken = select(ActionTarget.id).where(
        ActionTarget.recipient == row.instagram_id, ActionTarget.purpose == purpose, ActionTarget.id != row.id
    )
    if session.scalars(taken.limit(1)).first() is None:
        row.recipient, row.purpose = row.instagram_id, purpose


def contacted(session: TenantSession, row: ActionTarget, at: datetime) -> None:
    """Record that the person was written to, or may have been, so that their answers are awaited."""
    contact = _contact(session, row.instagram_id)
    if contact is None:
        contact = Contact(user_id=row.user_id, instagram_id=row.instagram_id or "", username=row.person, written_at=at)
        session.add(contact)
    contact.written_at, contact.username = max(contact.written_at, at), row.person


def first_reconcile_at() -> datetime:
    """Return the time of the first reconciliation of a message: its thread needs a moment to settle."""
    return now() + (DEMO_RECONCILE_AFTER if runtime().config.instagram_sandbox else RECONCILE_AFTER)


def next_reconcile_at(session: TenantSession, row: ActionTarget) -> datetime | None:
    """Count a reconciliation that did not find the message, and return the time of the next. None leaves it to the
    user.
    """
    message = find_message(session, row)
    looked = message.look_ups + 1 if message else MAX_RECONCILIATIONS
    if message:
        message.look_ups = looked
    again = first_reconcile_at() if runtime().config.instagram_sandbox else now() + RECONCILE_AGAIN
    return again if looked < MAX_RECONCILIATIONS else None
