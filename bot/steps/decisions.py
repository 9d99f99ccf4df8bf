"""The user's decision about messages that may or may not have arrived."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from bot.actions.control import find_action
from bot.automation.lifecycle import notify_bot
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.history.activity import record
from bot.inputs.params import Params
from bot.messages.deliveries import contacted, find_message
from bot.messages.sending import Result, results_of, unknown_row
from bot.plans.moving_on import move_on
from bot.storage import target_states
from bot.storage.bot_lock import locked_status
from bot.storage.models import Action, ActionTarget, EarlierCall
from bot.storage.models.values import ActionStatus, ActivityName, ActivityStatus
from bot.storage.tenancy import TenantSession, tenant

Said = Literal["sent", "not_sent", "send_again"]
_RECORDED: dict[Said, ActivityName] = {
    "sent": "message_sent",
    "not_sent": "message_not_sent",
    "send_again": "message_send_again",
}


class Decision(Params):
    """The user's decision about a message that may or may not have arrived."""

    outcome: Said = Field(
        description="It is there; it is not, and stays unsent; or it is sent again, which may make it two."
    )


def resolve(user_id: str, action_id: str, target_id: str, params: Decision) -> Result:
    """Settle an `unknown` message as the user decided. Commits.

    Raises ACTION_NOT_FOUND, TARGET_NOT_FOUND, TARGET_NOT_UNKNOWN and STILL_SENDING. Sending again in a cancelled action
    raises ACTION_NOT_RUNNING.
    """
    with tenant(user_id) as session:
        locked_status(session)
        action = find_action(session, action_id)
        row = unknown_row(session, action, target_id, locked=True)
        if _may_be_sending(row):
            raise BotException("STILL_SENDING")
        _RESOLVE[params.outcome](session, action, row)
        record(session, _RECORDED[params.outcome], ActivityStatus.DONE, target=row.person, action_id=action.id)
        session.commit()
        result = results_of(session, [row])[0]
    notify_bot(user_id)
    return result


def _may_be_sending(row: ActionTarget) -> bool:
    """Return whether its call may still run: an action can be cancelled during one."""
    longest_call = timedelta(seconds=2 * runtime().config.instagram_timeout)
    return row.error_code is None and row.claimed_at is not None and now() < row.claimed_at + longest_call


def _resolve_sent(session: TenantSession, action: Action, row: ActionTarget) -> None:
    target_states.say_sent(row, now())
    contacted(session, row, row.claimed_at or now())
    ended = action.status, action.finished_at, action.failures, action.error_code
    _reopen(action)
    if not move_on(session, row):
        action.status, action.finished_at, action.failures, action.error_code = ended


def _resolve_not_sent(_session: TenantSession, _action: Action, row: ActionTarget) -> None:
    target_states.say_not_sent(row, now())


def _resolve_again(session: TenantSession, action: Action, row: ActionTarget) -> None:
    """Delete the message, so that it gets a new token: Instagram may drop a second one with the old. The earlier call
    still counts.
    """
    if action.status == "cancelled":
        raise BotException("ACTION_NOT_RUNNING")
    if row.claimed_at:
        session.add(EarlierCall(user_id=row.user_id, step_kind=row.step_kind, claimed_at=row.claimed_at))
    message = find_message(session, row)
    if message:
        session.delete(message)
    target_states.send_again(row)
    _reopen(action)


def _reopen(action: Action) -> None:
    """Let an action go on that has ended by itself."""
    if action.status in ("succeeded", "failed"):
        action.status, action.finished_at, action.failures, action.error_code = ActionStatus.RUNNING, None, 0, None


_RESOLVE = {"sent": _resolve_sent, "not_sent": _resolve_not_sent, "send_again": _resolve_again}
