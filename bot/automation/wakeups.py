"""Reads and writes across users: lanes that the clock notifies, and the latest claim of each bot."""

from collections.abc import Mapping

from redis import Redis
from sqlalchemy import Boolean, SQLColumnExpression, String, column, func, select, text, update

from bot.automation.lifecycle import notify_missed
from bot.decision.blocks import EVERY_BOT_HELD
from bot.lanes.queue import Rescued, rescue
from bot.storage.engine import db
from bot.storage.models import BotStatus
from bot.storage.tenancy import IdentitySession, identity


def rescue_all(redis: Redis) -> Rescued:
    """Plan again from the database what Redis lost, and notify the lanes whose notification was missed.

    It is safe at any time and in several processes. Raises the errors of Redis and of the database.
    """
    rescued = rescue(redis, due_user_ids)
    again = 0
    for user_id in missed_user_ids():
        if not notify_missed(user_id):
            break
        again += 1
    return Rescued(rescued.indexed, rescued.notified + again)


def due_user_ids() -> list[str]:
    """Return the ids of all users whose bot runs with a valid session. Each has a next step or chore to come.

    The list is empty while something holds the bots of all users.
    """
    return _running(missed=False)


def missed_user_ids() -> list[str]:
    """Return those of them whose lane missed a notification, so that its plan may be too late."""
    return _running(missed=True)


def _running(*, missed: bool) -> list[str]:
    """Return the ids. On PostgreSQL a function of another role reads them: the app's role sees no tenant's rows."""
    with identity(reading=True) as session:
        if db.engine.dialect.name == "postgresql":
            found = func.lane_wakeups().table_valued(column("user_id", String), column("ring_missed", Boolean)).c
            query = select(found.user_id)
            is_missed: SQLColumnExpression[bool] = found.ring_missed
        else:
            query = select(BotStatus.user_id).where(BotStatus.bot_running, BotStatus.session_valid)
            is_missed = BotStatus.ring_missed
        query = query.where(~EVERY_BOT_HELD)
        return list(session.scalars(query.where(is_missed) if missed else query))


def notify_all(session: IdentitySession) -> None:
    """Make the clock notify every running bot within a minute of the caller's commit, after a change for all users.

    On PostgreSQL a function of that role does it, which may write only this mark and the revision.
    """
    if db.engine.dialect.name == "postgresql":
        session.execute(text("SELECT ring_all_lanes()"))
    else:
        running = update(BotStatus).where(BotStatus.bot_running, BotStatus.session_valid)
        session.execute(
            running.values(ring_missed=True, revision=BotStatus.revision + 1).execution_options(
                synchronize_session=False
            )
        )


def claim_numbers(session: IdentitySession) -> Mapping[str, int]:
    """Return the number of the latest claim of each user's bot. On PostgreSQL a function of that role reads them."""
    if db.engine.dialect.name == "postgresql":
        rows = session.execute(text("SELECT user_id, claim_number FROM claim_numbers()"))
    else:
        rows = session.execute(select(BotStatus.user_id, BotStatus.claim_number))
    return {user_id: number for user_id, number in rows}  # noqa: C416  a result is no mapping
