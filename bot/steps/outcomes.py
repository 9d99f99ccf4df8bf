"""The domain of one step: claim a target before the call, record how it ended, say when the next one is due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, func, select, update

from bot.actions import targets
from bot.actions.control import settle_unfinished
from bot.actions.schedules import follow_up
from bot.actions.targets import Target, Work, held, locked_action, locked_target, pending_targets, unsettled_targets
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision import pacing as paces
from bot.decision.decide import Act, Do, LookUp, decide, looks_at
from bot.decision.kinds import STEP_KIND
from bot.decision.pushback import IN_A_ROW, OF_ONE_TARGET, apply, rest_if_failing
from bot.decision.snapshot import Standing, load
from bot.decision.sources import nothing_found
from bot.history.activity import record
from bot.messages import deliveries as intents
from bot.storage.bot_lock import lock, locked_status
from bot.storage.models import OPEN, Action, ActionTarget, BotStatus
from bot.storage.tenancy import TenantSession, tenant

# Failed steps in a row after which an order ends instead of going on into a wall.
MAX_FAILURES = 8
# Seconds before the same is tried again after a failure of the network or of Instagram itself; doubled each time.
FIRST_BACKOFF = 60.0
DEMO_FIRST_BACKOFF = 4.0
MAX_BACKOFF = 3600.0
# What Instagram says of one person or post, and not of the account that asks.
_OF_THIS_TARGET = (
    "INSTAGRAM_REFUSED",
    "INSTAGRAM_PERSON_NOT_FOUND",
    "POST_GONE",
    "STORY_GONE",
    *IN_A_ROW,
    *OF_ONE_TARGET,
)


@dataclass(frozen=True)
class Nothing:
    """There is nothing to do now; `at` is when to look again, None when only a person can change that."""

    at: datetime | None


@dataclass(frozen=True)
class Outcome:
    """What came of an effect: a remark for the target, and of a message where it stands at Instagram."""

    remark: str | None = None
    item_id: str = ""
    thread_id: str = ""
    at: datetime | None = None


def next_work(user_id: str) -> Work | Do | Nothing:
    """Decides for the user's bot now: the work of one step, a chore, or that there is nothing to do."""
    moment = now()
    with tenant(user_id, reading=True) as session:
        standing = load(session, moment)
        verdict = decide(standing.state, moment)
        if isinstance(verdict, Act | LookUp):
            return _work(session, standing, verdict)
    return verdict if isinstance(verdict, Do) else Nothing(looks_at(standing.state, moment))


def _work(session: TenantSession, standing: Standing, verdict: Act | LookUp) -> Work:
    action = standing.orders[verdict.action_id]
    looking_up = isinstance(verdict, LookUp)
    unsettled = unsettled_targets(session, action.id) if looking_up else []
    if verdict.kind == "message":
        unsettled = [intents.with_message(session, target) for target in unsettled]
    return Work(
        action.id,
        action.kind,
        STEP_KIND[action.kind],
        action.params,
        action.cursor,
        action.searched,
        standing,
        unsettled=unsettled,
        pending=[] if looking_up else pending_targets(session, action.id),
        request_id=action.request_id,
    )


def finish(
    user_id: str,
    work: Work,
    target: Target,
    status: Literal["done", "failed"],
    outcome: Outcome | None = None,
    *,
    reason: str | None = None,
) -> datetime:
    """Records how a step ended, `failed` with its reason, and plans the next. Commits."""
    remark = reason or (outcome.remark if outcome else None)
    with tenant(user_id) as session:
        locked = lock(session)
        if not targets.end(session, target, status, remark, found=bool(outcome and outcome.item_id)):
            return now()
        if outcome and outcome.item_id:
            action, row = locked_action(session, work.action_id), locked_target(session, target.id)
            intents.arrived(session, action, row, outcome.item_id, outcome.thread_id, outcome.at or now())
        session.run(_WORKED, {"order": work.action_id, "moment": now()})
        record(session, work.step_kind, status, target=target.target, action_id=work.action_id)
        pace = _go_on(locked.paces, work)
        session.run(_KEEP_PACE, {"kept": pace.paces, "next": pace.next_step_at})
        _end_if_done(session, work.action_id)
        session.commit()
    get_logger().info("step_done", action_id=work.action_id, action=work.step_kind, outcome=status)
    return pace.look_at


_OF_ORDER = update(Action).where(Action.id == bindparam("order"))
_WORKED = _OF_ORDER.values(failures=0, last_step_at=bindparam("moment"), last_turn_at=bindparam("moment"))
_TAKE_TURN = _OF_ORDER.values(last_turn_at=bindparam("moment"))
_KEEP_PACE = update(BotStatus).values(paces=bindparam("kept"), next_step_at=bindparam("next"), trouble=None)
_BREATHE = update(BotStatus).values(revision=BotStatus.revision + 1, next_step_at=bindparam("next"), trouble=None)


def _go_on(kept: paces.Paces | None, work: Work) -> paces.Pace:
    """Orders that came or went while the step ran have rung the lane themselves."""
    kinds = {order.kind for order in work.standing.state.actions if order.status != "paused"}
    return paces.go_on(kept, work.standing.rules[work.step_kind], alone=kinds <= {work.step_kind})


_ALL_DONE = select(Action.id).where(
    Action.id == bindparam("order"),
    Action.total
    <= select(func.count(ActionTarget.id))
    .where(ActionTarget.action_id == bindparam("order"), ActionTarget.status == "done")
    .scalar_subquery(),
)


def _end_if_done(session: TenantSession, action_id: str) -> None:
    if session.run(_ALL_DONE, {"order": action_id}).first() is not None:
        _end(session, locked_action(session, action_id), "succeeded")


def _end(
    session: TenantSession, action: Action, status: Literal["succeeded", "failed"], error_code: str | None = None
) -> None:
    if action.status in OPEN:
        action.status, action.error_code, action.finished_at = status, error_code, now()
        settle_unfinished(session, action.id)
        follow_up(session, action)


def release(user_id: str, work: Work, target: Target) -> None:
    """Opens a target again whose call did not arrive. Commits."""
    with tenant(user_id) as session:
        row = held(session, target)
        if row is not None:
            _reopen(row)
            session.commit()


def _reopen(row: ActionTarget) -> None:
    row.status, row.claimed_at, row.error_code, row.finished_at, row.look_up_at = "pending", None, None, None, None
    intents.give_back(row)


def note_interruption(user_id: str, work: Work, target: Target) -> None:
    """Records that a worker stopped in the middle of a call for this target. Commits."""
    with tenant(user_id) as session:
        error = BotException("INSTAGRAM_CALL_INTERRUPTED")
        record(session, work.step_kind, "unknown", target=target.target, action_id=work.action_id, error=error)
        session.commit()


def not_found(user_id: str, work: Work, target: Target) -> None:
    """A message whose end is not known was not found by a good look-up: it stays unknown. Commits."""
    with tenant(user_id) as session:
        locked_status(session)
        row = held(session, target)
        if row is None:
            return
        _unknown(session, row)
        intents.not_found(session, row)
        if row.look_up_at is None:
            record(session, work.step_kind, "unknown", target=row.target, action_id=row.action_id)
        session.commit()


def _unknown(session: TenantSession, row: ActionTarget) -> None:
    row.status, row.finished_at = "unknown", now()
    if row.step_kind == "message":
        intents.contacted(session, row, row.claimed_at or now())
        row.look_up_at = intents.first_look_up()
    else:
        row.look_up_at = now()


def exhausted(user_id: str, work: Work, why: BotException | None = None) -> None:
    """Ends an order for which nobody is left, or no more can be found. Commits.

    It has failed where nothing was done and not all were merely left out. One that was ended meanwhile, or in which the
    user has opened a message again, stays as it is.
    """
    with tenant(user_id) as session:
        locked_status(session)
        action = locked_action(session, work.action_id)
        query = select(ActionTarget.id).where(ActionTarget.action_id == action.id)
        left = query.where(ActionTarget.status.in_(("pending", "working")))
        if action.status not in OPEN or session.scalars(left.limit(1)).first() is not None:
            return
        seen = set(session.scalars(query.with_only_columns(ActionTarget.status).distinct()))
        error = why or _why_exhausted(action, bool(seen))
        failed = not seen & {"done", "unknown"} and (error.severity != "info" or "failed" in seen)
        _end(session, action, "failed" if failed else "succeeded", error.code)
        record(session, "order", "failed" if failed else "done", action_id=action.id, error=error)
        session.commit()


def _why_exhausted(action: Action, anybody: bool) -> BotException:
    if action.listed:
        return BotException("LIST_WORKED_OFF")
    empty = None if anybody else nothing_found(action.params)
    return empty or BotException("CANDIDATES_EXHAUSTED")


def pause_between_lookups(user_id: str, work: Work) -> datetime:
    """Plans the next step after one that only looked people up, which was its action's turn. Commits."""
    with tenant(user_id) as session:
        moment = paces.breathe()
        session.run(_BREATHE, {"next": moment})
        session.run(_TAKE_TURN, {"order": work.action_id, "moment": now()})
        session.commit()
        return moment


def fail(user_id: str, work: Work, target: Target | None, error: BotException) -> datetime | None:
    """Records a step that Instagram or the network refused, with its consequence for the bot. Commits.

    A target whose call may have arrived becomes `unknown` and is looked up before anything else; one whose call
    surely did not arrive is open again. Returns when to look again, None when only a person can go on.
    """
    with tenant(user_id) as session:
        bot = locked_status(session)
        action = locked_action(session, work.action_id)
        if target and (row := held(session, target)):
            _settle_failed(session, row, error)
        name = target.target if target else None
        record(session, work.step_kind, "failed", target=name, action_id=action.id, error=error)
        if target and target.status == "working":
            # Instagram saw a call, whatever came of it, so the next of its kind keeps its distance.
            pace = _go_on(bot.paces, work)
            bot.paces, bot.next_step_at = dict(pace.paces), pace.next_step_at
        action.last_step_at = action.last_turn_at = now()
        bot.trouble = None
        of_one_target = target is not None and error.name in OF_ONE_TARGET
        if not of_one_target and not apply(session, error, work.step_kind):
            _count_failure(session, bot, action, error)
        session.commit()
        return (bot.next_step_at or now()) if bot.bot_running else None


def _settle_failed(session: TenantSession, row: ActionTarget, error: BotException) -> None:
    if row.status == "pending":
        # The target was only looked up. What is refused for one person should not stop the order for all.
        if error.name == "INSTAGRAM_REFUSED":
            row.status, row.reason, row.error_code, row.finished_at = "skipped", "refused", error.code, now()
        return
    row.error_code = error.code
    if error.meta.get("delivered") == "maybe":
        _unknown(session, row)
    elif error.name in _OF_THIS_TARGET:
        row.status, row.finished_at = "failed", now()
        intents.give_back(row)
    elif row.status == "working":
        _reopen(row)


def _count_failure(session: TenantSession, bot: BotStatus, action: Action, error: BotException) -> None:
    session.flush()
    action.failures += 1
    action.error_code = error.code
    first = DEMO_FIRST_BACKOFF if runtime().config.instagram_sandbox else FIRST_BACKOFF
    bot.trouble = error.name
    bot.next_step_at = now() + timedelta(seconds=min(first * 2 ** (action.failures - 1), MAX_BACKOFF))
    if action.failures >= MAX_FAILURES:
        _end(session, action, "failed", BotException("TOO_MANY_FAILURES").code)
    elif failing := rest_if_failing(session, STEP_KIND[action.kind]):
        record(session, STEP_KIND[action.kind], "resting", action_id=action.id, error=failing)
