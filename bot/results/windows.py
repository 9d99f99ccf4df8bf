"""Outcomes of a follow or a message within a number of days, as columns of a statement."""

from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.readings.plan import REQUEST, STAYED, WINDOWS
from bot.storage.models import ActionTarget, Answer, Contact, Relation
from bot.storage.models.base import UtcDateTime

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
    # A stored time is a text. The function would round its microseconds, so they are taken over.
    at, days = (compiler.process(clause, **more) for clause in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%S', {at}, '+' || {days} || ' days') || substr({at}, 20))"


def later(at: Any, days: int) -> ColumnElement[datetime]:
    """Return the time `days` days after a column of times."""
    return cast("ColumnElement[datetime]", _Later(at, literal(days)))


def follow_back(days: int, moment: ColumnElement[datetime]) -> ColumnElement[Outcome]:
    """Tell if the person of a follow followed back within `days`.

    An own unfollow within these days leaves it unsure, because they might have done so later.
    """
    start: Any = func.coalesce(Relation.accepted_at, Relation.followed_at)
    end = later(start, days)
    over = end <= moment
    return _told(
        (Relation.followed_us_before.is_(True), "none"),
        # The row has no relation if the follow was before the first reading.
        (and_(start.is_(None), Relation.requested_at.is_not(None)), "none"),
        (start.is_(None), _unless_open(later(ActionTarget.claimed_at, days) <= moment)),
        (Relation.followed_us_before.is_(None), _unless_open(over)),
        (Relation.back_at <= end, case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (Relation.no_until >= end, "no"),
    )


def acceptance(moment: ColumnElement[datetime]) -> ColumnElement[Outcome]:
    """Tell if a request to a private person was accepted within ACCEPTANCE_DAYS."""
    end = later(Relation.requested_at, ACCEPTANCE_DAYS)
    over = end <= moment
    return _told(
        (Relation.requested_at.is_(None), "none"),
        (Relation.accepted_at <= end, case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (Relation.declined_at.is_not(None), "no"),
    )


def stayed(moment: ColumnElement[datetime]) -> ColumnElement[Outcome]:
    """Tell if a person who followed back still did so STAYED_DAYS later."""
    end = later(Relation.back_at, STAYED_DAYS)
    return _told(
        (or_(Relation.back_at.is_(None), Relation.followed_us_before.is_(True)), "none"),
        (Relation.gone_at <= end, case((end <= moment, "no"), else_="open")),
        (end > moment, "open"),
        (Relation.seen_until >= end, "yes"),
    )


def _told(*whens: tuple[ColumnElement[bool], Any]) -> ColumnElement[Outcome]:
    return cast("ColumnElement[Outcome]", case(*whens, else_="unsure"))


def _unless_open(over: ColumnElement[bool]) -> ColumnElement[str]:
    return case((over, "unsure"), else_="open")


def answered(moment: ColumnElement[datetime], read_at: ColumnElement[datetime]) -> ColumnElement[Outcome]:
    """Tell if a person answered a message within ANSWER_DAYS, and did not just ask to stop.

    `read_at` is the last reading of the inbox. Of an answer before answers were kept, only the last one is known.
    """
    end = later(ActionTarget.claimed_at, ANSWER_DAYS)
    over = end <= moment
    kept = _first_answer(or_(Answer.mark.is_(None), Answer.mark != "opted_out"))
    stopped = and_(Contact.stopped_at.is_not(None), Contact.stopped_at == Contact.answered_at)
    last = case((and_(Contact.answered_at > ActionTarget.claimed_at, ~stopped), Contact.answered_at))
    return _told(
        (func.coalesce(kept, last) <= end, case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (and_(kept.is_(None), last > end), "unsure"),
        (read_at >= end, "no"),
    )


def asked_to_stop(moment: ColumnElement[datetime], read_at: ColumnElement[datetime]) -> ColumnElement[Outcome]:
    """Tell if a person asked to be left alone within ANSWER_DAYS after a message."""
    end = later(ActionTarget.claimed_at, ANSWER_DAYS)
    over = end <= moment
    stopped = and_(Contact.stopped_at > ActionTarget.claimed_at, Contact.stopped_at <= end)
    return _told(
        (stopped, case((over, "yes"), else_="so_far")),
        (~over, "open"),
        (read_at >= end, "no"),
    )


def _first_answer(which: ColumnElement[bool]) -> Any:
    return (
        select(func.min(Answer.at))
        .where(
            Answer.user_id == ActionTarget.user_id,
            Answer.instagram_id == ActionTarget.recipient,
            Answer.at > ActionTarget.claimed_at,
            ~Answer.in_group,
            which,
        )
        .scalar_subquery()
    )
