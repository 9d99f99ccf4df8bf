"""Whether rows of results are of the same filters and weeks: a difference between others may come from those."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from bot.actions.filters import Filters
from bot.results.periods import BY_ORIGIN, Grouping
from bot.results.steps import Key, Results
from bot.storage.models.values import StepKind

MOST_APART = 0.5
"""Steps are of other weeks if more than this part of them lies in weeks of which the others have fewer (the product's
own figure).
"""


class Likeness(NamedTuple):
    """A row next to the others of its kind together. Weeks are those of its first and last step, by their Mondays."""

    first_week: date
    last_week: date
    filters_differ: bool
    weeks_differ: bool

    @property
    def is_apart(self) -> bool:
        return self.filters_differ or self.weeks_differ


Place = tuple[Key, StepKind]
"""The key of a row, and its kind of step."""


def apart(likenesses: Mapping[Place, Likeness]) -> set[Place]:
    """Return the rows that are not to be compared with the others."""
    return {of for of, likeness in likenesses.items() if likeness.is_apart}


@dataclass
class _Done:
    """The steps of a row that were done: their number by week, and the filters of their actions."""

    weeks: Counter[date] = field(default_factory=Counter)
    filters: set[str] = field(default_factory=set)


def likenesses(found: Results, by: Grouping) -> dict[Place, Likeness]:
    """Return the likeness of each row of a grouping that has steps that were done. None for hours and the like."""
    if by not in BY_ORIGIN:
        return {}
    rows: defaultdict[Place, _Done] = defaultdict(_Done)
    for steps in found.steps:
        if steps.result == "done" and steps.action_id:
            row = rows[found.key(by, steps.day, steps.action_id, steps.part), steps.kind]
            on = found.slots[steps.day]
            row.weeks[on - timedelta(days=on.weekday())] += steps.amount
            row.filters.add(_told(found.filters[steps.action_id]))
    weeks: defaultdict[StepKind, Counter[date]] = defaultdict(Counter)
    filters: defaultdict[StepKind, Counter[str]] = defaultdict(Counter)
    for (_, kind), row in rows.items():
        weeks[kind] += row.weeks
        filters[kind].update(row.filters)
    return {
        of: _likeness(row, weeks[of[1]] - row.weeks, filters[of[1]] - Counter(row.filters)) for of, row in rows.items()
    }


def _likeness(row: _Done, weeks: Counter[date], filters: Counter[str]) -> Likeness:
    """Return the likeness of a row with the others: their steps by week, and the number of rows with each filter."""
    alone = not weeks
    return Likeness(
        min(row.weeks),
        max(row.weeks),
        filters_differ=not alone and row.filters != set(filters),
        weeks_differ=not alone and _apart(row.weeks, weeks) > MOST_APART,
    )


def _apart(weeks: Counter[date], others: Counter[date]) -> float:
    """Return the part of the steps of some weeks that would have to be of other weeks to be as those of the others."""
    whole, rest = weeks.total(), others.total()
    return 1 - sum(min(number / whole, others[week] / rest) for week, number in weeks.items())


def _told(filters: dict[str, Any] | None) -> str:
    """Return filters as a text that is the same for the same ones. Old actions lack those that came later."""
    if filters is None:
        return ""
    return json.dumps({name: value for name, value in filters.items() if value != _usual().get(name)}, sort_keys=True)


@cache
def _usual() -> dict[str, Any]:
    return Filters().model_dump(mode="json")
