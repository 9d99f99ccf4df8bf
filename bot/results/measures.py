"""Outcomes of the steps of a period: follow-backs, accepted requests, people who stayed.

A person counts once, with the first step of its kind that the account did for them. Who belongs to a cohort depends on
that step alone, and never on what came of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, String, and_, bindparam, cast, func, select
from sqlalchemy.orm import aliased

from bot.automation.analytics import MAX_STATEMENTS, day_of, times_of, within
from bot.config.runtime import now
from bot.results import windows
from bot.results.rates import Rate
from bot.storage.models import ActionTarget, BotStatus, Contact, InstagramCredentials, Relation
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant

_SHORT, _LONG = windows.FOLLOW_BACK_DAYS
_LEFT_OUT = (
    "People who followed the account before are left out. Not seen are those who follow and leave between two "
    "readings, and those that Instagram hides from a list that has the newest first, until one of them is found: two "
    "people a day who are not in such a list are asked about."
)
_WINDOWS = {*windows.FOLLOW_BACK_DAYS, windows.ACCEPTANCE_DAYS, windows.ANSWER_DAYS, windows.STAYED_DAYS}
MeasureName = Literal["follow_back_7", "follow_back_14", "accepted", "stayed", "answered", "asked_to_stop"]
MEASURES: dict[MeasureName, str] = {
    "follow_back_7": f"Followed back within {_SHORT} days. {_LEFT_OUT}",
    "follow_back_14": f"Followed back within {_LONG} days. {_LEFT_OUT}",
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
    """A number of people with the same outcome of a measure, of one action and the same slot of their step.

    `action_id` is None if actions are not told apart, and `part` is the part of its sources. `variant` is that of their
    message, if cohorts are told apart by it.
    """

    slot: Any
    action_id: str | None
    kind: StepKind
    name: MeasureName
    outcome: windows.Outcome
    people: int
    variant: str | None = None
    part: int | None = None


def cohorts(session: TenantSession, begins: Sequence[datetime]) -> Iterator[Cohort]:
    """Yield the measures of the steps of some days, as known now.

    `begins` are the begins of the days and the end of the last one. `slot` is the number of the day.
    """
    times = times_of(begins) | known_now(session)
    for kind, names in OF_KIND.items():
        for row in session.run(_by_day(kind, len(begins) - 1), times):
            slot, action_id, *outcomes, people = _values(row)
            for name, outcome in zip(names, outcomes, strict=True):
                yield Cohort(slot, action_id, kind, name, outcome, people)


@lru_cache(MAX_STATEMENTS)
def _by_day(kind: StepKind, days: int) -> Select[Any]:
    at = ActionTarget.claimed_at
    query = done(kind, day_of(at, days), ActionTarget.action_id).where(within(at, days))
    return query.group_by("day", ActionTarget.action_id, *OF_KIND[kind])


def measures_of(user_id: str, action_id: str, kind: StepKind) -> dict[MeasureName, Measure]:
    """Return the measures of one action, whose steps are of this kind. None for a kind without any."""
    names = OF_KIND.get(kind, ())
    found: dict[MeasureName, Counter[windows.Outcome]] = {name: Counter() for name in names}
    if names:
        with tenant(user_id, reading=True) as session:
            for row in session.run(_of_action(kind), {"action": action_id} | known_now(session)):
                *outcomes, people = _values(row)
                for name, outcome in zip(names, outcomes, strict=True):
                    found[name][outcome] += people
    return {name: Measure.of(counts) for name, counts in found.items()}


def _values(row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row)


@cache
def _of_action(kind: StepKind) -> Select[Any]:
    return done(kind).where(ActionTarget.action_id == bindparam("action")).group_by(*OF_KIND[kind])


_READ_AT = select(BotStatus.replies_read_at)
_ACCOUNT = select(InstagramCredentials.instagram_id)


def known_now(session: TenantSession) -> dict[str, Any]:
    """Return the parameters of a statement of `done`: this moment, and the last reading of the account's inbox."""
    moment, read_at = now(), session.run(_READ_AT).scalar_one()
    return {
        "inbox_read_up_to": read_at and read_at - timedelta(days=windows.ANSWER_DAYS),
        "inbox_account": session.run(_ACCOUNT).scalar_one_or_none(),
    } | {f"ago_{days}": moment - timedelta(days=days) for days in _WINDOWS}


def _ago(days: int) -> ColumnElement[datetime]:
    return bindparam(f"ago_{days}", type_=UtcDateTime)


def done(kind: StepKind, *groups: Any) -> Select[Any]:
    """Select these columns, the outcome of each measure of the steps of a kind that were done, and their number."""
    query = _follows(groups) if kind == StepKind.FOLLOW else _messages(groups)
    return query.where(ActionTarget.step_kind == kind, ActionTarget.status == TargetStatus.DONE, ~_earlier(kind))


related = and_(
    Relation.user_id == ActionTarget.user_id,
    Relation.account_id == ActionTarget.account_id,
    Relation.person_id == ActionTarget.person_id,
)
"""The condition that joins the relation of a follow's person with its target."""
_INBOX = windows.Inbox(bindparam("inbox_read_up_to", type_=UtcDateTime), bindparam("inbox_account", type_=String()))


def _follows(groups: tuple[Any, ...]) -> Select[Any]:
    columns = (
        windows.follow_back(_SHORT, _ago).label("follow_back_7"),
        windows.follow_back(_LONG, _ago).label("follow_back_14"),
        windows.acceptance(_ago).label("accepted"),
        windows.stayed(_ago).label("stayed"),
    )
    query: Select[Any] = select(*groups, *columns, func.count())
    return query.outerjoin_from(ActionTarget, Relation, related)


def _messages(groups: tuple[Any, ...]) -> Select[Any]:
    columns = (
        windows.answered(_ago, _INBOX).label("answered"),
        windows.asked_to_stop(_ago, _INBOX).label("asked_to_stop"),
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
