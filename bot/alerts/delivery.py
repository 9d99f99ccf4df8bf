"""Alerts: a bot that was blocked or logged out is told to its user, by signed webhooks and by mail, by the clock."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import current_app
from flask.ctx import AppContext
from sqlalchemy import select, update
from structlog.contextvars import bound_contextvars, get_contextvars

from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.core.log import get_logger
from bot.history.activity import log_error
from bot.mail import texts as mail_texts
from bot.mail.outbox import send_mail
from bot.network import pinned_http as outgoing
from bot.storage.models import AlertChannel, Mail, User
from bot.storage.models.values import AlertEvent
from bot.storage.tenancy import TenantSession, identity
from bot.vault.columns import unseal

# Each has a thread of its own, and a round takes as long as its longest try.
MOST_AT_ONCE = 20
MOST_TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
# A try is over by then, whatever the other side does.
LEASE = timedelta(minutes=1)
TEST: AlertEvent = "test"
# The clock looks at mails every two seconds.
MAIL_LOOK = timedelta(seconds=5)


def raise_alert(session: TenantSession, event: AlertEvent, error: BotException) -> None:
    """Has every channel of the session's user told; the caller commits."""
    for channel in session.scalars(select(AlertChannel)):
        plan(channel, event, error.code)


def plan(channel: AlertChannel, event: AlertEvent, code: str | None = None) -> None:
    """Has the clock tell this, in the place of what was to be told before; the caller commits."""
    channel.event, channel.error_code, channel.happened_at = event, code, now()
    context = get_contextvars()
    channel.request_id, channel.action_id = context.get("request_id"), context.get("action_id")
    channel.due_at, channel.tries, channel.failure, channel.mail_id = now(), 0, None, None


def deliver_due() -> int:
    """Sends what is due, side by side so that a webhook which hangs holds up no other, and returns how many were taken.

    Any number of clocks may do so at once: each alert is claimed by one of them, right before it is sent.
    """
    due = select(AlertChannel).where(AlertChannel.due_at <= now()).order_by(AlertChannel.due_at).limit(MOST_AT_ONCE)
    with identity(reading=True) as session:
        channels = list(session.scalars(due))
    if not channels:
        return 0
    with ThreadPoolExecutor(len(channels), "alert") as pool:
        return sum(pool.map(_send, channels, [current_app.app_context() for _ in channels]))


def _send(channel: AlertChannel, context: AppContext) -> bool:
    with context, bound_contextvars(user_id=channel.user_id, action="alert", **_origin_of(channel)):
        return _claim(channel) and _deliver(channel)


def _origin_of(channel: AlertChannel) -> dict[str, str]:
    """The request and the order from which an alert came, where there are any."""
    known = {"request_id": channel.request_id, "action_id": channel.action_id}
    return {name: value for name, value in known.items() if value}


def _claim(channel: AlertChannel) -> bool:
    with identity() as session:
        mine = update(AlertChannel).where(AlertChannel.id == channel.id, AlertChannel.due_at == channel.due_at)
        planned = {"due_at": now() + LEASE, "tries": AlertChannel.tries + 1}
        claimed = session.execute(mine.values(planned).returning(AlertChannel.due_at, AlertChannel.tries)).one_or_none()
        session.commit()
    if claimed:
        channel.due_at, channel.tries = claimed.due_at, claimed.tries
    return claimed is not None


def _deliver(channel: AlertChannel) -> bool:
    try:
        if channel.kind == "email":
            return _deliver_mail(channel)
        body = message_of(channel)
        secret = unseal(channel, "secret_encrypted") or ""
        outgoing.post(unseal(channel, "url_encrypted") or "", body, signed(body, secret))
    except BotException as failure:
        log_error(failure, channel_id=channel.id, tries=channel.tries)
        again = failure.retryable and channel.kind == "webhook" and channel.event != TEST and channel.tries < MOST_TRIES
        pause = FIRST_PAUSE * 2 ** (channel.tries - 1)
        _settle(channel, due_at=now() + pause if again else None, failure=failure.message[:300])
        return False
    return _sent(channel)


def _sent(channel: AlertChannel) -> bool:
    _settle(channel, due_at=None, sent_at=now(), failure=None)
    get_logger().info("alert_sent", channel_id=channel.id, kind=channel.kind, alert=channel.event, tries=channel.tries)
    return True


def _deliver_mail(channel: AlertChannel) -> bool:
    """Writes the mail of an alert, and then looks what became of it until that is known: mails have tries of their own.

    Raises ALERT_EMAIL_UNVERIFIED, MAIL_NOT_CONFIGURED, and why the mail was given up.
    """
    if channel.mail_id is None:
        _settle(channel, due_at=now() + MAIL_LOOK, mail_id=_write_mail(channel))
        return False
    with identity(reading=True) as session:
        mail = session.get(Mail, channel.mail_id)
    why = find_code(mail.error_code) if mail else None
    if mail is None or mail.state == "given_up":
        raise BotException(why.name if why else "MAIL_TOO_LATE")
    if mail.due_at:
        _settle(channel, due_at=max(now(), mail.due_at) + MAIL_LOOK, failure=why.description if why else None)
        return False
    return _sent(channel)


def _write_mail(channel: AlertChannel) -> str:
    """The id of a mail to the address that is verified now."""
    with identity() as session:
        user = session.get(User, channel.user_id)
        if user is None or not user.email or not user.email_verified_at:
            raise BotException("ALERT_EMAIL_UNVERIFIED")
        words = mail_texts.alert(channel.event or TEST, find_code(channel.error_code), _origin_of(channel))
        mail_id = send_mail(session, user.email, *words, purpose="alert", user_id=user.id)
        session.commit()
    if mail_id is None:
        raise BotException("MAIL_NOT_CONFIGURED")
    return mail_id


def _settle(channel: AlertChannel, **values: object) -> None:
    """Unless another alert has come since."""
    with identity() as session:
        mine = update(AlertChannel).where(AlertChannel.id == channel.id, AlertChannel.due_at == channel.due_at)
        session.execute(mine.values(**values))
        session.commit()


def message_of(channel: AlertChannel) -> bytes:
    """What a webhook is told, as JSON: `event`, `at`, `request_id` and `action_id` where known, and of a failure
    `error`, `code`, `message` and `action`.
    """
    told: dict[str, str | None] = {
        "event": channel.event,
        "at": channel.happened_at.isoformat() if channel.happened_at else None,
        **_origin_of(channel),
    }
    if entry := find_code(channel.error_code):
        told |= {"error": entry.name, "code": entry.code, "message": entry.description, "action": entry.remedy}
    return json.dumps(told).encode()


def signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers of a body: the time of sending in epoch seconds, and HMAC-SHA256 over `time.body`."""
    moment = str(int(now().timestamp()))
    signature = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Troupe-Timestamp": moment,
        "X-Troupe-Signature": f"sha256={signature}",
    }
