"""Notices that reveal a stranger's sign-in: the previous one, failed ones since, new devices, new passwords."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.auth.sessions import SessionInfo
from bot.config.runtime import now
from bot.core.user_agents import described
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.mail import texts
from bot.mail.outbox import mail_user
from bot.storage.models import AuditEntry, User, UserSession
from bot.storage.tenancy import IdentitySession, identity

FAILED = "sign_in_failed"


@dataclass(frozen=True)
class LastSignIn:
    """The previous sign-in, and the number of failed ones between the two."""

    at: datetime
    ip: str
    device: str
    failed: int


def last_sign_in(who: SessionInfo) -> LastSignIn | None:
    """Return the previous sign-in, or None if there was none or it is too old to be stored."""
    with identity(reading=True) as session:
        mine = session.get_one(UserSession, who.session_id)
        earlier = select(UserSession).where(UserSession.user_id == who.id, UserSession.created_at < mine.created_at)
        before = session.scalars(earlier.order_by(UserSession.created_at.desc()).limit(1)).one_or_none()
        if before is None:
            return None
        between = AuditEntry.at > before.created_at, AuditEntry.at <= mine.created_at
        failed = select(func.count(AuditEntry.id)).where(
            AuditEntry.subject_id == who.id, AuditEntry.event == FAILED, *between
        )
        return LastSignIn(before.created_at, before.ip, described(before.user_agent), session.scalars(failed).one())


def note_failure(user: User | None, visitor: Visitor) -> None:
    """Record a failed sign-in, in the same way for known and unknown users. Commits."""
    with identity() as session:
        audit(session, FAILED, actor_id=None, subject_id=user.id if user else None, ip=visitor.ip)
        session.commit()


def notify_new_device(session: IdentitySession, user: User, visitor: Visitor) -> None:
    """Mail the verified address if no earlier sign-in used the same program from the same network.

    Call it before the sign-in is issued. The first one of all sends no mail. The caller commits.
    """
    if user.email is None or user.email_verified_at is None:
        return
    # A sign-in that still waits for a code, or never got it, proves no one's device.
    mine = select(UserSession.user_agent, UserSession.ip).where(UserSession.user_id == user.id, ~UserSession.needs_code)
    known = {(row.user_agent, Visitor(row.ip, "").network) for row in session.execute(mine.distinct())}
    if known and (visitor.user_agent[:255], visitor.network) not in known:
        mail_user(session, user, texts.new_device(user.username, now(), visitor), purpose="new_device")


def notify_new_password(session: IdentitySession, user: User, visitor: Visitor) -> None:
    """Mail the verified address that a person who knew the password changed it. The caller commits."""
    mail_user(session, user, texts.password_changed(user.username, now(), visitor), purpose="password_changed")
