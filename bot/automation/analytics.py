"""Figures of a bot: targets counted by local day, kind of step and result."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.decision.hours import local_midnight
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant

RESULTS = ("done", "failed", "unknown", "skipped")


@dataclass(frozen=True)
class Day:
    """One local day: `counts` has the number of targets of each kind of step and result (of RESULTS)."""

    date: date
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, result: str) -> int:
        """Return the number of targets of all kinds with that result."""
        return sum(count for (_, found), count in self.counts.items() if found == result)


def daily(user_id: str, days: int) -> list[Day]:
    """Return the last `days` local days, today last."""
    moment, timezone = now(), timezone_of(user_id)
    begins = [local_midnight(moment, timezone, days=back) for back in range(1 - days, 1)]
    # A target counts when its step began, as for the limits. A skipped one counts when it was skipped.
    at = func.coalesce(ActionTarget.claimed_at, ActionTarget.finished_at, type_=ActionTarget.claimed_at.type)
    ends = [local_midnight(moment, timezone, days=back + 1) for back in range(1 - days, 1)]
    day = case(*((at < end, number) for number, end in enumerate(ends)), else_=days - 1).label("day")
    query = (
        select(day, ActionTarget.step_kind, ActionTarget.status, func.count().label("count"))
        .where(at >= begins[0], ActionTarget.status.in_(RESULTS))
        .group_by("day", ActionTarget.step_kind, ActionTarget.status)
    )
    zone = ZoneInfo(timezone)
    found = [Day(begin.astimezone(zone).date()) for begin in begins]
    with tenant(user_id, reading=True) as session:
        for number, kind, status, count in session.execute(query):
            found[number].counts[kind, status] += count
    return found
