"""Numbers of local days: kept ones of closed days, and all others counted at the moment of the question."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.dialects import sqlite

from bot.config.runtime import now
from bot.results import tallies
from bot.results.measures import OF_KIND, MeasureName, known_now
from bot.results.periods import hour_of
from bot.results.tallies import OutcomeTally, Span, StepTally, of_outcomes, of_steps
from bot.results.windows import Outcome
from bot.storage.models import ResultDay
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession

_KINDS = {str(kind): kind for kind in StepKind}
HourResult = tuple[int, StepKind, str]
"""The hour, the kind of step and its result."""
HourOutcome = tuple[int, StepKind, MeasureName, Outcome]
"""The hour, the kind of step, and the outcome of one of its measures."""
_FORMAT = 1
"""The form of the kept numbers. A change of it lets all be counted again."""


@dataclass(frozen=True)
class Basis:
    """All that kept numbers depend on, and that is no row of a step: the rules, the account, and its inbox."""

    account_id: str | None
    read_up_to: datetime | None

    @classmethod
    def of(cls, session: TenantSession) -> "Basis":
        known = known_now(session)
        return cls(known["inbox_account"], known["inbox_read_up_to"])

    def of_span(self, span: Span) -> str:
        """Return it as a text. An inbox that was read up to a time before the span, or after it, is as good as any."""
        read = min(max(self.read_up_to or span.begins, span.begins), span.ends)
        return f"{rules()} {self.account_id} {read.isoformat()}"


@cache
def rules() -> str:
    """Return a mark of the statements that count. It changes with each rule of theirs."""
    statements = [*of_steps((2, 1), slots=True), *(of_outcomes(kind, (2, 1), slots=True) for kind in OF_KIND)]
    compiled = [one.compile(dialect=sqlite.dialect()) for one in statements]
    told = [_FORMAT, *((str(one), sorted(one.params.items(), key=repr)) for one in compiled)]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


_GOOD: ColumnElement[bool] = and_(
    ResultDay.counted == ResultDay.changes,
    ResultDay.counted_at <= bindparam("moment", type_=UtcDateTime),
    or_(ResultDay.good_until.is_(None), ResultDay.good_until > bindparam("moment", type_=UtcDateTime)),
)
_AMONG: ColumnElement[bool] = and_(
    ResultDay.begins >= bindparam("since", type_=UtcDateTime),
    ResultDay.begins < bindparam("until", type_=UtcDateTime),
)


@cache
def _kept(*columns: str) -> Any:
    told = (getattr(ResultDay, name) for name in columns)
    return select(ResultDay.begins, ResultDay.ends, ResultDay.basis, *told).where(_AMONG, _GOOD)


def kept(session: TenantSession, spans: Sequence[Span], *columns: str) -> dict[int, Any]:
    """Return the rows of the spans, by their place, that tell what counting would tell now."""
    if not spans:
        return {}
    basis, places = Basis.of(session), {span: place for place, span in enumerate(spans)}
    params = {"since": spans[0].begins, "until": spans[-1].ends, "moment": now()}
    found = {}
    for row in session.run(_kept(*columns), params):
        place = places.get(Span(row.begins, row.ends))
        if place is not None and row.basis == basis.of_span(spans[place]):
            found[place] = row
    return found


class Days:
    """The numbers of some local days, given by their spans in order.

    `groups` has the number of the group that each day belongs to: outcomes are told by group, steps by day.
    """

    def __init__(self, session: TenantSession, spans: Sequence[Span], groups: Sequence[int]) -> None:
        self._session, self._spans, self._groups = session, spans, groups
        self._kept = {place: row.numbers for place, row in kept(session, spans, "numbers").items()}
        self._live = [place for place in range(len(spans)) if place not in self._kept]

    def steps(self) -> Iterator[StepTally]:
        """Yield the steps. `span` is the place of their day."""
        for place, numbers in self._kept.items():
            for action_id, part, kind, steps, _ in numbers:
                for result, variant, amount in steps:
                    yield StepTally(place, None, action_id, part, _KINDS[kind], result, variant, amount)
        for tally in tallies.step_tallies(self._session, [self._spans[place] for place in self._live]):
            yield tally._replace(span=self._live[tally.span])

    def outcomes(self) -> Iterator[OutcomeTally]:
        """Yield what came of the steps. `span` is the group of their day."""
        for place, numbers in self._kept.items():
            group = self._groups[place]
            for action_id, part, kind, _, outcomes in numbers:
                for variant, name, outcome, people in outcomes:
                    yield OutcomeTally(group, None, action_id, part, _KINDS[kind], variant, name, outcome, people)
        runs, groups = self._runs()
        for tally in tallies.outcome_tallies(self._session, runs):
            yield tally._replace(span=groups[tally.span])

    def _runs(self) -> tuple[list[Span], list[int]]:
        """Return the days to count now, with those that follow one another in a group as one, and their groups."""
        runs: list[Span] = []
        groups: list[int] = []
        for place in self._live:
            span, group = self._spans[place], self._groups[place]
            if runs and runs[-1].ends == span.begins and groups[-1] == group:
                runs[-1] = Span(runs[-1].begins, span.ends)
            else:
                runs.append(span)
                groups.append(group)
        return runs, groups


def numbers_of(steps: Iterable[StepTally], outcomes: Iterable[OutcomeTally]) -> list[Any]:
    """Return the numbers of a day: by action, part and kind those of steps, and of what came of them."""
    done: defaultdict[tuple[Any, ...], Counter[tuple[Any, ...]]] = defaultdict(Counter)
    came: defaultdict[tuple[Any, ...], Counter[tuple[Any, ...]]] = defaultdict(Counter)
    for step in steps:
        done[step.action_id, step.part, str(step.kind)][str(step.result), step.variant] += step.amount
    for one in outcomes:
        came[one.action_id, one.part, str(one.kind)][one.variant, one.name, one.outcome] += one.people
    return [[*of, listed(done[of]), listed(came[of])] for of in done]


def hour_counts(
    session: TenantSession, spans: Sequence[Span], zone: ZoneInfo
) -> tuple[Counter[HourResult], Counter[HourOutcome]]:
    """Return the numbers of steps, and of what came of them, by hour of the local day and kind."""
    known = kept(session, spans, "hours")
    live = [span for place, span in enumerate(spans) if place not in known]
    done, came = by_hour(
        tallies.step_tallies(session, live, slots=True), tallies.outcome_tallies(session, live, slots=True), zone
    )
    for row in known.values():
        steps, outcomes = row.hours
        for hour, kind, result, amount in steps:
            done[hour, _KINDS[kind], result] += amount
        for hour, kind, name, outcome, people in outcomes:
            came[hour, _KINDS[kind], name, outcome] += people
    return done, came


def by_hour(
    steps: Iterable[StepTally], outcomes: Iterable[OutcomeTally], zone: ZoneInfo
) -> tuple[Counter[HourResult], Counter[HourOutcome]]:
    """Return the numbers of tallies by hour of the local day and kind. They have the quarters of an hour."""
    done: Counter[HourResult] = Counter()
    came: Counter[HourOutcome] = Counter()
    for step in steps:
        done[hour_of(step.slot or 0, zone), step.kind, str(step.result)] += step.amount
    for one in outcomes:
        came[hour_of(one.slot or 0, zone), one.kind, one.name, one.outcome] += one.people
    return done, came


def listed(counts: Mapping[tuple[Any, ...], int]) -> list[Any]:
    return [[*of, amount] for of, amount in counts.items()]
