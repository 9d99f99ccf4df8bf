"""Outcomes of a follow or a message within a number of days, as columns of a statement."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple, cast

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.readings.plan import REQUEST, STAYED, WINDOWS
from bot.storage.models import MORE_TO_READ, ActionTarget, Answer, Contact, Relation
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import StepKind

Outcome = Literal["yes", "no", "unsure", "open", "so_far", "none"]
"""`yes` and `no` are proven by readings, and `unsure` is what they do not tell.

`open` and `so_far` are people whose days are not over; `so_far` have done it already. They are in no rate: who does it
early is seen first. `none` is no part of the question, for example because they followed the account before.
"""
FOLLOW_BACK_DAYS = tuple(window.days for window in WINDOWS)
"""Days after a follow, or after an accepted request, within which a follow-back counts."""
ACCEPTANCE_DAYS = REQUEST.days
ANSWER_DAYS = 14
STAYED_DAYS = STAYED.days
"""Days after a follow-back at which the person may still follow, or not."""


class Inbox(NamedTuple):
    """The last reading of an inbox, as parameters: the time ANSWER_DAYS before it, and the account.

    A message of another one is unread.
    """

    read_up_to: ColumnElement[datetime]
    account_id: ColumnElement[str]


class _Later(FunctionElement[datetime]):
    """The time a number of days after another one."""

    inherit_cache = True
    name = "later"
    type = UtcDateTime()


@compiles(_Later, "postgresql")
def _on_postgresql(element: _Later, compiler: SQLCompiler, **more: Any) -> str:
    at, days = (compiler.process(clause, **more) for clause in element.clauses)
    return f"({at} + make_interval(days => {days}))"


@compiles(_Later, "sqlite")
def _on_sqlite(element: _Later, compiler: SQLCompiler, **more: Any) -> str:
    # A stored time is a text in UTC. Functions would round its microseconds, so the time of day is taken over.
    at, days = (compiler.process(clause, **more) for clause in element.clauses)
    return f"(date({at}, '+' || {days} || ' days') || substr({at}, 11))"


def later(at: Any, days: int) -> ColumnElement[datetime]:
    """Return the time `days` days after a column of times."""
    return cast("ColumnElement[datetime]", _Later(at, literal(days)))


Ago = Callable[[int], ColumnElement[datetime]]
"""Returns the time a number of days before a moment.

That a window is over is asked of its begin: a database computes this time once, and the end of each row for each row.
"""


def follow_back(days: int, ago: Ago) -> ColumnElement[Outcome]:
    """Tell if the person of a follow followed back within `days`.

    An own unfollow within these days leaves it unsure, because they might have done so later.
    """
    start: Any = func.coalesce(Relation.accepted_at, Relation.followed_at)
    over = start <= ago(days)
    # The row has no relation if the follow was before the first reading.
    before = func.coalesce(Relation.followed_us_before, case((Relation.id.is_(None), ActionTarget.followed_us)))
    return _told(
        (before.is_(True), "none"),
        (and_(start.is_(None), _requested_at().is_not(None)), "none"),
        (start.is_(None), _unless_open(ActionTarget.claimed_at <= ago(days))),
        (Relation.followed_us_before.is_(None), _unless_open(over)),
        (_by(Relation.back_at, start, days), case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (_is_absent(later(start, days)), "no"),
    )


def _is_absent(end: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return whether readings prove that the person had not followed back at the end of a window.

    It is `bot.readings.proof.Absence.answers` as a column.
    """
    return and_(Relation.no_until >= end, or_(Relation.no_since.is_(None), Relation.no_since <= end))


def acceptance(ago: Ago) -> ColumnElement[Outcome]:
    """Tell if a request to a private person was accepted within ACCEPTANCE_DAYS."""
    sent = _requested_at()
    over = sent <= ago(ACCEPTANCE_DAYS)
    return _told(
        (sent.is_(None), "none"),
        (_by(Relation.accepted_at, Relation.requested_at, ACCEPTANCE_DAYS), case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (Relation.declined_at.is_not(None), "no"),
    )


def _requested_at() -> ColumnElement[datetime]:
    """Return the time of a request to a private person. One before the first reading has no relation."""
    unmet = and_(Relation.id.is_(None), ActionTarget.reason == "requested")
    return func.coalesce(Relation.requested_at, case((unmet, ActionTarget.claimed_at)))


def stayed(ago: Ago) -> ColumnElement[Outcome]:
    """Tell if a person who followed back still did so STAYED_DAYS later."""
    over = Relation.back_at <= ago(STAYED_DAYS)
    return _told(
        (or_(Relation.back_at.is_(None), Relation.followed_us_before.is_(True)), "none"),
        (_by(Relation.gone_at, Relation.back_at, STAYED_DAYS), case((over, "no"), else_="open")),
        (~over, "open"),
        (Relation.seen_until >= later(Relation.back_at, STAYED_DAYS), "yes"),
    )


def changes_at(kind: StepKind) -> list[ColumnElement[datetime]]:
    """Return the times at which an outcome of a step of the kind may change by itself, as columns."""
    if kind == StepKind.MESSAGE:
        return [later(ActionTarget.claimed_at, ANSWER_DAYS)]
    start = func.coalesce(Relation.accepted_at, Relation.followed_at)
    starts = (start, ActionTarget.claimed_at)
    return [
        *(later(at, days) for days in FOLLOW_BACK_DAYS for at in starts),
        later(_requested_at(), ACCEPTANCE_DAYS),
        later(Relation.back_at, STAYED_DAYS),
    ]


def _by(at: Any, start: Any, days: int) -> ColumnElement[bool]:
    """Return whether a time that few rows have is at most `days` after another."""
    return and_(at.is_not(None), at <= later(start, days))


def _told(*whens: tuple[ColumnElement[bool], Any]) -> ColumnElement[Outcome]:
    return cast("ColumnElement[Outcome]", case(*whens, else_="unsure"))


def _unless_open(over: ColumnElement[bool]) -> ColumnElement[str]:
    return case((over, "unsure"), else_="open")


def answered(ago: Ago, inbox: Inbox) -> ColumnElement[Outcome]:
    """Tell if a person answered a message within ANSWER_DAYS, and did not just ask to stop.

    Of an answer before answers were kept, only the last one is known. One to another account tells nothing.
    """
    over = ActionTarget.claimed_at <= ago(ANSWER_DAYS)
    kept = _first_answer(or_(Answer.mark.is_(None), Answer.mark != "opted_out"))
    stopped = and_(Contact.stopped_at.is_not(None), Contact.stopped_at == Contact.answered_at)
    alone = and_(Contact.answered_at > ActionTarget.claimed_at, ~stopped, ~_is_kept(Contact.answered_at))
    last = case((alone, Contact.answered_at))
    return _told(
        (_in_time(func.coalesce(kept, last)), case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (and_(kept.is_(None), last.is_not(None)), "unsure"),
        (_is_read(inbox), "no"),
    )


def asked_to_stop(ago: Ago, inbox: Inbox) -> ColumnElement[Outcome]:
    """Tell if a person asked to be left alone within ANSWER_DAYS after a message."""
    over = ActionTarget.claimed_at <= ago(ANSWER_DAYS)
    # The contact has the last request of a person alone.
    first = _first_answer(Answer.mark == "opted_out", groups=True)
    later_on = and_(Contact.stopped_at > ActionTarget.claimed_at, _in_time(Contact.stopped_at))
    stopped = or_(_in_time(first), and_(later_on, ~_is_kept(Contact.stopped_at)))
    return _told(
        (stopped, case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (_is_read(inbox), "no"),
    )


def _in_time(at: Any) -> ColumnElement[bool]:
    """Return whether a time that few rows have is within ANSWER_DAYS after the message."""
    return _by(at, ActionTarget.claimed_at, ANSWER_DAYS)


def _is_read(inbox: Inbox) -> ColumnElement[bool]:
    """Return whether the inbox that the message was sent from has been read to the end of its days.

    A conversation that was too long for one reading is not: its rest may have the answer.
    """
    same = or_(ActionTarget.account_id.is_(None), ActionTarget.account_id == inbox.account_id)
    return and_(ActionTarget.claimed_at <= inbox.read_up_to, same, ~MORE_TO_READ)


def _is_kept(at: Any) -> ColumnElement[bool]:
    """Return whether an answer of the person at this time is stored, which tells more than the contact."""
    of_person = (Answer.user_id == Contact.user_id, Answer.instagram_id == Contact.instagram_id)
    return select(Answer.id).where(*of_person, Answer.at == at).exists()


def _first_answer(which: ColumnElement[bool], *, groups: bool = False) -> Any:
    alone = true() if groups else ~Answer.in_group
    same = or_(
        Answer.account_id.is_(None), ActionTarget.account_id.is_(None), Answer.account_id == ActionTarget.account_id
    )
    first = select(func.min(Answer.at)).where(
        Answer.user_id == ActionTarget.user_id,
        Answer.instagram_id == ActionTarget.recipient,
        Answer.at > ActionTarget.claimed_at,
        alone,
        same,
        which,
    )
    # Few people answer, and a database makes this list once for all messages.
    return case((ActionTarget.recipient.in_(select(Answer.instagram_id)), first.scalar_subquery()))
