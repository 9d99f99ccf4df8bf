"""Results of a period: steps by local day, hour, source, action and kind, what came of them, and the period before."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from bot.automation.analytics import PARTS, DayCount, Part, count_by_day, times_of, within
from bot.automation.lifecycle import timezone_of
from bot.decision.hours import local_date
from bot.results.measures import Cohort, Measure, MeasureName, cohorts
from bot.results.periods import Period, hour_of, slot_of
from bot.results.rates import Rate
from bot.results.windows import Outcome
from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession, tenant

RESULTS = ("done", "failed", "unknown", "skipped")
SourceKind = Literal["hashtag", "account", "list", "followed"]
Grouping = Literal["day", "source", "kind", "action", "hour"]
Counts = Counter[str]
"""Numbers of steps by their result, of RESULTS."""


class Source(NamedTuple):
    """The origin of the people or posts of an action.

    `name` is a hashtag or an account in the words of its form, and None for a list and for the people that the account
    follows.
    """

    kind: SourceKind
    name: str | None = None


class Key(NamedTuple):
    """The common values of the rows of a grouping besides the kind of step. `hour` is an hour of the local day."""

    day: date | None = None
    hour: int | None = None
    source: Source | None = None
    action_id: str | None = None


class Row(NamedTuple):
    """The steps of one kind with one key: their counts, and the measures of what came of them."""

    key: Key
    kind: StepKind
    counts: Counts
    measures: Mapping[MeasureName, Measure]


@dataclass
class Results:
    """The results of a period. `sources` has the source of each action, `before` the period before by kind.

    Days of steps and cohorts are numbers of days of the period or, for rows by hour, of quarters of an hour.
    """

    period: Period
    timezone: str
    steps: list[DayCount] = field(default_factory=list)
    cohorts: list[Cohort] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    before: dict[StepKind, Counts] = field(default_factory=dict)
    _rows: dict[Grouping, list[Row]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def by_kind(self) -> dict[StepKind, Counts]:
        return {row.kind: row.counts for row in self.rows("kind")}

    @cached_property
    def by_day(self) -> dict[tuple[date, StepKind], Counts]:
        return {(row.key.day, row.kind): row.counts for row in self.rows("day") if row.key.day}

    @property
    def totals(self) -> Counts:
        return sum(self.by_kind.values(), Counter())

    @property
    def totals_before(self) -> Counts:
        return sum(self.before.values(), Counter())

    def rows(self, by: Grouping) -> list[Row]:
        """Return the results by kind and, if asked, by day, hour, source or action.

        Sources and actions come by their number of done steps, all others in order. Each grouping is made once.
        """
        if by not in self._rows:
            self._rows[by] = self._grouped(by)
        return self._rows[by]

    def _grouped(self, by: Grouping) -> list[Row]:
        counts: defaultdict[tuple[Key, StepKind], Counts] = defaultdict(Counter)
        for steps in self.steps:
            counts[self._key(by, steps.day, steps.action_id), steps.kind][str(steps.result)] += steps.amount
        told: defaultdict[tuple[Key, StepKind], dict[MeasureName, Counter[Outcome]]] = defaultdict(dict)
        for cohort in self.cohorts:
            outcomes = told[self._key(by, cohort.slot, cohort.action_id), cohort.kind].setdefault(
                cohort.name, Counter()
            )
            outcomes[cohort.outcome] += cohort.people
        rows = [
            Row(*of, found, {name: Measure.of(outcomes) for name, outcomes in told[of].items()})
            for of, found in counts.items()
        ]
        return sorted(rows, key=_ORDER[by])

    def _key(self, by: Grouping, slot: int, action_id: str | None) -> Key:
        match by:
            case "day":
                return Key(day=self.period.since + timedelta(days=slot))
            case "hour":
                return Key(hour=hour_of(slot, ZoneInfo(self.timezone)))
            case "source":
                return Key(source=self.sources[action_id or ""])
            case "action":
                return Key(action_id=action_id)
        return Key()


def results(user_id: str, period: Period, *, by_hour: bool = False) -> Results:
    """Return the results of a period of the user, counted from the targets of all actions.

    `by_hour` is for rows by hour, which are not by day then.
    """
    timezone = timezone_of(user_id)
    found = Results(period, timezone)
    begins, earlier = period.midnights(timezone), period.before.midnights(timezone)
    with tenant(user_id, reading=True) as session:
        found.steps = _by_hour(session, begins) if by_hour else count_by_day(session, begins, by_action=True)
        found.cohorts = list(cohorts(session, begins, by_hour=by_hour))
        actions = {steps.action_id for steps in found.steps if steps.action_id}
        of_actions = select(Action.id, Action.params, Action.listed).where(Action.id.in_(actions))
        found.sources = {action: source_of(params, listed) for action, params, listed in session.execute(of_actions)}
        # As if the whole period before were one day.
        for steps in count_by_day(session, [earlier[0], earlier[-1]]):
            found.before.setdefault(steps.kind, Counter())[str(steps.result)] += steps.amount
    return found


def first_day(user_id: str) -> date | None:
    """Return the local day of the user's first step, or None if there was none."""
    with tenant(user_id, reading=True) as session:
        earliest = session.scalars(select(func.min(ActionTarget.claimed_at))).one()
    return local_date(earliest, timezone_of(user_id)) if earliest else None


def _by_hour(session: TenantSession, begins: Sequence[datetime]) -> list[DayCount]:
    return [
        DayCount._make(row) for part in PARTS for row in session.run(_of_hours(part), times_of([begins[0], begins[-1]]))
    ]


@cache
def _of_hours(part: Part) -> Select[Any]:
    columns: list[Any] = [ActionTarget.action_id, ActionTarget.step_kind, ActionTarget.status]
    counted: Select[Any] = select(slot_of(part.at).label("slot"), *columns, func.count())
    return counted.where(within(part.at, 1), part.which).group_by("slot", *columns)


def rate_of(counts: Counts) -> Rate:
    """Return the share of everyone looked at that was done."""
    return Rate(counts["done"], counts.total())


def source_of(params: dict[str, Any], listed: bool) -> Source:
    """Return the source of an action by its parameters."""
    if "hashtag" in params:
        return Source("hashtag", f"#{params['hashtag']}")
    if "account" in params:
        return Source("account", f"@{params['account']}")
    return Source("list" if listed else "followed")


def _most_done(row: Row) -> tuple[Any, ...]:
    name = (row.key.source.name if row.key.source else row.key.action_id) or ""
    return -row.counts["done"], -row.counts.total(), name, row.kind


_ORDER: dict[Grouping, Callable[[Row], Any]] = {
    "day": lambda row: (row.key.day, row.kind),
    "hour": lambda row: (row.key.hour, row.kind),
    "source": _most_done,
    "action": _most_done,
    "kind": lambda row: list(StepKind).index(row.kind),
}
