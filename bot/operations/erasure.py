"""Erasing a user everywhere: the rows, the lane, the memory file; what a worker still has in hand finds nobody."""

from redis.exceptions import RedisError
from sqlalchemy import delete, func

from bot.auth.sessions import SessionInfo, sessions
from bot.config.runtime import runtime
from bot.core.causes import cause_of
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.history.audit import audit, refusals_audited
from bot.lanes.queue import forget
from bot.linking.memory_files import remove_memory
from bot.operations.user_admin import RULES, keep_an_admin
from bot.steps.claim_memory import forget_claims
from bot.storage.bot_lock import note_change
from bot.storage.models import Attempt, Registration, User
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import visible_user


def erase(actor: SessionInfo, user_id: str) -> None:
    """Erases the user in person, or anybody for an administrator. Commits.

    The audit log keeps that, and by whom, but no name: it can never be changed. Raises USER_NOT_FOUND and LAST_ADMIN.
    """
    visible_user(user_id, actor)
    refused = refusals_audited("admin_refused", *RULES, actor_id=actor.id, subject_id=user_id)
    with refused, identity(user_id) as session:
        # First, as who claims a step does: in another order the two could wait for each other.
        note_change(session, user_id)
        keep_an_admin(session, user_id)
        user = session.get(User, user_id, with_for_update=True)
        if user is None:
            raise BotException("USER_NOT_FOUND")
        remove(session, user, actor_id=actor.id)
        session.commit()
    forget_outside(user_id)


def remove(session: IdentitySession, user: User, *, actor_id: str | None) -> None:
    """Removes a user and, by the foreign keys, every row of theirs; the caller commits."""
    sessions.end_all(session, user, "erased")
    names = [name.lower() for name in (user.id, user.username, user.email) if name]
    session.execute(delete(Attempt).where(func.lower(Attempt.name).in_(names)))
    session.execute(delete(Registration).where(func.lower(Registration.email) == (user.email or "").lower()))
    session.delete(user)
    audit(session, "user_erased", actor_id=actor_id, subject_id=user.id)


def forget_outside(user_id: str) -> None:
    """What of an erased user lies outside the database. Safe at any time; what is missed here names an id only."""
    try:
        forget(runtime().redis, user_id)
    except RedisError as error:
        # A worker that takes the lane finds nobody, and lets it go.
        get_logger().warning("lane_not_forgotten", user_id=user_id, **cause_of(error))
    remove_memory(user_id)
    forget_claims([user_id])
