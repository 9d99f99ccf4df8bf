"""E-mail addresses of users. A new one counts once its owner has opened the mailed link."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.auth.throttle import record_attempt
from bot.config.runtime import now
from bot.core.errors import BotException, invalid
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.params import Params
from bot.mail import texts
from bot.mail.links import find_token, send_verification, use_token, void
from bot.mail.outbox import require_mail, send_mail
from bot.storage.models import MailToken, User
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import get_user


class NewEmail(Params):
    email: MailAddress


@dataclass(frozen=True)
class EmailReport:
    """A user's address, the time of its verification, and the address whose link is not opened yet."""

    email: str | None
    verified_at: datetime | None
    pending: MailToken | None


def email_report(user_id: str) -> EmailReport:
    """Return the state of the user's address. Raises USER_NOT_FOUND."""
    user = get_user(user_id)
    waiting = select(MailToken).where(MailToken.user_id == user_id, MailToken.purpose == "verify")
    with identity(reading=True) as session:
        pending = session.scalars(waiting.where(MailToken.expires_at > now())).one_or_none()
    return EmailReport(user.email, user.email_verified_at, pending)


def change_email(user_id: str, params: NewEmail, visitor: Visitor) -> None:
    """Mail a link to the user's new address. It counts when the link is opened; until then the current one does.
    Commits.

    It makes no difference if another user has the address. Raises MAIL_NOT_CONFIGURED, TOO_MANY_ATTEMPTS,
    USER_NOT_FOUND, and INVALID_INPUT for the current verified address.
    """
    require_mail()
    user = get_user(user_id)
    if user.email_verified_at and params.email == user.email:
        raise invalid("email", "This is your address already.")
    record_attempt(AttemptKind.VERIFY, user.username, visitor)
    with identity() as session:
        send_verification(session, user, params.email)
        audit(session, "email_change_asked", actor_id=user.id, ip=visitor.ip)
        session.commit()


def pending_address(token: str) -> MailToken:
    """Return the token of a verification link without using it up. Raises LINK_INVALID."""
    with identity(reading=True) as session:
        found = find_token(session, token, "verify")
        _user_of(session, found)
        return found


def _user_of(session: IdentitySession, found: MailToken) -> User:
    user = session.get(User, found.user_id)
    if user is None or not user.is_active:
        raise BotException("LINK_INVALID")
    return user


def confirm_address(token: str, visitor: Visitor) -> User:
    """Make the linked address the user's, and notify the former one. Raises LINK_INVALID. Commits."""
    with identity() as session:
        found = find_token(session, token, "verify")
        user = _user_of(session, found)
        use_token(session, found)
        before = user.email if user.email_verified_at else None
        user.email, user.email_verified_at = found.address, now()
        audit(session, "email_verified", actor_id=user.id, ip=visitor.ip)
        if before != user.email:
            notify_former(session, user, before, texts.email_changed(user.username, now(), visitor))
        session.commit()
    return user


def notify_former(session: IdentitySession, user: User, before: str | None, words: texts.Words) -> None:
    """The address that was verified until now hears of its end, and links that were sent to it are void."""
    void(session, user.id, "reset")
    if before:
        send_mail(session, before, *words, purpose="email_changed", user_id=user.id)


def address_was_set(session: IdentitySession, user: User, before: str | None) -> None:
    """Start the verification of an address that an administrator has set, if any. The caller commits."""
    void(session, user.id, "verify")
    notify_former(session, user, before, texts.email_set(user.username, now()))
    if user.email:
        send_verification(session, user, user.email)
