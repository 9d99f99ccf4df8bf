"""/settings/notifications: channels that are told when a bot needs its user."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.alerts import channels as alert_channels
from bot.alerts.channels import CreatedChannel, NewChannel
from bot.config.runtime import runtime
from bot.core.errors import BotException
from middleware.access import me, signed_in
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("alert_channels", __name__)


def _page(*, failure: BotException | None = None, made: CreatedChannel | None = None, **_: Any) -> str:
    channels = alert_channels.list_channels(me().id)
    return render_template(
        "settings_notifications.html",
        failure=failure,
        made=made,
        channels=channels,
        has_mail=runtime().config.has_mail,
        mails_stay_here=runtime().config.mails_stay_here,
        mailed=any(channel.kind == "email" for channel in channels),
        email=alert_channels.verified_email(me().id),
    )


@blueprint.get("/settings/notifications")
@signed_in
def show() -> str:
    return _page()


@blueprint.post("/settings/notifications")
@signed_in
@shown_on(_page)
def add() -> ResponseReturnValue:
    """Add a channel.

    A channel with a secret is answered with the page itself: a redirect would have to store the secret.
    """
    made = alert_channels.add_channel(me().id, parse(NewChannel))
    if made.secret:
        return _page(made=made), 201
    flash(f"From now on alerts are mailed to {made.channel.address}.")
    return redirect(url_for("web.alert_channels.show"), 303)


@blueprint.post("/settings/notifications/<uuid:channel_id>/test")
@signed_in
@shown_on(_page)
def test(channel_id: UUID) -> ResponseReturnValue:
    channel = alert_channels.ask_for_test(me().id, str(channel_id))
    place = channel.address or "your mailbox"
    flash(f"A test is on its way to {place}. Look again in a few seconds for what became of it.")
    return redirect(url_for("web.alert_channels.show"), 303)


@blueprint.get("/settings/notifications/<uuid:channel_id>/remove")
@signed_in
def ask_remove(channel_id: UUID) -> str:
    channel = alert_channels.get_channel(me().id, str(channel_id))
    return render_template("settings_notifications_remove.html", channel=channel)


@blueprint.post("/settings/notifications/<uuid:channel_id>/remove")
@signed_in
@shown_on(_page)
def remove(channel_id: UUID) -> ResponseReturnValue:
    alert_channels.remove_channel(me().id, str(channel_id))
    flash("Removed: nothing more is sent there.")
    return redirect(url_for("web.alert_channels.show"), 303)
