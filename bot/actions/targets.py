"""Targets of an action as a step sees them: the work of a step, locks, and skips with their reasons."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from bot.config.runtime import now
from bot.core.log import get_logger
from bot.decision.snapshot import Snapshot
from bot.history.activity import record
from bot.storage import target_states
from bot.storage.models import FIRST, LATER, Action, ActionTarget, InstagramCredentials, Person
from bot.storage.models.values import ActionStatus, ActivityStatus, StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant

# Targets that one step examines. With two requests each and the call itself it stays within seven requests.
MAX_TARGETS_IN_DOUBT = 3
# Statements of every step are built once: building one costs more than running it.
_PENDING = (
    select(
        ActionTarget.id,
        ActionTarget.target,
        ActionTarget.person,
        ActionTarget.instagram_id,
        ActionTarget.status,
        ActionTarget.attempts,
        ActionTarget.full_name,
    )
    .where(ActionTarget.action_id == bindparam("action"), ActionTarget.status == "pending")
    .order_by(ActionTarget.position)
    .limit(MAX_TARGETS_IN_DOUBT)
)
_PENDING_FIRST = _PENDING.where(FIRST)
_TARGET = (
    select(ActionTarget)
    .where(ActionTarget.id == bindparam("target"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED = (
    select(Action).where(Action.id == bindparam("action")).with_for_update().execution_options(populate_existing=True)
)
# A target that is as the step knows it. Cancelling an action meanwhile turns `working` into `unknown`.
_HELD = (
    select(ActionTarget)
    .where(
        ActionTarget.id == bindparam("known_target"),
        ActionTarget.attempts == bindparam("known_attempts"),
        ActionTarget.status.in_((bindparam("known_status"), bindparam("alike"))),
    )
    .with_for_update()
    .execution_options(populate_existing=True)
)
_ALIKE = {TargetStatus.WORKING: TargetStatus.UNKNOWN, TargetStatus.UNKNOWN: TargetStatus.WORKING}


@dataclass(frozen=True)
class Candidate:
    """A result of a search: its name for people, the person it concerns, and its Instagram id if known.

    `reason` skips it right away.
    """

    target: str
    person: str
    instagram_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Target:
    """One target as a step sees it. Only a claimed message has `text` and `token`.

    `node` is its place in a plan and `awaits` the fact that it waits for there. `owner_id` is the Instagram id of the
    person if a post of theirs is still to be chosen. `followed_us` is what a follow's look-up told. `generation` and
    `claim_number` are for the memories of claims.
    """

    id: str
    target: str
    person: str
    instagram_id: str | None
    status: TargetStatus
    attempts: int = 0
    full_name: str | None = None
    claimed_at: datetime | None = None
    text: str = ""
    token: str = ""
    generation: str | None = None
    claim_number: int = 0
    followed_us: bool | None = None
    node: int = 0
    awaits: str | None = None
    owner_id: str | None = None

    @property
    def known_id(self) -> str:
        """The Instagram id, if the search or the examination has found it. Raises ValueError otherwise."""
        if self.instagram_id is None:
            raise ValueError("the target has not been looked up")
        return self.instagram_id


@dataclass(frozen=True)
class Search:
    """The search of an action for its targets.

    It goes on at `cursor` in the part of its sources with the number `source`, of `parts` altogether.
    """

    action_id: str
    kind: str
    step_kind: StepKind
    params: dict[str, object]
    cursor: str | None
    searched: bool
    source: int = field(default=0, kw_only=True)
    parts: int = field(default=1, kw_only=True)


@dataclass(frozen=True)
class Work(Search):
    """The work of one step: targets to reconcile and to act on, and the snapshot that the decision used.

    `place` is the later place of a plan to which the targets have come; with `checks` an awaited fact is asked for.
    `request_id` is the request that placed the action.
    """

    snapshot: Snapshot
    in_doubt: list[Target]
    pending: list[Target]
    request_id: str | None = None
    place: int | None = None
    checks: bool = False


def pending_targets(session: TenantSession, action_id: str, *, of_plan: bool = False) -> list[Target]:
    """Return the first pending targets, in order; of a plan those that have not begun."""
    statement = _PENDING_FIRST if of_plan else _PENDING
    return [Target(*row) for row in session.run(statement, {"action": action_id})]


def later_targets(session: TenantSession, action_id: str, place: int, *, checks: bool) -> list[Target]:
    """Return targets that go on at a later place of a plan, or whose time for a fact is over, the longest due first."""
    query = select(ActionTarget).where(
        ActionTarget.action_id == action_id,
        ActionTarget.node == place,
        LATER,
        ActionTarget.status == TargetStatus.PENDING,
        ActionTarget.awaits.is_not(None) if checks else ActionTarget.awaits.is_(None),
        ActionTarget.due_at <= now(),
    )
    ordered = query.order_by(ActionTarget.due_at, ActionTarget.position).limit(MAX_TARGETS_IN_DOUBT)
    known = ordered.add_columns(Person.instagram_id).outerjoin(Person, Person.id == ActionTarget.person_id)
    return [replace(from_row(row), owner_id=owner_id) for row, owner_id in session.execute(known)]


def targets_in_doubt(session: TenantSession, action_id: str) -> list[Target]:
    """Return targets that were interrupted, or that are due to be looked up."""
    due = or_(ActionTarget.status == "working", ActionTarget.look_up_at <= now())
    query = select(ActionTarget).where(ActionTarget.action_id == action_id, due)
    return [from_row(row) for row in session.scalars(query.order_by(ActionTarget.position).limit(MAX_TARGETS_IN_DOUBT))]


def from_row(row: ActionTarget) -> Target:
    return Target(
        row.id,
        row.target,
        row.person,
        row.instagram_id,
        row.status,
        row.attempts,
        row.full_name,
        row.claimed_at,
        node=row.node,
        awaits=row.awaits,
    )


@dataclass(frozen=True)
class OwnAccount:
    """The linked account, on which the bot never acts."""

    username: str
    instagram_id: str | None

    def is_called(self, username: str, instagram_id: str | None) -> bool:
        """Return whether this is that person. Ids decide if both are known, because names change hands."""
        if instagram_id and self.instagram_id:
            return instagram_id == self.instagram_id
        return username == self.username


def own_account(session: TenantSession) -> OwnAccount | None:
    query = select(InstagramCredentials.username, InstagramCredentials.instagram_id)
    row = session.execute(query).one_or_none()
    return OwnAccount(row.username.lower(), row.instagram_id) if row else None


def locked_action(session: TenantSession, action_id: str) -> Action:
    return session.scalars(_LOCKED, {"action": action_id}).one()


def locked_target(session: TenantSession, target_id: str) -> ActionTarget:
    return session.scalars(_TARGET, {"target": target_id}).one()


def mark_running(action: Action) -> None:
    """Mark the action as running, because a step worked for it."""
    action.started_at = action.started_at or now()
    if action.status == "queued":
        action.status = ActionStatus.RUNNING


def lock_unchanged(session: TenantSession, target: Target) -> ActionTarget | None:
    """Return the target's row, locked, if it is as the step knows it.

    None means that this step lost its lane, and another one has settled or claimed the target since.
    """
    known = {
        "known_target": target.id,
        "known_attempts": target.attempts,
        "known_status": target.status,
        "alike": _ALIKE.get(target.status, target.status),
    }
    row = session.scalars(_HELD, known).one_or_none()
    if row is None:
        log_dropped(target)
    return row


def log_dropped(target: Target) -> None:
    """Log that a result is not recorded, because another step has settled or claimed the target since."""
    get_logger().warning("record_dropped", target_id=target.id)


def skip(user_id: str, work: Work, target: Target, reason: str) -> None:
    """Skip the target and record the reason, unless another holder of the lane has taken it. Commits."""
    with tenant(user_id) as session:
        row = lock_unchanged(session, target)
        if row is not None:
            mark_skipped(session, row, reason)
            session.commit()


def mark_skipped(session: TenantSession, row: ActionTarget, reason: str) -> None:
    """Mark the target as skipped. The caller commits."""
    target_states.skip(row, reason, now())
    record(session, row.step_kind, ActivityStatus.SKIPPED, target=row.target, action_id=row.action_id, reason=reason)
    get_logger().info("target_skipped", action_id=row.action_id, reason=reason)
