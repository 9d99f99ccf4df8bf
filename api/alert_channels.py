"""Alert channels: addresses that are told when a bot needs its user."""

from datetime import datetime
from typing import Self
from uuid import UUID

from flask import url_for
from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from api.settings import CHANGE_ID
from bot.alerts import channels as alert_channels
from bot.alerts.channels import CreatedChannel, NewChannel
from bot.settings import notifications
from bot.settings.notifications import Notifications, NotificationsReport, events_of
from bot.storage.models import AlertChannel
from bot.storage.models.values import AlertEvent, AlertKind, NewsEvent
from middleware.access import me, signed_in

bp = blueprint("alert_channels", "Alerts")
MAILED = ("MAIL_NOT_CONFIGURED", "ALERT_EMAIL_UNVERIFIED", "ALERT_EMAIL_EXISTS")
TYPED_WEBHOOK = ("WEBHOOK_MALFORMED", "WEBHOOK_FORBIDDEN", "WEBHOOK_NOT_FOUND")


class ChannelOut(Schema):
    """An alert channel: its address, without the secret parts, and the state of its last alert."""

    id: str
    kind: AlertKind
    address: str = Field(
        description="Of a webhook scheme and host, as the rest of the URL is not shown again; of `email` the verified "
        "address, empty while there is none."
    )
    created_at: datetime
    event: AlertEvent | None = Field(description="The last alert; null before any.")
    happened_at: datetime | None = Field(description="When the last alert changed its state.")
    due_at: datetime | None = Field(description="When it is tried next; null if none is pending.")
    sent_at: datetime | None = Field(description="When an alert was last delivered.")
    failure: str | None = Field(description="Why the last try failed; null if it succeeded.")


class ChannelAnswer(Answer):
    channel: ChannelOut

    @classmethod
    def of(cls, channel: AlertChannel) -> Self:
        return cls(channel=ChannelOut.model_validate(channel))


class ChannelMade(ChannelAnswer):
    secret: str | None = Field(
        description="Null for `email`. Signs what a webhook is sent, by Standard Webhooks: `webhook-signature` is "
        "`v1,` and the HMAC-SHA256, in base64, of `webhook-id`, a dot, `webhook-timestamp`, a dot and the body. The "
        "key is what comes after `whsec_`, decoded from base64. Until version 1.0 there is "
        "`X-Troupe-Signature` too: `sha256=` and the HMAC-SHA256, in hexadecimal, of `X-Troupe-Timestamp`, a "
        "dot and the body, with the characters of the whole secret as the key. Shown only once."
    )

    @classmethod
    def made(cls, made: CreatedChannel) -> Self:
        return cls(channel=ChannelOut.model_validate(made.channel), secret=made.secret)


class ChannelListing(Answer):
    items: list[ChannelOut]

    @classmethod
    def of(cls, channels: list[AlertChannel]) -> Self:
        return cls(items=[ChannelOut.model_validate(channel) for channel in channels])


@bp.get("/alert-channels")
@signed_in
@bp.output(ChannelListing)
def list_alert_channels() -> ChannelListing:
    """List your alert channels, each with the result of its last alert."""
    return ChannelListing(
        items=[ChannelOut.model_validate(channel) for channel in alert_channels.list_channels(me().id)]
    )


@bp.post("/alert-channels")
@signed_in
@bp.input(NewChannel)
@bp.output(ChannelMade, 201)
@raises(*TYPED_WEBHOOK, *MAILED, "TOO_MANY_ALERT_CHANNELS")
def add_alert_channel(json_data: NewChannel) -> tuple[ChannelMade, int, dict[str, str]]:
    """Add a channel that is told when your bot is blocked or logged out."""
    made = alert_channels.add_channel(me().id, json_data)
    return ChannelMade.made(made), 201, {"Location": url_for(".show_alert_channel", channel_id=made.channel.id)}


@bp.get("/alert-channels/<uuid:channel_id>")
@signed_in
@bp.output(ChannelAnswer)
@raises("ALERT_CHANNEL_NOT_FOUND")
def show_alert_channel(channel_id: UUID) -> ChannelAnswer:
    """Show an alert channel and the result of its last alert."""
    return ChannelAnswer.of(alert_channels.get_channel(me().id, str(channel_id)))


@bp.delete("/alert-channels/<uuid:channel_id>")
@signed_in
@bp.output(Answer)
@raises("ALERT_CHANNEL_NOT_FOUND")
def remove_alert_channel(channel_id: UUID) -> Answer:
    """Delete an alert channel with its pending alerts."""
    alert_channels.remove_channel(me().id, str(channel_id))
    return Answer()


@bp.post("/alert-channels/<uuid:channel_id>/test")
@signed_in
@bp.output(ChannelAnswer, 202)
@raises("ALERT_CHANNEL_NOT_FOUND")
def send_test_alert(channel_id: UUID) -> tuple[ChannelAnswer, int, dict[str, str]]:
    """Send a test alert. The Location shows its result within seconds."""
    channel = alert_channels.ask_for_test(me().id, str(channel_id))
    place = url_for(".show_alert_channel", channel_id=channel.id)
    return ChannelAnswer.of(channel), 202, {"Location": place, "Retry-After": "5"}


class NotificationsAnswer(Answer):
    """The events that each alert channel tells, and the daily digest."""

    channels: dict[str, list[NewsEvent]] = Field(description="The events that each alert channel tells, by its id.")
    digest: bool = Field(description="Whether a digest is mailed every morning on which there is something to tell.")
    email: str | None = Field(description="Your verified address, to which mails go; null if there is none.")
    change_id: str | None = Field(description=CHANGE_ID)

    @classmethod
    def of(cls, report: NotificationsReport) -> Self:
        channels = {channel.id: events_of(channel) for channel in report.channels}
        return cls(channels=channels, digest=report.digest, email=report.email, change_id=report.change_id)


@bp.get("/notifications")
@signed_in
@bp.output(NotificationsAnswer)
def show_notifications() -> NotificationsAnswer:
    """Show which events each alert channel tells, and whether you get the daily digest."""
    return NotificationsAnswer.of(notifications.notifications_report(me().id))


@bp.put("/notifications")
@signed_in
@bp.input(Notifications)
@bp.output(NotificationsAnswer)
@raises("ALERT_CHANNEL_NOT_FOUND", "MAIL_NOT_CONFIGURED", "ALERT_EMAIL_UNVERIFIED")
def choose_notifications(json_data: Notifications) -> NotificationsAnswer:
    """Choose which events each alert channel tells, and the daily digest. What is left out stays."""
    return NotificationsAnswer.of(notifications.choose_notifications(me().id, json_data))
