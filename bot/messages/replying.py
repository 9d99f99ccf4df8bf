"""Replies that a user types in a conversation: each is an action with one person, sent like a message.

The token that is drawn with a form makes the id of its action. So the same form, sent twice, is one reply for good.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import Field, field_validator
from sqlalchemy import func, or_, select
from structlog.contextvars import get_contextvars

from bot.actions.control import cancel, find_action
from bot.automation.lifecycle import notify_bot, valid_status
from bot.config.runtime import now
from bot.contacts.conversations import Conversation, is_elsewhere
from bot.contacts.do_not_contact import untouchable
from bot.contacts.people import locate
from bot.contacts.replies import end_messages_to
from bot.contacts.reply_texts import keep_text, reply_texts_of
from bot.core.errors import BotException
from bot.inputs.params import Params
from bot.inputs.validation import LINES
from bot.messages.templates import MAX_CHARACTERS, is_blank
from bot.storage.bot_lock import locked_status
from bot.storage.models import OPEN, Action, ActionTarget, Answer, Contact, Person, new_id
from bot.storage.models.values import ActionKind, StepKind, TargetStatus
from bot.storage.target_states import find
from bot.storage.tenancy import TenantSession, tenant

MAX_UNANSWERED = 3
"""Replies that one person gets without an answer of theirs (the product's own figure)."""
# Every step reads the open actions of its bot.
MAX_WAITING = 20
REPLIED = "replied_by_hand"
"""The reason for skipping messages that an action still had for the person."""


class Typed(Params):
    """A reply."""

    text: Annotated[str, LINES] = Field(min_length=1, max_length=MAX_CHARACTERS, description="Sent as it is.")

    @field_validator("text")
    @classmethod
    def _visible(cls, value: str) -> str:
        if is_blank(value):
            raise ValueError("write something")
        return value.strip()


@dataclass(frozen=True)
class Placed:
    """The action of a reply, and the id of its target. `replayed`: the same form was sent before."""

    action_id: str
    target_id: str
    replayed: bool = False


def reply(user_id: str, person_id: str, params: Typed, form: str | None) -> Placed:
    """Place a reply to a person who has written, and end the messages that actions still have for them. Commits.

    `form` is the token of the form, or the key of the request: a second time it is the same reply. Raises
    PERSON_NOT_FOUND, CONVERSATION_NOT_FOUND, REPLY_NOT_ALLOWED, REPLY_OTHER_ACCOUNT, REPLIES_UNANSWERED,
    TOO_MANY_REPLIES, SESSION_INVALID, USER_DISABLED, BOT_STOPPED, and IDEMPOTENCY_KEY_REUSED if the token is that of
    another reply.
    """
    with tenant(user_id) as session:
        locked_status(session)
        person = locate(session, person_id)
        action_id = str(uuid5(UUID(user_id), form)) if form else new_id()
        if form and (known := _known(session, action_id, person, params.text)):
            return known
        _check(session, person)
        target_id = _add(session, action_id, person, params.text)
        end_messages_to(session, person.instagram_id, person.username, REPLIED)
        session.commit()
    notify_bot(user_id)
    return Placed(action_id, target_id)


def may_reply(found: Conversation) -> bool:
    """Return whether a conversation has a form for replies: the person wrote to this account, and may be contacted."""
    contact, listed = found.profile.contact, found.profile.listed
    return bool(contact and contact.answered_at and not contact.stopped and not listed and not found.is_elsewhere)


def person_of(user_id: str, action_id: str) -> str | None:
    """Return the person that an action is a reply to; None for any other action, and if they were forgotten."""
    query = select(ActionTarget.person_id).where(
        ActionTarget.action_id == action_id, ActionTarget.step_kind == StepKind.REPLY
    )
    with tenant(user_id, reading=True) as session:
        return session.scalars(query).one_or_none()


def _known(session: TenantSession, action_id: str, person: Person, text: str) -> Placed | None:
    """Return the reply that this form placed. A text that is no longer kept is taken for the same."""
    row = session.scalars(select(ActionTarget).where(ActionTarget.action_id == action_id)).one_or_none()
    if row is None:
        return None
    if row.person_id != person.id or reply_texts_of(session, [row.id]).get(row.id, text) != text:
        raise BotException("IDEMPOTENCY_KEY_REUSED")
    return Placed(action_id, row.id, replayed=True)


def _check(session: TenantSession, person: Person) -> None:
    contact = session.scalars(select(Contact).where(Contact.instagram_id == person.instagram_id)).one_or_none()
    heard = select(func.max(Answer.at, type_=Answer.at.type)).where(
        Answer.instagram_id == person.instagram_id, Answer.in_group.is_(False)
    )
    times = [at for at in (session.scalars(heard).one(), contact.answered_at if contact else None) if at]
    if not times:
        raise BotException("CONVERSATION_NOT_FOUND")
    if (contact and contact.stopped) or untouchable(session, {person.username: person.instagram_id}):
        raise BotException("REPLY_NOT_ALLOWED")
    if is_elsewhere(session, person.instagram_id):
        raise BotException("REPLY_OTHER_ACCOUNT")
    if not valid_status(session).bot_running:
        raise BotException("BOT_STOPPED")
    replies = (
        select(func.count(ActionTarget.id))
        .join(Action, Action.id == ActionTarget.action_id)
        .where(ActionTarget.step_kind == StepKind.REPLY)
    )
    waiting = (ActionTarget.status == TargetStatus.PENDING) & Action.status.in_(OPEN)
    if session.scalars(replies.where(waiting)).one() >= MAX_WAITING:
        raise BotException("TOO_MANY_REPLIES")
    sent = ActionTarget.status.in_((TargetStatus.WORKING, TargetStatus.DONE, TargetStatus.UNKNOWN))
    since = replies.where(ActionTarget.person_id == person.id, ActionTarget.created_at >= max(times))
    if session.scalars(since.where(or_(waiting, sent))).one() >= MAX_UNANSWERED:
        raise BotException("REPLIES_UNANSWERED")


def _add(session: TenantSession, action_id: str, person: Person, text: str) -> str:
    moment = now()
    action = Action(
        id=action_id,
        user_id=session.user_id,
        kind=ActionKind.REPLY,
        params={"usernames": [person.username]},
        total=1,
        listed=True,
        searched=True,
        request_id=get_contextvars().get("request_id"),
        created_at=moment,
    )
    target = ActionTarget(
        id=new_id(),
        user_id=session.user_id,
        action_id=action_id,
        step_kind=StepKind.REPLY,
        position=1,
        target=person.username,
        person=person.username,
        instagram_id=person.instagram_id,
        person_id=person.id,
        created_at=moment,
        **find(),
    )
    session.add(action)
    session.flush()
    session.add(target)
    session.flush()
    keep_text(session, target.id, text)
    return target.id


def cancel_reply(user_id: str, person_id: str, action_id: str) -> None:
    """Cancel a reply that waits to be sent. Commits.

    Raises PERSON_NOT_FOUND, ACTION_NOT_FOUND and ACTION_NOT_RUNNING.
    """
    with tenant(user_id, reading=True) as session:
        person, action = locate(session, person_id), find_action(session, action_id)
        theirs = select(ActionTarget.id).where(
            ActionTarget.action_id == action.id,
            ActionTarget.step_kind == StepKind.REPLY,
            ActionTarget.person_id == person.id,
        )
        if session.scalars(theirs).first() is None:
            raise BotException("ACTION_NOT_FOUND")
    cancel(user_id, action_id)
