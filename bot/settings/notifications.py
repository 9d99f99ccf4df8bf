"""Notifications of a user: the events of each alert channel, and the daily digest by e-mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field
from sqlalchemy import select

from bot.alerts.channels import list_channels, verified_email
from bot.alerts.delivery import EVENTS
from bot.core.errors import BotException
from bot.history.activity import record
from bot.history.audit import audit_own
from bot.inputs.params import Params
from bot.mail.outbox import require_mail
from bot.settings.changes import note_settings, snapshot
from bot.settings.digests import switch_digest
from bot.storage.bot_lock import locked_status
from bot.storage.models import AlertChannel, Digest, User
from bot.storage.models.values import ActivityStatus, AlertEvent, NewsEvent
from bot.storage.tenancy import TenantSession, tenant


class Notifications(Params):
    """The events to tell by each channel. Omitted fields stay."""

    channels: dict[str, list[NewsEvent]] = Field({}, description="The events of each alert channel, by its id.")
    digest: bool | None = Field(
        None, description="Whether to mail a digest every morning on which there is something to tell."
    )


@dataclass(frozen=True)
class NotificationsReport:
    """`change_id` undoes the change that returned this, if it changed anything. `email` is the verified address."""

    channels: list[AlertChannel]
    digest: bool
    email: str | None
    change_id: str | None = None


def events_of(channel: AlertChannel) -> list[AlertEvent]:
    """Return the events that the channel tells."""
    return [event for event in EVENTS if event not in channel.muted]


def notifications_report(user_id: str, change_id: str | None = None) -> NotificationsReport:
    with tenant(user_id, reading=True) as session:
        digest = session.scalars(select(Digest.due_at)).one_or_none()
    return NotificationsReport(list_channels(user_id), digest is not None, verified_email(user_id), change_id)


def choose_notifications(user_id: str, params: Notifications) -> NotificationsReport:
    """Choose the events of channels, and the digest. Commits.

    Raises ALERT_CHANNEL_NOT_FOUND, and for a digest MAIL_NOT_CONFIGURED and ALERT_EMAIL_UNVERIFIED.
    """
    muted = {name: [event for event in EVENTS if event not in told] for name, told in params.channels.items()}
    with tenant(user_id) as session:
        locked_status(session)
        before = snapshot(session)
        apply_notifications(session, muted=muted, digest=params.digest)
        change_id = note_settings(session, before)
        if change_id:
            record(session, "settings", ActivityStatus.DONE)
            audit_own(session, "notifications_chosen")
        session.commit()
    return notifications_report(user_id, change_id)


def apply_notifications(
    session: TenantSession, *, muted: Mapping[str, Sequence[AlertEvent]], digest: bool | None
) -> None:
    """Set the muted events of channels, and turn the digest on or off. The caller commits.

    Raises ALERT_CHANNEL_NOT_FOUND, MAIL_NOT_CONFIGURED and ALERT_EMAIL_UNVERIFIED.
    """
    channels = {channel.id: channel for channel in session.scalars(select(AlertChannel))}
    for name, events in muted.items():
        if name not in channels:
            raise BotException("ALERT_CHANNEL_NOT_FOUND")
        channels[name].muted = list(events)
    if digest is None:
        return
    if digest:
        require_mail()
        if session.scalars(select(User.email).where(User.email_verified_at.is_not(None))).one_or_none() is None:
            raise BotException("ALERT_EMAIL_UNVERIFIED")
    switch_digest(session, on=digest)
