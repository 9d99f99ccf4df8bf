"""Where a user is told that their bot needs them: webhooks, each with a secret that signs what is sent there."""

import secrets
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy import func, select

from bot import outgoing
from bot.activity import record
from bot.alerts import TEST, plan
from bot.bots import locked_status
from bot.errors import BotException
from bot.models import AlertChannel, new_id
from bot.models.values import AlertKind
from bot.runtime import now
from bot.scope import TenantSession, tenant
from bot.sealed import seal
from bot.users import Params

MOST_CHANNELS = 5


class NewChannel(Params):
    kind: AlertKind = "webhook"
    url: str = Field(
        min_length=1,
        max_length=outgoing.LONGEST_URL,
        description="Where alerts are sent, by POST as JSON: http or https, at port 80 or 443. It is stored encrypted.",
    )


@dataclass(frozen=True)
class Made:
    channel: AlertChannel
    secret: str


def list_channels(user_id: str) -> list[AlertChannel]:
    """The user's, the oldest first."""
    with tenant(user_id, reading=True) as session:
        return list(session.scalars(select(AlertChannel).order_by(AlertChannel.created_at, AlertChannel.id)))


def add_channel(user_id: str, params: NewChannel) -> Made:
    """Adds a webhook; the secret that it checks signatures with is told this once.

    Raises TOO_MANY_ALERT_CHANNELS and what bot.outgoing.checked does. Commits.
    """
    place, secret = outgoing.checked(params.url.strip()), secrets.token_urlsafe(32)
    with tenant(user_id) as session:
        locked_status(session)
        if session.scalars(select(func.count(AlertChannel.id))).one() >= MOST_CHANNELS:
            raise BotException("TOO_MANY_ALERT_CHANNELS")
        channel = AlertChannel(id=new_id(), user_id=user_id, kind=params.kind, address=place.shown, created_at=now())
        seal(channel, "url_encrypted", params.url.strip())
        seal(channel, "secret_encrypted", secret)
        session.add(channel)
        record(session, "alert_channel_added", "done", target=place.shown[:64])
        session.commit()
    return Made(channel, secret)


def get_channel(user_id: str, channel_id: str) -> AlertChannel:
    """Raises ALERT_CHANNEL_NOT_FOUND."""
    with tenant(user_id, reading=True) as session:
        return _found(session, channel_id)


def _found(session: TenantSession, channel_id: str) -> AlertChannel:
    channel = session.scalars(select(AlertChannel).where(AlertChannel.id == channel_id)).one_or_none()
    if channel is None:
        raise BotException("ALERT_CHANNEL_NOT_FOUND")
    return channel


def remove_channel(user_id: str, channel_id: str) -> None:
    """Raises ALERT_CHANNEL_NOT_FOUND. Commits."""
    with tenant(user_id) as session:
        channel = _found(session, channel_id)
        session.delete(channel)
        record(session, "alert_channel_removed", "done", target=channel.address[:64])
        session.commit()


def ask_for_test(user_id: str, channel_id: str) -> AlertChannel:
    """Has the clock send a test within seconds, unless an alert waits. Raises ALERT_CHANNEL_NOT_FOUND. Commits."""
    with tenant(user_id) as session:
        channel = _found(session, channel_id)
        if channel.due_at is None:
            plan(channel, TEST)
        session.commit()
    return channel
