"""Messages that wait for the user's decision: they may have arrived, and no look-up will tell."""

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.storage.models import ActionTarget
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import tenant


@dataclass(frozen=True)
class Undecided:
    """The number of such messages of one action."""

    action_id: str
    count: int


def undecided_messages(user_id: str) -> list[Undecided]:
    """Return the numbers of messages that wait for the user's decision by action, the most first."""
    query = (
        select(ActionTarget.action_id, func.count())
        .where(ActionTarget.step_kind == StepKind.MESSAGE, ActionTarget.status == TargetStatus.UNKNOWN)
        .where(ActionTarget.look_up_at.is_(None))
        .group_by(ActionTarget.action_id)
        .order_by(func.count().desc(), ActionTarget.action_id)
    )
    with tenant(user_id, reading=True) as session:
        return [Undecided(action_id, count) for action_id, count in session.execute(query)]
