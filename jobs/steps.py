"""One step of any kind of order: settle, find, examine, claim, act, record."""

from datetime import datetime

from bot.actions import targets
from bot.actions.targets import Target, Work
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.decide import LeaveOut
from bot.decision.sources import source_failure
from bot.steps import claims, restores
from bot.steps import outcomes as steps
from bot.steps.outcomes import Nothing
from jobs.actions.kind import LEFT_OUT, Kind, Skip
from jobs.catching_up import Settled, looked_up
from jobs.instance import BotInstance
from jobs.lanes import still_mine


def run_step(bot: BotInstance, kind: Kind, work: Work) -> datetime | None:
    """Does one step and returns when the lane is to look again; None when only a person can change that."""
    if work.unsettled:
        return _settle(bot, kind, work, work.unsettled[0])
    if not work.pending:
        return _search(bot, kind, work)
    for target in work.pending:
        try:
            known = _examined(bot, kind, work, target)
        except BotException as error:
            return steps.fail(bot.user_id, work, target, error)
        if isinstance(known, Target):
            return _act(bot, kind, work, known)
        if isinstance(known, Settled):
            break
        targets.skip(bot.user_id, work, target, known.reason)
    return steps.pause_between_lookups(bot.user_id, work)


def _examined(bot: BotInstance, kind: Kind, work: Work, target: Target) -> Target | Skip | Settled:
    try:
        known = kind.examine(bot, work, target)
        return looked_up(bot, work, known) if isinstance(known, Target) else known
    except BotException as error:
        if reason := LEFT_OUT.get(error.name):
            return Skip(reason)
        raise


def _search(bot: BotInstance, kind: Kind, work: Work) -> datetime | None:
    if work.searched:
        steps.exhausted(bot.user_id, work)
        return now()
    try:
        found = kind.find(bot, work)
    except BotException as error:
        if of_source := source_failure(error.name, work.params):
            steps.exhausted(bot.user_id, work, of_source)
            return now()
        return steps.fail(bot.user_id, work, None, error)
    targets.add_candidates(bot.user_id, work, found.candidates, found.cursor, once=kind.once(work))
    return steps.pause_between_lookups(bot.user_id, work)


def _settle(bot: BotInstance, kind: Kind, work: Work, target: Target) -> datetime | None:
    """A step whose end is not known: what had arrived is kept as done; what had not is open again, where the look-up
    proves it.
    """
    if target.status == "working":
        steps.note_interruption(bot.user_id, work, target)
    try:
        outcome = kind.arrived(bot, target)
    except BotException as error:
        if reason := LEFT_OUT.get(error.name):
            if not kind.conclusive:
                # Who has left since may have got it before.
                return _not_arrived(bot, kind, work, target)
            return steps.finish(bot.user_id, work, target, "failed", reason=reason)
        # The look-up failed, which says nothing of the call before it: the target stays as it is.
        return steps.fail(bot.user_id, work, None, error)
    get_logger().info("step_settled", action_id=work.action_id, arrived=outcome is not None)
    if outcome:
        return steps.finish(bot.user_id, work, target, "done", outcome)
    return _not_arrived(bot, kind, work, target)


def _not_arrived(bot: BotInstance, kind: Kind, work: Work, target: Target) -> datetime:
    if kind.conclusive:
        steps.release(bot.user_id, work, target)
    else:
        steps.not_found(bot.user_id, work, target)
    return steps.pause_between_lookups(bot.user_id, work)


def _act(bot: BotInstance, kind: Kind, work: Work, target: Target) -> datetime | None:
    claimed = claims.claim(bot.user_id, work, target)
    if isinstance(claimed, LeaveOut):
        return steps.pause_between_lookups(bot.user_id, work)
    if isinstance(claimed, Nothing):
        return claimed.at
    if not restores.remembered(bot.user_id, work, claimed):
        return now()
    if not still_mine():
        # Another worker may have the lane by now: it finds the target claimed and looks it up.
        get_logger().warning("lease_lost", action_id=work.action_id)
        return None
    try:
        outcome = kind.act(bot, claimed)
    except BotException as error:
        return steps.fail(bot.user_id, work, claimed, error)
    return steps.finish(bot.user_id, work, claimed, "done", outcome)
