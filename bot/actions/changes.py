"""A mark of what a user's pages show: it tells an open page whether anything is new, without making the page."""

from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import bindparam, func, select

from bot.config.runtime import now
from bot.decision.limits import limit_rows
from bot.decision.records import one_of, read_bot
from bot.storage.models import OPEN, Action, Activity
from bot.storage.tenancy import tenant

LATE = timedelta(minutes=1)
"""A line of activity is committed at most this long after its time."""
# Their number, because a line may be committed after a later one. It only grows.
_LINES = select(func.count(Activity.id)).where(Activity.at >= bindparam("since", type_=Activity.at.type))
_OPEN_ACTIONS = (
    select(Action.id, Action.status, Action.name, Action.total, Action.start_at, Action.last_turn_at)
    .where(one_of(Action.status, OPEN))
    .order_by(Action.id)
)


def mark_of_changes(user_id: str, since: datetime | None = None) -> str:
    """Return a word that is another one after each change of the user's bot, actions, activity, settings and limits.

    Marks are compared that count the lines of activity from the same `since` on, by default for as long as a line may
    be LATE. Each change of anything else that the pages show writes such a line or raises the revision of the bot,
    which are parts of the mark. What time alone changes is none. Raises USER_NOT_FOUND if the user was erased.
    """
    with tenant(user_id, reading=True) as session:
        state = (
            read_bot(session),
            limit_rows(session),
            session.run(_LINES, {"since": since or now() - LATE}).scalar_one(),
            session.run(_OPEN_ACTIONS).all(),
        )
    return blake2b(repr(state).encode(), digest_size=8).hexdigest()
