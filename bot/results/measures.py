"""Outcomes of the steps of a period: follow-backs, accepted requests, people who stayed.

A person counts once, with the first step of its kind that the account did for them. Who belongs to a cohort depends on
that step alone, and never on what came of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, String, and_, bindparam, cast, func, select
from sqlalchemy.orm import aliased

from bot.automation.analytics import MAX_STATEMENTS, day_of, times_of, within
from bot.config.runtime import now
from bot.results import windows
from bot.results.periods import slot_of
from bot.results.rates import Rate
from bot.storage.models import ActionTarget, BotStatus, Contact, Relation
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant

_SHORT, _LONG = windows.FOLLOW_BACK_DAYS
MeasureName = Literal["follow_back_7", "follow_back_14", "accepted", "stayed", "answered", "asked_to_stop"]
MEASURES: dict[MeasureName, str] = {
    "follow_back_7": f"Followed back within {_SHORT} days. People who followed the account before are left out.",
    "follow_back_14": f"Followed back within {_LONG} days. People who followed the account before are left out.",
    "accepted": f"Accepted a request within {windows.ACCEPTANCE_DAYS} days.",
    "stayed": f"Still followed {windows.STAYED_DAYS} days after they followed back.",
    "answered": f"Answered a message within {windows.ANSWER_DAYS} days, with more than a request to stop.",
    "asked_to_stop": f"Asked you to stop within {windows.ANSWER_DAYS} days after a message.",
}
"""The measures with their definitions."""
OF_KIND: dict[StepKind, tuple[MeasureName, ...]] = {
    StepKind.FOLLOW: ("follow_back_7", "follow_back_14", "accepted", "stayed"),
    StepKind.MESSAGE: ("answered", "asked_to_stop"),
}
"""The measures of each kind of step that has any."""


@dataclass(frozen=True)
class Measure:
    """The people of a cohort by what came of them. `so_far` of the `open` ones have done it already: no share yet."""

    yes: int = 0
    no: int = 0
    unsure: int = 0
    open: int = 0
    so_far: int = 0

    @classmethod
    def of(cls, counts: Counter[windows.Outcome]) -> "Measure":
        waiting = counts["open"] + counts["so_far"]
        return cls(counts["yes"], counts["no"], counts["unsure"], waiting, counts["so_far"])

    @property
    def matured(self) -> int:
        """The people whose days are over."""
        return self.yes + self.no + self.unsure

    @property
    def people(self) -> int:
        return self.matured + self.open

    @property
    def rate(self) -> Rate:
        """The share of those known, with the unsure in its interval."""
        return Rate(self.yes, self.yes + self.no, self.unsure)

    def __add__(self, other: "Measure") -> "Measure":
        return Measure(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


class Cohort(NamedTuple):
    """A number of people with the same outcome of a measure, of one action and the same time of their step."""

    slot: int
    action_id: str
    kind: StepKind
    name: MeasureName
    outcome: windows.Outcome
    people: int


def cohorts(session: TenantSession, begins: Sequence[datetime], *, by_hour: bool) -> Iterator[Cohort]:
    """Yield the measures of the steps of some days, as known now.

    `begins` are the begins of the days and the end of the last one. `slot` is the number of the day, or by hour that
    of the quarter of an hour.
    """
    times = times_of(begins) | _known(session)
    for kind, names in OF_KIND.items():
        for row in session.run(_by_slot(kind, len(begins) - 1, by_hour), times):
            slot, action_id, *outcomes, people = _values(row)
            for name, outcome in zip(names, outcomes, strict=True):
                yield Cohort(slot, action_id, kind, name, outcome, people)


@lru_cache(MAX_STATEMENTS)
def _by_slot(kind: StepKind, days: int, by_hour: bool) -> Select[Any]:
    at = ActionTarget.claimed_at
    slot = (slot_of(at) if by_hour else day_of(at, days)).label("slot")
    query = _done(kind, slot, ActionTarget.action_id).where(within(at, days))
    return query.group_by("slot", ActionTarget.action_id, *OF_KIND[kind])


def measures_of(user_id: str, action_id: str, kind: StepKind) -> dict[MeasureName, Measure]:
    """Return the measures of one action, whose steps are of this kind. None for a kind without any."""
    names = OF_KIND.get(kind, ())
    found: dict[MeasureName, Counter[windows.Outcome]] = {name: Counter() for name in names}
    if names:
        with tenant(user_id, reading=True) as session:
            for row in session.run(_of_action(kind), {"action": action_id} | _known(session)):
                *outcomes, people = _values(row)
                for name, outcome in zip(names, outcomes, strict=True):
                    found[name][outcome] += people
    return {name: Measure.of(counts) for name, counts in found.items()}


def _values(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row)


@cache
def _of_action(kind: StepKind) -> Select[Any]:
    return _done(kind).where(ActionTarget.action_id == bindparam("action")).group_by(*OF_KIND[kind])


def _known(session: TenantSession) -> dict[str, datetime | None]:
    """Return the parameters of a statement of `_done`: this moment, and the last reading of the inbox."""
    return {"moment": now(), "inbox_read_at": session.scalars(select(BotStatus.replies_read_at)).one()}


def _done(kind: StepKind, *groups: Any) -> Select[Any]:
    """Select these columns, the outcome of each measure of the steps of a kind that were done, and their number."""
    query = _follows(groups) if kind == StepKind.FOLLOW else _messages(groups)
    return query.where(ActionTarget.step_kind == kind, ActionTarget.status == TargetStatus.DONE, ~_earlier(kind))


_MOMENT = bindparam("moment", type_=UtcDateTime)
_INBOX_READ = bindparam("inbox_read_at", type_=UtcDateTime)


def _follows(groups: tuple[Any, ...]) -> Select[Any]:
    columns = (
        windows.follow_back(_SHORT, _MOMENT).label("follow_back_7"),
        windows.follow_back(_LONG, _MOMENT).label("follow_back_14"),
        windows.acceptance(_MOMENT).label("accepted"),
        windows.stayed(_MOMENT).label("stayed"),
    )
    query: Select[Any] = select(*groups, *columns, func.count())
    related = and_(
        Relation.user_id == ActionTarget.user_id,
        Relation.account_id == ActionTarget.account_id,
        Relation.person_id == ActionTarget.person_id,
    )
    return query.outerjoin_from(ActionTarget, Relation, related)


def _messages(groups: tuple[Any, ...]) -> Select[Any]:
    columns = (
        windows.answered(_MOMENT, _INBOX_READ).label("answered"),
        windows.asked_to_stop(_MOMENT, _INBOX_READ).label("asked_to_stop"),
    )
    query: Select[Any] = select(*groups, *columns, func.count())
    written = and_(Contact.user_id == ActionTarget.user_id, Contact.instagram_id == ActionTarget.recipient)
    return query.outerjoin_from(ActionTarget, Contact, written)


def _earlier(kind: StepKind) -> ColumnElement[bool]:
    """Whether the account did the same for the person before: they are in the cohort of that step."""
    before = aliased(ActionTarget)
    return (
        select(before.id)
        .where(
            before.person_id == ActionTarget.person_id,
            before.account_id == ActionTarget.account_id,
            # As a text, so that no index of the kind is taken: that of the person finds few rows, that one all.
            cast(before.step_kind, String) == kind.value,
            before.status == TargetStatus.DONE,
            before.claimed_at < ActionTarget.claimed_at,
        )
        .exists()
    )
