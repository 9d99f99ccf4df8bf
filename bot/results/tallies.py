"""Tallies of spans of time: steps and what came of them, by action, part of its sources, kind and variant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, func, null, or_, select

from bot.automation.analytics import BEGUN, PARTS, Part, day_of, times_of
from bot.results.measures import OF_KIND, MeasureName, done, known_now, related
from bot.results.periods import of_message, slot_of
from bot.results.windows import Outcome, changes_at
from bot.storage.models import ActionTarget, Message, Relation
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import StepKind
from bot.storage.tenancy import TenantSession

_TIMES = (2, 8, 32, 128, 256)
"""Numbers of times that a statement tells spans apart by. More than that are asked for in parts."""
_RUNS = (1, 4, 16)
"""Numbers of runs of spans without a gap that a statement is made for."""
_MESSAGES = ActionTarget.step_kind == StepKind.MESSAGE
_BEGUN = Part(BEGUN.at, and_(BEGUN.which, ~_MESSAGES))
_WRITTEN = Part(BEGUN.at, and_(BEGUN.which, _MESSAGES))
_SKIPPED = PARTS[1]


class Span(NamedTuple):
    """A span of time, its end not included."""

    begins: datetime
    ends: datetime


def spans_of(midnights: Sequence[datetime]) -> list[Span]:
    """Return the days between midnights."""
    return [Span(begins, ends) for begins, ends in pairwise(midnights)]


class StepTally(NamedTuple):
    """The number of steps of one result. `span` is its number, and `slot` a quarter of an hour if they are told apart.

    `part` is the number of the part of the sources, and `variant` the choices of a message.
    """

    span: int
    slot: int | None
    action_id: str
    part: int | None
    kind: StepKind
    result: str
    variant: str | None
    amount: int


class OutcomeTally(NamedTuple):
    """The number of people with one outcome of a measure. The other fields are those of their step."""

    span: int
    slot: int | None
    action_id: str
    part: int | None
    kind: StepKind
    variant: str | None
    name: MeasureName
    outcome: Outcome
    people: int


@dataclass(frozen=True)
class _Asked:
    """Spans as parameters of a statement: `numbers` has the span behind each of its times, if there is one."""

    size: tuple[int, int]
    params: dict[str, datetime]
    numbers: dict[int, int]


def step_tallies(session: TenantSession, spans: Sequence[Span], *, slots: bool = False) -> Iterator[StepTally]:
    """Yield the steps of some spans, given in their order. `slots` tells quarters of an hour apart."""
    for asked in _asked(spans):
        for statement in of_steps(asked.size, slots):
            for row in session.run(statement, asked.params):
                place, *of = _values(row)
                if place in asked.numbers:
                    yield StepTally(asked.numbers[place], *of)


def outcome_tallies(session: TenantSession, spans: Sequence[Span], *, slots: bool = False) -> Iterator[OutcomeTally]:
    """Yield what came of the steps of some spans, given in their order, as known now."""
    known = known_now(session)
    for asked in _asked(spans):
        for kind, names in OF_KIND.items():
            for row in session.run(of_outcomes(kind, asked.size, slots), asked.params | known):
                place, slot, action_id, part, variant, *outcomes, people = _values(row)
                if place in asked.numbers:
                    of = (asked.numbers[place], slot, action_id, part, kind, variant)
                    for name, outcome in zip(names, outcomes, strict=True):
                        yield OutcomeTally(*of, name, outcome, people)


def first_changes(session: TenantSession, spans: Sequence[Span], moment: datetime) -> dict[int, datetime]:
    """Return the first time after a moment at which time alone may change an outcome, by span, if there is one."""
    found: dict[int, datetime] = {}
    for asked in _asked(spans):
        for kind in OF_KIND:
            for row in session.run(_changing(kind, asked.size), asked.params | {"moment": moment}):
                place, *times = _values(row)
                number = asked.numbers.get(place)
                later_on = [at for at in times if at is not None]
                if number is not None and later_on:
                    found[number] = min(found.get(number, later_on[0]), *later_on)
    return found


def _values(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row)


def _asked(spans: Sequence[Span]) -> Iterator[_Asked]:
    most = _TIMES[-1] // 2
    for first in range(0, len(spans), most):
        yield _asked_once(range(first, min(first + most, len(spans))), spans)


def _asked_once(numbers: range, spans: Sequence[Span]) -> _Asked:
    runs: list[Span] = []
    times: list[datetime] = []
    places: dict[int, int] = {}
    for number in numbers:
        span = spans[number]
        if runs and runs[-1].ends == span.begins:
            runs[-1] = Span(runs[-1].begins, span.ends)
            places[len(times) - 1] = number
        else:
            runs.append(span)
            places[len(times)] = number
            times.append(span.begins)
        times.append(span.ends)
    runs = _fewer(runs)
    size = _fitting(_TIMES, len(times)), _fitting(_RUNS, len(runs))
    times += [times[-1]] * (size[0] - len(times))
    runs += [Span(times[-1], times[-1])] * (size[1] - len(runs))
    bounds = {f"{end}_{n}": at for n, run in enumerate(runs) for end, at in zip(("since", "until"), run, strict=True)}
    return _Asked(size, times_of(times) | bounds, places)


def _fitting(sizes: Sequence[int], number: int) -> int:
    return next(size for size in sizes if size >= number)


def _fewer(runs: list[Span]) -> list[Span]:
    """Close the smallest gaps of too many runs: steps within them are counted, and left off after that."""
    while len(runs) > _RUNS[-1]:
        at = min(range(1, len(runs)), key=lambda number: runs[number].begins - runs[number - 1].ends)
        runs[at - 1 : at + 1] = [Span(runs[at - 1].begins, runs[at].ends)]
    return runs


@cache
def of_steps(size: tuple[int, int], slots: bool) -> list[Select[Any]]:
    """Return the statements. Only messages have a variant, and skipped people had none drawn."""
    return [_counted(size, slots, part) for part in (_BEGUN, _WRITTEN, _SKIPPED)]


def _counted(size: tuple[int, int], slots: bool, part: Part) -> Select[Any]:
    variant: Any = Message.variant if part is _WRITTEN else null()
    columns: list[Any] = [ActionTarget.action_id, ActionTarget.source, ActionTarget.step_kind, ActionTarget.status]
    query: Select[Any] = select(*_place(part.at, size, slots), *columns, variant.label("variant"), func.count())
    if part is _WRITTEN:
        query = query.outerjoin_from(ActionTarget, Message, of_message)
    groups = [*columns, *(("variant",) if part is _WRITTEN else ()), *(("slot",) if slots else ())]
    return query.where(_within(part.at, size), part.which).group_by("day", *groups)


@cache
def of_outcomes(kind: StepKind, size: tuple[int, int], slots: bool) -> Select[Any]:
    """Return the statement of the outcomes of a kind of step."""
    at, written = ActionTarget.claimed_at, kind == StepKind.MESSAGE
    variant: Any = Message.variant if written else null()
    origin: list[Any] = [*_place(at, size, slots), ActionTarget.action_id, ActionTarget.source]
    query = done(kind, *origin, variant.label("variant"))
    if written:
        query = query.outerjoin(Message, of_message)
    groups = (*(("slot",) if slots else ()), *(("variant",) if written else ()))
    of_steps = query.where(_within(at, size))
    return of_steps.group_by("day", ActionTarget.action_id, ActionTarget.source, *groups, *OF_KIND[kind])


@cache
def _changing(kind: StepKind, size: tuple[int, int]) -> Select[Any]:
    at, moment = ActionTarget.claimed_at, bindparam("moment", type_=UtcDateTime)
    columns: list[Any] = [func.min(case((change > moment, change))) for change in changes_at(kind)]
    query: Select[Any] = select(day_of(at, size[0] - 1), *columns)
    return (
        query.outerjoin_from(ActionTarget, Relation, related)
        .where(ActionTarget.step_kind == kind, _within(at, size))
        .group_by("day")
    )


def _place(at: Any, size: tuple[int, int], slots: bool) -> list[Any]:
    slot: Any = slot_of(at) if slots else null()
    return [day_of(at, size[0] - 1), slot.label("slot")]


def _within(at: Any, size: tuple[int, int]) -> ColumnElement[bool]:
    ends = (tuple(bindparam(f"{end}_{n}", type_=at.type) for end in ("since", "until")) for n in range(size[1]))
    return or_(*(and_(at >= since, at < until) for since, until in ends))
