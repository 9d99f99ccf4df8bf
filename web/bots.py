"""/automation: start and stop of the bot, and its state while it changes."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot import bots
from bot.access import me, polled, signed_in
from bot.status import bot_report
from web import automation
from web.failures import shown_on

blueprint = Blueprint("bots", __name__)


@blueprint.get("/automation/bot")
@signed_in
@polled
def state() -> ResponseReturnValue:
    """Asked for by pages on which the bot works: when it was stopped, the rest of such a page is of yesterday too.

    A bot that has merely nothing to do leaves the page alone, and with it what is being typed there.
    """
    report = bot_report(me().id)
    works = report.bot_running and report.session_valid
    return render_template("_bot.html", report=report), {} if works else {"HX-Refresh": "true"}


@blueprint.post("/automation/start")
@signed_in
@shown_on(automation.page)
def start() -> ResponseReturnValue:
    bots.start(me().id)
    flash("Your bot is started.")
    return redirect(url_for("web.automation.show"), 303)


@blueprint.post("/automation/stop")
@signed_in
@shown_on(automation.page)
def stop() -> ResponseReturnValue:
    bots.stop(me().id)
    flash("Your bot is stopped. A step that was running ends first.")
    return redirect(url_for("web.automation.show"), 303)
