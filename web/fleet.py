"""/admin: all bots, those that need a person first, with totals, problems, and reminders."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.config.runtime import now as moment_now
from bot.core.errors import BotException
from bot.fleet import bots, reminders, totals
from bot.fleet.bots import PAGE_SIZE, FleetBot
from bot.inputs.params import Params
from bot.lanes.overview import overview
from bot.operations.fleet_figures import UserCount, failures, failures_by_user
from bot.storage.models.values import BotCondition
from middleware.access import me, polled, require_role
from web.failures import local_path, shown_on
from web.forms import parse
from web.panel import all_bots, due

blueprint = Blueprint("fleet", __name__)
NEEDY = 5
PROBLEMS = 5
FACES = 3
CONDITIONS: dict[BotCondition, tuple[str, str]] = {
    "needs_help": ("Needs help", "bad"),
    "working": ("Working", "good"),
    "waiting": ("Waiting", ""),
    "off": ("Off", ""),
}
"""The word and the tone of each condition, in the order of the filters."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class FleetQuery(Params):
    show: BotCondition | None = None
    search: str | None = Field(None, max_length=64)
    cursor: str | None = Field(None, max_length=200)


EVERYTHING = FleetQuery()


def ago(at: datetime | None) -> str:
    """Return how long ago that was, in the largest whole unit: `40 min`, `5 h`, `2 days`."""
    if at is None:
        return "–"
    seconds = max(0, int((moment_now() - at).total_seconds()))
    if seconds < _HOUR:
        return f"{max(1, seconds // _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR} h"
    return f"{seconds // _DAY} days"


def who_acts(bot: FleetBot) -> str:
    """Return who has to do what, in the admin's words: `carla must type the code`, `You: enable the user`."""
    if not bot.act:
        return ""
    if bot.who == "user":
        return f"{bot.username} must {bot.act}"
    return f"You: {bot.act}"


def _now(wanted: FleetQuery = EVERYTHING) -> dict[str, Any]:
    fleet = bots.list_bots(PAGE_SIZE, wanted.cursor, wanted.show, wanted.search)
    alone = wanted.search or wanted.cursor
    return {
        "fleet": fleet,
        "wanted": wanted,
        "conditions": CONDITIONS,
        "needy": [] if alone else bots.needy_bots(NEEDY),
        "all_counts": all_bots().counts,
        "days": totals.daily_totals(),
        "queue": _queue(),
        "ago": ago,
        "due": due,
        "who_acts": who_acts,
    }


def _queue() -> tuple[str, str]:
    """Return the state of the queues as a word and a note."""
    try:
        seen = overview()
    except BotException:
        return "–", "The queues do not answer"
    if not seen.workers:
        return "–", "No worker is running"
    if seen.stuck or seen.late:
        return str(len(seen.stuck) + seen.late), "bots are late"
    return "0", "no backlog"


def _problems() -> list[tuple[Any, list[str]]]:
    """Return the most frequent failures of today that an operator should look at, with some users that met them."""
    return [
        (one, _names(failures_by_user(one.known.entry.code, 1)))
        for one in [one for one in failures(1) if one.for_operator][:PROBLEMS]
    ]


def _names(users: list[UserCount]) -> list[str]:
    """Return the names of some users with more than refused requests."""
    return [user.username for user in users if user.username and user.count > user.refused][: FACES + 1]


def _page(wanted: FleetQuery = EVERYTHING, *, failure: BotException | None = None, **_: Any) -> str:
    return render_template("admin/fleet.html", failure=failure, problems=_problems(), faces_shown=FACES, **_now(wanted))


@blueprint.get("/admin")
@require_role("admin")
@shown_on(_page)
def show() -> str:
    return _page(parse(FleetQuery, request.args))


@blueprint.get("/admin/now")
@require_role("admin")
@polled
def now() -> str:
    return render_template("admin/_fleet.html", **_now(parse(FleetQuery, request.args)))


@blueprint.post("/admin/bots/<uuid:user_id>/remind")
@require_role("admin")
@shown_on(_page)
def remind(user_id: UUID) -> ResponseReturnValue:
    sent = reminders.remind(me(), str(user_id))
    ways = " and ".join({"email": "e-mail", "webhook": "webhook"}[kind] for kind in sent.sent_by)
    flash(f"{bots.get_bot(str(user_id)).username} is reminded by {ways}.")
    return redirect(local_path(request.form.get("next")) if request.form.get("next") else url_for(".show"), 303)
