"""/admin/errors: failures of all users by code, and the users who met one code."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request
from pydantic import Field

from bot.automation.activity_counts import MAX_DAYS
from bot.config import runtime
from bot.core.errors import BotException
from bot.decision.sources import source_remedy
from bot.history.error_codes import get_code
from bot.inputs.params import Params
from bot.operations.fleet_figures import CodeCount, failures, failures_by_user
from middleware.access import require_role
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("admin_errors", __name__)
PERIODS = {1: "Today", 7: "7 days", 30: "30 days"}
"""Days that the page offers, in UTC. The address takes other numbers too."""


class Period(Params):
    days: int = Field(7, ge=1, le=MAX_DAYS)


WEEK = Period()


def _trend(days: int) -> Callable[[CodeCount], list[int]]:
    """Return a function that gives the failures with a code by day, the oldest first."""
    today = runtime.now().date()
    shown = [today - timedelta(days=back) for back in reversed(range(days))]
    return lambda one: [one.days[day] for day in shown]


def _page(period: Period = WEEK, *, failure: BotException | None = None, **_: Any) -> str:
    found = failures(period.days)
    return render_template(
        "admin/errors.html", failure=failure, found=found, days=period.days, periods=PERIODS, trend=_trend(period.days)
    )


@blueprint.get("/admin/errors")
@require_role("admin")
@shown_on(_page)
def show() -> str:
    return _page(parse(Period, request.args))


@blueprint.get("/admin/errors/<code>")
@require_role("admin")
def show_code(code: str) -> str:
    period = parse(Period, request.args)
    users = failures_by_user(code, period.days)
    known = get_code(code)
    return render_template(
        "admin/errors_code.html",
        known=known,
        of_source=source_remedy(known.entry.name),
        users=users,
        days=period.days,
        periods=PERIODS,
    )
