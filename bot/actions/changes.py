"""A mark of what a user's pages show: it tells an open page whether anything is new, without making the page."""

from datetime import timedelta
from hashlib import blake2b

from sqlalchemy import bindparam, func, select

from bot.config.runtime import now
from bot.decision.limits import limit_rows
from bot.decision.records import one_of, read_bot
from bot.storage.models import OPEN, Action, Activity
from bot.storage.tenancy import tenant

_MINUTE = timedelta(minutes=1)
# Their number, because a line may be committed after a later one. They begin on a minute, so it only grows within one.
_LINES = select(func.count(Activity.id)).where(Activity.at >= bindparam("since", type_=Activity.at.type))
_OPEN_ACTIONS = (
    select(Action.id, Action.status, Action.name, Action.total, Action.start_at, Action.last_turn_at)
    .where(one_of(Action.status, OPEN))
    .order_by(Action.id)
)


def mark_of_changes(user_id: str) -> str:
    """Return a word that is another one after each change of the user's bot, actions, activity, settings and limits.

    It compares moments of one minute. Each change of anything else that the pages show writes a line of activity or
    raises the revision of the bot, which are parts of the mark. What time alone changes is none. Raises USER_NOT_FOUND
    if the user was erased.
    """
    since = now().replace(second=0, microsecond=0) - _MINUTE
    with tenant(user_id, reading=True) as session:
        state = (
            read_bot(session),
            limit_rows(session),
            session.run(_LINES, {"since": since}).scalar_one(),
            session.run(_OPEN_ACTIONS).all(),
        )
    return blake2b(repr(state).encode(), digest_size=8).hexdigest()
