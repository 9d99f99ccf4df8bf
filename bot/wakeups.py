"""Whose bots run: what the clock rings again when a lane has nothing planned."""

from sqlalchemy import select, text

from bot.database import db
from bot.models import BotStatus
from bot.scope import identity


def due_user_ids() -> list[str]:
    """The ids of all users whose bot runs with a valid session: each has a next step or a chore to come.

    On PostgreSQL this is one function of a role of its own: the app's role sees no tenant's rows without a tenant.
    """
    with identity(reading=True) as session:
        if db.engine.dialect.name == "postgresql":
            return list(session.scalars(text("SELECT user_id FROM lane_wakeups()")))
        return list(session.scalars(select(BotStatus.user_id).where(BotStatus.bot_running, BotStatus.session_valid)))
