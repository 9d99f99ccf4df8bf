"""The readings of a user's account as a page shows them: how many today, and why not more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

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


def readings_report(user_id: str) -> ReadingsReport:
    moment = now()
    with tenant(user_id, reading=True) as session:
        account = session.scalars(select(InstagramCredentials)).one_or_none()
        if account is None or account.instagram_id is None or account.linked_at is None:
            return ReadingsReport("not_linked")
        timezone = session.scalars(select(BotSettings.timezone)).one()
        running = session.scalars(select(BotStatus.bot_running)).one()
        own = (AccountDay.account_id == account.instagram_id, AccountDay.day == local_date(moment, timezone))
        reads = session.scalars(select(AccountDay.reads).where(*own)).one_or_none() or 0
        of_account = FollowerRead.account_id == account.instagram_id
        read = session.scalars(select(FollowerRead).where(of_account)).one_or_none()
        begins = account.linked_at + MEASURED_AFTER
    last, code = (read.read_at, read.error_code) if read else (None, None)
    if moment < begins:
        return ReadingsReport("first_week", reads, until=begins, list_read_at=last)
    if reads >= MEASURE_PER_DAY:
        tomorrow = local_midnight(moment, timezone, days=1)
        return ReadingsReport("used_up", reads, until=tomorrow, list_read_at=last, error_code=code)
    state: State = "off" if not running else "failing" if code else "on"
    return ReadingsReport(state, reads, list_read_at=last, error_code=code)
