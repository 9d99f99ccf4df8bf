"""Erasure of a user: the rows, the lane and the memory file. A worker's later writes find no user."""

from redis.exceptions import RedisError
from sqlalchemy import delete, func

from bot.auth.sessions import SessionInfo, sessions
from bot.automation.memory_files import remove_memory
from bot.config.runtime import runtime
from bot.core.causes import cause_of
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.history.audit import audit, refusals_audited
from bot.lanes.queue import forget
from bot.operations.user_admin import RULES, require_another_admin
from bot.steps.claim_memory import forget_claims
from bot.storage.bot_lock import note_change
from bot.storage.models import Attempt, Registration, User
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import visible_user


def erase(actor: SessionInfo, user_id: str) -> None:
    """Erase the user: themselves, or any user for an administrator. Commits.

    The audit log keeps the act and the actor, but no name, because it can never change. Raises USER_NOT_FOUND and
    LAST_ADMIN.
    """
    visible_user(user_id, actor)
    refused = refusals_audited("admin_refused", *RULES, actor_id=actor.id, subject_id=user_id)
    with refused, identity(user_id) as session:
        # Locked first, as a claim of a step does. In another order the two could deadlock.
        note_change(session, user_id)
        require_another_admin(session, user_id)
        user = session.get(User, user_id, with_for_update=True)
        if user is None:
            raise BotException("USER_NOT_FOUND")
        delete_user(session, user, actor_id=actor.id)
        session.commit()
    delete_external_state(user_id)


def delete_user(session: IdentitySession, user: User, *, actor_id: str | None) -> None:
    """Delete a user and, by the foreign keys, all their rows. The caller commits."""
    sessions.end_all(session, user, "erased")
    names = [name.lower() for name in (user.id, user.username, user.email) if name]
    session.execute(delete(Attempt).where(func.lower(Attempt.name).in_(names)))
    session.execute(delete(Registration).where(func.lower(Registration.email) == (user.email or "").lower()))
    session.delete(user)
    audit(session, "user_erased", actor_id=actor_id, subject_id=user.id)


def delete_external_state(user_id: str) -> None:
    """Delete an erased user's state outside the database. It is safe at any time. Leftovers hold an id only."""
    try:
        forget(runtime().redis, user_id)
    except RedisError as error:
        # A worker that takes the lane finds no user and drops it.
        get_logger().warning("lane_not_forgotten", user_id=user_id, **cause_of(error))
    remove_memory(user_id)
    forget_claims([user_id])
