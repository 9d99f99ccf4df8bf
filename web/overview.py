"""/: what the bot does now, how much it did, and what went wrong lately."""

from typing import Any

from flask import Blueprint, render_template

from bot.access import me, polled, signed_in
from bot.actions import list_actions
from bot.activity import list_activity
from bot.status import bot_report

blueprint = Blueprint("overview", __name__)
MOST_PROBLEMS = 5
MOST_ACTIONS = 3


def _now() -> dict[str, Any]:
    return {
        "report": bot_report(me().id),
        "actions": list_actions(me().id, MOST_ACTIONS, None).items,
        "troubles": list_activity(me().id, MOST_PROBLEMS, None, status="failed").items,
    }


@blueprint.get("/")
@signed_in
def overview() -> str:
    return render_template("overview.html", **_now())


@blueprint.get("/overview/now")
@signed_in
@polled
def now() -> str:
    return render_template("_overview.html", **_now())
