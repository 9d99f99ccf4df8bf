"""Mails: written in the caller's transaction, delivered by the clock, and in the demo left in the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars, get_contextvars

from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.core.visitor import Visitor
from bot.history.activity import log_error
from bot.inputs.pagination import Page, page
from bot.mail.smtp import hand_over, message_of
from bot.network.addresses import is_here
from bot.storage.models import Mail, User, new_id
from bot.storage.tenancy import identity
from bot.vault.columns import seal, unseal

DAY = timedelta(days=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=2)
# A try is over by then: connecting, greeting, signing in and each line of the mail wait for SMTP_TIMEOUT at most.
LEASE = timedelta(minutes=15)
MOST_AT_ONCE = 50
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


def deliver_due() -> int:
    """Hands the mails over that are due, oldest first, and returns how many the mail server took.

    Any number of clocks may do so at once: each mail is claimed by one of them.
    """
    if runtime().config.mail_server is None:
        return 0
    with identity(reading=True) as session:
        due = select(Mail).where(Mail.due_at <= now()).order_by(Mail.due_at).limit(MOST_AT_ONCE)
        mails = list(session.scalars(due))
    return sum(_traced(mail) for mail in mails if _claim(mail))


def _traced(mail: Mail) -> bool:
    request = {"request_id": mail.request_id} if mail.request_id else {}
    with bound_contextvars(user_id=mail.user_id, action="mail", **request):
        return _deliver(mail)


def _claim(mail: Mail) -> bool:
    """Whether the mail is still due, and this clock's from now on, until the lease ends."""
    with identity() as session:
        mine = update(Mail).where(Mail.id == mail.id, Mail.due_at == mail.due_at)
        claimed = session.execute(mine.values(due_at=now() + LEASE, tries=Mail.tries + 1).returning(Mail.tries))
        tries = claimed.scalar_one_or_none()
        session.commit()
    mail.tries = tries or 0
    return tries is not None


def _deliver(mail: Mail) -> bool:
    try:
        text = unseal(mail, "text_encrypted")
        if text is None or mail.expires_at <= now():
            raise BotException("MAIL_TOO_LATE")
        hand_over(message_of(mail, text))
    except BotException as failure:
        _failed(mail, failure)
        return False
    _settle(mail, due_at=None, sent_at=now(), error_code=None, text_encrypted=None)
    get_logger().info("mail_sent", mail_id=mail.id, purpose=mail.purpose, tries=mail.tries)
    return True


def _failed(mail: Mail, failure: BotException) -> None:
    """Plans the next try after a pause that doubles, or gives up: a refusal for good, or too late to be of use."""
    log_error(failure, mail_id=mail.id, purpose=mail.purpose, tries=mail.tries)
    again = now() + min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 10), LONGEST_PAUSE)
    if failure.retryable and again < mail.expires_at:
        _settle(mail, due_at=again, error_code=failure.code)
    else:
        _settle(mail, due_at=None, error_code=failure.code, text_encrypted=None)


def _settle(mail: Mail, **values: object) -> None:
    with identity() as session:
        session.execute(update(Mail).where(Mail.id == mail.id).values(**values))
        session.commit()


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
    if not (runtime().config.mails_stay_here and is_here(visitor.ip) and is_here(host)):
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
