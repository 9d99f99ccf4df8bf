"""The forecast for pages that show it often: it is computed once for a state of the bot, and kept for minutes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bot.actions.control import Progress
from bot.automation.status import BotReport
from bot.config.runtime import now
from bot.forecast.forecast import Forecast, forecast
from bot.storage.models import OPEN

KEPT = timedelta(minutes=10)
"""A forecast is computed again after this time, although nothing but the progress has changed."""
# Forecasts in the memory of one process; each takes a few KiB.
_MAX_KEPT = 2_000


def estimates(user_id: str, report: BotReport, open_actions: Sequence[Progress]) -> Forecast:
    """Return the user's forecast, at most KEPT old. It is a new one if the user or the server changed the plan.

    Steps that go as planned change no end, so they make no new one. `open_actions` are all open actions.
    """
    plan = (
        report.bot_running,
        report.session_valid,
        report.verdict.reason if report.verdict.state == "halted" else None,
        report.hours,
        report.rests,
        [(limit.kind, limit.effective, limit.per_hour) for limit in report.limits],
        [(rule.kind, rule.delay_min, rule.delay_max) for rule in report.rules],
        sorted(_planned(progress) for progress in open_actions if progress.action.status in OPEN),
    )
    place, moment = _place(user_id, repr(plan)), now()
    kept = place.kept
    # Each user's gets old at a time of its own, so that they are not all computed at the same moment.
    if kept is None or moment - kept[0] >= KEPT:
        kept = place.kept = moment, forecast(user_id)
    return kept[1]


def _planned(progress: Progress) -> tuple[object, ...]:
    action = progress.action
    return action.id, action.status == "paused", action.total, action.start_at, action.repeat


@dataclass
class _Place:
    """A kept forecast, and when it was computed."""

    kept: tuple[datetime, Forecast] | None = None


@lru_cache(maxsize=_MAX_KEPT)
def _place(_user_id: str, _plan: str) -> _Place:
    return _Place()
