"""When an order starts and how it comes again."""

from datetime import datetime

from pydantic import Field

from bot.actions import Progress, find_action, progress_of, subject_of
from bot.activity import record
from bot.bots import locked_status, wake
from bot.errors import BotException
from bot.hours import opens_on
from bot.inputs import Moment
from bot.kinds import ONCE_ONLY
from bot.models import OPEN, Action
from bot.repeats import Repeat, next_run
from bot.runtime import now
from bot.scope import TenantSession, tenant
from bot.settings import hours_of
from bot.users import Params


class Schedule(Params):
    """When an order starts and whether it comes again; what is null is no more."""

    start_at: Moment | None = Field(None, description="Not before this time.")
    repeat: Repeat | None = Field(None, description="How often it comes again.")


def reschedule(user_id: str, action_id: str, params: Schedule) -> Progress:
    """Changes when an open order starts and how it repeats: a new series begins with it.

    Raises ACTION_NOT_FOUND, ACTION_NOT_RUNNING and REPEAT_NOT_ALLOWED.
    """
    with tenant(user_id) as session:
        locked_status(session)
        action = find_action(session, action_id)
        if action.status not in OPEN:
            raise BotException("ACTION_NOT_RUNNING")
        if params.repeat and action.kind in ONCE_ONLY:
            raise BotException("REPEAT_NOT_ALLOWED")
        action.start_at = params.start_at
        action.repeat = params.repeat.model_dump() if params.repeat else None
        action.series = None
        record(session, "action_rescheduled", "done", target=subject_of(action), action_id=action.id)
        session.commit()
        progress = progress_of(session, [action])[0]
    wake(user_id)
    return progress


def follow_up(session: TenantSession, action: Action) -> None:
    """Adds the next order of a series in the place of one that ended; the caller commits."""
    if action.repeat is None:
        return
    session.add(
        Action(
            user_id=action.user_id,
            kind=action.kind,
            params=action.params,
            total=action.total,
            listed=action.listed,
            start_at=_next_start(session, action, Repeat.model_validate(action.repeat)),
            repeat=action.repeat,
            series=action.series or action.id,
            request_id=action.request_id,
            created_at=now(),
        )
    )


def _next_start(session: TenantSession, action: Action, repeat: Repeat) -> datetime:
    hours = hours_of(session)
    # Days count from the first of the series: one that was put off by a day off does not shift those after it.
    first = session.get_one(Action, action.series) if action.series else action
    return next_run(repeat, first.start_at or first.created_at, now(), hours.timezone, lambda day: opens_on(hours, day))
