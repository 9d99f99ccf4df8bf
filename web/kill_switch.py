"""/admin/kill-switch: the switch that stops every bot, and the question before bots are released."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation import kill_switch
from bot.automation.kill_switch import StopAll
from bot.core.errors import BotException
from bot.fleet.bots import count_bots
from middleware.access import me, require_role
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("kill_switch", __name__)


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("admin/kill_switch.html", failure=failure, stopped=kill_switch.kill_switch(), **_bots())


def _bots() -> dict[str, Any]:
    """Return the number of bots, and of those that are on."""
    counts = count_bots()
    return {"counts": counts, "on": counts.total - counts.of.get("off", 0)}


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
    return _back("All bots are off.")


@blueprint.get("/admin/kill-switch/release")
@require_role("admin")
def ask_release() -> str:
    return render_template("admin/kill_switch_release.html", stopped=kill_switch.kill_switch(), **_bots())


@blueprint.post("/admin/kill-switch/release")
@require_role("admin")
def release() -> ResponseReturnValue:
    kill_switch.release_all(me())
    return _back("The bots that were on resume within a minute.")
