"""Outcomes of steps, and their consequences for target, action and bot. The caller commits all of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from bot.actions.candidates import is_told_limited
from bot.actions.schedules import follow_up
from bot.actions.targets import Work, locked_action
from bot.config.runtime import now, runtime
from bot.core.backoff import Backoff
from bot.core.errors import BotException
from bot.decision.pushback import IN_A_ROW, NOT_DONE, OF_ONE_TARGET, rest_if_failing
from bot.decision.sources import nothing_found
from bot.history.activity import record
from bot.messages.deliveries import contacted, first_reconcile_at
from bot.steps.effect_checks import look_up_time
from bot.storage import target_states
from bot.storage.bot_lock import CHANGED
from bot.storage.models import FIRST, LATER, OPEN, TO_RECONCILE, UNRESOLVED, Action, ActionTarget, BotStatus
from bot.storage.models.values import WRITTEN, ActionKind, ActionStatus, ActivityStatus, StepKind, TargetStatus
from bot.storage.tenancy import TenantSession

# Failed steps in a row after which an action ends instead of going on into a wall.
MAX_FAILURES = 8
# Failed steps after which a target is skipped if it cannot be read.
UNREAD_BEFORE_SKIP = 2
# Seconds before the same is tried again after a failure of the network or of Instagram itself.
BACKOFF = Backoff(initial=60.0, maximum=3600.0)
DEMO_BACKOFF = Backoff(initial=4.0, maximum=3600.0)
_GONE_WHILE_ACTING = {"INSTAGRAM_POST_NOT_FOUND": "POST_GONE"}
"""The code of the target: the post was there when it was looked up. The activity has the words of Instagram."""
# Refusals that concern one person or post, and not the account.
_OF_THIS_TARGET = (
    "INSTAGRAM_REFUSED",
    "INSTAGRAM_PERSON_NOT_FOUND",
    *_GONE_WHILE_ACTING,
    "STORY_GONE",
    *IN_A_ROW,
    *OF_ONE_TARGET,
)


@dataclass(frozen=True)
class Outcome:
    """Outcome of an effect: a remark for the target, and for a message its ids and time at Instagram."""

    remark: str | None = None
    item_id: str = ""
    thread_id: str = ""
    at: datetime | None = None


def resolve_failed(session: TenantSession, row: ActionTarget, error: BotException, *, failures_before: int = 0) -> None:
    """Set the state of a target after a failed look-up or call, and `failures_before` failed steps of its action."""
    if row.status == TargetStatus.PENDING:
        # The target was only looked up. A refusal for one person should not stop the action for all, nor should one
        # whose page cannot be read. If the next ones cannot be read either, they are not to blame.
        unread = error.name == "INSTAGRAM_UNREADABLE" and failures_before == UNREAD_BEFORE_SKIP
        if error.name == "INSTAGRAM_REFUSED" or unread:
            target_states.skip(row, "refused", now(), error.code)
        return
    row.error_code = error.code
    if error.meta.get("delivered") == "maybe":
        leave_unknown(session, row, first_reconcile_at() if row.step_kind in WRITTEN else now())
    elif error.name in _OF_THIS_TARGET:
        code = BotException(_GONE_WHILE_ACTING.get(error.name, error.name)).code
        moment = now()
        look_up_at = look_up_time(moment) if error.name == NOT_DONE else None
        target_states.fail(row, moment, error_code=code, look_up_at=look_up_at)
    elif row.status == TargetStatus.WORKING:
        target_states.reopen(row)


def note_looked_up(session: TenantSession, row: ActionTarget, outcome: Outcome | None) -> BotException | None:
    """Record what a look-up shows of an effect that only Instagram's answer told of; None is no effect.

    Return the refusal that it reveals.
    """
    was_done, moment = row.status == TargetStatus.DONE, now()
    if outcome and was_done:
        row.look_up_at, row.reason = None, target_states.CONFIRMED
        record_looked_up(session, row, ActivityStatus.DONE, reason=target_states.CONFIRMED)
    elif outcome:
        target_states.come_late(row, outcome.remark, moment)
        record_looked_up(session, row, ActivityStatus.DONE, reason=target_states.CAME_LATE)
    elif was_done:
        error = BotException(NOT_DONE, delivered="no")
        target_states.refute(row, error.code, moment)
        record_looked_up(session, row, ActivityStatus.FAILED, error=error)
        return error
    else:
        # Its failure has a line since the answer.
        row.look_up_at = None
    return None


def record_looked_up(
    session: TenantSession,
    row: ActionTarget,
    status: ActivityStatus,
    *,
    error: BotException | None = None,
    reason: str | None = None,
) -> None:
    """Record the line of an end that was known only by Instagram's answer until now."""
    record(session, row.step_kind, status, target=row.target, action_id=row.action_id, error=error, reason=reason)


def leave_unknown(session: TenantSession, row: ActionTarget, look_up_at: datetime | None) -> None:
    """Record that the call may have arrived, and the next look-up; None leaves the decision to the user."""
    target_states.keep_unknown(row, now(), look_up_at)
    if row.step_kind in WRITTEN:
        contacted(session, row, row.claimed_at or now())


def count_failure(
    session: TenantSession, bot: BotStatus, action: Action, step_kind: StepKind, error: BotException
) -> None:
    """Count a failed step: pause longer each time, then rest the kind, then end the action."""
    session.flush()
    action.failures += 1
    action.error_code = error.code
    backoff = DEMO_BACKOFF if runtime().config.instagram_sandbox else BACKOFF
    bot.trouble = error.name
    bot.next_step_at = now() + timedelta(seconds=backoff.after(action.failures))
    if action.failures >= MAX_FAILURES:
        if action.status not in OPEN:
            for row in target_states.stop_looking_up(session, action.id):
                record_looked_up(session, row, ActivityStatus.DONE)
        _end(session, action, ActionStatus.FAILED, BotException("TOO_MANY_FAILURES").code)
    elif failing := rest_if_failing(session, step_kind):
        record(session, step_kind, ActivityStatus.RESTING, action_id=action.id, error=failing)


_ALL_DONE = select(Action.id).where(
    Action.id == bindparam("action"),
    Action.total
    <= select(func.count(ActionTarget.id))
    .where(ActionTarget.action_id == bindparam("action"), ActionTarget.status == TargetStatus.DONE)
    .scalar_subquery(),
    ~select(ActionTarget.id).where(ActionTarget.action_id == bindparam("action"), TO_RECONCILE).exists(),
)


_ALL_THROUGH = select(Action.id).where(
    Action.id == bindparam("action"),
    Action.total
    <= select(func.count(ActionTarget.id))
    .where(ActionTarget.action_id == bindparam("action"), FIRST, ActionTarget.status == TargetStatus.DONE)
    .scalar_subquery(),
    ~select(ActionTarget.id)
    .where(ActionTarget.action_id == bindparam("action"), or_(TO_RECONCILE, LATER & (ActionTarget.status == "pending")))
    .exists(),
)


def end_if_done(session: TenantSession, work: Work) -> None:
    """End the action if its total is done, and none of it is still to be looked up or has a later step."""
    statement = _ALL_THROUGH if work.kind == ActionKind.PLAN else _ALL_DONE
    if session.run(statement, {"action": work.action_id}).first() is not None:
        _end(session, locked_action(session, work.action_id), ActionStatus.SUCCEEDED)


def end_full(session: TenantSession, action: Action) -> bool:
    """End a plan that has begun with everyone. Return False if it has ended, or has a step again by now."""
    query = select(ActionTarget.id).where(ActionTarget.action_id == action.id)
    goes_on = or_(LATER & (ActionTarget.status == TargetStatus.PENDING), UNRESOLVED)
    if action.status not in OPEN or session.scalars(query.where(goes_on).limit(1)).first() is not None:
        return False
    _end(session, action, ActionStatus.SUCCEEDED)
    return True


def end_exhausted(session: TenantSession, action: Action, why: BotException | None) -> bool:
    """End an action that has no target left. Return False if it has ended, or has a target again by now.

    The action fails if nothing was done and not all targets were merely skipped.
    """
    query = select(ActionTarget.id).where(ActionTarget.action_id == action.id)
    left = query.where(ActionTarget.status.in_((TargetStatus.PENDING, TargetStatus.WORKING)))
    if action.status not in OPEN or session.scalars(left.limit(1)).first() is not None:
        return False
    seen = set(session.scalars(query.with_only_columns(ActionTarget.status).distinct()))
    error = why or _why_exhausted(session, action, anybody=bool(seen))
    failed = not seen & {TargetStatus.DONE, TargetStatus.UNKNOWN} and (
        error.severity != "info" or TargetStatus.FAILED in seen
    )
    _end(session, action, ActionStatus.FAILED if failed else ActionStatus.SUCCEEDED, error.code)
    status = ActivityStatus.FAILED if failed else ActivityStatus.DONE
    record(session, "order", status, action_id=action.id, error=error)
    return True


def _why_exhausted(session: TenantSession, action: Action, *, anybody: bool) -> BotException:
    if action.listed:
        return BotException("LIST_WORKED_OFF")
    if anybody and is_told_limited(session, action.id):
        return BotException("INSTAGRAM_LIST_LIMITED")
    empty = None if anybody else nothing_found(action.params)
    return empty or BotException("CANDIDATES_EXHAUSTED")


def _end(session: TenantSession, action: Action, status: ActionStatus, error_code: str | None = None) -> None:
    if action.status in OPEN:
        session.info[CHANGED] = True
        action.status, action.error_code, action.finished_at = status, error_code, now()
        target_states.abandon(session, now(), action.id)
        follow_up(session, action)
