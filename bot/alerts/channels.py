"""Alert channels of users: webhooks, each with a secret for its signatures, and the user's mailbox."""

from dataclasses import dataclass

from pydantic import ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from bot.alerts.delivery import TEST, plan
from bot.alerts.webhook_signatures import new_secret
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.history.activity import record
from bot.history.audit import audit_own
from bot.inputs.params import Params
from bot.inputs.validation import refused
from bot.mail.outbox import require_mail
from bot.network import pinned_http
from bot.storage.bot_lock import locked_status
from bot.storage.models import AlertChannel, User, new_id
from bot.storage.models.values import ActivityStatus, AlertKind
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import seal

MAX_CHANNELS = 5


class NewChannel(Params):
    # A webhook needs a URL, and no other kind takes one.
    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["url"], "properties": {"kind": {"const": "webhook"}, "url": {"type": "string"}}},
                {"required": ["kind"], "properties": {"kind": {"const": "email"}, "url": {"type": "null"}}},
            ]
        }
    )

    kind: AlertKind = Field(
        AlertKind.WEBHOOK, description="`email` is mailed to your verified address, and takes no `url`."
    )
    url: str | None = Field(
        None,
        min_length=1,
        max_length=pinned_http.MAX_URL,
        description="Where a webhook is sent alerts, by POST as JSON: http or https, at port 80 or 443. It is stored "
        "encrypted.",
    )


@dataclass(frozen=True)
class CreatedChannel:
    """A new channel. `secret` signs the requests to a webhook."""

    channel: AlertChannel
    secret: str | None


def list_channels(user_id: str) -> list[AlertChannel]:
    """Return the user's channels, oldest first."""
    with tenant(user_id, reading=True) as session:
        found = session.scalars(select(AlertChannel).order_by(AlertChannel.created_at, AlertChannel.id))
        return [_addressed(session, channel) for channel in found.all()]


def verified_email(user_id: str) -> str | None:
    """Return the user's verified address, to which alerts can go, or None."""
    with tenant(user_id, reading=True) as session:
        return _verified(session)


def _verified(session: TenantSession) -> str | None:
    query = select(User.email).where(User.email_verified_at.is_not(None))
    return session.scalars(query).one_or_none()


def _addressed(session: TenantSession, channel: AlertChannel) -> AlertChannel:
    """Fill in the current address of a mail channel. A waiting alert follows a change of the address."""
    if channel.kind == "email":
        set_committed_value(channel, "address", _verified(session) or "")
    return channel


def add_channel(user_id: str, params: NewChannel) -> CreatedChannel:
    """Add a channel. The secret that checks a webhook's signatures is returned only here. Commits.

    Raises INVALID_INPUT, TOO_MANY_ALERT_CHANNELS and the errors of pinned_http.check_url. An e-mail channel also raises
    MAIL_NOT_CONFIGURED, ALERT_EMAIL_UNVERIFIED and ALERT_EMAIL_EXISTS.
    """
    if params.kind == "email":
        if params.url is not None:
            raise _at_url("NOT_ALLOWED", "An e-mail channel takes no address: mails go to your verified one.")
        require_mail()
        return _added(user_id, AlertChannel(kind="email", address=""), None)
    if params.url is None:
        raise _at_url("MISSING", "Enter the address of the webhook.")
    place, secret = pinned_http.check_url(params.url.strip()), new_secret()
    channel = AlertChannel(kind="webhook", address=place.shown)
    return _added(user_id, channel, (params.url.strip(), secret))


def _at_url(code: str, message: str) -> BotException:
    return refused([{"field": "url", "code": code, "message": message}])


def _added(user_id: str, channel: AlertChannel, sealed: tuple[str, str] | None) -> CreatedChannel:
    channel.id, channel.user_id, channel.created_at = new_id(), user_id, now()
    with tenant(user_id) as session:
        locked_status(session)
        kinds = session.scalars(select(AlertChannel.kind)).all()
        if channel.kind == "email" and channel.kind in kinds:
            raise BotException("ALERT_EMAIL_EXISTS")
        if channel.kind == "email" and _verified(session) is None:
            raise BotException("ALERT_EMAIL_UNVERIFIED")
        if len(kinds) >= MAX_CHANNELS:
            raise BotException("TOO_MANY_ALERT_CHANNELS")
        if sealed:
            seal(channel, "url_encrypted", sealed[0])
            seal(channel, "secret_encrypted", sealed[1])
        session.add(channel)
        record(session, "alert_channel_added", ActivityStatus.DONE, target=channel.address[:64] or None)
        audit_own(session, "alert_channel_added", f"{channel.kind} {channel.id}")
        session.commit()
        return CreatedChannel(_addressed(session, channel), sealed[1] if sealed else None)


def get_channel(user_id: str, channel_id: str) -> AlertChannel:
    """Return one of the user's channels. Raises ALERT_CHANNEL_NOT_FOUND."""
    with tenant(user_id, reading=True) as session:
        return _addressed(session, _found(session, channel_id))


def _found(session: TenantSession, channel_id: str) -> AlertChannel:
    channel = session.scalars(select(AlertChannel).where(AlertChannel.id == channel_id)).one_or_none()
    if channel is None:
        raise BotException("ALERT_CHANNEL_NOT_FOUND")
    return channel


def remove_channel(user_id: str, channel_id: str) -> None:
    """Delete one of the user's channels. Raises ALERT_CHANNEL_NOT_FOUND. Commits."""
    with tenant(user_id) as session:
        channel = _found(session, channel_id)
        session.delete(channel)
        record(session, "alert_channel_removed", ActivityStatus.DONE, target=channel.address[:64] or None)
        audit_own(session, "alert_channel_removed", f"{channel.kind} {channel.id}")
        session.commit()


def ask_for_test(user_id: str, channel_id: str) -> AlertChannel:
    """Make the clock send a test within seconds, unless an alert waits. Raises ALERT_CHANNEL_NOT_FOUND. Commits."""
    with tenant(user_id) as session:
        channel = _found(session, channel_id)
        if channel.due_at is None:
            plan(channel, TEST)
        audit_own(session, "alert_channel_tested", f"{channel.kind} {channel.id}")
        session.commit()
        return _addressed(session, channel)
