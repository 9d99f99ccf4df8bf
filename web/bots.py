"""/automation: start and stop the bot, and poll its state."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation import lifecycle
from bot.automation.status import bot_report
from middleware.access import me, polled, signed_in
from web import automation
from web.failures import shown_on

blueprint = Blueprint("bots", __name__)


@blueprint.get("/automation/bot")
@signed_in
@polled
def state() -> ResponseReturnValue:
    """Return the bot's state as a fragment.

    Pages poll it while the bot works. When the bot has stopped, the rest of the page is outdated, so it is loaded
    again. A bot without work leaves the page, and what is being typed there, alone. So does a bot that the user stops:
    that user gets a new page anyway.
    """
    report = bot_report(me().id)
    is_current = (report.bot_running and report.session_valid) or report.verdict.reason == "BOT_STOPPED"
    return render_template("_bot.html", report=report), {} if is_current else {"HX-Refresh": "true"}


@blueprint.post("/automation/start")
@signed_in
@shown_on(automation.page)
def start() -> ResponseReturnValue:
    lifecycle.start(me().id)
    flash("Your bot is started.")
    return redirect(url_for("web.automation.show"), 303)


@blueprint.post("/automation/stop")
@signed_in
@shown_on(automation.page)
def stop() -> ResponseReturnValue:
    lifecycle.stop(me().id)
    flash("Your bot is stopped. A step that was running ends first.")
    return redirect(url_for("web.automation.show"), 303)
