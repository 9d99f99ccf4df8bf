"""Messages that were sent and are unknown here: their search in a thread or the inbox, and the fate of their targets.

During a doubt about an account's messages, each message's thread is read before it is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from bot.actions.targets import Target, lock_unchanged, locked_action, mark_skipped
from bot.config.runtime import now
from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.contacts.people import meet
from bot.contacts.reply_texts import sealed_text
from bot.history.activity import record
from bot.messages import deliveries
from bot.plans.aliases import wanted_at
from bot.plans.moving_on import move_on
from bot.steps.step import Step
from bot.storage import target_states
from bot.storage.bot_lock import locked_status
from bot.storage.models import Action, ActionTarget, BotStatus, Contact, Message
from bot.storage.models.values import WRITTEN, ActivityStatus, StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant

# The reason of a skip, and the remark on a target that is done.
UNKNOWN_MESSAGE, FOUND_SENT = "unknown_message", "found_sent"
_MAYBE_SENT = (TargetStatus.WORKING, TargetStatus.DONE, TargetStatus.UNKNOWN)


@dataclass(frozen=True)
class SentMessage:
    """A message of the account as its thread shows it."""

    item_id: str
    thread_id: str
    text: str
    token: str
    at: datetime


def since_of(step: Step, target: Target) -> datetime | None:
    """Return the time since when the person may have an unknown message, or None without a doubt."""
    work, doubt = step.work, step.work.snapshot.bot.doubt
    if doubt is None or work.step_kind not in WRITTEN:
        return None
    with tenant(step.user_id, reading=True) as session:
        written_at = session.scalars(
            select(Contact.written_at).where(Contact.instagram_id == target.instagram_id)
        ).one_or_none()
        if written_at and written_at >= doubt:
            # A person who was written to since then was checked before.
            return None
        since = session.scalars(select(BotStatus.doubt_since)).one()
    return since or work.snapshot.bot.user_since


def unknown_of(user_id: str, sent: Sequence[SentMessage]) -> SentMessage | None:
    """Return the first message that is not known here as sent."""
    with tenant(user_id, reading=True) as session:
        return next(iter(_unknown(session, sent)), None)


def _unknown(session: TenantSession, sent: Sequence[SentMessage]) -> list[SentMessage]:
    ids, tokens = [one.item_id for one in sent], [one.token for one in sent if one.token]
    query = (
        select(Message.item_id, Message.token, ActionTarget.status)
        .join(ActionTarget, ActionTarget.id == Message.target_id)
        .where(or_(Message.item_id.in_(ids), Message.token.in_(tokens)))
    )
    rows = session.execute(query).all()
    # A message that is pending, or was declared unsent, may have been sent with its token.
    known = {row.item_id for row in rows if row.item_id}
    known |= {row.token for row in rows if row.item_id or row.status in _MAYBE_SENT}
    return [one for one in sent if not known & {one.item_id, one.token}]


def resolve(step: Step, target: Target, sent: SentMessage, heard: Sequence[Reply]) -> None:
    """Record an unknown message of the person: they get no other, and their answers are stored. Commits.

    It becomes this action's message if the action has such a text. Otherwise its target is skipped.
    """
    with tenant(step.user_id) as session:
        locked_status(session)
        action, row = locked_action(session, step.work.action_id), lock_unchanged(session, target)
        if row is None:
            return
        row.instagram_id, row.full_name = target.instagram_id, target.full_name or row.full_name
        _identify(session, row)
        if _is_of(session, action, row, sent):
            _end_as_sent(session, row, sent, step.work.snapshot.bot.instagram_id)
        else:
            mark_skipped(session, row, UNKNOWN_MESSAGE)
        _keep(session, action, row, sent)
        session.flush()
        replies.take_in(session, heard)
        session.commit()


def resolve_pending(
    session: TenantSession,
    instagram_id: str,
    username: str,
    sent: Sequence[SentMessage],
    heard: Sequence[Reply],
    account_id: str | None,
) -> None:
    """End the pending targets of one person whose messages a conversation shows as sent.

    `heard` are the answers of the person. An answer to one message opens the way for the next, so both are stored in
    their order. The caller holds the status of the bot and commits.
    """
    if not sent or not _pending(session, instagram_id, username):
        return
    for message in sorted(_unknown(session, sent), key=lambda one: one.at):
        replies.take_in(session, (reply for reply in heard if reply.at < message.at))
        for action, row in _pending(session, instagram_id, username):
            if _is_of(session, action, row, message):
                row.instagram_id = instagram_id
                _identify(session, row)
                _end_as_sent(session, row, message, account_id)
                _keep(session, action, row, message)
                session.flush()
                break


def _pending(session: TenantSession, instagram_id: str, username: str) -> list[tuple[Action, ActionTarget]]:
    """Return the messages that wait to be sent to the person, the oldest action first."""
    query = (
        select(Action, ActionTarget)
        .join(Action, Action.id == ActionTarget.action_id)
        .where(ActionTarget.step_kind.in_(WRITTEN), ActionTarget.status == TargetStatus.PENDING)
        .where(or_(ActionTarget.instagram_id == instagram_id, ActionTarget.person == username))
        .order_by(Action.created_at, Action.id)
    )
    return [(action, row) for action, row in session.execute(query)]


def _identify(session: TenantSession, row: ActionTarget) -> None:
    if row.instagram_id:
        row.person_id = meet(session, {row.instagram_id: row.person})[row.instagram_id]


def _is_of(session: TenantSession, action: Action, row: ActionTarget, sent: SentMessage) -> bool:
    """Return whether the message belongs to this target: by its token, or by a text that the action may have for it."""
    message = deliveries.find_message(session, row)
    if message and message.token == sent.token:
        return True
    if row.step_kind == StepKind.REPLY:
        return bool(sent.text) and sealed_text(session, row.id) == sent.text
    return deliveries.may_say(wanted_at(action.kind, action.params, row.node), row.person, sent.text)


def _end_as_sent(session: TenantSession, row: ActionTarget, sent: SentMessage, account_id: str | None) -> None:
    target_states.find_sent(row, FOUND_SENT, sent.at, account_id, now())
    record(session, row.step_kind, ActivityStatus.DONE, target=row.target, action_id=row.action_id)


def _keep(session: TenantSession, action: Action, row: ActionTarget, sent: SentMessage) -> None:
    wanted = wanted_at(action.kind, action.params, row.node)
    deliveries.found(session, action, row, wanted, sent.text, sent.token, sent.at)
    deliveries.mark_arrived(session, action, row, wanted, sent.item_id, sent.thread_id, sent.at)
    if row.status == TargetStatus.DONE:
        move_on(session, row)
