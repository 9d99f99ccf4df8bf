"""/automation: start and stop of the bot, and its state while it changes."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation import lifecycle as bots
from bot.automation.status import bot_report
from middleware.access import me, polled, signed_in
from web import automation
from web.failures import shown_on

blueprint = Blueprint("bots", __name__)


@blueprint.get("/automation/bot")
@signed_in
@polled
def state() -> ResponseReturnValue:
    """Asked for by pages on which the bot works: when it was stopped, the rest of such a page is of yesterday too.

    A bot that has merely nothing to do leaves the page alone, and with it what is being typed there; so does one that
    its user stops, who gets a new page with the word that it is.
    """
    report = bot_report(me().id)
    is_current = (report.bot_running and report.session_valid) or report.verdict.reason == "BOT_STOPPED"
    return render_template("_bot.html", report=report), {} if is_current else {"HX-Refresh": "true"}


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
