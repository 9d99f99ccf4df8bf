"""The targets of an order: what a search found, what is left out and why, and how a step sees one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, or_, select

from bot.config.runtime import now
from bot.contacts.do_not_contact import untouchable
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.snapshot import Standing
from bot.history.activity import record
from bot.storage import target_states
from bot.storage.models import Action, ActionTarget, InstagramCredentials, new_id
from bot.storage.models.values import ActionStatus, ActivityStatus, StepKind, TargetStatus
from bot.storage.target_states import find, find_unfit
from bot.storage.tenancy import TenantSession, tenant

# Targets that one step looks at: with two requests each and the act itself, it stays within seven.
LOOKUPS = 3
# Statements of every step are made once: to make one costs more than to run it.
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
    .where(ActionTarget.action_id == bindparam("order"), ActionTarget.status == "pending")
    .order_by(ActionTarget.position)
    .limit(LOOKUPS)
)
_TARGET = (
    select(ActionTarget)
    .where(ActionTarget.id == bindparam("target"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED = (
    select(Action).where(Action.id == bindparam("order")).with_for_update().execution_options(populate_existing=True)
)
_ADD = insert(ActionTarget)
# A target that is as a step knows it. An action that was canceled meanwhile has made `unknown` of what was `working`.
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
    """Something that a search found: its name for people, whom it concerns, and its id at Instagram if known.

    `reason` leaves it out at once.
    """

    target: str
    person: str
    instagram_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Target:
    """One target as a step sees it; `text` and `token` only of a message that is claimed.

    `generation` and `claim_number` are of a claim, for the memories to remember.
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

    @property
    def known_id(self) -> str:
        """The id at Instagram, where the search or the examination has found it."""
        if self.instagram_id is None:
            raise ValueError("the target has not been looked up")
        return self.instagram_id


@dataclass(frozen=True)
class Search:
    """How an order searches for its targets, and where that stands."""

    action_id: str
    kind: str
    step_kind: StepKind
    params: dict[str, object]
    cursor: str | None
    searched: bool


@dataclass(frozen=True)
class Work(Search):
    """What one step is to do: its targets to look up and to work on, and how the bot stood when that was decided.

    `request_id` is that of the request which made the order.
    """

    standing: Standing
    unsettled: list[Target]
    pending: list[Target]
    request_id: str | None = None


def pending_targets(session: TenantSession, action_id: str) -> list[Target]:
    """The first targets that are still to be done, in order."""
    return [Target(*row) for row in session.run(_PENDING, {"order": action_id})]


def unsettled_targets(session: TenantSession, action_id: str) -> list[Target]:
    """Targets that were found half done, or whose end is to be looked up now."""
    due = or_(ActionTarget.status == "working", ActionTarget.look_up_at <= now())
    query = select(ActionTarget).where(
        ActionTarget.action_id == action_id, ActionTarget.status.in_(("working", "unknown")), due
    )
    return [seen(row) for row in session.scalars(query.order_by(ActionTarget.position).limit(LOOKUPS))]


def seen(row: ActionTarget) -> Target:
    return Target(
        row.id,
        row.target,
        row.person,
        row.instagram_id,
        row.status,
        row.attempts,
        row.full_name,
        row.claimed_at,
    )


def person_id(step_kind: str, instagram_id: str | None) -> str | None:
    """The id of the person whom a target of this id concerns; that of a post ends with its author's."""
    if step_kind != "like" or instagram_id is None:
        return instagram_id
    return instagram_id.partition("_")[2] or None


@dataclass(frozen=True)
class OwnAccount:
    """The linked account: nothing is done to it."""

    username: str
    instagram_id: str | None

    def is_called(self, username: str, instagram_id: str | None) -> bool:
        """Whether this is the person of that name; the id decides where it is known, as names pass to others."""
        if instagram_id and self.instagram_id:
            return instagram_id == self.instagram_id
        return username == self.username


def own_account(session: TenantSession) -> OwnAccount | None:
    query = select(InstagramCredentials.username, InstagramCredentials.instagram_id)
    row = session.execute(query).one_or_none()
    return OwnAccount(row.username.lower(), row.instagram_id) if row else None


def locked_action(session: TenantSession, action_id: str) -> Action:
    return session.scalars(_LOCKED, {"order": action_id}).one()


def locked_target(session: TenantSession, target_id: str) -> ActionTarget:
    return session.scalars(_TARGET, {"target": target_id}).one()


def begin(action: Action) -> None:
    """Something was done for the order: it runs."""
    action.started_at = action.started_at or now()
    if action.status == "queued":
        action.status = ActionStatus.RUNNING


def held(session: TenantSession, target: Target) -> ActionTarget | None:
    """The target's row, locked, while it is as the step knows it.

    None when this step lost its lane in the middle and another one has settled or taken the target since.
    """
    known = {
        "known_target": target.id,
        "known_attempts": target.attempts,
        "known_status": target.status,
        "alike": _ALIKE.get(target.status, target.status),
    }
    row = session.scalars(_HELD, known).one_or_none()
    if row is None:
        tell_dropped(target)
    return row


def tell_dropped(target: Target) -> None:
    """Log that a result is not recorded, because another step has settled or claimed the target since."""
    get_logger().warning("record_dropped", target_id=target.id)


def add_candidates(
    user_id: str,
    work: Search,
    found: Sequence[Candidate],
    cursor: str | None,
    *,
    once: bool,
    limited: bool = False,
) -> None:
    """Record a page of candidates and the state of the search. Commits.

    `once` skips the candidates that another action with this kind of step has handled. `limited` says that Instagram
    shows only a part of the list, which the activity tells at its end.
    """
    with tenant(user_id) as session:
        action = locked_action(session, work.action_id)
        position = _last_position(session, action.id)
        candidates = _judged(session, work, found, once=once)
        if candidates:
            rows = enumerate(candidates, position + 1)
            session.run(_ADD, [_row(action, work.step_kind, candidate, number) for number, candidate in rows])
        action.cursor, action.searched = cursor, cursor is None
        begin(action)
        if limited and cursor is None:
            error = BotException("INSTAGRAM_LIST_LIMITED")
            record(session, "order", ActivityStatus.WARNED, action_id=action.id, error=error)
        session.commit()
    get_logger().info("candidates_found", action_id=work.action_id, count=len(candidates), searched=cursor is None)


def judged(user_id: str, work: Search, found: Sequence[Candidate], *, once: bool) -> list[Candidate]:
    """The candidates, each with the reason why it would be left out, as far as that is known here."""
    with tenant(user_id, reading=True) as session:
        return _judged(session, work, found, once=once)


def _judged(session: TenantSession, work: Search, found: Sequence[Candidate], *, once: bool) -> list[Candidate]:
    candidates = {candidate.target: candidate for candidate in found}
    known = _known(session, work, candidates)
    people = {candidate.person: person_id(work.step_kind, candidate.instagram_id) for candidate in candidates.values()}
    left_out, own = untouchable(session, people), own_account(session)
    result = []
    for target, candidate in candidates.items():
        if known.get(target) == "here":
            continue
        reason = candidate.reason or ("do_not_contact" if candidate.person in left_out else None)
        if once and target in known:
            reason = "already_handled"
        if own and own.is_called(candidate.person, people[candidate.person]):
            reason = "own_account"
        result.append(replace(candidate, reason=reason))
    return result


def _row(action: Action, step_kind: str, candidate: Candidate, position: int) -> dict[str, object]:
    moment = now()
    return {
        "id": new_id(),
        "action_id": action.id,
        "step_kind": step_kind,
        "position": position,
        "target": candidate.target,
        "person": candidate.person,
        "instagram_id": candidate.instagram_id,
        # Lists are paged by time, the newest first: what was found first is to be the newest of its page.
        "created_at": moment - timedelta(microseconds=position),
        **(find_unfit(candidate.reason, moment) if candidate.reason else find()),
    }


def _known(session: TenantSession, work: Search, names: Iterable[str]) -> dict[str, str]:
    """Names that are targets already: `here` in this order, `done` where another order acted on them."""
    query = select(ActionTarget.target, ActionTarget.action_id, ActionTarget.status).where(
        ActionTarget.step_kind == work.step_kind, ActionTarget.target.in_(list(names))
    )
    known: dict[str, str] = {}
    for target, action_id, status in session.execute(query):
        if action_id == work.action_id:
            known[target] = "here"
        elif status in ("done", "working", "unknown"):
            known.setdefault(target, "done")
    return known


def _last_position(session: TenantSession, action_id: str) -> int:
    query = select(ActionTarget.position).where(ActionTarget.action_id == action_id)
    return session.scalars(query.order_by(ActionTarget.position.desc()).limit(1)).first() or 0


def skip(user_id: str, work: Work, target: Target, reason: str) -> None:
    """Records that the target is left out and why, unless another holder of the lane has taken it. Commits."""
    with tenant(user_id) as session:
        row = held(session, target)
        if row is not None:
            leave_out(session, row, reason)
            session.commit()


def leave_out(session: TenantSession, row: ActionTarget, reason: str) -> None:
    """Marks the target as skipped; the caller commits."""
    target_states.skip(row, reason, now())
    record(session, row.step_kind, ActivityStatus.SKIPPED, target=row.target, action_id=row.action_id, reason=reason)
    get_logger().info("target_skipped", action_id=row.action_id, reason=reason)
