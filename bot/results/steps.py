"""Results of a period: steps by local day, hour, source, action and kind, what came of them, and the period before."""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property, partial
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, func, select

from bot.automation.analytics import BEGUN, PARTS, DayCount, Part, count_by_day, times_of, within
from bot.automation.lifecycle import timezone_of
from bot.decision.hours import local_date, local_time
from bot.results.measures import Cohort, Measure, MeasureName, cohorts
from bot.results.periods import BY_ORIGIN, Grouping, Period, hour_of, of_message, slot_of
from bot.results.rates import Rate, Verdict, compared, needed
from bot.results.windows import Outcome
from bot.storage.models import Action, ActionTarget, Message
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession, tenant

RESULTS = ("done", "failed", "unknown", "skipped")
SourceKind = Literal["hashtag", "account", "list", "followed", "several"]
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
    action, `before` the steps of the period before by kind, and `cohorts_before` what came of them.

    Steps have the number of one of the `slots`, which are told by their first days. Cohorts have that of a day if they
    are counted by day. For rows by hour both have quarters of an hour, and for rows by variant those of messages.
    """

    period: Period
    timezone: str
    slots: list[date] = field(default_factory=list)
    steps: list[DayCount] = field(default_factory=list)
    cohorts: list[Cohort] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    filters: dict[str, dict[str, Any] | None] = field(default_factory=dict)
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
                key = Key(message=self.templates[cohort.action_id], variant=cohort.variant)
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

    def add_before(self, steps: Iterable[DayCount], told: Iterable[Cohort]) -> None:
        """Take these as the steps of the period before, and what came of them."""
        for one in sorted(steps, key=lambda one: one.kind):
            self.before.setdefault(one.kind, Counter())[str(one.result)] += one.amount
        self.cohorts_before = list(told)

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
            counts[key_of(steps.day, steps.action_id), steps.kind][str(steps.result)] += steps.amount
        told: defaultdict[tuple[Key, StepKind], dict[MeasureName, Counter[Outcome]]] = defaultdict(dict)
        for cohort in self.cohorts:
            of_key = told[key_of(cohort.slot, cohort.action_id), cohort.kind]
            of_key.setdefault(cohort.name, Counter())[cohort.outcome] += cohort.people
        rows = [
            Row(*of, found, {name: Measure.of(outcomes) for name, outcomes in told[of].items()})
            for of, found in counts.items()
        ]
        return sorted(rows, key=_ORDER[by])

    def key(self, by: Grouping, slot: Any, action_id: str | None) -> Key:
        match by:
            case "day":
                return Key(day=self.period.since + timedelta(days=slot))
            case "hour":
                return Key(hour=hour_of(slot, ZoneInfo(self.timezone)))
            case "variant":
                return Key(message=self.templates[action_id or ""], variant=slot)
            case "source":
                return Key(source=self.sources[action_id or ""])
            case "action":
                return Key(action_id=action_id)
        return Key()


_OF_ACTIONS = select(Action.id, Action.params, Action.listed).where(Action.id.in_(bindparam("actions", expanding=True)))


def results(
    user_id: str, period: Period, by: Grouping = "day", *, compare: bool = True, detailed: bool = False
) -> Results:
    """Return the results of a period of the user, counted from the targets of all actions.

    By day they have rows of this grouping, and also by source, action and kind. By any other they have rows of it and
    by kind, by source or action also the steps of each week, and if they are `detailed` the steps of each day and
    `variants`. By variant they are those of messages alone, without the skipped ones, for which no text was drawn.
    Without `compare` the period before is not read.
    """
    timezone = timezone_of(user_id)
    found = Results(period, timezone, [period.since])
    days = period.midnights(timezone)
    whole = [days[0], days[-1]]
    before = [local_time(period.before.since, 0, ZoneInfo(timezone))] if compare else []
    with tenant(user_id, reading=True) as session:
        if by in ("hour", "variant"):
            found.steps, found.cohorts = _counted(session, whole, by), list(cohorts(session, whole, by))
            if compare:
                before.append(days[0])
                found.add_before(count_by_day(session, before), cohorts(session, before, "kind"))
        else:
            if detailed or by == "day":
                found.slots = list(period)
            elif by in BY_ORIGIN:
                found.slots = period.weeks
            slots = [*(days[(day - period.since).days] for day in found.slots), days[-1]]
            # The period before is one more day, so that no step is read by a statement of its own.
            _count_days(found, session, before, (slots, days if by == "day" else whole), variants=detailed)
        actions = {steps.action_id for steps in found.steps if steps.action_id}
        for action, params, listed in session.run(_OF_ACTIONS, {"actions": actions}):
            found.sources[action] = source_of(params, listed)
            found.templates[action] = params.get("message", "")
            found.filters[action] = params.get("filters")
    return found


def first_day(user_id: str) -> date | None:
    """Return the local day of the user's first step, or None if there was none."""
    with tenant(user_id, reading=True) as session:
        earliest = session.scalars(select(func.min(ActionTarget.claimed_at))).one()
    return local_date(earliest, timezone_of(user_id)) if earliest else None


def _count_days(
    found: Results,
    session: TenantSession,
    before: Sequence[datetime],
    days: tuple[Sequence[datetime], Sequence[datetime]],
    *,
    variants: bool,
) -> None:
    """Count steps and outcomes of days, given by their begins and the last end, and of the period before if given."""
    first, (of_steps, of_outcomes) = len(before), days
    steps = count_by_day(session, [*before, *of_steps], by_action=True)
    told = list(cohorts(session, [*before, *of_outcomes], "day", variants=variants))
    found.steps = [one._replace(day=one.day - first) for one in steps if one.day >= first]
    found.cohorts = [one._replace(slot=one.slot - first) for one in told if one.slot >= first]
    found.add_before((one for one in steps if one.day < first), (one for one in told if one.slot < first))


def _counted(session: TenantSession, whole: Sequence[datetime], by: Grouping) -> list[DayCount]:
    times = times_of(whole)
    if by == "hour":
        return [DayCount._make(row) for part in PARTS for row in session.run(_of_hours(part), times)]
    return [DayCount._make(row) for row in session.run(_of_variants(), times)]


@cache
def _of_hours(part: Part) -> Select[Any]:
    columns: list[Any] = [ActionTarget.action_id, ActionTarget.step_kind, ActionTarget.status]
    counted: Select[Any] = select(slot_of(part.at).label("slot"), *columns, func.count())
    return counted.where(within(part.at, 1), part.which).group_by("slot", *columns)


@cache
def _of_variants() -> Select[Any]:
    columns: list[Any] = [Message.variant, ActionTarget.action_id, ActionTarget.step_kind, ActionTarget.status]
    counted: Select[Any] = select(*columns, func.count()).outerjoin_from(ActionTarget, Message, of_message)
    messages = ActionTarget.step_kind == StepKind.MESSAGE
    return counted.where(within(BEGUN.at, 1), BEGUN.which, messages).group_by(*columns)


def rate_of(counts: Counts) -> Rate:
    """Return the share of everyone looked at that was done."""
    return Rate(counts["done"], counts.total())


def source_of(params: dict[str, Any], listed: bool) -> Source:
    """Return the source of an action by its parameters."""
    if "subject" in params:
        return Source("several", params["subject"])
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
    "variant": lambda row: (row.key.message, row.key.variant or ""),
    "source": _most_done,
    "action": _most_done,
    "kind": lambda row: list(StepKind).index(row.kind),
}
