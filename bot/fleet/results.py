"""Results of all users for administrators, from the nightly count: numbers alone."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import cast

from sqlalchemy import ColumnElement, func, select

from bot.config.runtime import now
from bot.core.csv_export import csv_text
from bot.fleet.counting import DAYS, STEPS, counted_at
from bot.results.downloads import NUMBERS, numbers_of
from bot.results.measures import OF_KIND, Measure, MeasureName
from bot.results.periods import Period, period_up_to
from bot.results.rates import Rate
from bot.results.steps import Counts, rate_of
from bot.results.windows import Outcome
from bot.storage.models import PlatformDay
from bot.storage.models.values import StepKind
from bot.storage.tenancy import IdentitySession, identity

MAX_PERIOD = DAYS - 1
"""Days of the longest period: a year."""
Counted = tuple[StepKind, str, str, int, int]
"""Kind, measure, outcome, its count and the users who have any."""


_OUTCOME = (PlatformDay.step_kind, PlatformDay.measure, PlatformDay.outcome)


@dataclass(frozen=True)
class KindResults:
    """The steps of one kind in a period or on a day: their results, and what came of them.

    `users` is the number of users who did any; of a period it is that of its busiest day.
    """

    kind: StepKind
    counts: Counts
    measures: dict[MeasureName, Measure]
    users: int

    @property
    def rate(self) -> Rate:
        """The share of everyone looked at that was done."""
        return rate_of(self.counts)


@dataclass
class FleetResults:
    """The results of all users in a period. `counted_at` is None before the first count, or while Redis is away."""

    period: Period
    counted_at: datetime | None
    days: dict[date, list[KindResults]] = field(default_factory=dict)
    kinds: list[KindResults] = field(default_factory=list)

    @cached_property
    def totals(self) -> Counts:
        return sum((kind.counts for kind in self.kinds), Counter())


def fleet_period(days: int | None, since: date | None, until: date | None) -> Period:
    """Return the period in days of UTC, up to yesterday. Raises INVALID_INPUT."""
    return period_up_to(now().date() - timedelta(days=1), days, since, until, longest=MAX_PERIOD, word="yesterday")


def fleet_results(period: Period) -> FleetResults:
    """Return the results of all users in a period."""
    whole = select(*_OUTCOME, func.sum(PlatformDay.count), func.max(PlatformDay.users)).where(_within(period))
    found = FleetResults(period, counted_at())
    with identity(reading=True) as session:
        found.kinds = _kinds(session.execute(whole.group_by(*_OUTCOME)).all())
        found.days = _days(session, _within(period), PlatformDay.measure == STEPS)
    return found


def _within(period: Period) -> ColumnElement[bool]:
    return PlatformDay.day.between(period.since, period.until)


def _days(session: IdentitySession, *which: ColumnElement[bool]) -> dict[date, list[KindResults]]:
    rows = select(PlatformDay.day, *_OUTCOME, PlatformDay.count, PlatformDay.users).where(*which)
    found: dict[date, list[Counted]] = {}
    for day, *row in session.execute(rows):
        found.setdefault(day, []).append(cast(Counted, row))
    return {day: _kinds(of_day) for day, of_day in sorted(found.items())}


def fleet_results_csv(period: Period) -> Iterator[str]:
    """Yield the days of a period as CSV, a line for each kind of step."""
    with identity(reading=True) as session:
        days = _days(session, _within(period))
    lines = (
        [day.isoformat(), str(kind.kind), kind.users, *numbers_of(kind.counts, kind.measures)]
        for day, kinds in days.items()
        for kind in kinds
    )
    return csv_text(["day", "kind", "users", *NUMBERS], lines)


def _kinds(rows: Iterable[Counted]) -> list[KindResults]:
    counts: dict[StepKind, Counts] = {}
    told: dict[tuple[StepKind, str], Counter[Outcome]] = {}
    users: Counter[StepKind] = Counter()
    for kind, measure, outcome, count, some in rows:
        if measure == STEPS:
            counts.setdefault(kind, Counter())[outcome] += count
            users[kind] = max(users[kind], some)
        else:
            told.setdefault((kind, measure), Counter())[cast(Outcome, outcome)] += count
    return [
        KindResults(
            kind,
            counts[kind],
            {name: Measure.of(told[kind, name]) for name in OF_KIND.get(kind, ()) if (kind, name) in told},
            users[kind],
        )
        for kind in StepKind
        if kind in counts
    ]
