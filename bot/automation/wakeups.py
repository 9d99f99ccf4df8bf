"""What is read and written across users: whose lanes the clock rings, and which claim of each bot is the latest."""

from collections.abc import Mapping

from redis import Redis
from sqlalchemy import exists, select, text, update

from bot.automation.lifecycle import notify_missed
from bot.decision.blocks import HELD
from bot.lanes.queue import Rescued, rescue
from bot.storage.engine import db
from bot.storage.models import BotStatus, KillSwitch
from bot.storage.tenancy import IdentitySession, identity


def rescue_all(redis: Redis) -> Rescued:
    """Plans what Redis has lost, from the database, and rings the lanes whose ring was missed.

    Safe at any time and any number of times at once. Raises what Redis and the database raise.
    """
    rescued = rescue(redis, due_user_ids)
    again = 0
    for user_id in missed_user_ids():
        if not notify_missed(user_id):
            break
        again += 1
    return Rescued(rescued.indexed, rescued.notified + again)


def due_user_ids() -> list[str]:
    """The ids of all users whose bot runs with a valid session: each has a next step or a chore to come.

    None while the kill switch is on, or the bots of a restored database are held.
    """
    return _running(missed=False)


def missed_user_ids() -> list[str]:
    """Those of them whose lane could not be rung when something had changed: it may be planned for too late a time."""
    return _running(missed=True)


def _running(*, missed: bool) -> list[str]:
    """On PostgreSQL one function of a role of its own: the app's role sees no tenant's rows without a tenant."""
    with identity(reading=True) as session:
        if db.engine.dialect.name == "postgresql":
            query = text(
                "SELECT user_id FROM lane_wakeups() WHERE (ring_missed OR NOT :missed) "
                "AND NOT EXISTS (SELECT FROM kill_switch) "
                "AND NOT EXISTS (SELECT FROM generations WHERE released_at IS NULL)"
            )
            return list(session.scalars(query, {"missed": missed}))
        status = select(BotStatus.user_id).where(
            BotStatus.bot_running, BotStatus.session_valid, ~exists(select(KillSwitch.id)), ~HELD
        )
        return list(session.scalars(status.where(BotStatus.ring_missed) if missed else status))


def ring_all(session: IdentitySession) -> None:
    """Has the clock ring all of them within a minute, once the caller has committed: what holds for all has changed.

    On PostgreSQL by a function of the same role, which may set this one mark and the revision.
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
    """The number of the latest claim of every user's bot, by a function of the same role on PostgreSQL."""
    if db.engine.dialect.name == "postgresql":
        rows = session.execute(text("SELECT user_id, claim_number FROM claim_numbers()"))
    else:
        rows = session.execute(select(BotStatus.user_id, BotStatus.claim_number))
    return {user_id: number for user_id, number in rows}  # noqa: C416  a result is no mapping
