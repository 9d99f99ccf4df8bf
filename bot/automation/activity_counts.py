"""Activity and sign-ins of one user, counted by local day."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select

from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.decision.hours import local_midnight
from bot.storage.models import Activity, UserSession
from bot.storage.tenancy import tenant

MAX_DAYS = 90
"""Sign-ins are deleted after this time."""


@dataclass
class ActivityDay:
    """One day: `counts` by action and status of the activity, and the number of sign-ins that began.

    `active_users` have any activity and `signed_in_users` signed in. For one user each is 0 or 1.
    """

    date: date
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    sign_ins: int = 0
    active_users: int = 0
    signed_in_users: int = 0


def own_days(user_id: str, days: int) -> list[ActivityDay]:
    """Return the last `days` days in the user's time zone, today last."""
    moment, timezone = now(), timezone_of(user_id)
    begins = [local_midnight(moment, timezone, days=back) for back in range(1 - days, 2)]
    found = [ActivityDay(begin.astimezone(ZoneInfo(timezone)).date()) for begin in begins[:-1]]
    with tenant(user_id, reading=True) as session:
        number = _number_of(Activity.at, begins)
        query = select(number, Activity.action, Activity.status, func.count(Activity.id))
        recent = query.where(Activity.at >= begins[0]).group_by(number, Activity.action, Activity.status)
        for day, action, status, count in session.execute(recent):
            found[day].counts[action, status] = count
            found[day].active_users = 1
        number = _number_of(UserSession.created_at, begins)
        began = select(number, func.count(UserSession.id)).where(UserSession.created_at >= begins[0])
        for day, count in session.execute(began.group_by(number)):
            found[day].sign_ins, found[day].signed_in_users = count, 1
    return found


def _number_of(at: Any, begins: Sequence[datetime]) -> ColumnElement[int]:
    """Return the position of the day that a time falls into, as a column."""
    return case(*((at < end, number) for number, end in enumerate(begins[1:])), else_=len(begins) - 2).label("day")
