"""The followers of the linked account, as its own counts tell once a day, and the actions that began meanwhile."""

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select

from bot.decision.kinds import step_kind_of
from bot.results.periods import Period
from bot.storage.models import AccountDay, Action, InstagramCredentials
from bot.storage.models.base import UtcDateTime
from bot.storage.models.values import StepKind
from bot.storage.tenancy import tenant

_COUNTED = (
    select(AccountDay.day, AccountDay.followers)
    .join(InstagramCredentials, InstagramCredentials.instagram_id == AccountDay.account_id)
    .where(AccountDay.day.between(bindparam("since"), bindparam("until")), AccountDay.followers.is_not(None))
)


_BEGUN = (
    select(Action.started_at, Action.kind, Action.params, Action.total)
    .where(Action.started_at >= bindparam("since", type_=UtcDateTime))
    .order_by(Action.total.desc(), Action.started_at)
    .limit(bindparam("most"))
)


class FollowerCount(NamedTuple):
    """The followers of a local day; None if they were not read on it."""

    day: date
    followers: int | None


def follower_counts(user_id: str, period: Period) -> list[FollowerCount]:
    """Return the followers of each day of the period. An account that was linked before has no part in it."""
    with tenant(user_id, reading=True) as session:
        rows = session.run(_COUNTED, {"since": period.since, "until": period.until})
        known = {row.day: row.followers for row in rows}
    return [FollowerCount(day, known.get(day)) for day in period]


def growth(counts: list[FollowerCount]) -> int | None:
    """Return the difference between the last and the first known count; None of fewer than two."""
    known = [count.followers for count in counts if count.followers is not None]
    return known[-1] - known[0] if len(known) > 1 else None


class Begun(NamedTuple):
    """An action that began: when, with which kind of step, and the number of steps that it was for."""

    at: datetime
    kind: StepKind
    total: int


def actions_begun(user_id: str, since: datetime, most: int) -> list[Begun]:
    """Return the largest actions that began since then, the largest first."""
    with tenant(user_id, reading=True) as session:
        rows = session.run(_BEGUN, {"since": since, "most": most})
        return [Begun(row.started_at, step_kind_of(row.kind, row.params), row.total) for row in rows]
