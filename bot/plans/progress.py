"""Progress of a plan: how many people are at each of its places, and what each of them waits for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, or_, select

from bot.actions import control
from bot.actions.control import find_action
from bot.config.runtime import now
from bot.inputs.pagination import Page
from bot.messages.sending import Result, results_of
from bot.plans import words
from bot.plans.aliases import plan_of
from bot.plans.words import Line
from bot.storage.models import ENDED, LATER, Action, ActionTarget
from bot.storage.models.values import Fact, TargetStatus
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class Place:
    """A place of a plan, and the people or posts that have come to it.

    `up_next` may be done now, as far as the plan says; `later` wait for their time, and `awaiting` for the fact of the
    step. `next_at` is the end of the first of these waits, and `last_at` that of the last. If the action has ended, all
    of them are `left`. `skips` counts by reason.
    """

    line: Line
    done: int = 0
    up_next: int = 0
    later: int = 0
    awaiting: int = 0
    next_at: datetime | None = None
    last_at: datetime | None = None
    left: int = 0
    unknown: int = 0
    failed: int = 0
    skips: dict[str, int] = field(default_factory=dict)

    @property
    def skipped(self) -> int:
        return sum(self.skips.values())

    @property
    def awaits(self) -> Fact | None:
        return self.line.node.step.when


@dataclass(frozen=True)
class PlanProgress:
    """A plan in words, and its places in the order of their lines.

    `calls` counts by status. A step that is done twice for a person is two calls.
    """

    summary: str
    places: Sequence[Place]
    calls: Mapping[TargetStatus, int]


@dataclass(frozen=True)
class _Group:
    """Targets of a plan that are alike. `waiting` of them have a time that is still to come."""

    node: int
    nth: int
    status: TargetStatus
    awaits: Fact | None
    reason: str | None
    count: int
    waiting: int
    next_at: datetime | None
    last_at: datetime | None


def plan_progress(user_id: str, action_id: str) -> PlanProgress:
    """Return the places of an action's plan. An action of another kind has one. Raises ACTION_NOT_FOUND."""
    with tenant(user_id, reading=True) as session:
        action = find_action(session, action_id)
        groups = _groups(session, action)
    plan = plan_of(action.kind, action.params)
    at_place: dict[int, list[_Group]] = defaultdict(list)
    for one in groups:
        at_place[one.node].append(one)
    has_ended = action.status in ENDED
    places = [_place(line, at_place[line.node.index], has_ended=has_ended) for line in words.lines(plan)]
    calls = {status: _sum(groups, status) for status in TargetStatus}
    return PlanProgress(words.sentence(plan, action.total), places, calls)


def list_people(user_id: str, action_id: str, limit: int, cursor: str | None, status: str | None) -> Page[Result]:
    """Return a page of the targets of a plan with the texts of messages. Raises ACTION_NOT_FOUND and BAD_CURSOR."""
    found = control.list_targets(user_id, action_id, limit, cursor, status)
    with tenant(user_id, reading=True) as session:
        return Page(results_of(session, found.items), found.next)


def next_people(user_id: str, action_id: str, limit: int) -> list[ActionTarget]:
    """Return the people or posts that a step may be done for now, in their turn: those who have begun come first."""
    query = select(ActionTarget).where(
        ActionTarget.action_id == action_id,
        ActionTarget.status == TargetStatus.PENDING,
        ActionTarget.awaits.is_(None),
        or_(ActionTarget.due_at.is_(None), ActionTarget.due_at <= now()),
    )
    in_turn = query.order_by(LATER.desc(), ActionTarget.due_at, ActionTarget.position).limit(limit)
    with tenant(user_id, reading=True) as session:
        return list(session.scalars(in_turn))


def _groups(session: TenantSession, action: Action) -> list[_Group]:
    alike = ActionTarget.node, ActionTarget.nth, ActionTarget.status, ActionTarget.awaits, ActionTarget.reason
    at = ActionTarget.due_at
    query = select(
        *alike,
        func.count(),
        func.count().filter(at > now()),
        func.min(at, type_=at.type),
        func.max(at, type_=at.type),
    )
    rows = session.execute(query.where(ActionTarget.action_id == action.id).group_by(*alike))
    return [_Group(*row) for row in rows]


def _place(line: Line, groups: Sequence[_Group], *, has_ended: bool) -> Place:
    every = [one for one in groups if one.status == TargetStatus.PENDING]
    pending = [] if has_ended else every
    waiting = [one for one in pending if one.awaits or one.waiting]
    awaiting = sum(one.count for one in pending if one.awaits)
    later = sum(one.waiting for one in pending if not one.awaits)
    skips: dict[str, int] = {}
    for one in groups:
        if one.status == TargetStatus.SKIPPED:
            skips[one.reason or ""] = skips.get(one.reason or "", 0) + one.count
    # A second call at the same place means that the first is done: the person is counted once.
    again = sum(one.count for one in groups if one.nth)
    return Place(
        line,
        done=_sum(groups, TargetStatus.DONE) - again,
        up_next=sum(one.count for one in pending) - awaiting - later + _sum(groups, TargetStatus.WORKING),
        later=later,
        awaiting=awaiting,
        next_at=min((one.next_at for one in waiting if one.next_at), default=None),
        last_at=max((one.last_at for one in waiting if one.last_at), default=None),
        left=sum(one.count for one in every) if has_ended else 0,
        unknown=_sum(groups, TargetStatus.UNKNOWN),
        failed=_sum(groups, TargetStatus.FAILED),
        skips=dict(sorted(skips.items(), key=lambda item: (-item[1], item[0]))),
    )


def _sum(groups: Sequence[_Group], status: TargetStatus) -> int:
    return sum(one.count for one in groups if one.status == status)
