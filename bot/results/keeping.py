"""Keeping the numbers of closed days, so that pages count only the days that changed since."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update

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
_AT_ONCE = 30
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
    with tenant(user_id) as session:
        _lock(session)
        for place, span in enumerate(spans):
            if span not in changes:
                continue
            told = steps[place], outcomes[place]
            mine = ResultDay.begins == span.begins, ResultDay.ends == span.ends, ResultDay.changes == changes[span]
            values: dict[str, Any] = {
                "counted": changes[span],
                "counted_at": counted_at,
                "good_until": good_until.get(place),
                "basis": basis.of_span(span),
                "numbers": numbers_of(*told),
                "hours": [listed(counts) for counts in by_hour(*told, zone)],
            }
            session.execute(update(ResultDay).where(*mine).values(values).execution_options(synchronize_session=False))
        session.commit()


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
    with tenant(user_id) as session:
        _lock(session)
        known = {span for span, _ in _rows_of(session, spans, ResultDay.id)}
        missing = [span for span in spans if span not in known]
        if missing:
            begins = ResultDay.begins.in_([span.begins for span in missing])
            session.execute(delete(ResultDay).where(begins).execution_options(synchronize_session=False))
            rows: list[Mapping[str, Any]] = [
                {"id": new_id(), "begins": span.begins, "ends": span.ends, "changes": 0} for span in missing
            ]
            session.run(_ADD, rows)
            session.commit()


def _forget(user_id: str, spans: Sequence[Span]) -> None:
    """Delete days that no page asks for any more: older ones, and those of another zone."""
    with tenant(user_id) as session:
        _lock(session)
        others = or_(ResultDay.begins < spans[0].begins, ResultDay.begins.not_in([span.begins for span in spans]))
        session.execute(delete(ResultDay).where(others).execution_options(synchronize_session=False))
        session.commit()
