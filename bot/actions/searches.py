"""The search of an action, part by part: which part is next, how far each is, and why it ended."""

from sqlalchemy import func, select

from bot.actions.targets import Search, locked_action
from bot.core.errors import BotException
from bot.history.activity import record
from bot.storage.bot_lock import lock
from bot.storage.models import ActionSource
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import TenantSession, tenant

SEARCHED = "searched"
"""Why a part ended that was read to its end."""


def next_part(session: TenantSession, action_id: str, parts: int) -> tuple[int, str | None]:
    """Return the number and the cursor of the part that was asked least often and has not ended.

    The number is `parts` if all have ended.
    """
    rows = session.scalars(select(ActionSource).where(ActionSource.action_id == action_id))
    known = {row.number: row for row in rows}
    unasked = [number for number in range(parts) if number not in known]
    if unasked:
        return unasked[0], None
    going_on = [row for row in known.values() if row.ended is None]
    following = min(going_on, key=lambda row: (row.asked, row.number), default=None)
    return (following.number, following.cursor) if following else (parts, None)


def source_of(session: TenantSession, work: Search, label: str) -> ActionSource:
    """Return the row of the part that the search is at, made if it has none."""
    query = select(ActionSource).where(ActionSource.action_id == work.action_id, ActionSource.number == work.source)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        row = ActionSource(action_id=work.action_id, user_id=session.user_id, number=work.source, label=label[:128])
        row.asked = row.found = row.kept = 0
        session.add(row)
    return row


def all_ended(session: TenantSession, work: Search) -> bool:
    """Return whether no part of the action's sources has a next page."""
    session.flush()
    ended = select(func.count()).where(ActionSource.action_id == work.action_id, ActionSource.ended.is_not(None))
    return session.scalars(ended).one() >= work.parts


def end_part(user_id: str, work: Search, label: str, why: BotException) -> bool:
    """Record that a part of the sources cannot be searched, and return whether it was the last one. Commits.

    The activity warns of it, unless it is the only one: then the action ends by it.
    """
    with tenant(user_id) as session:
        lock(session)
        action, part = locked_action(session, work.action_id), source_of(session, work, label)
        part.ended = why.code
        is_last = all_ended(session, work)
        if work.parts > 1:
            record(session, "order", ActivityStatus.WARNED, target=label[:64], action_id=action.id, error=why)
        session.commit()
    return is_last
