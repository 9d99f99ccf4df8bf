"""Mails: written in the caller's transaction, delivered by the clock, and in the demo left in the outbox."""

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
from bot.mail.smtp import hand_over, message_of
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
    """Adds a mail to the session, an identity's; it is delivered once the caller has committed, or not at all.

    Returns its id. Where no mail can be sent nothing is added: who needs it asks require_mail first. `request_id` is
    that of the present request if left out. Raises INVALID_INPUT when the recipient or the subject is more than one
    line.
    """
    config = runtime().config
    if not config.has_mail:
        return None
    moment = now()
    mail = Mail(id=new_id(), user_id=user_id, purpose=purpose, recipient=to, subject=subject, tries=0)
    mail.created_at, mail.expires_at = moment, moment + useful_for
    mail.request_id = request_id or get_contextvars().get("request_id")
    mail.due_at = None if config.mails_stay_here else moment
    message_of(mail, text)
    seal(mail, "text_encrypted", text)
    session.add(mail)
    return mail.id


def hand_over_now(to: str, subject: str, text: str) -> None:
    """Hands a mail over once without keeping it, for what cannot wait for the database. Raises as hand_over does."""
    mail = Mail(id=new_id(), recipient=to, subject=subject, created_at=now())
    hand_over(message_of(mail, text))


def notify(session: Session, user: User, words: tuple[str, str], *, purpose: str) -> None:
    """Tells the user by mail, where they have an address of theirs; the caller commits."""
    if user.email and user.email_verified_at:
        send_mail(session, user.email, *words, purpose=purpose, user_id=user.id)


def require_mail() -> None:
    """Raises MAIL_NOT_CONFIGURED where no mail can be sent."""
    if not runtime().config.has_mail:
        raise BotException("MAIL_NOT_CONFIGURED")


class MailOutbox(Outbox[Mail]):
    """Hands mails over to the mail server, one after the other."""

    name = "mail"
    table = Mail
    # Connecting, greeting, signing in and each line of the mail wait for SMTP_TIMEOUT at most.
    lease = timedelta(minutes=15)
    batch_size = 50

    def send(self, row: Mail) -> None:
        text = unseal(row, "text_encrypted")
        if text is None or row.expires_at <= now():
            raise BotException("MAIL_TOO_LATE")
        hand_over(message_of(row, text))

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


def deliver_due() -> int:
    """Hands the mails over that are due, and returns how many the mail server took. Commits."""
    return OUTBOX.deliver_due() if runtime().config.mail_server else 0


@dataclass(frozen=True)
class Letter:
    """A mail as its recipient would read it."""

    id: str
    recipient: str
    subject: str
    text: str
    created_at: datetime


def outbox(visitor: Visitor, host: str) -> list[Letter]:
    """The latest mails of the demo, newest first, for who is on the same machine and asked for it by such a name.

    Raises NOT_FOUND anywhere else: mails are their recipients'. A page of another site can make its own name lead to
    this machine, and a proxy can bring others here; the name that they asked for gives both away.
    """
    if not (runtime().config.mails_stay_here and is_local(visitor.ip) and is_local(host)):
        raise BotException("NOT_FOUND")
    with identity(reading=True) as session:
        kept = select(Mail).where(Mail.text_encrypted.is_not(None))
        mails = session.scalars(kept.order_by(Mail.created_at.desc(), Mail.id.desc()).limit(OUTBOX_SHOWS))
        return [_letter(mail) for mail in mails]


def _letter(mail: Mail) -> Letter:
    return Letter(mail.id, mail.recipient, mail.subject, unseal(mail, "text_encrypted") or "", mail.created_at)


def list_mails(limit: int, cursor: str | None) -> Page[Mail]:
    """What became of the mails of the last 30 days, newest first; for administrators."""
    with identity(reading=True) as session:
        return page(session, select(Mail), (Mail.created_at, Mail.id), limit, cursor)


def forget_old_mails() -> None:
    """Erases the texts that nobody can use any more, and what became of mails after 30 days. Commits."""
    moment = now()
    with identity() as session:
        stale = update(Mail).where(Mail.expires_at < moment - DAY, Mail.text_encrypted.is_not(None))
        session.execute(stale.values(text_encrypted=None))
        session.execute(delete(Mail).where(Mail.created_at < moment - KEPT))
        session.commit()
