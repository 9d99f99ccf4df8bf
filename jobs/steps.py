"""One step of any kind of order: settle, find, examine, claim, act, record."""

from datetime import datetime

from bot import steps
from bot.decision import Act, Verdict, Wait
from bot.errors import BotException
from bot.log import get_logger
from bot.runtime import now
from bot.steps import Target, Work
from jobs.actions.kind import Kind
from jobs.instance import BotInstance
from jobs.lanes import still_mine

# Candidates looked at in one step: with two requests each and the act itself, a step stays within seven.
LOOKUPS = 3


def run_step(bot: BotInstance, kind: Kind, work: Work) -> datetime | None:
    """Does one step and returns when the lane is to look again; None when only a person can change that."""
    if work.unsettled:
        return _settle(bot, kind, work, work.unsettled[0])
    if not work.pending:
        return _search(bot, kind, work)
    for target in work.pending[:LOOKUPS]:
        try:
            reason = _obstacle(bot, kind, work, target)
        except BotException as error:
            return steps.fail(bot.user_id, work, target, error)
        if reason is None:
            return _act(bot, kind, work, target)
        steps.skip(bot.user_id, work, target, reason)
    return steps.pause_between_lookups(bot.user_id)


def _obstacle(bot: BotInstance, kind: Kind, work: Work, target: Target) -> str | None:
    try:
        return kind.obstacle(bot, work, target)
    except BotException as error:
        if error.name == "INSTAGRAM_PERSON_NOT_FOUND":
            return "not_found"
        raise


def _search(bot: BotInstance, kind: Kind, work: Work) -> datetime | None:
    if work.searched:
        steps.exhausted(bot.user_id, work)
        return now()
    try:
        found = kind.find(bot, work)
    except BotException as error:
        return steps.fail(bot.user_id, work, None, error)
    steps.add_candidates(bot.user_id, work, found.people, found.cursor)
    return steps.pause_between_lookups(bot.user_id)


def _settle(bot: BotInstance, kind: Kind, work: Work, target: Target) -> datetime | None:
    """A step that was found half done: what had arrived is kept as done, what had not is open again."""
    try:
        arrived = kind.arrived(bot, target)
    except BotException as error:
        if error.name == "INSTAGRAM_PERSON_NOT_FOUND":
            return steps.finish(bot.user_id, work, target, "failed", reason="not_found")
        # The look-up failed, which says nothing of the call before it: the target stays as it is.
        return steps.fail(bot.user_id, work, None, error)
    get_logger().info("step_settled", action_id=work.action_id, arrived=arrived)
    if arrived:
        return steps.finish(bot.user_id, work, target, "done")
    steps.release(bot.user_id, work, target)
    return steps.pause_between_lookups(bot.user_id)


def _act(bot: BotInstance, kind: Kind, work: Work, target: Target) -> datetime | None:
    claimed = steps.claim(bot.user_id, work, target)
    if not isinstance(claimed, Target):
        return next_look(claimed)
    if not still_mine():
        # Another worker may have the lane by now: it finds the target claimed and looks it up.
        get_logger().warning("lease_lost", action_id=work.action_id)
        return None
    try:
        remark = kind.act(bot, claimed)
    except BotException as error:
        return steps.fail(bot.user_id, work, claimed, error)
    return steps.finish(bot.user_id, work, claimed, "done", reason=remark)


def next_look(verdict: Verdict) -> datetime | None:
    """When a verdict may change by itself; at once when it is to act, on another order than this step meant."""
    if isinstance(verdict, Act):
        return now()
    return verdict.until if isinstance(verdict, Wait) else None
