"""Working hours read from the settings row of a bot."""

from sqlalchemy import select

from bot.decision.hours import Hours
from bot.decision.records import BotRecord
from bot.storage.models import BotSettings
from bot.storage.tenancy import TenantSession


def hours_of(session: TenantSession) -> Hours:
    """Return the working hours of the session's user."""
    return working_hours(session.scalars(select(BotSettings)).one())


def working_hours(row: BotSettings | BotRecord) -> Hours:
    week = tuple((span[0], span[1]) if span else None for span in row.hours)
    return Hours(row.timezone, week, (row.pause[0], row.pause[1]) if row.pause else None)
