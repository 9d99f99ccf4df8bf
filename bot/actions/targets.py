"""Targets of an action: candidates of a search, skips and their reasons, and a step's view of a target."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, or_, select

from bot.config.runtime import now
from bot.contacts.do_not_contact import untouchable
from bot.contacts.people import meet
from bot.core.errors import BotException
from bot.core.log import get_logger
from bot.decision.snapshot import Snapshot
from bot.history.activity import record
from bot.storage import target_states
from bot.storage.bot_lock import lock
from bot.storage.models import Action, ActionTarget, Activity, InstagramCredentials, new_id
from bot.storage.models.values import ActionStatus, ActivityStatus, StepKind, TargetStatus
from bot.storage.target_states import find, find_skipped
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
_TARGET = (
    select(ActionTarget)
    .where(ActionTarget.id == bindparam("target"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED = (
    select(Action).where(Action.id == bindparam("action")).with_for_update().execution_options(populate_existing=True)
)
_ADD = insert(ActionTarget)
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

    `followed_us` is what a follow's look-up told. `generation` and `claim_number` are for the memories of claims.
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

    @property
    def known_id(self) -> str:
        """The Instagram id, if the search or the examination has found it. Raises ValueError otherwise."""
        if self.instagram_id is None:
            raise ValueError("the target has not been looked up")
        return self.instagram_id


@dataclass(frozen=True)
class Search:
    """The search of an action for its targets, and its position."""

    action_id: str
    kind: str
    step_kind: StepKind
    params: dict[str, object]
    cursor: str | None
    searched: bool


@dataclass(frozen=True)
class Work(Search):
    """The work of one step: targets to reconcile and to act on, and the snapshot that the decision used.

    `request_id` is the request that placed the action.
    """

    snapshot: Snapshot
    in_doubt: list[Target]
    pending: list[Target]
    request_id: str | None = None


def pending_targets(session: TenantSession, action_id: str) -> list[Target]:
    """Return the first pending targets, in order."""
    return [Target(*row) for row in session.run(_PENDING, {"action": action_id})]


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
    )


def person_id(step_kind: str, instagram_id: str | None) -> str | None:
    """Return the id of the target's person. A post's id ends with its author's."""
    if step_kind != "like" or instagram_id is None:
        return instagram_id
    return instagram_id.partition("_")[2] or None


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


def add_candidates(
    user_id: str,
    work: Search,
    found: Sequence[Candidate],
    cursor: str | None,
    *,
    skip_if_handled: bool,
    limited: bool = False,
) -> None:
    """Record a page of candidates and the state of the search. Commits.

    `skip_if_handled` skips the candidates that another action with this kind of step has handled. `limited` says that
    Instagram shows only a part of the list, which the activity tells once.
    """
    with tenant(user_id) as session:
        lock(session)
        action = locked_action(session, work.action_id)
        position = _last_position(session, action.id)
        candidates = _screened(session, work, found, skip_if_handled=skip_if_handled)
        if candidates:
            people = _met(session, work, candidates)
            rows = enumerate(candidates, position + 1)
            session.run(_ADD, [_row(action, work.step_kind, one, number, people) for number, one in rows])
        action.cursor, action.searched = cursor, cursor is None
        mark_running(action)
        if limited and not is_told_limited(session, action.id):
            error = BotException("INSTAGRAM_LIST_LIMITED")
            record(session, "order", ActivityStatus.WARNED, action_id=action.id, error=error)
        session.commit()
    get_logger().info("candidates_found", action_id=work.action_id, count=len(candidates), searched=cursor is None)


def is_told_limited(session: TenantSession, action_id: str) -> bool:
    """Return whether the activity says that Instagram shows only a part of the action's list."""
    code = BotException("INSTAGRAM_LIST_LIMITED").code
    query = select(Activity.id).where(Activity.action_id == action_id, Activity.error_code == code)
    return session.scalars(query.limit(1)).first() is not None


def screened(user_id: str, work: Search, found: Sequence[Candidate], *, skip_if_handled: bool) -> list[Candidate]:
    """Return the candidates, each with the reason for which it would be skipped, as far as it is known here."""
    with tenant(user_id, reading=True) as session:
        return _screened(session, work, found, skip_if_handled=skip_if_handled)


def _screened(
    session: TenantSession, work: Search, found: Sequence[Candidate], *, skip_if_handled: bool
) -> list[Candidate]:
    candidates = {candidate.target: candidate for candidate in found}
    known = _known(session, work, candidates)
    people = {candidate.person: person_id(work.step_kind, candidate.instagram_id) for candidate in candidates.values()}
    excluded, own = untouchable(session, people), own_account(session)
    result = []
    for target, candidate in candidates.items():
        if known.get(target) == "here":
            continue
        reason = candidate.reason or ("do_not_contact" if candidate.person in excluded else None)
        if skip_if_handled and target in known:
            reason = "already_handled"
        if own and own.is_called(candidate.person, people[candidate.person]):
            reason = "own_account"
        result.append(replace(candidate, reason=reason))
    return result


def _met(session: TenantSession, work: Search, candidates: Iterable[Candidate]) -> dict[str, str]:
    """Record the candidates as people, and return their ids by Instagram id.

    An action that unfollows takes its candidates from earlier follows, with the names they had then.
    """
    known = ((person_id(work.step_kind, one.instagram_id), one.person) for one in candidates)
    return meet(session, {id_: name for id_, name in known if id_}, seen=work.step_kind != StepKind.UNFOLLOW)


def _row(
    action: Action, step_kind: str, candidate: Candidate, position: int, people: Mapping[str, str]
) -> dict[str, object]:
    moment = now()
    return {
        "id": new_id(),
        "action_id": action.id,
        "step_kind": step_kind,
        "position": position,
        "target": candidate.target,
        "person": candidate.person,
        "instagram_id": candidate.instagram_id,
        "person_id": people.get(person_id(step_kind, candidate.instagram_id) or ""),
        # Lists are paged by time, newest first, and what was found first has to come first on its page.
        "created_at": moment - timedelta(microseconds=position),
        **(find_skipped(candidate.reason, moment) if candidate.reason else find()),
    }


def _known(session: TenantSession, work: Search, names: Iterable[str]) -> dict[str, str]:
    """Return names that are targets already: `here` in this action, `done` if another action acted on them."""
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
