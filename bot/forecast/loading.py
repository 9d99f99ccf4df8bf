"""The rest of open actions, as a run needs it: beginners, and for plans the people at their later places."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import func, select

from bot.actions.control import Progress
from bot.actions.recurrence import Repeat, next_run_within
from bot.actions.schedules import first_start
from bot.decision.hours import Hours
from bot.forecast.guesses import PlanAhead, Waiting
from bot.forecast.odds import Past
from bot.forecast.run_ahead import NextStart, Workload
from bot.plans.aliases import plan_of
from bot.plans.moving_on import DID_NOT_HAPPEN
from bot.plans.plan import Plan
from bot.storage.models import FIRST, LATER, Action, ActionTarget
from bot.storage.models.values import ActionKind, StepKind, TargetStatus
from bot.storage.tenancy import TenantSession


def workloads_of(session: TenantSession, opened: Sequence[Progress], hours: Hours) -> dict[str, Workload]:
    """Return the workloads of open actions by their ids."""
    plans = {
        one.action.id: plan_of(one.action.kind, one.action.params)
        for one in opened
        if one.action.kind == ActionKind.PLAN
    }
    people = _people(session, plans) if plans else {}
    past = _past(session, plans) if plans else {}
    return {
        one.action.id: _workload(
            session, one, hours, plans.get(one.action.id), people.get(one.action.id, ()), past.get(one.action.id, {})
        )
        for one in opened
    }


def _workload(
    session: TenantSession,
    progress: Progress,
    hours: Hours,
    plan: Plan | None,
    people: Sequence[Waiting],
    past: Mapping[int, Past],
) -> Workload:
    action, left = progress.action, _left(progress)
    # Someone not certain counts as done: a look-up mostly finds the effect.
    is_short = progress.done + progress.unknown + left < action.total
    ahead = PlanAhead(action.id, plan.nodes, left, people, _names(session, action, plan, left), past) if plan else None
    return Workload(left, action.total, _next_start(session, action, hours), is_short, ahead)


def _left(progress: Progress) -> int:
    """Return the people or posts that are left to begin with.

    A failed one is made up for by another one, unless they are listed, or the search has no more of them.
    """
    action = progress.action
    if action.listed and action.kind != ActionKind.PLAN:
        return progress.pending
    left = max(0, action.total - progress.done - progress.unknown)
    if action.searched:
        return min(left, progress.up_next)
    return min(left, progress.pending) if action.listed else left


def _next_start(session: TenantSession, action: Action, hours: Hours) -> NextStart | None:
    if action.repeat is None:
        return None
    repeat, first = Repeat.model_validate(action.repeat), first_start(session, action)
    return partial(next_run_within, hours, repeat, first)


def _names(session: TenantSession, action: Action, plan: Plan, left: int) -> list[str]:
    """Return who is next to begin, if a step of the plan is done for a share of them alone."""
    if all(node.step.share == 1 for node in plan.nodes):
        return []
    waiting = select(ActionTarget.person).where(
        ActionTarget.action_id == action.id, FIRST, ActionTarget.status == TargetStatus.PENDING
    )
    return list(session.scalars(waiting.order_by(ActionTarget.position).limit(left)))


def _people(session: TenantSession, plans: Mapping[str, Plan]) -> dict[str, list[Waiting]]:
    """Return the people at later places of the plans, the longest due first."""
    columns = (
        ActionTarget.action_id,
        ActionTarget.person,
        ActionTarget.position,
        ActionTarget.node,
        ActionTarget.nth,
        ActionTarget.due_at,
        ActionTarget.created_at,
        ActionTarget.awaits,
    )
    waiting = select(*columns).where(
        ActionTarget.action_id.in_(plans), LATER, ActionTarget.status == TargetStatus.PENDING
    )
    followed = _followed(session, plans)
    found = defaultdict(list)
    for action_id, name, position, node, nth, due_at, came_at, awaits in session.execute(
        waiting.order_by(ActionTarget.due_at, ActionTarget.position)
    ):
        found[action_id].append(
            Waiting(
                name, position, node, nth, due_at, came_at, awaits is not None, followed=(action_id, name) in followed
            )
        )
    return found


def _followed(session: TenantSession, plans: Mapping[str, Plan]) -> set[tuple[str, str]]:
    """Return the people that a plan has followed, of the plans that unfollow in the end."""
    both = {StepKind.FOLLOW, StepKind.UNFOLLOW}
    asked = [action_id for action_id, plan in plans.items() if both <= {node.step.do for node in plan.nodes}]
    done = select(ActionTarget.action_id, ActionTarget.person).where(
        ActionTarget.action_id.in_(asked),
        ActionTarget.step_kind == StepKind.FOLLOW,
        ActionTarget.status == TargetStatus.DONE,
    )
    return {(action_id, name) for action_id, name in session.execute(done)} if asked else set()


def _past(session: TenantSession, plans: Mapping[str, Plan]) -> dict[str, dict[int, Past]]:
    """Return for the places of each plan that have a condition how many people have met it, and how many have not."""
    asked = [action_id for action_id, plan in plans.items() if any(node.step.when for node in plan.nodes)]
    if not asked:
        return {}
    missed = ActionTarget.reason == DID_NOT_HAPPEN
    met = ActionTarget.awaits.is_(None) & (ActionTarget.status != TargetStatus.SKIPPED)
    counts = (
        select(ActionTarget.action_id, ActionTarget.node, func.count().filter(met), func.count().filter(missed))
        .where(ActionTarget.action_id.in_(asked), LATER, ActionTarget.nth == 0)
        .group_by(ActionTarget.action_id, ActionTarget.node)
    )
    found: dict[str, dict[int, Past]] = defaultdict(dict)
    for action_id, node, has_met, has_missed in session.execute(counts):
        found[action_id][node] = Past(has_met, has_missed)
    return found
