"""The domain of one step: claim a target before the call, record how it ended, say when the next one is due."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from bot.actions import settle_unfinished
from bot.activity import record
from bot.bots import locked_status
from bot.decision import Act, Verdict, Wait, decide
from bot.errors import BotException
from bot.limits import rules
from bot.log import get_logger
from bot.models import OPEN, Action, ActionTarget, BotStatus, InstagramCredentials, new_id
from bot.pushback import apply
from bot.runtime import now, runtime
from bot.scope import TenantSession, tenant
from bot.status import STEP_KIND, load_state

# Failed steps in a row after which an order ends instead of going on into a wall.
MOST_FAILURES = 5
# Seconds before the same is tried again after a failure of the network or of Instagram itself; doubled each time.
FIRST_BACKOFF = 60.0
DEMO_FIRST_BACKOFF = 4.0
# Seconds between a step that only looked people up and the next one.
LOOKUP_PAUSE = (3.0, 8.0)
DEMO_LOOKUP_PAUSE = (0.5, 1.0)


@dataclass(frozen=True)
class Target:
    """One candidate of an order as a step sees it."""

    id: str
    username: str
    instagram_id: str
    status: str
    attempts: int = 0


@dataclass(frozen=True)
class Work:
    """What one step is to do: the order, its open targets in order, and how it searches on."""

    action_id: str
    kind: str
    step_kind: str
    params: dict[str, object]
    cursor: str | None
    searched: bool
    unsettled: list[Target]
    pending: list[Target]


def next_work(user_id: str) -> Work | Verdict:
    """Decides for the user's bot now: the work of one step, or the verdict that there is none."""
    with tenant(user_id, reading=True) as session:
        verdict = decide(load_state(session, now()), now())
        return _work(session, verdict.action_id) if isinstance(verdict, Act) else verdict


def _work(session: TenantSession, action_id: str) -> Work:
    action = session.scalars(select(Action).where(Action.id == action_id)).one()
    query = (
        select(ActionTarget)
        .where(ActionTarget.action_id == action_id, ActionTarget.status.in_(("pending", "working", "unknown")))
        .order_by(ActionTarget.position)
        .limit(20)
    )
    rows = [Target(row.id, row.target, row.instagram_id, row.status, row.attempts) for row in session.scalars(query)]
    return Work(
        action.id,
        action.kind,
        STEP_KIND[action.kind],
        action.params,
        action.cursor,
        action.searched,
        unsettled=[row for row in rows if row.status != "pending"],
        pending=[row for row in rows if row.status == "pending"],
    )


def add_candidates(user_id: str, work: Work, found: Iterable[tuple[str, str]], cursor: str | None) -> list[Target]:
    """Records a page of candidates `(username, Instagram id)` and where the search stands; returns the new ones.

    Somebody whom the bot handled in another order is recorded as skipped, with the reason. Commits.
    """
    people = dict(found)
    with tenant(user_id) as session:
        action = _locked(session, work)
        known = _known(session, work, people)
        position = _last_position(session, action.id)
        fresh = []
        for username, instagram_id in people.items():
            if known.get(username) == "here":
                continue
            position += 1
            row = _candidate(action, work.step_kind, username, instagram_id, position)
            if username in known:
                row.status, row.reason, row.finished_at = "skipped", "already_handled", now()
            else:
                fresh.append(Target(row.id, username, instagram_id, "pending"))
            session.add(row)
        action.cursor, action.searched = cursor, cursor is None
        action.started_at = action.started_at or now()
        if action.status == "queued":
            action.status = "running"
        session.commit()
    return fresh


def _candidate(action: Action, step_kind: str, username: str, instagram_id: str, position: int) -> ActionTarget:
    return ActionTarget(
        id=new_id(),
        user_id=action.user_id,
        action_id=action.id,
        step_kind=step_kind,
        position=position,
        target=username,
        instagram_id=instagram_id,
        status="pending",
    )


def _known(session: TenantSession, work: Work, people: Iterable[str]) -> dict[str, str]:
    """Usernames that are targets already: `here` in this order, `done` where another order acted on them."""
    query = select(ActionTarget.target, ActionTarget.action_id, ActionTarget.status).where(
        ActionTarget.step_kind == work.step_kind, ActionTarget.target.in_(list(people))
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
        row = _held(session, target)
        if row is None:
            return
        row.status, row.reason, row.finished_at = "skipped", reason, now()
        record(session, work.step_kind, "skipped", target=target.username, action_id=work.action_id).details |= {
            "reason": reason
        }
        session.commit()


def claim(user_id: str, work: Work, target: Target) -> Target | Verdict:
    """Decides once more and takes the target, in one transaction, right before the call.

    Returns the target as taken; a verdict that is not to act on this order leaves it as it was.
    """
    with tenant(user_id) as session:
        locked_status(session)
        verdict = decide(load_state(session, now()), now())
        if verdict != Act(work.action_id, work.step_kind):
            return verdict
        moment = now()
        taken = session.execute(
            update(ActionTarget)
            .where(ActionTarget.id == target.id, ActionTarget.status == "pending")
            .values(status="working", claimed_at=moment, attempts=ActionTarget.attempts + 1)
            .execution_options(synchronize_session=False)
            .returning(ActionTarget.id)
        ).first()
        if taken is None:
            return Wait(now(), "BETWEEN_STEPS")
        session.commit()
    return replace(target, status="working", attempts=target.attempts + 1)


def _held(session: TenantSession, target: Target) -> ActionTarget | None:
    """The target's row, locked, while it is as the step knows it.

    None when this step lost its lane in the middle and another one has settled or taken the target since.
    """
    row = session.get_one(ActionTarget, target.id, with_for_update=True)
    # An order that was cancelled meanwhile has made `unknown` of what was `working`.
    alike = row.status == target.status or {row.status, target.status} == {"working", "unknown"}
    if alike and row.attempts == target.attempts:
        return row
    get_logger().warning("record_dropped", target_id=row.id, found=row.status)
    return None


def _locked(session: TenantSession, work: Work) -> Action:
    return session.scalars(select(Action).where(Action.id == work.action_id).with_for_update()).one()


def finish(user_id: str, work: Work, target: Target, status: str, *, reason: str | None = None) -> datetime:
    """Records how a step ended (`done`, or `failed` with its reason) and plans the next. Commits."""
    with tenant(user_id) as session:
        bot = locked_status(session)
        action = _locked(session, work)
        row = _held(session, target)
        if row is None:
            return now()
        row.status, row.reason, row.error_code, row.finished_at = status, reason, None, now()
        action.failures, action.last_step_at = 0, now()
        record(session, work.step_kind, status, target=target.username, action_id=action.id)
        session.flush()
        _end_if_done(session, action)
        bot.next_step_at = now() + timedelta(seconds=_delay(session, user_id, work.step_kind))
        session.commit()
        return bot.next_step_at


def _end_if_done(session: TenantSession, action: Action) -> None:
    query = select(ActionTarget.id).where(ActionTarget.action_id == action.id, ActionTarget.status == "done")
    if len(session.scalars(query).all()) >= action.total:
        _end(session, action, "succeeded")


def _end(session: TenantSession, action: Action, status: str, error_code: str | None = None) -> None:
    if action.status in OPEN:
        action.status, action.error_code, action.finished_at = status, error_code, now()
        settle_unfinished(session, action.id)


def _delay(session: TenantSession, user_id: str, step_kind: str) -> float:
    account = session.scalars(select(InstagramCredentials)).one_or_none()
    rule = rules(session, user_id, account.created_at if account else None, now())[step_kind]
    return runtime().uniform(rule.delay_min, rule.delay_max)


def release(user_id: str, work: Work, target: Target) -> None:
    """Opens a target again whose call did not arrive. Commits."""
    with tenant(user_id) as session:
        row = _held(session, target)
        if row is not None:
            _reopen(row)
            session.commit()


def _reopen(row: ActionTarget) -> None:
    row.status, row.claimed_at, row.error_code, row.finished_at = "pending", None, None, None


def exhausted(user_id: str, work: Work) -> None:
    """Ends an order for which nobody is left to be found: succeeded if it did anything, else failed. Commits."""
    with tenant(user_id) as session:
        action = _locked(session, work)
        query = select(ActionTarget.id).where(ActionTarget.action_id == action.id)
        anybody = session.scalars(query.limit(1)).first() is not None
        did = session.scalars(query.where(ActionTarget.status == "done").limit(1)).first() is not None
        error = BotException("CANDIDATES_EXHAUSTED" if anybody else "HASHTAG_EMPTY")
        _end(session, action, "succeeded" if did else "failed", error.code)
        record(session, "order", "done" if did else "failed", action_id=action.id, error=error)
        session.commit()


def pause_between_lookups(user_id: str) -> datetime:
    """Plans the next step after one that only looked people up. Commits."""
    low, high = DEMO_LOOKUP_PAUSE if runtime().config.instagram_sandbox else LOOKUP_PAUSE
    with tenant(user_id) as session:
        bot = locked_status(session)
        bot.next_step_at = now() + timedelta(seconds=runtime().uniform(low, high))
        session.commit()
        return bot.next_step_at


def fail(user_id: str, work: Work, target: Target | None, error: BotException) -> datetime | None:
    """Records a step that Instagram or the network refused, with its consequence for the bot. Commits.

    A target whose call may have arrived becomes `unknown` and is looked up before anything else; one whose call
    surely did not arrive is open again. Returns when to look again, None when only a person can go on.
    """
    with tenant(user_id) as session:
        bot = locked_status(session)
        action = _locked(session, work)
        if target and (row := _held(session, target)):
            _settle_failed(row, error)
        record(
            session,
            work.step_kind,
            "failed",
            target=target.username if target else None,
            action_id=action.id,
            error=error,
        )
        held_back = apply(session, error, work.step_kind)
        action.last_step_at = now()
        if not held_back:
            _count_failure(session, bot, action, error)
        session.commit()
        return bot.next_step_at if bot.bot_running else None


def _settle_failed(row: ActionTarget, error: BotException) -> None:
    if row.status == "pending":
        # The target was only looked up. What is refused for one person should not stop the order for all.
        if error.name == "INSTAGRAM_REFUSED":
            row.status, row.reason, row.error_code, row.finished_at = "skipped", "refused", error.code, now()
        return
    row.error_code = error.code
    if error.meta.get("delivered") == "maybe":
        row.status, row.finished_at = "unknown", now()
    elif error.name == "INSTAGRAM_REFUSED":
        row.status, row.finished_at = "failed", now()
    elif row.status == "working":
        _reopen(row)


def _count_failure(session: TenantSession, bot: BotStatus, action: Action, error: BotException) -> None:
    action.failures += 1
    first = DEMO_FIRST_BACKOFF if runtime().config.instagram_sandbox else FIRST_BACKOFF
    bot.next_step_at = now() + timedelta(seconds=first * 2 ** (action.failures - 1))
    if action.failures >= MOST_FAILURES:
        _end(session, action, "failed", BotException("TOO_MANY_FAILURES").code)
    else:
        action.error_code = error.code
