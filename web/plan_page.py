"""The parts of an action's page that only plans have: the steps with their people, and what each person waits for."""

from dataclasses import dataclass, field

from markupsafe import Markup

from bot.automation.status import BotReport
from bot.config.runtime import now
from bot.forecast.forecast import ActionForecast
from bot.plans.progress import Place, PlanProgress, plan_progress
from bot.plans.steps.message import Message
from bot.plans.words import AWAITED
from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import ActionKind, TargetStatus
from middleware.access import me
from web import limit_text, local_time

_LISTED = (
    TargetStatus.DONE,
    TargetStatus.PENDING,
    TargetStatus.UNKNOWN,
    TargetStatus.FAILED,
    TargetStatus.SKIPPED,
)


def is_plan(action: Action) -> bool:
    return action.kind == ActionKind.PLAN


def places_of(action: Action) -> PlanProgress | None:
    """Return the places of a plan with their people; None for an action of another kind."""
    return plan_progress(me().id, action.id) if is_plan(action) else None


def counts(plan: PlanProgress) -> dict[str, int]:
    """Return the number of calls at all places by the status of their list."""
    return {str(status): plan.calls[status] for status in _LISTED}


@dataclass
class Shown:
    """A step of the list, and the steps that are done instead if its fact does not become known."""

    place: Place
    branch: list["Shown"] = field(default_factory=list)


def steps(plan: PlanProgress) -> list[Shown]:
    """Return the steps of a plan as a tree."""
    rows: list[list[Shown]] = [[]]
    for place in plan.places:
        depth = place.line.depth
        if depth == len(rows):
            rows.append(rows[-1][-1].branch)
        del rows[depth + 1 :]
        rows[depth].append(Shown(place))
    return rows[0]


def is_branched(plan: PlanProgress) -> bool:
    return any(one.line.depth for one in plan.places)


def notes(plan: PlanProgress, ahead: ActionForecast | None, report: BotReport) -> list[str]:
    """Return what holds the steps of an open plan up, in words: limits of 0, and one that is below the intake."""
    said = limit_text.none_of((place.line.node.step.do for place in plan.places), report)
    return said + ([limit_text.slower(ahead.slower)] if ahead and ahead.slower else [])


def text_of(place: Place) -> str:
    """Return the text of a step that sends a message."""
    step = place.line.node.step
    return step.text if isinstance(step, Message) else ""


def states(place: Place) -> list[Markup | str]:
    """Return how many people are in each state of a place, without zeros."""
    said: list[tuple[int, Markup | str]] = [
        (place.done, f"{place.done:,} done"),
        (place.up_next, f"{place.up_next:,} up next"),
        (place.later, _with_time(f"{place.later:,} waiting", place, bool(place.later))),
        (place.awaiting, _with_time(_awaiting(place), place, not place.later)),
        # More people may have been found than the amount needed.
        (place.left, f"{place.left:,} {'not done' if place.line.node.index else 'not begun'}"),
        (place.unknown, f"{place.unknown:,} not certain"),
        (place.failed, f"{place.failed:,} failed"),
    ]
    return [text for count, text in said if count]


def _awaiting(place: Place) -> str:
    fact = AWAITED[place.awaits] if place.awaits else ""
    return f"{place.awaiting:,} {'waits' if place.awaiting == 1 else 'wait'} for them {fact}"


def _with_time(text: str, place: Place, timed: bool) -> Markup | str:
    """Return the text with the end of the wait, from the first person's to the last one's."""
    if not timed or place.next_at is None or place.last_at is None:
        return text
    first, last = local_time.day(place.next_at), local_time.day(place.last_at)
    if first == last:
        return Markup("{} until {}").format(text, local_time.moment(place.last_at))
    return f"{text} until {first}–{last}"


def step_of(plan: PlanProgress, target: ActionTarget) -> str:
    """Return the step of a plan that a target is about, such as `Step 2: like their last post`."""
    line = next(one.line for one in plan.places if one.line.node.index == target.node)
    return f"Step {line.number}: {line.text[0].lower()}{line.text[1:]}"


def wait_of(action: Action, target: ActionTarget) -> Markup:
    """Return what a pending target waits for; empty if it is up next or its action has ended."""
    if target.status != "pending" or target.due_at is None or action.finished_at:
        return Markup("")
    if target.awaits:
        day = local_time.moment(target.due_at)
        return Markup("Waits until {} for @{} {}.").format(day, target.person, AWAITED[target.awaits])
    if target.due_at > now():
        return Markup("Waits until {}.").format(local_time.moment(target.due_at))
    return Markup("")
