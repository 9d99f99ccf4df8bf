"""/admin/kill-switch: the switch that stops every bot, and the question before bots are released."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation import kill_switch
from bot.automation.kill_switch import StopAll
from bot.core.errors import BotException
from middleware.access import me, require_role
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("kill_switch", __name__)


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("kill_switch.html", failure=failure, stopped=kill_switch.kill_switch())


def _back(news: str) -> ResponseReturnValue:
    flash(news)
    return redirect(url_for("web.kill_switch.show"), 303)


@blueprint.get("/admin/kill-switch")
@require_role("admin")
def show() -> str:
    return _page()


@blueprint.post("/admin/kill-switch")
@require_role("admin")
@shown_on(_page)
def stop() -> ResponseReturnValue:
    kill_switch.stop_all(me(), parse(StopAll))
    return _back("Every bot is stopped.")


@blueprint.get("/admin/kill-switch/release")
@require_role("admin")
def ask_release() -> str:
    return render_template("kill_switch_release.html", stopped=kill_switch.kill_switch())


@blueprint.post("/admin/kill-switch/release")
@require_role("admin")
def release() -> ResponseReturnValue:
    kill_switch.release_all(me())
    return _back("The bots that were running go on within a minute.")
