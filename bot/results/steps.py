"""Results of a period: steps by local day, hour, source, action and kind, what came of them, and the period before."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property, partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.automation.analytics import DayCount
from bot.automation.lifecycle import timezone_of
from bot.decision.hours import local_date
from bot.results.kept import Days, HourOutcome, HourResult, hour_counts
from bot.results.measures import Cohort, Measure, MeasureName
from bot.results.periods import BY_ORIGIN, Grouping, Period
from bot.results.rates import Rate, Verdict, compared, needed
from bot.results.sources import Source, origins
from bot.results.tallies import spans_of
from bot.results.windows import Outcome
from bot.storage.models import ActionTarget
from bot.storage.models.values import StepKind
from bot.storage.tenancy import tenant

BEFORE = -1
"""The group of the days of the period before."""
RESULTS = ("done", "failed", "unknown", "skipped")
Counts = Counter[str]
"""Numbers of steps by their result, of RESULTS."""


class Key(NamedTuple):
    """The common values of the rows of a grouping besides the kind of step. `hour` is an hour of the local day.

    `message` is the template of a message and `variant` its choices, like `2.1`. None of a text without any, and of
    messages from before they were kept.
    """

    day: date | None = None
    hour: int | None = None
    source: Source | None = None
    action_id: str | None = None
    message: str | None = None
    variant: str | None = None


class Row(NamedTuple):
    """The steps of one kind with one key: their counts, and the measures of what came of them."""

    key: Key
    kind: StepKind
    counts: Counts
    measures: Mapping[MeasureName, Measure]


class Comparison:
    """The measures of some rows, each compared with the others of its kind together.

    Variants are made to be compared, with those of the same message. No row that is `apart` is better or worse: its
    filters or weeks are others.
    """

    def __init__(self, rows: Iterable[Row], apart: Container[tuple[Key, StepKind]] = ()) -> None:
        self._apart = apart
        self._sums: defaultdict[tuple[StepKind, str | None, MeasureName], Rate] = defaultdict(lambda: Rate(0, 0))
        for row in rows:
            if row.key.message is None or row.key.variant is not None:
                for name, measure in row.measures.items():
                    self._sums[row.kind, row.key.message, name] += measure.rate

    def verdict(self, row: Row, name: MeasureName) -> tuple[Verdict, int | None]:
        """Return how a measure of a row compares with the others, and how many people a side a variant needs for it."""
        rate = row.measures[name].rate
        if row.key.message is not None and row.key.variant is None:
            return "too_few", None
        whole = self._sums[row.kind, row.key.message, name]
        planned = row.key.variant is not None
        told = compared(rate, [whole - rate], planned=planned)
        if told != "too_few" and (row.key, row.kind) in self._apart:
            told = "not_comparable"
        return told, needed(whole) if planned else None


class Change(NamedTuple):
    """A measure of a kind of step in the period, and in the period before."""

    kind: StepKind
    name: MeasureName
    measure: Measure
    before: Measure

    @property
    def verdict(self) -> Verdict | None:
        """How the period compares with the one before.

        None if days of the one before are not over, or if too many of its people are unknown to tell a share.
        """
        if self.before.open or not self.before.rate.mostly_known:
            return None
        return compared(self.measure.rate, [self.before.rate])


@dataclass
class Results:
    """The results of a period. `sources` and `filters` have those of each action, `templates` the text of each message
    action, `parts` the sources of actions with several, `before` the steps of the period before by kind, and
    `cohorts_before` what came of them.

    Steps have the number of one of the `slots`, which are told by their first days. Cohorts have that of a day if they
    are counted by day. For rows by hour both have hours, and for rows by variant those of messages.
    """

    period: Period
    timezone: str
    slots: list[date] = field(default_factory=list)
    steps: list[DayCount] = field(default_factory=list)
    cohorts: list[Cohort] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    filters: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    parts: dict[tuple[str, int], Source] = field(default_factory=dict)
    before: dict[StepKind, Counts] = field(default_factory=dict)
    cohorts_before: list[Cohort] = field(default_factory=list)
    _rows: dict[Grouping, list[Row]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def by_kind(self) -> dict[StepKind, Counts]:
        return {row.kind: row.counts for row in self.rows("kind")}

    @cached_property
    def by_day(self) -> dict[tuple[date, StepKind], Counts]:
        """The steps of each day, of results that count them by day."""
        counts: defaultdict[tuple[int, StepKind], Counts] = defaultdict(Counter)
        for steps in self.steps:
            counts[steps.day, steps.kind][str(steps.result)] += steps.amount
        return {(self.period.since + timedelta(days=day), kind): found for (day, kind), found in counts.items()}

    @cached_property
    def variants(self) -> list[Row]:
        """The outcomes of messages by variant, of results that tell them apart. Their steps are not counted."""
        told: defaultdict[Key, dict[MeasureName, Counter[Outcome]]] = defaultdict(dict)
        for cohort in self.cohorts:
            if cohort.kind == StepKind.MESSAGE:
                key = Key(message=self.templates[cohort.action_id or ""], variant=cohort.variant)
                told[key].setdefault(cohort.name, Counter())[cohort.outcome] += cohort.people
        rows = [
            Row(key, StepKind.MESSAGE, Counter(), {name: Measure.of(outcomes) for name, outcomes in measures.items()})
            for key, measures in told.items()
        ]
        return sorted(rows, key=_ORDER["variant"])

    @property
    def totals(self) -> Counts:
        return sum(self.by_kind.values(), Counter())

    @property
    def totals_before(self) -> Counts:
        return sum(self.before.values(), Counter())

    def add(self, told: Days, first: int, by: Grouping, *, variants: bool) -> None:
        """Take the numbers of days, of which those before the place `first` are of the period before."""
        slot = self._slots()
        steps: Counter[DayCount] = Counter()
        for step in told.steps():
            if step.span < first:
                self.before.setdefault(step.kind, Counter())[step.result] += step.amount
            elif by != "variant" or (step.kind == StepKind.MESSAGE and step.result != "skipped"):
                place: Any = step.variant if by == "variant" else slot[step.span - first]
                steps[DayCount(place, step.action_id, step.kind, step.result, 0, step.part)] += step.amount
        self.steps = [one._replace(amount=amount) for one, amount in steps.items()]
        self.before = dict(sorted(self.before.items()))
        # Tuples of the fields, which are made faster than cohorts are.
        people: Counter[tuple[Any, ...]] = Counter()
        for one in told.outcomes():
            if by == "variant" and one.kind != StepKind.MESSAGE and one.span != BEFORE:
                continue
            place = one.variant if by == "variant" and one.span != BEFORE else one.span
            variant = one.variant if variants else None
            people[place, one.action_id, one.kind, one.name, one.outcome, variant, one.part] += one.people
        for (place, action_id, kind, name, outcome, variant, part), number in people.items():
            cohort = Cohort(place, action_id, kind, name, outcome, number, variant, part)
            (self.cohorts_before if place == BEFORE else self.cohorts).append(cohort)

    def add_hours(self, steps: Counter[HourResult], people: Counter[HourOutcome]) -> None:
        """Take the numbers of hours."""
        self.steps = [DayCount(hour, None, kind, result, amount) for (hour, kind, result), amount in steps.items()]
        self.cohorts = [
            Cohort(hour, None, kind, name, outcome, number) for (hour, kind, name, outcome), number in people.items()
        ]

    def _slots(self) -> list[int]:
        """Return the number of the slot of each day of the period."""
        begins = [(day - self.period.since).days for day in self.slots]
        return [bisect_right(begins, number) - 1 for number in range(self.period.days)]

    def measures_before(self, kind: StepKind) -> dict[MeasureName, Measure]:
        """Return the measures of a kind of step in the period before."""
        told: defaultdict[MeasureName, Counter[Outcome]] = defaultdict(Counter)
        for cohort in self.cohorts_before:
            if cohort.kind == kind:
                told[cohort.name][cohort.outcome] += cohort.people
        return {name: Measure.of(outcomes) for name, outcomes in told.items()}

    @cached_property
    def changes(self) -> list[Change]:
        """The measures of the period next to those of the period before, if both have people."""
        return [
            Change(row.kind, name, measure, before)
            for row in self.rows("kind")
            for name, before in self.measures_before(row.kind).items()
            if (measure := row.measures.get(name)) and measure.people and before.people
        ]

    def rows(self, by: Grouping) -> list[Row]:
        """Return the results by kind and, if asked, by day, hour, source or action.

        Sources and actions come by their number of done steps, all others in order. Each grouping is made once.
        """
        if by not in self._rows:
            self._rows[by] = self._grouped(by)
        return self._rows[by]

    def _grouped(self, by: Grouping) -> list[Row]:
        # Many steps share a slot and an action, and to make their key costs more than to count them.
        key_of = cache(partial(self.key, by))
        counts: defaultdict[tuple[Key, StepKind], Counts] = defaultdict(Counter)
        for steps in self.steps:
            counts[key_of(steps.day, steps.action_id, steps.part), steps.kind][str(steps.result)] += steps.amount
        told: defaultdict[tuple[Key, StepKind], dict[MeasureName, Counter[Outcome]]] = defaultdict(dict)
        for cohort in self.cohorts:
            of_key = told[key_of(cohort.slot, cohort.action_id, cohort.part), cohort.kind]
            of_key.setdefault(cohort.name, Counter())[cohort.outcome] += cohort.people
        rows = [
            Row(*of, found, {name: Measure.of(outcomes) for name, outcomes in told[of].items()})
            for of, found in counts.items()
        ]
        return sorted(rows, key=_ORDER[by])

    def source(self, action_id: str, part: int | None) -> Source:
        """Return the source of a step: of an action with several, the one that found its person or post."""
        known = None if part is None else self.parts.get((action_id, part))
        return known or self.sources[action_id]

    def key(self, by: Grouping, slot: Any, action_id: str | None, part: int | None = None) -> Key:
        match by:
            case "day":
                return Key(day=self.period.since + timedelta(days=slot))
            case "hour":
                return Key(hour=slot)
            case "variant":
                return Key(message=self.templates[action_id or ""], variant=slot)
            case "source":
                return Key(source=self.source(action_id or "", part))
            case "action":
                return Key(action_id=action_id)
        return Key()


def results(
    user_id: str, period: Period, by: Grouping = "day", *, compare: bool = True, detailed: bool = False
) -> Results:
    """Return the results of a period of the user: kept numbers of closed days, and all others counted now.

    By day they have rows of this grouping, and also by source, action and kind. By any other they have rows of it and
    by kind, by source or action also the steps of each week, and if they are `detailed` the steps of each day and
    `variants`. By variant they are those of messages alone, without the skipped ones, for which no text was drawn.
    Without `compare` the period before is not read.
    """
    timezone = timezone_of(user_id)
    found = Results(period, timezone, [period.since])
    if detailed or by == "day":
        found.slots = list(period)
    elif by in BY_ORIGIN:
        found.slots = period.weeks
    before = spans_of(period.before.midnights(timezone)) if compare else []
    days = spans_of(period.midnights(timezone))
    with tenant(user_id, reading=True) as session:
        hours = hour_counts(session, days, ZoneInfo(timezone)) if by == "hour" else None
        of_days = [] if hours else days
        groups = [BEFORE] * len(before) + [number if by == "day" else 0 for number in range(len(of_days))]
        found.add(Days(session, [*before, *of_days], groups), len(before), by, variants=detailed)
        if hours:
            found.add_hours(*hours)
        actions = {one.action_id for one in found.steps if one.action_id}
        found.sources, found.templates, found.filters, found.parts = origins(session, actions)
    return found


def first_day(user_id: str) -> date | None:
    """Return the local day of the user's first step, or None if there was none."""
    with tenant(user_id, reading=True) as session:
        earliest = session.scalars(select(func.min(ActionTarget.claimed_at))).one()
    return local_date(earliest, timezone_of(user_id)) if earliest else None


def rate_of(counts: Counts) -> Rate:
    """Return the share of everyone looked at that was done."""
    return Rate(counts["done"], counts.total())


def _most_done(row: Row) -> tuple[Any, ...]:
    name = (row.key.source.name if row.key.source else row.key.action_id) or ""
    return -row.counts["done"], -row.counts.total(), name, row.kind


_ORDER: dict[Grouping, Callable[[Row], Any]] = {
    "day": lambda row: (row.key.day, row.kind),
    "hour": lambda row: (row.key.hour, row.kind),
    "variant": lambda row: (row.key.message, row.key.variant or ""),
    "source": _most_done,
    "action": _most_done,
    "kind": lambda row: list(StepKind).index(row.kind),
}
