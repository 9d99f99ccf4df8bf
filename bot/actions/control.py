"""Control of actions: list, progress, pause, resume, cancel."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, func, select, update

from bot.actions.search import EVERY_ACTION, ActionSearch, narrowed
from bot.automation.lifecycle import notify_bot, valid_status
from bot.automation.verdicts import keep_verdict
from bot.config.runtime import now
from bot.core.errors import BotException, find_code
from bot.decision.sources import source_failure
from bot.history.activity import record
from bot.inputs.pagination import Page, page
from bot.storage.models import ENDED, FIRST, LATER, OPEN, Action, ActionTarget, Contact
from bot.storage.models.values import ActionStatus, ActivityName, ActivityStatus, Outcome, TargetStatus
from bot.storage.target_states import abandon
from bot.storage.tenancy import TenantSession, tenant


@dataclass(frozen=True)
class Progress:
    """An action and its progress in numbers of targets. `skips` counts the skipped ones by reason.

    `found` counts all targets, and `up_next` those that are not examined yet. `answered` counts the people who answered
    a message of the action, and `going_on` those of the done who have later steps of a plan left. `replayed`: an
    earlier request with the same Idempotency-Key placed it.
    """

    action: Action
    done: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    skips: dict[str, int] = field(default_factory=dict)
    found: int = 0
    up_next: int = 0
    answered: int = 0
    going_on: int = 0
    replayed: bool = False

    @property
    def pending(self) -> int:
        """The number that is left: still to do, or not done if the action has ended.

        It counts the listed people, or the requested amount. Skipped people do not reduce that amount.
        """
        skipped = self.skipped if self.action.listed else 0
        return max(0, self.action.total - self.done - self.failed - self.unknown - skipped)

    @property
    def matched(self) -> int:
        """The number of examined targets that no rule skipped."""
        return self.found - self.skipped - self.up_next

    @property
    def outcome(self) -> Outcome | None:
        """The result, or None while the action is open. Possibly done counts as some."""
        if self.action.status not in ENDED:
            return None
        if self.done >= self.action.total:
            return "done"
        return "partly" if self.done or self.unknown else "none"

    @property
    def trouble(self) -> BotException | None:
        """The reason of its end or, while it is open, its last failure. None without one."""
        if not self.action.error_code:
            return None
        name = entry.name if (entry := find_code(self.action.error_code)) else "INTERNAL"
        of_source = source_failure(name, self.action.params) if self.action.status in ENDED else None
        return of_source or BotException(name)


def list_actions(user_id: str, limit: int, cursor: str | None, search: ActionSearch = EVERY_ACTION) -> Page[Progress]:
    """Return a page of the user's actions with their progress, newest first. Raises BAD_CURSOR."""
    query = narrowed(select(Action), search)
    with tenant(user_id, reading=True) as session:
        found: Page[Action] = page(session, query, (Action.created_at, Action.id), limit, cursor)
        return Page(progress_of(session, found.items), found.next)


def count_actions(user_id: str, search: ActionSearch = EVERY_ACTION) -> dict[str, int]:
    """Return the numbers of `open` and `ended` actions that the search finds, whatever status it asks for."""
    anything = ActionSearch(q=search.q, kind=search.kind)
    columns: tuple[Any, ...] = (Action.status, func.count())
    counts = {"open": 0, "ended": 0}
    with tenant(user_id, reading=True) as session:
        for status, count in session.execute(narrowed(select(*columns).group_by(Action.status), anything)):
            counts["ended" if status in ENDED else "open"] += count
    return counts


def has_actions(user_id: str) -> bool:
    """Return whether the user has ever placed an action. Actions are kept."""
    with tenant(user_id, reading=True) as session:
        return session.scalar(select(Action.id).limit(1)) is not None


def actions_by_id(user_id: str, ids: Iterable[str]) -> dict[str, Action]:
    """Return those of the user's actions, by id. Unknown ids are missing."""
    with tenant(user_id, reading=True) as session:
        return {action.id: action for action in session.scalars(select(Action).where(Action.id.in_(set(ids))))}


def get_action(user_id: str, action_id: str) -> Progress:
    """Return one of the user's actions. Raises ACTION_NOT_FOUND."""
    with tenant(user_id, reading=True) as session:
        return progress_of(session, [find_action(session, action_id)])[0]


def list_targets(
    user_id: str, action_id: str, limit: int, cursor: str | None, status: str | None = None
) -> Page[ActionTarget]:
    """Return a page of an action's examined targets, last one first, or of those with one status.

    Targets without an end are ordered by the time they were found. Raises ACTION_NOT_FOUND and BAD_CURSOR.
    """
    with tenant(user_id, reading=True) as session:
        action = find_action(session, action_id)
        at = ActionTarget.created_at if status in ("pending", "working") else ActionTarget.finished_at
        query = select(ActionTarget).where(ActionTarget.action_id == action.id, at.is_not(None))
        if status:
            query = query.where(ActionTarget.status == status)
        return page(session, query, (at, ActionTarget.id), limit, cursor)  # type: ignore[arg-type]


def find_action(session: TenantSession, action_id: str) -> Action:
    action = session.scalars(select(Action).where(Action.id == action_id)).one_or_none()
    if action is None:
        raise BotException("ACTION_NOT_FOUND")
    return action


def progress_of(session: TenantSession, actions: Sequence[Action]) -> list[Progress]:
    query = (
        select(ActionTarget.action_id, ActionTarget.status, ActionTarget.reason, func.count(), func.count(Contact.id))
        .outerjoin(Contact, _ANSWERED)
        .where(ActionTarget.action_id.in_([action.id for action in actions]), FIRST)
        .group_by(ActionTarget.action_id, ActionTarget.status, ActionTarget.reason)
    )
    counts: dict[str, Counter[str]] = {action.id: Counter() for action in actions}
    answered: Counter[str] = Counter()
    skips: dict[str, dict[str, int]] = {action.id: {} for action in actions}
    for action_id, status, reason, count, answers in session.execute(query):
        counts[action_id][status] += count
        if status == "skipped" and reason:
            skips[action_id][reason] = count
        if status == "done":
            answered[action_id] += answers
    going_on = _going_on(session, [action.id for action in actions if action.status in OPEN])
    return [
        Progress(
            action,
            one["done"],
            one["failed"],
            one["skipped"],
            one["unknown"],
            skips[action.id],
            found=one.total(),
            up_next=one["pending"],
            answered=answered[action.id],
            going_on=going_on[action.id],
        )
        for action in actions
        for one in (counts[action.id],)
    ]


def _going_on(session: TenantSession, action_ids: Sequence[str]) -> Counter[str]:
    """Return how many people of each action have begun and are not through."""
    people = select(ActionTarget.action_id, func.count(ActionTarget.target.distinct()))
    ours = ActionTarget.action_id.in_(action_ids), LATER
    left = ActionTarget.status.in_((TargetStatus.PENDING, TargetStatus.WORKING))
    counts = session.execute(people.where(*ours, left).group_by(ActionTarget.action_id))
    return Counter({action_id: count for action_id, count in counts})  # noqa: C416  rows are no pairs to mypy


_ANSWERED = and_(
    Contact.user_id == ActionTarget.user_id,
    Contact.instagram_id == ActionTarget.recipient,
    Contact.answered_at >= ActionTarget.claimed_at,
)
"""The person of a message has answered it. A target has a recipient only if it is a message."""


def cancel(user_id: str, action_id: str) -> Progress:
    """End an action. A running step ends first. Raises ACTION_NOT_FOUND and ACTION_NOT_RUNNING. Commits."""
    return _change(
        user_id, action_id, (ActionStatus.QUEUED, ActionStatus.RUNNING, ActionStatus.PAUSED), ActionStatus.CANCELLED
    )


def pause(user_id: str, action_id: str) -> Progress:
    """Pause an action. Raises ACTION_NOT_FOUND and ACTION_NOT_RUNNING. Commits."""
    return _change(user_id, action_id, (ActionStatus.QUEUED, ActionStatus.RUNNING), ActionStatus.PAUSED)


def resume(user_id: str, action_id: str) -> Progress:
    """Resume an action. Raises ACTION_NOT_FOUND, ACTION_NOT_RUNNING, SESSION_INVALID and BOT_STOPPED. Commits."""
    with tenant(user_id, reading=True) as session:
        if not valid_status(session).bot_running:
            raise BotException("BOT_STOPPED")
    progress = _change(user_id, action_id, (ActionStatus.PAUSED,), ActionStatus.RUNNING)
    notify_bot(user_id)
    return progress


def subject_of(action: Action) -> str | None:
    """Return the subject of an action in the words of its form: `#coffee`, `@somebody`."""
    for name, sign in (("subject", ""), ("hashtag", "#"), ("account", "@")):
        if name in action.params:
            return f"{sign}{action.params[name]}"[:64]
    return None


_RECORDED: dict[ActionStatus, ActivityName] = {
    ActionStatus.CANCELLED: "action_cancelled",
    ActionStatus.PAUSED: "action_paused",
    ActionStatus.RUNNING: "action_running",
}


def _change(user_id: str, action_id: str, before: tuple[ActionStatus, ...], after: ActionStatus) -> Progress:
    """Change the status with a conditional update, so that a step which ends meanwhile is not overwritten."""
    ended = {"finished_at": now()} if after is ActionStatus.CANCELLED else {}
    with tenant(user_id) as session:
        action = find_action(session, action_id)
        changed = session.execute(
            update(Action)
            .where(Action.id == action.id, Action.status.in_(before))
            .values(status=after, **ended)
            .execution_options(synchronize_session=False)
            .returning(Action.id)
        ).first()
        if changed is None:
            raise BotException("ACTION_NOT_RUNNING")
        if after is ActionStatus.CANCELLED:
            # A step that still runs corrects this when it ends.
            abandon(session, now(), action.id)
        record(session, _RECORDED[after], ActivityStatus.DONE, target=subject_of(action), action_id=action.id)
        session.commit()
        session.refresh(action)
        progress = progress_of(session, [action])[0]
    keep_verdict(user_id)
    return progress
