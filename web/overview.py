"""/: what the bot is doing, how much it did, and recent failures."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template

from bot.actions.control import Progress, list_actions
from bot.auth.sign_in_notices import last_sign_in
from bot.automation.analytics import daily
from bot.automation.status import bot_report
from bot.config import runtime
from bot.history.activity import list_activity
from bot.storage.models import Activity
from middleware.access import me, polled, signed_in
from web import first_run
from web.action_text import starts_later
from web.chart import chart

blueprint = Blueprint("overview", __name__)
MAX_PROBLEMS = 5
MAX_FAILURES = 100
RECENT = timedelta(days=7)
MAX_ACTIONS = 3
LATEST_ACTIONS = 20
CHART_DAYS = 14


@dataclass(frozen=True)
class Trouble:
    """The last recent failure of one code and their number. `more` says that not all were counted."""

    latest: Activity
    times: int
    more: bool


def _troubles() -> list[Trouble]:
    since = runtime.now() - RECENT
    found = list_activity(me().id, MAX_FAILURES, None, status="failed", since=since)
    times = Counter(row.error_code for row in found.items)
    latest = {row.error_code: row for row in reversed(found.items)}
    # They are counted newest first, so codes are in the order of their last failure.
    return [Trouble(latest[code], times[code], found.next is not None) for code in list(times)[:MAX_PROBLEMS]]


def _latest_actions() -> list[Progress]:
    """Return the latest actions: running, waiting, paused, ended."""
    return sorted(list_actions(me().id, LATEST_ACTIONS, None).items, key=_standing)[:MAX_ACTIONS]


def _standing(progress: Progress) -> tuple[bool, bool, bool]:
    action = progress.action
    return bool(action.finished_at), action.status == "paused", starts_later(action)


def _now() -> dict[str, Any]:
    return {
        "report": bot_report(me().id),
        "actions": _latest_actions(),
        "troubles": _troubles(),
    }


@blueprint.get("/")
@signed_in
def overview() -> str:
    parts = _now()
    if first_run.is_new(parts["report"]):
        return first_run.page()
    return render_template("overview.html", last=last_sign_in(me()), chart=chart(daily(me().id, CHART_DAYS)), **parts)


@blueprint.get("/overview/now")
@signed_in
@polled
def now() -> str:
    return render_template("_overview.html", **_now())
