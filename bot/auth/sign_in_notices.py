"""What people are told so that a stranger's sign-in shows: the one before, failed ones since, devices, passwords."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.auth.sessions import SessionInfo
from bot.config.runtime import now
from bot.core.user_agents import described
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.mail import texts as mail_texts
from bot.mail.outbox import notify
from bot.storage.models import AuditEntry, User, UserSession
from bot.storage.tenancy import IdentitySession, identity

FAILED = "sign_in_failed"


@dataclass(frozen=True)
class LastSignIn:
    """The sign-in before this one, and how many failed between the two."""

    at: datetime
    ip: str
    device: str
    failed: int


def last_sign_in(who: SessionInfo) -> LastSignIn | None:
    """None at the first sign-in, or where the one before is so long ago that it was forgotten."""
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
    """Writes down that a sign-in failed, in the same way whether there is such a user or not. Commits."""
    with identity() as session:
        audit(session, FAILED, actor_id=None, subject_id=user.id if user else None, ip=visitor.ip)
        session.commit()


def notify_new_device(session: IdentitySession, user: User, visitor: Visitor) -> None:
    """Mails to the verified address of who signs in with a program and from a network that no sign-in had together.

    Call it before the sign-in is issued. The first one of all tells nobody anything; the caller commits.
    """
    if user.email is None or user.email_verified_at is None:
        return
    # One that waits for a code, or waited in vain, has shown nobody.
    mine = select(UserSession.user_agent, UserSession.ip).where(UserSession.user_id == user.id, ~UserSession.needs_code)
    known = {(row.user_agent, Visitor(row.ip, "").network) for row in session.execute(mine.distinct())}
    if known and (visitor.user_agent[:255], visitor.network) not in known:
        notify(session, user, mail_texts.new_device(user.username, now(), visitor), purpose="new_device")


def notify_new_password(session: IdentitySession, user: User, visitor: Visitor) -> None:
    """Mails to the verified address that somebody who knew the password chose another; the caller commits."""
    notify(session, user, mail_texts.password_changed(user.username, now(), visitor), purpose="password_changed")
