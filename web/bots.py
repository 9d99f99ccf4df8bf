"""/bot: the panel of the bot as a fragment, and its switch."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from bot.automation import lifecycle
from middleware.access import me, polled, signed_in
from web.failures import local_path, path_of
from web.polls import only_news

blueprint = Blueprint("bots", __name__)


@blueprint.get("/bot")
@signed_in
@polled
@only_news
def state() -> str:
    """Return the panel as a fragment. Pages poll it; its switch leads back to the page that asked."""
    return render_template("_bot_panel.html", back=path_of(request.headers.get("HX-Current-URL")) or "/")


@blueprint.post("/bot/start")
@signed_in
def start() -> ResponseReturnValue:
    lifecycle.start(me().id)
    flash("Your bot is on.")
    return _back()


@blueprint.post("/bot/stop")
@signed_in
def stop() -> ResponseReturnValue:
    lifecycle.stop(me().id)
    flash("Your bot is off. A step that was running ends first.")
    return _back()


def _back() -> ResponseReturnValue:
    """Lead to the page whose switch was pressed."""
    return redirect(local_path(request.form.get("next")), 303)
