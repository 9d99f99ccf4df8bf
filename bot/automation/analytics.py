"""Figures of a bot: targets counted by local day, kind of step and result."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, null, select

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.decision.hours import local_midnight
from bot.storage.models import SKIPPED, ActionTarget
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession, tenant


class Part(NamedTuple):
    """Some of the targets: the column with the time at which they count, and the condition that selects them."""

    at: Any
    which: ColumnElement[bool]


# A step counts when it began, as for the limits. A skipped target counts when it was skipped. Each part has an index.
BEGUN = Part(
    ActionTarget.claimed_at,
    and_(ActionTarget.step_kind.in_(list(StepKind)), ActionTarget.status.in_(("done", "failed", "unknown"))),
)
_SKIPPED = Part(ActionTarget.finished_at, SKIPPED)
PARTS = (BEGUN, _SKIPPED)
"""The targets that results count."""
MAX_STATEMENTS = 200
"""Statements that are kept: one for each number of days that pages and API ask for, and each grouping."""


@dataclass(frozen=True)
class Day:
    """One local day: `counts` has the number of targets of each kind of step and result."""

    date: date
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, result: str) -> int:
        """Return the number of targets of all kinds with that result."""
        return sum(count for (_, found), count in self.counts.items() if found == result)


def daily(user_id: str, days: int, timezone: str | None = None) -> list[Day]:
    """Return the last `days` local days, today last. `timezone` is the user's, if it is known."""
    moment, timezone = now(), timezone or timezone_of(user_id)
    begins = [local_midnight(moment, timezone, days=back) for back in range(1 - days, 2)]
    zone = ZoneInfo(timezone)
    found = [Day(begin.astimezone(zone).date()) for begin in begins[:-1]]
    with tenant(user_id, reading=True) as session:
        for row in count_by_day(session, begins):
            found[row.day].counts[row.kind, row.result] += row.amount
    return found


class DayCount(NamedTuple):
    """The number of targets of a day with that kind and result.

    `action_id` is None unless they are grouped by it, and `part` the part of the action's sources, if it is told.
    """

    day: int
    action_id: str | None
    kind: StepKind
    result: str
    amount: int
    part: int | None = None


def count_by_day(session: TenantSession, begins: Sequence[datetime], *, by_action: bool = False) -> list[DayCount]:
    """Return the numbers of targets by day. `begins` are the begins of the days and the end of the last one."""
    statements = [_by_day(part, len(begins) - 1, by_action) for part in PARTS]
    return [DayCount(*tuple(row)) for statement in statements for row in session.run(statement, times_of(begins))]


@lru_cache(MAX_STATEMENTS)
def _by_day(part: Part, days: int, by_action: bool) -> Select[Any]:
    """Return the statement. To make one for many days takes longer than to run it."""
    columns: list[Any] = [ActionTarget.action_id] if by_action else [null()]
    columns += [ActionTarget.step_kind, ActionTarget.status]
    counted: Select[Any] = select(day_of(part.at, days), *columns, func.count())
    return counted.where(within(part.at, days), part.which).group_by("day", *(columns if by_action else columns[1:]))


def times_of(begins: Sequence[datetime]) -> dict[str, datetime]:
    """Return the parameters of a statement with `day_of` or `within`: the begins of the days, and the last end."""
    return {f"begin_{number}": begin for number, begin in enumerate(begins)}


def _begin(at: Any, number: int) -> Any:
    return bindparam(f"begin_{number}", type_=at.type)


def within(at: Any, days: int) -> ColumnElement[bool]:
    """Return whether a time lies within the days."""
    return and_(at >= _begin(at, 0), at < _begin(at, days))


def day_of(at: Any, days: int) -> ColumnElement[int]:
    """Return the number of the day of a time as a column, found by halving: 7 comparisons for a quarter."""

    def find(low: int, high: int) -> ColumnElement[int]:
        if high - low == 1:
            return literal(low)
        middle = (low + high) // 2
        return case((at < _begin(at, middle), find(low, middle)), else_=find(middle, high))

    return find(0, days).label("day")
