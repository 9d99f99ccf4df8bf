"""Mails: written in the caller's transaction, delivered by the clock, and kept in the outbox in the demo."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.inputs.pagination import Page, page
from bot.mail.smtp import build_message, send_message
from bot.network.addresses import is_local
from bot.outbox.delivery import Outbox
from bot.storage.models import Mail, User, new_id
from bot.storage.tenancy import identity
from bot.vault.columns import seal, unseal

DAY = timedelta(days=1)
OUTBOX_SHOWS = 50
KEPT = timedelta(days=30)


def send_mail(
    session: Session,
    to: str,
    subject: str,
    text: str,
    *,
    purpose: str = "notice",
    user_id: str | None = None,
    useful_for: timedelta = DAY,
    request_id: str | None = None,
) -> str | None:
    """Add a mail to the session, an identity's. It is delivered only if the caller commits. Returns its id.

    Returns None without adding anything if no mail can be sent: call require_mail first if the mail is necessary.
    `request_id` defaults to the current request. Raises INVALID_INPUT if recipient or subject has more than one line.
    """
    config = runtime().config
    if not config.has_mail:
        return None
    moment = now()
    mail = Mail(id=new_id(), user_id=user_id, purpose=purpose, recipient=to, subject=subject, tries=0)
    mail.created_at, mail.expires_at = moment, moment + useful_for
    mail.request_id = request_id or get_contextvars().get("request_id")
    mail.due_at = None if config.mails_stay_here else moment
    build_message(mail, text)
    seal(mail, "text_encrypted", text)
    session.add(mail)
    return mail.id


def send_now(to: str, subject: str, text: str) -> None:
    """Send a mail once without storing it, for news that cannot wait for the database. Raises the errors of
    send_message.
    """
    mail = Mail(id=new_id(), recipient=to, subject=subject, created_at=now())
    send_message(build_message(mail, text))


def mail_user(session: Session, user: User, words: tuple[str, str], *, purpose: str) -> None:
    """Mail the user if they have a verified address. The caller commits."""
    if user.email and user.email_verified_at:
        send_mail(session, user.email, *words, purpose=purpose, user_id=user.id)


def require_mail() -> None:
    """Raise MAIL_NOT_CONFIGURED if no mail can be sent."""
    if not runtime().config.has_mail:
        raise BotException("MAIL_NOT_CONFIGURED")


class MailOutbox(Outbox[Mail]):
    """Sends mails to the mail server, one after the other."""

    name = "mail"
    table = Mail
    # Connecting, greeting, signing in and each line of the mail take SMTP_TIMEOUT at most.
    lease = timedelta(minutes=15)
    batch_size = 50

    def send(self, row: Mail) -> None:
        text = unseal(row, "text_encrypted")
        if text is None or row.expires_at <= now():
            raise BotException("MAIL_TOO_LATE")
        send_message(build_message(row, text))

    def may_retry(self, row: Mail, again: datetime) -> bool:
        return again < row.expires_at

    def sent(self, row: Mail) -> Mapping[str, object]:
        return {"error_code": None, "text_encrypted": None}

    def failed(self, row: Mail, failure: BotException, *, given_up: bool) -> Mapping[str, object]:
        return {"error_code": failure.code} | ({"text_encrypted": None} if given_up else {})

    def origin_of(self, row: Mail) -> Mapping[str, str | None]:
        return {"user_id": row.user_id, "request_id": row.request_id}

    def described(self, row: Mail) -> Mapping[str, str]:
        return {"mail_id": row.id, "purpose": row.purpose}


OUTBOX = MailOutbox()


def deliver_mails() -> int:
    """Send the mails that are due, and return the number that the mail server accepted. Commits."""
    return OUTBOX.deliver_due() if runtime().config.mail_server else 0


@dataclass(frozen=True)
class OutboxMail:
    """A mail as its recipient would read it."""

    id: str
    recipient: str
    subject: str
    text: str
    created_at: datetime


def outbox(visitor: Visitor, host: str) -> list[OutboxMail]:
    """Return the latest mails of the demo, newest first, for a visitor on the same machine who used a local name.

    Raises NOT_FOUND for anyone else, because mails belong to their recipients. A page of another site can point its own
    name to this machine, and a proxy can bring others here. The requested name reveals both.
    """
    if not (runtime().config.mails_stay_here and is_local(visitor.ip) and is_local(host)):
        raise BotException("NOT_FOUND")
    with identity(reading=True) as session:
        kept = select(Mail).where(Mail.text_encrypted.is_not(None))
        mails = session.scalars(kept.order_by(Mail.created_at.desc(), Mail.id.desc()).limit(OUTBOX_SHOWS))
        return [_letter(mail) for mail in mails]


def _letter(mail: Mail) -> OutboxMail:
    return OutboxMail(mail.id, mail.recipient, mail.subject, unseal(mail, "text_encrypted") or "", mail.created_at)


def list_mails(limit: int, cursor: str | None) -> Page[Mail]:
    """Return a page of the mails of the last 30 days with their results, newest first, for administrators."""
    with identity(reading=True) as session:
        return page(session, select(Mail), (Mail.created_at, Mail.id), limit, cursor)


def forget_old_mails() -> None:
    """Delete texts that are no longer useful, and the results of mails after 30 days. Commits."""
    moment = now()
    with identity() as session:
        stale = update(Mail).where(Mail.expires_at < moment - DAY, Mail.text_encrypted.is_not(None))
        session.execute(stale.values(text_encrypted=None))
        session.execute(delete(Mail).where(Mail.created_at < moment - KEPT))
        session.commit()
