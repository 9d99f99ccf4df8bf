"""Delivery of alerts: the clock sends the news of a blocked or logged-out bot by signed webhooks and by mail."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID, uuid5

from sqlalchemy import select
from structlog.contextvars import get_contextvars

from bot.alerts.webhook_signatures import signature_headers
from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.mail import texts
from bot.mail.outbox import send_mail
from bot.network import pinned_http
from bot.outbox.delivery import Outbox, Postponed
from bot.storage.models import AlertChannel, Mail, User
from bot.storage.models.values import ANSWER_EVENTS, AlertEvent, NewsEvent
from bot.storage.tenancy import TenantSession, identity
from bot.vault.columns import unseal

MAX_TRIES = 5
TEST: AlertEvent = "test"
EVENTS: tuple[NewsEvent, ...] = get_args(NewsEvent)
"""The events that a channel can tell, the one that matters most first."""
# The clock delivers mails every two seconds.
MAIL_CHECK_INTERVAL = timedelta(seconds=5)


def raise_alert(session: TenantSession, event: NewsEvent, error: BotException | None = None) -> None:
    """Plan the alert on every channel of the session's user that tells this event. The caller commits.

    News that matters more and still waits is not replaced by an answer.
    """
    for channel in session.scalars(select(AlertChannel)):
        if event not in channel.muted and not _waits_for_more(channel, event):
            plan(channel, event, error.code if error else None)


def _waits_for_more(channel: AlertChannel, event: NewsEvent) -> bool:
    waits = channel.event if channel.due_at else None
    return event in ANSWER_EVENTS and waits in EVENTS and EVENTS.index(waits) < EVENTS.index(event)


def plan(channel: AlertChannel, event: AlertEvent, code: str | None = None) -> None:
    """Plan this alert on the channel, in place of an earlier one. The caller commits."""
    channel.event, channel.error_code, channel.happened_at = event, code, now()
    context = get_contextvars()
    channel.request_id, channel.action_id = context.get("request_id"), context.get("action_id")
    channel.due_at, channel.tries, channel.failure, channel.mail_id = now(), 0, None, None


class AlertOutbox(Outbox[AlertChannel]):
    """The delivery of each channel's last alert. A mail has its own retries, so its channel waits for the result."""

    name = "alert"
    table = AlertChannel
    # Longer than WHOLE_SECONDS, after which every webhook times out.
    lease = timedelta(minutes=1)
    batch_size = 20
    side_by_side = True

    def send(self, row: AlertChannel) -> Postponed | None:
        if row.kind == "email":
            return _send_mail(row)
        body = alert_body(row)
        pinned_http.post(unseal(row, "url_encrypted") or "", body, _headers_of(row, body))
        return None

    def may_retry(self, row: AlertChannel, again: datetime) -> bool:
        return row.kind == "webhook" and row.event != TEST and row.tries < MAX_TRIES

    def sent(self, row: AlertChannel) -> Mapping[str, object]:
        return {"failure": None}

    def failed(self, row: AlertChannel, failure: BotException, *, given_up: bool) -> Mapping[str, object]:
        return {"failure": failure.message[:300]}

    def origin_of(self, row: AlertChannel) -> Mapping[str, str | None]:
        return {"user_id": row.user_id, **_origin_of(row)}

    def described(self, row: AlertChannel) -> Mapping[str, str | None]:
        return {"channel_id": row.id, "kind": row.kind, "alert": row.event}


OUTBOX = AlertOutbox()


def deliver_alerts() -> int:
    """Send the due alerts, and return the number of those that were accepted. Commits."""
    return OUTBOX.deliver_due()


def _origin_of(channel: AlertChannel) -> dict[str, str]:
    """Return the ids of the request and the action that an alert comes from, if any."""
    known = {"request_id": channel.request_id, "action_id": channel.action_id}
    return {name: value for name, value in known.items() if value}


def _send_mail(channel: AlertChannel) -> Postponed | None:
    """Write the mail of an alert, and check its result in later rounds.

    Raises ALERT_EMAIL_UNVERIFIED, MAIL_NOT_CONFIGURED, and the error that the mail was given up for.
    """
    if channel.mail_id is None:
        return Postponed(now() + MAIL_CHECK_INTERVAL, {"mail_id": _write_mail(channel)})
    with identity(reading=True) as session:
        mail = session.get(Mail, channel.mail_id)
    why = find_code(mail.error_code) if mail else None
    if mail is None or mail.state == "given_up":
        raise BotException(why.name if why else "MAIL_TOO_LATE")
    if mail.due_at:
        look_at = max(now(), mail.due_at) + MAIL_CHECK_INTERVAL
        return Postponed(look_at, {"failure": why.description if why else None})
    return None


def _write_mail(channel: AlertChannel) -> str:
    """Write a mail to the currently verified address, and return its id."""
    with identity() as session:
        user = session.get(User, channel.user_id)
        if user is None or not user.email or not user.email_verified_at:
            raise BotException("ALERT_EMAIL_UNVERIFIED")
        words = texts.alert(channel.event or TEST, find_code(channel.error_code), _origin_of(channel))
        mail_id = send_mail(session, user.email, *words, purpose="alert", user_id=user.id)
        session.commit()
    if mail_id is None:
        raise BotException("MAIL_NOT_CONFIGURED")
    return mail_id


def alert_body(channel: AlertChannel) -> bytes:
    """Return the JSON body for a webhook.

    It has `event`, `at`, and `request_id` and `action_id` if known. A failure adds `error`, `code`, `message` and
    `action`.
    """
    told: dict[str, str | None] = {
        "event": channel.event,
        "at": channel.happened_at.isoformat() if channel.happened_at else None,
        **_origin_of(channel),
    }
    if entry := find_code(channel.error_code):
        told |= {"error": entry.name, "code": entry.code, "message": entry.description, "action": entry.remedy}
    return json.dumps(told).encode()


def _headers_of(channel: AlertChannel, body: bytes) -> dict[str, str]:
    secret = unseal(channel, "secret_encrypted") or ""
    return {
        "Content-Type": "application/json",
        **signature_headers(_message_id(channel), int(now().timestamp()), body, secret),
    }


def _message_id(channel: AlertChannel) -> str:
    """Return the id of an alert. It is the same in every try, and each alert has another."""
    return f"msg_{uuid5(UUID(channel.id), str(channel.happened_at)).hex}"
