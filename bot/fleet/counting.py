"""The nightly count of the results of all users: numbers alone, by day in UTC and kind of step.

It reads one user after another, as their own pages do, so it holds no writer up. It writes only days whose numbers
changed, each in a transaction of its own.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from redis import RedisError
from sqlalchemy import delete, insert, select

from bot.automation.analytics import count_by_day
from bot.config.runtime import now, runtime
from bot.results.keeping import keep_days
from bot.results.measures import cohorts
from bot.storage.models import PlatformDay, User
from bot.storage.tenancy import identity, tenant

DAYS = 366
"""Days that are counted, up to yesterday. Older ones are deleted."""
ROUND = timedelta(seconds=2)
"""The length of a part of the count, in which no other duty of the clock is done."""
STEPS = "steps"
"""The measure of a row that counts results of steps."""
_COUNTED = "fleet:results"
Key = tuple[date, str, str, str]
"""Day, kind of step, measure and outcome."""
Numbers = dict[Key, tuple[int, int]]
"""Steps or people, and users who have any."""


class ResultsCount:
    """The count, in parts. Any number of clocks may count: they write the same numbers."""

    def __init__(self) -> None:
        self._parts: Iterator[None] | None = None

    def go_on(self) -> None:
        """Go on with the count for a while, or begin one if the last was on an earlier day. Commits."""
        if self._parts is None:
            last = _counted_at()
            if last and last.date() >= now().date():
                return
            self._parts = count_results()
        ends = now() + ROUND
        parts, self._parts = self._parts, None
        for _ in parts:
            if now() >= ends:
                self._parts = parts
                return


def counted_at() -> datetime | None:
    """Return the begin of the last count; None if there was none, or while Redis is away."""
    try:
        return _counted_at()
    except RedisError:
        return None


def _counted_at() -> datetime | None:
    text = runtime().redis.get(_COUNTED)
    return datetime.fromisoformat(text.decode()) if isinstance(text, bytes) else None


def count_results() -> Iterator[None]:
    """Count all days of all users, with a part for each user and for each day that changed. Commits."""
    began = now()
    midnight = datetime.combine(began.date(), time(), UTC)
    begins = [midnight - timedelta(days=back) for back in range(DAYS, -1, -1)]
    counts, users = Counter[Key](), Counter[Key]()
    for user_id in _all_users():
        own = _of_user(user_id, begins)
        counts.update(own)
        users.update(own.keys())
        keep_days(user_id)
        yield
    found = {key: (count, users[key]) for key, count in counts.items()}
    for day in sorted(_changed_days(_stored(), found)):
        _write(day, found)
        yield
    runtime().redis.set(_COUNTED, began.isoformat())


def _all_users() -> list[str]:
    with identity(reading=True) as session:
        return list(session.scalars(select(User.id)))


def _of_user(user_id: str, begins: list[datetime]) -> Counter[Key]:
    found = Counter[Key]()
    with tenant(user_id, reading=True) as session:
        for steps in count_by_day(session, begins):
            found[begins[steps.day].date(), steps.kind, STEPS, str(steps.result)] += steps.amount
        for cohort in cohorts(session, begins):
            if cohort.outcome != "none":
                found[begins[cohort.slot].date(), cohort.kind, cohort.name, cohort.outcome] += cohort.people
    return found


def _stored() -> Numbers:
    columns = (PlatformDay.day, PlatformDay.step_kind, PlatformDay.measure, PlatformDay.outcome)
    with identity(reading=True) as session:
        rows = session.execute(select(*columns, PlatformDay.count, PlatformDay.users))
        return {(day, kind, measure, outcome): (count, users) for day, kind, measure, outcome, count, users in rows}


def _changed_days(stored: Numbers, found: Numbers) -> set[date]:
    return {key[0] for key, _ in stored.items() ^ found.items()}


def _write(day: date, found: Numbers) -> None:
    rows = [
        {"day": day, "step_kind": kind, "measure": measure, "outcome": outcome, "count": count, "users": users}
        for (on, kind, measure, outcome), (count, users) in found.items()
        if on == day
    ]
    with identity() as session:
        session.execute(delete(PlatformDay).where(PlatformDay.day == day))
        if rows:
            session.execute(insert(PlatformDay), rows)
        session.commit()
