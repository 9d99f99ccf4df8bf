"""Settings › Notifications: channels that are told when a bot needs its user, and the daily digest."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bot.alerts import channels as alert_channels
from bot.alerts.channels import MAX_CHANNELS, CreatedChannel, NewChannel
from bot.alerts.delivery import EVENTS
from bot.core.errors import BotException
from bot.history import idempotency
from bot.history.idempotency import StoredAnswer
from bot.inputs.params import Params
from bot.inputs.validation import checked
from bot.mail import texts
from bot.settings import digests, notifications
from bot.settings.notifications import Notifications
from bot.storage.models import AlertChannel, new_id
from middleware.access import me, signed_in
from web.composer.fields import idempotency_key, once_a_form
from web.failures import shown_on
from web.forms import parse
from web.settings import saved

blueprint = Blueprint("alert_channels", __name__)


def _page(*, failure: BotException | None = None, made: CreatedChannel | None = None, **_: Any) -> str:
    chosen = notifications.notifications_report(me().id)
    news = digests.news_of(me().id)
    return render_template(
        "settings/notifications.html",
        failure=failure,
        made=made,
        form_token=new_id(),
        chosen=chosen,
        places=_places(chosen.channels),
        events=EVENTS,
        max_channels=MAX_CHANNELS,
        mailed=any(channel.kind == "email" for channel in chosen.channels),
        digest=texts.digest(me().username, news) if news else None,
    )


def _places(channels: Sequence[AlertChannel]) -> dict[str, str]:
    """Return the name of each channel by its id. Webhooks of one host are numbered: only the host may be shown."""
    found: dict[str, str] = {}
    met: Counter[str] = Counter()
    for channel in channels:
        place = channel.address if channel.kind == "webhook" else f"E-mail to {channel.address}"
        place = place if channel.address else "E-mail, but you have no verified address"
        met[place] += 1
        found[channel.id] = f"{place} ({met[place]})" if met[place] > 1 else place
    return found


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
    made = _add_once(parse(NewChannel))
    if made is None:
        flash("This was added already. The secret of a webhook is shown once.")
        return redirect(url_for("web.alert_channels.show"), 303)
    if made.secret:
        return _page(made=made), 201
    flash(f"From now on you are told at {made.channel.address}.")
    return redirect(url_for("web.alert_channels.show"), 303)


def _add_once(params: NewChannel) -> CreatedChannel | None:
    """Add the channel, or return None if this form did. A browser sends it again if its answer is loaded again."""
    key = idempotency_key()
    if key is None:
        return alert_channels.add_channel(me().id, params)
    with once_a_form():
        if idempotency.begin(me().id, key, ["alert_channel", params.model_dump(mode="json")]):
            return None
    try:
        made = alert_channels.add_channel(me().id, params)
    except BotException:
        idempotency.discard(me().id, key)
        raise
    idempotency.store(me().id, key, StoredAnswer(201, {"id": made.channel.id}, {}))
    return made


class DigestForm(Params):
    digest: bool = False


@blueprint.post("/settings/notifications/events")
@signed_in
@shown_on(_page)
def choose() -> ResponseReturnValue:
    """Save the events of every channel. The form sends the ticked ones, so a channel without any tells none."""
    form = parse(DigestForm, MultiDict(item for item in request.form.items(multi=True) if "." not in item[0]))
    told = {
        channel.id: request.form.getlist(f"channels.{channel.id}") for channel in alert_channels.list_channels(me().id)
    }
    params = checked(Notifications, {"channels": told, "digest": form.digest})
    report = notifications.choose_notifications(me().id, params)
    return saved("web.alert_channels.show", "Notifications saved.", report.change_id)


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
    return render_template("settings/notification_remove.html", channel=channel)


@blueprint.post("/settings/notifications/<uuid:channel_id>/remove")
@signed_in
@shown_on(_page)
def remove(channel_id: UUID) -> ResponseReturnValue:
    alert_channels.remove_channel(me().id, str(channel_id))
    flash("Removed: nothing more is sent there.")
    return redirect(url_for("web.alert_channels.show"), 303)
