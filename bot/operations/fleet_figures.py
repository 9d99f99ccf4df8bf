"""Figures over all users, for administrators: activity by day, and failures by code. Numbers and ids only.

PostgreSQL's role of the app sees no tenant's rows without a tenant. So each question is a function of a role that may
read these columns and nothing else. SQLite runs the same query directly.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import CompoundSelect, Select, distinct, func, literal, literal_column, null, select, union_all

from bot.automation.activity_counts import ActivityDay
from bot.config.runtime import now
from bot.decision.pushback import OF_ONE_TARGET
from bot.history.error_codes import KnownCode, get_code, known_codes
from bot.history.refusals import REFUSED_REQUEST
from bot.storage.engine import db
from bot.storage.models import Activity, UserSession
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import usernames


@dataclass(frozen=True)
class CodeCount:
    """The failures with one code: their number, the number of users, and the counts by day in UTC.

    `refused` of them are requests that a user or a program has to change. `failed` is the number of the others, and
    `failed_users` that of their users.
    """

    known: KnownCode
    count: int
    users: int
    refused: int
    failed_users: int
    first_at: datetime
    last_at: datetime
    days: Counter[date] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.count - self.refused

    @property
    def for_operator(self) -> bool:
        """Whether an operator should look. Not what users do themselves, nor what is known of one person or post."""
        entry = self.known.entry
        return self.failed > 0 and entry.who != "user" and entry.status != _GONE and entry.name not in OF_ONE_TARGET


@dataclass(frozen=True)
class UserCount:
    """The number of failures of one user with a code, `refused` requests among them.

    `username` is None if they were erased.
    """

    user_id: str
    username: str | None
    count: int
    refused: int
    last_at: datetime


def fleet_days(days: int) -> list[ActivityDay]:
    """Return the last `days` days in UTC, of all users, today last."""
    begin = _begin(days)
    found = {day: ActivityDay(day) for day in (begin.date() + timedelta(days=number) for number in range(days))}
    columns = ("day", "action", "status", "count", "users")
    with identity(reading=True) as session:
        for row in _rows(session, "fleet_activity", columns, _activity, begin):
            day = found[_as_date(row.day)]
            if row.action is None:
                day.active_users = row.users
            else:
                day.counts[row.action, row.status] = row.count
        for on, sign_ins, users in session.execute(_sign_ins(begin)):
            day = found[_as_date(on)]
            day.sign_ins, day.signed_in_users = sign_ins, users
    return list(found.values())


def failures(days: int) -> list[CodeCount]:
    """Return the codes of failures in the last `days` days in UTC, most frequent first."""
    begin = _begin(days)
    columns = ("error_code", "day", "count", "users", "refused", "failed_users", "first_at", "last_at")
    with identity(reading=True) as session:
        rows = list(_rows(session, "fleet_failures", columns, _failures, begin))
    known = known_codes(row.error_code for row in rows)
    found = {
        row.error_code: CodeCount(
            known[row.error_code],
            row.count,
            row.users,
            row.refused,
            row.failed_users,
            _utc(row.first_at),
            _utc(row.last_at),
        )
        for row in rows
        if row.day is None
    }
    for row in rows:
        if row.day is not None:
            found[row.error_code].days[_as_date(row.day)] = row.count
    return sorted(found.values(), key=lambda one: (-one.count, one.known.entry.code))


def failures_by_user(code: str, days: int) -> list[UserCount]:
    """Return the users with this code in the last `days` days in UTC, most failures first, 100 at most.

    Raises NOT_FOUND for a code that was never seen.
    """
    known = get_code(code)
    columns = ("user_id", "count", "refused", "last_at")
    with identity(reading=True) as session:
        rows = list(_rows(session, "fleet_failures_by_user", columns, _by_user, _begin(days), known.entry.code))
    names = usernames({row.user_id for row in rows})
    return [UserCount(row.user_id, names.get(row.user_id), row.count, row.refused, _utc(row.last_at)) for row in rows]


MAX_USERS = 100
_GONE = 404


def _begin(days: int) -> datetime:
    return datetime.combine(now().date() - timedelta(days=days - 1), time(), UTC)


def _rows(
    session: IdentitySession, name: str, columns: Sequence[str], query: Callable[..., Any], *arguments: object
) -> Iterable[Any]:
    """Return the rows of the function on PostgreSQL, or of the query. Both take the same arguments."""
    if db.engine.dialect.name == "postgresql":
        answer = getattr(func, name)(*arguments).table_valued(*columns)
        return session.execute(select(answer))
    return session.execute(query(*arguments))


def _activity(begin: datetime) -> CompoundSelect[Any]:
    day, count = func.date(Activity.at).label("day"), func.count(Activity.id).label("count")
    recent = Activity.at >= begin
    users = func.count(distinct(Activity.user_id)).label("users")
    by_action = select(day, Activity.action, Activity.status, count, literal(0).label("users"))
    whole = select(day, null(), null(), count, users)
    return union_all(
        by_action.where(recent).group_by(day, Activity.action, Activity.status), whole.where(recent).group_by(day)
    )


def _failures(begin: datetime) -> CompoundSelect[Any]:
    counts = (
        func.count(Activity.id).label("count"),
        func.count(distinct(Activity.user_id)).label("users"),
        _REFUSED.label("refused"),
        func.count(distinct(Activity.user_id)).filter(Activity.action != REFUSED_REQUEST).label("failed_users"),
        func.min(Activity.at).label("first_at"),
        func.max(Activity.at).label("last_at"),
    )
    day, recent = func.date(Activity.at).label("day"), (Activity.at >= begin, *_FAILED)
    by_day = select(Activity.error_code, day, *counts).where(*recent).group_by(Activity.error_code, day)
    whole = select(Activity.error_code, null(), *counts).where(*recent).group_by(Activity.error_code)
    return union_all(by_day, whole)


def _by_user(begin: datetime, code: str) -> Select[str, int, int, datetime]:
    count, last_at = func.count(Activity.id).label("count"), func.max(Activity.at).label("last_at")
    query = select(Activity.user_id, count, _REFUSED.label("refused"), last_at).where(
        Activity.at >= begin, Activity.error_code == code, *_FAILED
    )
    # Grouped by the column itself, SQLite reads all lines in the order of users instead of failures alone.
    return query.group_by(Activity.user_id.concat("")).order_by(count.desc(), last_at.desc()).limit(MAX_USERS)


# Literal, because SQLite uses an index of failures only for what it knows to be one.
_FAILED = (Activity.status == literal_column("'failed'"), Activity.error_code.is_not(None))


_REFUSED = func.count(Activity.id).filter(Activity.action == REFUSED_REQUEST)


def _sign_ins(begin: datetime) -> Select[Any]:
    """Select sign-ins by day. An identity session sees them on PostgreSQL too, which needs the zone to find the day."""
    at: Any = UserSession.created_at
    day = func.date(func.timezone("UTC", at) if db.engine.dialect.name == "postgresql" else at)
    users = func.count(distinct(UserSession.user_id))
    return select(day, func.count(UserSession.id), users).where(UserSession.created_at >= begin).group_by(day)


def _as_date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _utc(value: datetime | str) -> datetime:
    """Return a time in UTC. SQLite returns the minimum and maximum of times as text."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
