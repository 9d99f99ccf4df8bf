"""Orders of a user: accept, list, pause, resume, cancel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticKnownError
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from structlog.contextvars import get_contextvars

from bot.activity import record
from bot.bots import valid_status, wake
from bot.errors import BotException
from bot.models import OPEN, Action, ActionTarget
from bot.paging import Page, page
from bot.runtime import now
from bot.scope import TenantSession, tenant
from bot.users import Params

MOST_PER_ORDER = 200
# Every step reads the open orders of its bot.
MOST_OPEN = 20


def _no_truth(value: object) -> object:
    """JSON's true is no number, though Python's is."""
    if isinstance(value, bool):
        raise PydanticKnownError("int_type")
    return value


Number = Annotated[int, BeforeValidator(_no_truth)]


class Filters(Params):
    """Whom to leave out. Counts are followers of the candidate."""

    followers_min: Number | None = Field(None, ge=0, le=1_000_000_000)
    followers_max: Number | None = Field(None, ge=0, le=1_000_000_000)
    skip_private: bool = Field(True, description="Whether to leave out people with a private account.")

    @model_validator(mode="after")
    def _ordered(self) -> "Filters":
        lowest, highest = self.followers_min, self.followers_max
        if lowest is not None and highest is not None and lowest > highest:
            raise ValueError("followers_min is above followers_max")
        return self


class FollowHashtag(Params):
    """Follow people who posted under a hashtag."""

    hashtag: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^#?\w{1,100}$")] = Field(
        description="One hashtag: letters, digits and underscores."
    )
    amount: Number = Field(ge=1, le=MOST_PER_ORDER, description="How many people to follow.")
    filters: Filters = Filters()


@dataclass(frozen=True)
class Progress:
    """An order and how far it is; all counts are targets."""

    action: Action
    done: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0

    @property
    def pending(self) -> int:
        """What is left of the amount asked for: still to be done, or not done where the order has ended."""
        return max(0, self.action.total - self.done - self.failed - self.unknown)


def follow_hashtag(user_id: str, params: FollowHashtag, idempotency_key: str | None = None) -> Progress:
    """Accepts an order to follow people of a hashtag. Raises SESSION_INVALID and BOT_STOPPED."""
    details = {"hashtag": params.hashtag.removeprefix("#").lower(), "filters": params.filters.model_dump()}
    return _order(user_id, "follow-hashtag", details, params.amount, idempotency_key)


def _order(user_id: str, kind: str, params: dict[str, Any], total: int, idempotency_key: str | None) -> Progress:
    with tenant(user_id) as session:
        if idempotency_key and (known := _by_key(session, idempotency_key)):
            return _same(session, known, params, total)
        if not valid_status(session).bot_running:
            raise BotException("BOT_STOPPED")
        if len(session.scalars(select(Action.id).where(Action.status.in_(OPEN))).all()) >= MOST_OPEN:
            raise BotException("TOO_MANY_OPEN_ACTIONS")
        action = Action(
            user_id=user_id,
            kind=kind,
            params=params,
            total=total,
            idempotency_key=idempotency_key,
            request_id=get_contextvars().get("request_id"),
            created_at=now(),
        )
        session.add(action)
        try:
            session.flush()
        except IntegrityError:
            # The same key came twice at the same moment; on SQLite the write lock lets only one get here.
            session.rollback()
            return _same(session, _required(session, idempotency_key), params, total)
        record(session, "order", "done", target=_target_of(params), action_id=action.id)
        session.commit()
        session.refresh(action)
    wake(user_id)
    return Progress(action)


def _target_of(params: dict[str, Any]) -> str | None:
    return f"#{params['hashtag']}"[:64] if "hashtag" in params else None


def _by_key(session: TenantSession, key: str) -> Action | None:
    return session.scalars(select(Action).where(Action.idempotency_key == key)).one_or_none()


def _same(session: TenantSession, known: Action, params: dict[str, Any], total: int) -> Progress:
    """The order that the key stands for already. Raises IDEMPOTENCY_KEY_REUSED for another order under it."""
    if (known.params, known.total) != (params, total):
        raise BotException("IDEMPOTENCY_KEY_REUSED")
    return _progress(session, [known])[0]


def _required(session: TenantSession, key: str | None) -> Action:
    return session.scalars(select(Action).where(Action.idempotency_key == key)).one()


def list_actions(user_id: str, limit: int, cursor: str | None) -> Page[Progress]:
    """The user's orders with their progress, newest first."""
    with tenant(user_id, reading=True) as session:
        found: Page[Action] = page(session, select(Action), (Action.created_at, Action.id), limit, cursor)
        return Page(_progress(session, found.items), found.next)


def get_action(user_id: str, action_id: str) -> Progress:
    """Raises ACTION_NOT_FOUND, also for an order of somebody else."""
    with tenant(user_id, reading=True) as session:
        return _progress(session, [_find(session, action_id)])[0]


def list_targets(user_id: str, action_id: str, limit: int, cursor: str | None) -> Page[ActionTarget]:
    """The targets of an order that were looked at, the last one first. Raises ACTION_NOT_FOUND."""
    with tenant(user_id, reading=True) as session:
        action = _find(session, action_id)
        query = select(ActionTarget).where(ActionTarget.action_id == action.id, ActionTarget.finished_at.is_not(None))
        return page(session, query, (ActionTarget.finished_at, ActionTarget.id), limit, cursor)  # type: ignore[arg-type]


def _find(session: TenantSession, action_id: str) -> Action:
    action = session.scalars(select(Action).where(Action.id == action_id)).one_or_none()
    if action is None:
        raise BotException("ACTION_NOT_FOUND")
    return action


def _progress(session: TenantSession, actions: Sequence[Action]) -> list[Progress]:
    query = (
        select(ActionTarget.action_id, ActionTarget.status, func.count())
        .where(ActionTarget.action_id.in_([action.id for action in actions]))
        .group_by(ActionTarget.action_id, ActionTarget.status)
    )
    counts = {(action_id, status): count for action_id, status, count in session.execute(query)}
    return [
        Progress(
            action,
            done=counts.get((action.id, "done"), 0),
            failed=counts.get((action.id, "failed"), 0),
            skipped=counts.get((action.id, "skipped"), 0),
            unknown=counts.get((action.id, "unknown"), 0),
        )
        for action in actions
    ]


def cancel(user_id: str, action_id: str) -> Progress:
    """Ends an order; the running step ends first. Raises ACTION_NOT_FOUND and ACTION_NOT_RUNNING."""
    return _change(user_id, action_id, ("queued", "running", "paused"), "cancelled")


def pause(user_id: str, action_id: str) -> Progress:
    """Raises ACTION_NOT_FOUND and ACTION_NOT_RUNNING."""
    return _change(user_id, action_id, ("queued", "running"), "paused")


def resume(user_id: str, action_id: str) -> Progress:
    """Raises ACTION_NOT_FOUND, ACTION_NOT_RUNNING, SESSION_INVALID and BOT_STOPPED."""
    with tenant(user_id, reading=True) as session:
        if not valid_status(session).bot_running:
            raise BotException("BOT_STOPPED")
    progress = _change(user_id, action_id, ("paused",), "running")
    wake(user_id)
    return progress


def settle_unfinished(session: TenantSession, action_id: str) -> None:
    """What an ended order was in the middle of is not known; a step still running corrects that when it ends."""
    session.execute(
        update(ActionTarget)
        .where(ActionTarget.action_id == action_id, ActionTarget.status == "working")
        .values(status="unknown", finished_at=now())
        .execution_options(synchronize_session=False)
    )


def _change(user_id: str, action_id: str, before: tuple[str, ...], after: str) -> Progress:
    """The state changes by a conditional update, so that a step that ends meanwhile is not overwritten."""
    ended = {"finished_at": now()} if after == "cancelled" else {}
    with tenant(user_id) as session:
        action = _find(session, action_id)
        changed = session.execute(
            update(Action)
            .where(Action.id == action.id, Action.status.in_(before))
            .values(status=after, **ended)
            .execution_options(synchronize_session=False)
            .returning(Action.id)
        ).first()
        if changed is None:
            raise BotException("ACTION_NOT_RUNNING")
        if after == "cancelled":
            settle_unfinished(session, action.id)
        record(session, f"action_{after}", "done", target=_target_of(action.params), action_id=action.id)
        session.commit()
        session.refresh(action)
        return _progress(session, [action])[0]
