"""Outcomes of the steps of a period: follow-backs, accepted requests, people who stayed.

A person counts once, with the first step of its kind that the account did for them. Who belongs to a cohort depends on
that step alone, and never on what came of it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from bot.config.runtime import now
from bot.results import windows
from bot.results.periods import Slots, When
from bot.results.rates import Rate
from bot.storage.models import ActionTarget, Relation
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant

MeasureName = Literal["follow_back_7", "follow_back_14", "accepted", "stayed"]
MEASURES: dict[MeasureName, str] = {
    "follow_back_7": "Followed back within 7 days. People who followed the account before are left out.",
    "follow_back_14": "Followed back within 14 days. People who followed the account before are left out.",
    "accepted": f"Accepted a request within {windows.ACCEPTANCE_DAYS} days.",
    "stayed": f"Still followed {windows.STAYED_DAYS} days after they followed back.",
}
"""The measures with their definitions."""
OF_KIND: dict[StepKind, tuple[MeasureName, ...]] = {
    StepKind.FOLLOW: ("follow_back_7", "follow_back_14", "accepted", "stayed"),
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
    """A number of people with the same outcome of a measure, of one action and the same day of their step."""

    when: When
    action_id: str
    kind: StepKind
    name: MeasureName
    outcome: windows.Outcome
    people: int


def cohorts(
    session: TenantSession, since: datetime, until: datetime, moment: datetime, slots: Slots
) -> Iterator[Cohort]:
    """Yield the measures of the steps that began from `since` until `until`, as known at `moment`."""
    names = OF_KIND[StepKind.FOLLOW]
    slot = slots.number(ActionTarget.claimed_at).label("slot")
    query = _follows(moment, slot, ActionTarget.action_id).where(
        ActionTarget.claimed_at >= since, ActionTarget.claimed_at < until
    )
    for number, action_id, *outcomes, people in session.execute(query.group_by("slot", ActionTarget.action_id, *names)):
        when = slots.when(number)
        for name, outcome in zip(names, outcomes, strict=True):
            yield Cohort(when, action_id, StepKind.FOLLOW, name, outcome, people)


def measures_of(user_id: str, action_id: str) -> dict[MeasureName, Measure]:
    """Return the measures of the follows of one action."""
    names = OF_KIND[StepKind.FOLLOW]
    found: dict[MeasureName, Counter[windows.Outcome]] = {name: Counter() for name in names}
    with tenant(user_id, reading=True) as session:
        query = _follows(now()).where(ActionTarget.action_id == action_id).group_by(*names)
        for *outcomes, people in session.execute(query):
            for name, outcome in zip(names, outcomes, strict=True):
                found[name][outcome] += people
    return {name: Measure.of(counts) for name, counts in found.items()}


def _follows(moment: datetime, *groups: Any) -> Select[*tuple[Any, ...]]:
    """Select these columns and the outcome of each measure for the follows that were done, and the number of people."""
    columns: dict[MeasureName, ColumnElement[windows.Outcome]] = {
        "follow_back_7": windows.follow_back(7, moment),
        "follow_back_14": windows.follow_back(14, moment),
        "accepted": windows.acceptance(moment),
        "stayed": windows.stayed(moment),
    }
    told = (columns[name].label(name) for name in OF_KIND[StepKind.FOLLOW])
    query: Select[*tuple[Any, ...]] = select(*groups, *told, func.count())
    related = and_(
        Relation.user_id == ActionTarget.user_id,
        Relation.account_id == ActionTarget.account_id,
        Relation.person_id == ActionTarget.person_id,
    )
    return query.outerjoin_from(ActionTarget, Relation, related).where(
        ActionTarget.step_kind == StepKind.FOLLOW, ActionTarget.status == TargetStatus.DONE, ~_earlier()
    )


def _earlier() -> ColumnElement[bool]:
    """Whether the account had followed the person before: they are in the cohort of that follow."""
    before = aliased(ActionTarget)
    return (
        select(before.id)
        .where(
            before.person_id == ActionTarget.person_id,
            before.account_id == ActionTarget.account_id,
            before.step_kind == StepKind.FOLLOW,
            before.status == TargetStatus.DONE,
            before.claimed_at < ActionTarget.claimed_at,
        )
        .exists()
    )
