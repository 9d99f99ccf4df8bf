"""Keeping the numbers of closed days, so that pages count only the days that changed since."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, insert, select, update

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.decision.hours import local_date
from bot.results import tallies
from bot.results.kept import Basis, by_hour, kept, listed, numbers_of
from bot.results.periods import MAX_PERIOD, Period
from bot.results.tallies import OutcomeTally, Span, StepTally, first_changes, spans_of
from bot.storage.models import ActionTarget, BotStatus, ResultDay, new_id
from bot.storage.tenancy import TenantSession, tenant

KEPT_DAYS = 2 * MAX_PERIOD
"""The days before today whose numbers are kept: the longest period, and the one before it."""
_AT_ONCE = 10
"""Days that are counted and written together."""


def keep_days(user_id: str) -> int:
    """Count again the closed days whose kept numbers are missing or may be others now, and return their number.

    Commits each part of the days. A day that changes meanwhile is left to the next time.
    """
    zone = timezone_of(user_id)
    today = local_date(now(), zone)
    days = Period(today - timedelta(days=KEPT_DAYS), today - timedelta(days=1))
    spans = spans_of(days.midnights(zone))
    with tenant(user_id, reading=True) as session:
        if session.scalars(select(ActionTarget.id).limit(1)).first() is None:
            return 0
        known = kept(session, spans)
        due = [span for place, span in enumerate(spans) if place not in known]
    for first in range(0, len(due), _AT_ONCE):
        _keep(user_id, due[first : first + _AT_ONCE], ZoneInfo(zone))
    if due:
        _forget(user_id, spans)
    return len(due)


def _keep(user_id: str, spans: Sequence[Span], zone: ZoneInfo) -> None:
    _add_missing(user_id, spans)
    with tenant(user_id, reading=True) as session:
        # Read before all else: a change that is committed after it raises `changes`, and the day is not written.
        changes = dict(_rows_of(session, spans, ResultDay.changes))
        counted_at, basis = now(), Basis.of(session)
        steps, outcomes = defaultdict[int, list[StepTally]](list), defaultdict[int, list[OutcomeTally]](list)
        for step in tallies.step_tallies(session, spans, slots=True):
            steps[step.span].append(step)
        for outcome in tallies.outcome_tallies(session, spans, slots=True):
            outcomes[outcome.span].append(outcome)
        good_until = first_changes(session, spans, counted_at)
    days: list[dict[str, Any]] = []
    for place, span in enumerate(spans):
        if span in changes:
            told = steps[place], outcomes[place]
            hours = [listed(counts) for counts in by_hour(*told, zone)]
            day = {"of_begins": span.begins, "of_ends": span.ends, "of_changes": changes[span]}
            day |= {"new_counted_at": counted_at, "new_good_until": good_until.get(place)}
            days.append(day | {"new_basis": basis.of_span(span), "new_numbers": numbers_of(*told), "new_hours": hours})
    with tenant(user_id) as session:
        _lock(session)
        for day in days:
            session.run(_WRITE, day)
        session.commit()


def _of(name: str, column: Any) -> Any:
    return bindparam(name, type_=column.type)


# It is built once, so that the transaction is over soon: others wait for it on SQLite.
_WRITE = (
    update(ResultDay)
    .where(ResultDay.begins == _of("of_begins", ResultDay.begins), ResultDay.ends == _of("of_ends", ResultDay.ends))
    .where(ResultDay.changes == _of("of_changes", ResultDay.changes))
    .values(
        {
            "counted": _of("of_changes", ResultDay.changes),
            **{
                name: _of(f"new_{name}", getattr(ResultDay, name))
                for name in ("counted_at", "good_until", "basis", "numbers", "hours")
            },
        }
    )
)


def _lock(session: TenantSession) -> None:
    """Take the lock of the bot without a change: all that changes steps holds it, so no two wait for each other."""
    session.execute(select(BotStatus.id).with_for_update())


def _rows_of(session: TenantSession, spans: Sequence[Span], column: Any) -> Iterator[tuple[Span, Any]]:
    wanted = set(spans)
    query = select(ResultDay.begins, ResultDay.ends, column)
    for begins, ends, value in session.execute(
        query.where(ResultDay.begins >= spans[0].begins, ResultDay.begins <= spans[-1].begins)
    ):
        if (span := Span(begins, ends)) in wanted:
            yield span, value


_ADD = insert(ResultDay)


def _add_missing(user_id: str, spans: Sequence[Span]) -> None:
    """Add rows for days without any. Days of another zone that begin with one of these go."""
    with tenant(user_id, reading=True) as session:
        known = {span for span, _ in _rows_of(session, spans, ResultDay.id)}
    missing = [span for span in spans if span not in known]
    if missing:
        # A row that is made again must not have a number of changes that a count has seen of the one before.
        changes = int(now().timestamp() * 1000)
        with tenant(user_id) as session:
            _lock(session)
            known = {span for span, _ in _rows_of(session, missing, ResultDay.id)}
            missing = [span for span in missing if span not in known]
            begins = ResultDay.begins.in_([span.begins for span in missing])
            session.execute(delete(ResultDay).where(begins).execution_options(synchronize_session=False))
            for span in missing:
                session.run(_ADD, {"id": new_id(), "begins": span.begins, "ends": span.ends, "changes": changes})
            session.commit()


def _forget(user_id: str, spans: Sequence[Span]) -> None:
    """Delete days that no page asks for any more: older ones, and those of another zone."""
    wanted = {span.begins for span in spans}
    with tenant(user_id, reading=True) as session:
        others = [
            day for day, begins in session.execute(select(ResultDay.id, ResultDay.begins)) if begins not in wanted
        ]
    if others:
        with tenant(user_id) as session:
            _lock(session)
            going = delete(ResultDay).where(ResultDay.id.in_(others))
            session.execute(going.execution_options(synchronize_session=False))
            session.commit()
