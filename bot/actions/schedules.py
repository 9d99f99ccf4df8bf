"""Schedules of actions: their start and repetition."""

from datetime import datetime, timedelta

from pydantic import Field
from sqlalchemy import or_, select

from bot.actions.control import Progress, find_action, progress_of, subject_of
from bot.actions.recurrence import Repeat, next_run_within
from bot.automation.lifecycle import notify_bot
from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.decision.kinds import ONCE_ONLY
from bot.decision.records import hours_of
from bot.decision.sources import source_failure
from bot.history.activity import record
from bot.inputs.params import Params
from bot.inputs.validation import Moment, refused
from bot.storage.bot_lock import locked_status
from bot.storage.models import OPEN, Action
from bot.storage.models.values import ActivityStatus
from bot.storage.tenancy import TenantSession, tenant

# A form takes some minutes to fill in, and clocks differ.
_GRACE = timedelta(minutes=5)
_FARTHEST = timedelta(days=366)
MAX_WITHOUT_SOURCE = 3
"""A series ends after this number of consecutive runs that fail because their source is missing."""


class Schedule(Params):
    """The start and repetition of an action. Null removes it."""

    start_at: Moment | None = Field(None, description="Not before this time, a year ahead at most.")
    repeat: Repeat | None = Field(None, description="How often it comes again.")


def check_start(start_at: datetime | None) -> None:
    """Raise INVALID_INPUT at `start_at` for a start in the past or more than a year ahead."""
    if start_at is None:
        return
    if start_at < now() - _GRACE:
        message = "This time is over. Choose a later one, or none to begin as soon as possible."
        raise refused([{"field": "start_at", "code": "BELOW_MINIMUM", "message": message}])
    if start_at > now() + _FARTHEST:
        message = "Choose a time within a year from now."
        raise refused([{"field": "start_at", "code": "ABOVE_MAXIMUM", "message": message}])


def _same_start(one: datetime | None, other: datetime | None) -> bool:
    """Return whether two starts are equal to the minute, which is what forms send back."""
    return one is not None and other is not None and abs(one - other) < timedelta(minutes=1)


def reschedule(user_id: str, action_id: str, params: Schedule) -> Progress:
    """Change the start and repetition of an open action, which begins a new series. Commits.

    Raises ACTION_NOT_FOUND, ACTION_NOT_RUNNING, REPEAT_NOT_ALLOWED, and for a new start the errors of `check_start`.
    """
    with tenant(user_id) as session:
        locked_status(session)
        action = find_action(session, action_id)
        if action.status not in OPEN:
            raise BotException("ACTION_NOT_RUNNING")
        if params.repeat and action.kind in ONCE_ONLY:
            raise BotException("REPEAT_NOT_ALLOWED")
        if not _same_start(action.start_at, params.start_at):
            check_start(params.start_at)
        action.start_at = params.start_at
        action.repeat = params.repeat.model_dump() if params.repeat else None
        action.series = None
        record(session, "action_rescheduled", ActivityStatus.DONE, target=subject_of(action), action_id=action.id)
        session.commit()
        progress = progress_of(session, [action])[0]
    notify_bot(user_id)
    return progress


def follow_up(session: TenantSession, action: Action) -> None:
    """Add the next action of a series after one that ended. The caller commits.

    A series ends after MAX_WITHOUT_SOURCE runs without a source, and the activity says why.
    """
    if action.repeat is None:
        return
    if trouble := _missing_source(session, action):
        failed = ActivityStatus.FAILED
        record(session, "repeat_ended", failed, target=subject_of(action), action_id=action.id, error=trouble)
        return
    session.add(
        Action(
            user_id=action.user_id,
            kind=action.kind,
            name=action.name,
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


def _missing_source(session: TenantSession, action: Action) -> BotException | None:
    """Return the problem of the source if it made all of the latest runs fail, else None."""
    series = action.series or action.id
    runs = select(Action.status, Action.error_code).where(or_(Action.id == series, Action.series == series))
    before = runs.where(Action.id != action.id).order_by(Action.created_at.desc()).limit(MAX_WITHOUT_SOURCE - 1)
    ends = [(action.status, action.error_code), *((run.status, run.error_code) for run in session.execute(before))]
    troubles = [_source_trouble(code, action) if status == "failed" else None for status, code in ends]
    return troubles[0] if len(troubles) == MAX_WITHOUT_SOURCE and all(troubles) else None


def _source_trouble(code: str | None, action: Action) -> BotException | None:
    known = find_code(code)
    return source_failure(known.name, action.params) if known else None


def _next_start(session: TenantSession, action: Action, repeat: Repeat) -> datetime:
    return next_run_within(hours_of(session), repeat, first_start(session, action), now())


def first_start(session: TenantSession, action: Action) -> datetime:
    """Return the start of the first action of the series, from which its days count.

    So an action that a day off postponed does not shift later ones.
    """
    first = session.get_one(Action, action.series) if action.series else action
    return first.start_at or first.created_at
