"""Texts of replies that users type: sealed, and kept for as long as answers are, but never gone before the call."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import and_, delete, or_, select

from bot.config.runtime import now
from bot.contacts.answers import Words
from bot.core.errors import BotException
from bot.storage.models import OPEN, Action, ActionTarget, ReplyText, new_id
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import TenantSession, identity, tenant
from bot.vault.columns import seal, unseal


def keep_text(session: TenantSession, target_id: str, text: str) -> None:
    """Store the text of a reply. The caller commits."""
    moment = now()
    row = ReplyText(id=new_id(), user_id=session.user_id, target_id=target_id, created_at=moment)
    seal(row, "text_encrypted", text)
    row.forget_at = moment + timedelta(days=Words.of(session).days)
    session.add(row)


def reply_texts_of(session: TenantSession, target_ids: Sequence[str]) -> dict[str, str]:
    """Return the texts of replies by the ids of their targets. One that is gone, or whose key is lost, is missing."""
    found: dict[str, str] = {}
    for row in session.scalars(select(ReplyText).where(ReplyText.target_id.in_(target_ids))):
        with suppress(BotException):
            found[row.target_id] = unseal(row, "text_encrypted") or ""
    return found


def sealed_text(session: TenantSession, target_id: str) -> str:
    """Return the text that a reply is sent with; empty if it is gone. Raises VAULT_REFUSED."""
    row = session.scalars(select(ReplyText).where(ReplyText.target_id == target_id)).one_or_none()
    return (unseal(row, "text_encrypted") or "") if row else ""


def forget_texts_of(session: TenantSession, target_ids: Sequence[str]) -> None:
    """Delete the texts of these replies. The caller commits."""
    gone = delete(ReplyText).where(ReplyText.target_id.in_(target_ids))
    session.execute(gone.execution_options(synchronize_session=False))


def keep_texts_for(session: TenantSession, days: int) -> None:
    """Plan when the texts of the session's user go, after a change of the days. The caller commits."""
    for row in session.scalars(select(ReplyText)):
        row.forget_at = row.created_at + timedelta(days=days)


_TO_BE_SENT = and_(ActionTarget.status == TargetStatus.PENDING, Action.status.in_(OPEN))
# An unknown one may be sent again, if its user says so.
_NEEDED = (
    select(ActionTarget.id)
    .join(Action, Action.id == ActionTarget.action_id)
    .where(ActionTarget.id == ReplyText.target_id)
    .where(or_(ActionTarget.status.in_((TargetStatus.WORKING, TargetStatus.UNKNOWN)), _TO_BE_SENT))
)


def forget_old_reply_texts() -> None:
    """Delete the texts that have been kept for as long as their users chose and are not to be sent. Commits."""
    with identity(reading=True) as everybody:
        due = everybody.scalars(select(ReplyText.user_id).where(ReplyText.forget_at <= now()).distinct()).all()
    for user_id in due:
        with tenant(user_id) as session:
            gone = delete(ReplyText).where(ReplyText.forget_at <= now(), ~_NEEDED.exists())
            session.execute(gone.execution_options(synchronize_session=False))
            session.commit()
