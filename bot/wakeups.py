"""Whose bots run and have work: what the clock rings again when a lane has nothing planned."""

from sqlalchemy import select, text

from bot.database import db
from bot.models import Action, BotStatus
from bot.scope import identity


def due_user_ids() -> list[str]:
    """The ids of all users whose bot runs with a valid session and has an open order.

    On PostgreSQL this is one function of a role of its own: the app's role sees no tenant's rows without a tenant.
    """
    with identity(reading=True) as session:
        if db.engine.dialect.name == "postgresql":
            return list(session.scalars(text("SELECT user_id FROM lane_wakeups()")))
        query = (
            select(BotStatus.user_id)
            .join(Action, Action.user_id == BotStatus.user_id)
            .where(BotStatus.bot_running, BotStatus.session_valid, Action.status.in_(("queued", "running")))
        )
        return list(session.scalars(query.distinct()))
