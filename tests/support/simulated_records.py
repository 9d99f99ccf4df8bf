"""The product's records of a simulated bot, compared with what Instagram saw and with the actions."""

from collections import Counter, defaultdict
from datetime import datetime

from sqlalchemy import select

from bot.automation.status import bot_report
from bot.decision.kinds import ANSWER_SAYS_NOTHING
from bot.storage.models import OPEN, Action, ActionTarget, CoolDown
from bot.storage.target_states import CONFIRMED
from bot.storage.tenancy import tenant
from tests.support.simulated_bots import SimulatedBot
from tests.support.simulated_rules import Referee

ALL_KINDS = "*"
# The step may have arrived at Instagram, as far as the product says.
MAYBE = ("done", "working", "unknown")


def audit(bot: SimulatedBot, moment: datetime) -> Counter[str]:
    """Check the records at the end. Return the number of actions by result."""
    with tenant(bot.user_id, reading=True) as session:
        actions = list(session.scalars(select(Action)))
        targets = list(session.scalars(select(ActionTarget)))
        rests = list(session.scalars(select(CoolDown)))
    check_effects(bot.referee, targets)
    check_rests(bot.referee, rests)
    of_action = defaultdict(list)
    for target in targets:
        of_action[target.action_id].append(target)
    for action in actions:
        check_sum(bot.referee, action, of_action[action.id])
        check_end(bot.referee, action, of_action[action.id])
    if any(action.status in OPEN for action in actions):
        check_goes_on(bot, moment)
    return Counter(action.status for action in actions)


def check_effects(referee: Referee, targets: list[ActionTarget]) -> None:
    """Match claims and calls. A step is claimed at the moment of its call, which identifies both."""
    effects = {(call.kind, call.person, call.at) for call in referee.calls if call.arrived}
    known = {(row.step_kind, row.person, row.claimed_at): row for row in targets if row.claimed_at}
    for kind, person, at in sorted(effects):
        row = known.get((kind, person, at))
        status = row.status if row else "not there"
        told = status in MAYBE or (row is not None and row.look_up_at is not None)
        referee.check("recorded", told, f"{kind} of {person} at {at}", f"arrived and is {status}")
    for key, row in known.items():
        if row.status != "done" or row.look_up_at:
            continue
        if row.step_kind in ANSWER_SAYS_NOTHING and row.reason != CONFIRMED:
            # Nothing could show it any more, or it was none of the share that is looked up.
            referee.on_word += key not in effects
        else:
            referee.check("recorded", key in effects, f"{key}", "is done and never arrived")


def check_rests(referee: Referee, rests: list[CoolDown]) -> None:
    for rest in rests:
        calls = [call for call in referee.calls if rest.created_at < call.at < rest.until]
        broken = [call for call in calls if rest.kind in (ALL_KINDS, call.kind)]
        about = f"rest of {rest.kind} until {rest.until} for {rest.error_code}"
        referee.check("recorded rest", not broken, about, f"{len(broken)} calls in it")


def check_sum(referee: Referee, action: Action, targets: list[ActionTarget]) -> None:
    done = sum(row.status == "done" for row in targets)
    right = len(targets) == action.total if action.kind == "send-messages" else done <= action.total
    referee.check("sum", right, f"{action.kind} {action.id}", f"{done} done of {len(targets)} for {action.total}")


def check_end(referee: Referee, action: Action, targets: list[ActionTarget]) -> None:
    """Check that an action that ended early says why, and that nothing in it is half done."""
    if action.status in OPEN:
        return
    done = sum(row.status == "done" for row in targets)
    explained = action.status == "cancelled" or bool(action.error_code) or done >= action.total
    half_done = any(row.status == "working" for row in targets)
    about = f"{action.kind} {action.id}"
    referee.check("end", explained and not half_done, about, f"{action.status} with {done} of {action.total}")


def check_goes_on(bot: SimulatedBot, moment: datetime) -> None:
    """Check that with open actions the bot acts, or says until when it waits, or what a person must do.

    If it waits, its lane has to run again by then.
    """
    verdict = bot_report(bot.user_id).verdict
    if verdict.state == "halted":
        explained = bool(verdict.message and verdict.remedy)
    else:
        latest = max(verdict.until or moment, moment)
        explained = bool(verdict.message) and bot.planned is not None and bot.planned <= latest
    bot.referee.check("end", explained, bot.name, f"{verdict.reason}, looks again {bot.planned}")
