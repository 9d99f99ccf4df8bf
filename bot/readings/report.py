"""The readings of a user's account as a page shows them: how many today, and why not more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import and_, bindparam, select

from bot.config.runtime import now
from bot.decision.chores import MEASURED_AFTER
from bot.decision.hours import local_date, local_midnight
from bot.readings.plan import MEASURE_PER_DAY
from bot.storage.models import AccountDay, BotSettings, BotStatus, FollowerRead, InstagramCredentials
from bot.storage.tenancy import tenant

State = Literal["not_linked", "first_week", "off", "used_up", "failing", "on"]


@dataclass(frozen=True)
class ReadingsReport:
    """The readings of today. `until` is when they begin or go on, if that is known.

    `list_read_at` is the last reading of the followers, `error_code` the code of the failure of the last reading.
    """

    state: State
    read_today: int = 0
    per_day: int = MEASURE_PER_DAY
    until: datetime | None = None
    list_read_at: datetime | None = None
    error_code: str | None = None


_STATE = (
    select(
        InstagramCredentials.instagram_id,
        InstagramCredentials.linked_at,
        BotSettings.timezone,
        BotStatus.bot_running,
        FollowerRead.read_at,
        FollowerRead.error_code,
    )
    .select_from(BotStatus)
    .join(BotSettings, BotSettings.user_id == BotStatus.user_id)
    .outerjoin(InstagramCredentials, InstagramCredentials.user_id == BotStatus.user_id)
    .outerjoin(
        FollowerRead,
        and_(FollowerRead.user_id == BotStatus.user_id, FollowerRead.account_id == InstagramCredentials.instagram_id),
    )
)
_READS = select(AccountDay.reads).where(
    AccountDay.account_id == bindparam("account"), AccountDay.day == bindparam("day")
)


def readings_report(user_id: str) -> ReadingsReport:
    moment = now()
    with tenant(user_id, reading=True) as session:
        row = session.run(_STATE).one()
        if row.instagram_id is None or row.linked_at is None:
            return ReadingsReport("not_linked")
        timezone, running, last, code = row.timezone, row.bot_running, row.read_at, row.error_code
        today = {"account": row.instagram_id, "day": local_date(moment, timezone)}
        reads = session.run(_READS, today).scalar_one_or_none() or 0
        begins = row.linked_at + MEASURED_AFTER
    if moment < begins:
        return ReadingsReport("first_week", reads, until=begins, list_read_at=last)
    if reads >= MEASURE_PER_DAY:
        tomorrow = local_midnight(moment, timezone, days=1)
        return ReadingsReport("used_up", reads, until=tomorrow, list_read_at=last, error_code=code)
    state: State = "off" if not running else "failing" if code else "on"
    return ReadingsReport(state, reads, list_read_at=last, error_code=code)
