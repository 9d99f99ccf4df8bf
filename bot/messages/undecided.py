"""Messages that wait for the user's decision: they may have arrived, and no look-up will tell."""

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import WRITTEN, TargetStatus
from bot.storage.tenancy import tenant


@dataclass(frozen=True)
class Undecided:
    """The number of such messages of one action."""

    action_id: str
    count: int


# By action, so that an index leads to the few that are unknown. A user may have a hundred thousand targets.
_UNDECIDED = (
    select(ActionTarget.action_id, func.count())
    .where(ActionTarget.action_id.in_(select(Action.id)), ActionTarget.status == TargetStatus.UNKNOWN)
    .where(ActionTarget.step_kind.in_(WRITTEN), ActionTarget.look_up_at.is_(None))
    .group_by(ActionTarget.action_id)
    .order_by(func.count().desc(), ActionTarget.action_id)
)


def undecided_messages(user_id: str) -> list[Undecided]:
    """Return the numbers of messages that wait for the user's decision by action, the most first."""
    with tenant(user_id, reading=True) as session:
        return [Undecided(action_id, count) for action_id, count in session.run(_UNDECIDED)]
