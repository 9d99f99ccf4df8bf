"""Totals of all bots by day. The clock counts today each minute, so no page reads all that bots did today."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from redis import RedisError

from bot.automation.activity_counts import ActivityDay
from bot.config.runtime import now, runtime
from bot.core.causes import cause_of
from bot.core.log import get_logger
from bot.operations.fleet_figures import fleet_days
from bot.storage.models.values import StepKind, activity_of

DAYS = 14
_KEY = "fleet:days"
_FRESH = timedelta(minutes=3)
_KINDS = frozenset(map(activity_of, StepKind))


@dataclass(frozen=True)
class DayTotals:
    """Steps of all bots on one day in UTC, by result."""

    day: date
    done: int = 0
    failed: int = 0
    skipped: int = 0


def daily_totals() -> list[DayTotals]:
    """Return the totals of the last DAYS days in UTC, today last, at most some minutes old."""
    kept = _kept()
    return kept if kept is not None else count_today()


def count_today() -> list[DayTotals]:
    """Count the days again whose count may have grown, keep all, and return them. Redis may be away."""
    known = {totals.day: totals for totals in _stored()}
    today = now().date()
    wanted = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    # Yesterday's last steps may have ended since it was counted.
    missing = [day for day in wanted if day not in known or day >= today - timedelta(days=1)]
    counted = {one.date: _totals(one) for one in fleet_days((today - missing[0]).days + 1)}
    totals = [counted.get(day) or known[day] for day in wanted]
    _store(totals)
    return totals


def _totals(one: ActivityDay) -> DayTotals:
    results: Counter[str] = Counter()
    for (action, status), count in one.counts.items():
        if action in _KINDS:
            results[status] += count
    return DayTotals(one.date, results["done"], results["failed"], results["skipped"])


def _kept() -> list[DayTotals] | None:
    """Return the kept totals if they are fresh and of today."""
    try:
        text = runtime().redis.get(_KEY)
    except RedisError:
        return None
    if not isinstance(text, bytes):
        return None
    kept = json.loads(text)
    if not (0 <= now().timestamp() - kept["at"] <= _FRESH.total_seconds()):
        return None
    totals = _read(kept["days"])
    return totals if len(totals) == DAYS and totals[-1].day == now().date() else None


def _stored() -> list[DayTotals]:
    try:
        text = runtime().redis.get(_KEY)
    except RedisError:
        return []
    return _read(json.loads(text)["days"]) if isinstance(text, bytes) else []


def _read(days: Sequence[Sequence[object]]) -> list[DayTotals]:
    return [DayTotals(date.fromisoformat(str(day)), *(int(str(count)) for count in counts)) for day, *counts in days]


def _store(totals: Sequence[DayTotals]) -> None:
    days = [[one.day.isoformat(), one.done, one.failed, one.skipped] for one in totals]
    try:
        text = json.dumps({"at": now().timestamp(), "days": days})
        runtime().redis.set(_KEY, text, ex=timedelta(days=1))
    except RedisError as error:
        get_logger().warning("totals_not_kept", **cause_of(error))
