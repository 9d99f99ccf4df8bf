"""Placing of actions: the form of each kind, and its acceptance."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import Field, model_validator
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from structlog.contextvars import get_contextvars

from bot.actions.control import Progress, progress_of, subject_of
from bot.actions.filters import WHOLE, Filters, Number
from bot.actions.names import NAME, ActionName
from bot.actions.recurrence import Repeat
from bot.actions.schedules import check_start
from bot.actions.targets import own_account
from bot.automation.lifecycle import notify_bot, valid_status
from bot.config.runtime import now
from bot.contacts.do_not_contact import untouchable
from bot.core.errors import BotException
from bot.decision.kinds import step_kind_of
from bot.history.activity import record
from bot.history.idempotency import store_action, stored_action
from bot.inputs.hashtags import Hashtag
from bot.inputs.params import Params
from bot.inputs.validation import InstagramName, Moment
from bot.linking.requests import Answer, preview
from bot.recipients.recipient import Recipient
from bot.storage.models import OPEN, Action, ActionTarget, BotSettings, new_id
from bot.storage.models.values import ActivityStatus, HashtagTab
from bot.storage.target_states import find, find_skipped
from bot.storage.tenancy import TenantSession, tenant

MAX_PER_ACTION = 200
# Every step reads the open actions of its bot.
MAX_OPEN = 20

NOTHING: Mapping[str, Any] = MappingProxyType({})
Amount = Annotated[int, Field(ge=1, le=MAX_PER_ACTION), WHOLE]
_HASHTAG = Field(description="One hashtag, or the link to its page.")


class NewAction(Params):
    """The common fields of every action: name, filters, start, repetition. Without filters, those of the settings
    apply.
    """

    name: ActionName | None = NAME
    filters: Filters | None = Field(None, description="Whom to leave out; left out: the filters of the settings.")
    start_at: Moment | None = Field(None, description="Not before this time, a year ahead at most.")
    repeat: Repeat | None = Field(None, description="How often it comes again.")
    dry_run: bool = Field(False, description="Only look: the first candidates, and who would be left out and why.")

    ADDED_LATER = frozenset({"name"})


class FollowHashtag(NewAction):
    """Follow people who posted under a hashtag."""

    hashtag: Hashtag = _HASHTAG
    amount: Amount = Field(description="How many people to follow.")
    order: HashtagTab = Field("recent", description="Whose posts: the most popular, the newest, or reels (`clips`).")

    ADDED_LATER = NewAction.ADDED_LATER | {"order"}


class FollowFollowers(NewAction):
    """Follow people who follow an account."""

    account: InstagramName = Field(description="The account whose followers to follow, or the link to its profile.")
    amount: Amount = Field(description="How many people to follow.")


class LikeHashtag(NewAction):
    """Like posts under a hashtag."""

    hashtag: Hashtag = _HASHTAG
    amount: Amount = Field(description="How many posts to like.")
    order: HashtagTab = Field("recent", description="The most popular posts, the newest, or reels (`clips`).")


class ViewStories(NewAction):
    """Watch the stories of people that the account follows, or of people named one by one."""

    amount: Amount | None = Field(None, description="How many people's stories to watch.")
    usernames: list[InstagramName] | None = Field(
        None, min_length=1, max_length=MAX_PER_ACTION, description="Whose stories; left out: of those you follow."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "ViewStories":
        if self.usernames is None and self.amount is None:
            raise ValueError("say how many, or whose stories")
        return self


class Unfollow(NewAction):
    """Unfollow people that this bot followed."""

    amount: Amount = Field(description="How many people to unfollow.")
    older_than_days: Number = Field(7, ge=1, le=365, description="Only people followed this many days ago or more.")
    only_not_following_back: bool = Field(False, description="Keep those who follow back.")
    keep: list[InstagramName] = Field([], max_length=1000, description="People to keep, beside the keep list.")


def follow_hashtag(user_id: str, params: FollowHashtag, idempotency_key: str | None = None) -> Progress:
    """Place an action to follow people of a hashtag. Raises the errors of `accept`."""
    return accept(user_id, "follow-hashtag", params, params.amount, idempotency_key)


def follow_followers(user_id: str, params: FollowFollowers, idempotency_key: str | None = None) -> Progress:
    """Place an action to follow the followers of an account. Raises the errors of `accept`."""
    return accept(user_id, "follow-followers", params, params.amount, idempotency_key)


def like_hashtag(user_id: str, params: LikeHashtag, idempotency_key: str | None = None) -> Progress:
    """Place an action to like posts. Raises the errors of `accept`."""
    return accept(user_id, "like-hashtag", params, params.amount, idempotency_key)


def view_stories(user_id: str, params: ViewStories, idempotency_key: str | None = None) -> Progress:
    """Place an action to watch stories. Raises the errors of `accept`."""
    names = set(params.usernames or ())
    amount = min(params.amount or len(names), len(names)) if names else params.amount or 0
    return accept(user_id, "view-stories", params, amount, idempotency_key)


def unfollow(user_id: str, params: Unfollow, idempotency_key: str | None = None) -> Progress:
    """Place an action to unfollow people. Raises the errors of `accept`."""
    return accept(user_id, "unfollow", params, params.amount, idempotency_key)


@dataclass(frozen=True)
class Form:
    """One kind of action: its parameters, and the function that places it."""

    params: type[NewAction]
    accept: Callable[[str, Any, str | None], Progress]


FORMS = {
    "follow-hashtag": Form(FollowHashtag, follow_hashtag),
    "follow-followers": Form(FollowFollowers, follow_followers),
    "like-hashtag": Form(LikeHashtag, like_hashtag),
    "view-stories": Form(ViewStories, view_stories),
    "unfollow": Form(Unfollow, unfollow),
}
"""Every kind but messages, whose people are known from the start."""


def dry_run(user_id: str, kind: str, params: NewAction, more: Mapping[str, Any] = NOTHING) -> Answer:
    """Ask a worker for the first people that an action would find and skip. Raises the errors of `preview` and
    `check_start`.
    """
    check_start(params.start_at)
    with tenant(user_id, reading=True) as session:
        details = details_of(session, params) | dict(more)
    return preview(user_id, kind, details)


def accept(
    user_id: str,
    kind: str,
    params: NewAction,
    total: int,
    idempotency_key: str | None,
    *,
    more: Mapping[str, Any] = NOTHING,
    named: int | None = None,
) -> Progress:
    """Store the action and notify the lane. Commits.

    `more` is stored with the parameters. `named` is the number of people named one by one, if not in `usernames`.

    Raises SESSION_INVALID, BOT_STOPPED, TOO_MANY_OPEN_ACTIONS, IDEMPOTENCY_KEY_REUSED and the errors of `check_start`.
    """
    with tenant(user_id) as session:
        action = _new(session, kind, details_of(session, params) | dict(more), total)
        action.listed = total == (len(action.params.get("usernames") or ()) if named is None else named)
        action.name, action.start_at = params.name, params.start_at
        action.repeat = params.repeat.model_dump() if params.repeat else None
        progress = _accept(session, action, [], idempotency_key, [kind, params.identity()])
    notify_bot(user_id)
    return progress


def accept_listed(
    user_id: str,
    kind: str,
    details: dict[str, Any],
    people: Sequence[Recipient],
    start_at: datetime | None,
    idempotency_key: str | None,
    name: str | None = None,
) -> Progress:
    """Store an action whose people are all known, with a target for each. Raises the errors of `accept`. Commits."""
    with tenant(user_id) as session:
        action = _new(session, kind, details, len(people))
        action.name, action.start_at, action.listed, action.searched = name, start_at, True, True
        # Requests of earlier versions had no name.
        request = [kind, details, str(start_at), *([name] if name else [])]
        progress = _accept(session, action, people, idempotency_key, request)
    notify_bot(user_id)
    return progress


def _accept(
    session: TenantSession, action: Action, people: Sequence[Recipient], key: str | None, request: Sequence[object]
) -> Progress:
    """Store the action, or return the one that the same request placed before.

    `request` is the input as sent: settings and schedules, from which the action is built, may change before a replay.
    """
    if known := _replayed(session, key, request):
        return known
    check_start(action.start_at)
    _check_may_place(session)
    session.add(action)
    if key:
        store_action(session, key, request, action.id)
    try:
        session.flush()
    except IntegrityError:
        # The same key came twice at the same moment. On SQLite the write lock lets only one get here.
        session.rollback()
        if known := _replayed(session, key, request):
            return known
        raise
    session.add_all(_targets(session, action, people))
    record(session, "order", ActivityStatus.DONE, target=subject_of(action), action_id=action.id)
    session.commit()
    session.refresh(action)
    return progress_of(session, [action])[0]


def _replayed(session: TenantSession, key: str | None, request: Sequence[object]) -> Progress | None:
    """Return the action that this request placed before. Raises IDEMPOTENCY_KEY_REUSED if the key is another
    request's.
    """
    action_id = stored_action(session, key, request) if key else None
    if action_id is None:
        return None
    known = session.scalars(select(Action).where(Action.id == action_id)).one()
    return replace(progress_of(session, [known])[0], replayed=True)


def _targets(session: TenantSession, action: Action, people: Sequence[Recipient]) -> Iterator[ActionTarget]:
    reasons = dict.fromkeys(untouchable(session, dict.fromkeys(person.username for person in people)), "do_not_contact")
    own = own_account(session)
    for position, person in enumerate(people, 1):
        reason = "own_account" if own and own.is_called(person.username, None) else reasons.get(person.username)
        yield ActionTarget(
            user_id=action.user_id,
            action_id=action.id,
            step_kind=step_kind_of(action.kind, action.params),
            position=position,
            target=person.username,
            person=person.username,
            full_name=person.full_name,
            first_name=person.first_name,
            # Lists are paged by time, newest first, and the first of the people has to come first.
            created_at=action.created_at - timedelta(microseconds=position),
            **(find_skipped(reason, action.created_at) if reason else find()),
        )


def _check_may_place(session: TenantSession) -> None:
    """Raise SESSION_INVALID, BOT_STOPPED or TOO_MANY_OPEN_ACTIONS. It locks the bot's status until the commit."""
    if not valid_status(session).bot_running:
        raise BotException("BOT_STOPPED")
    if len(session.scalars(select(Action.id).where(Action.status.in_(OPEN))).all()) >= MAX_OPEN:
        raise BotException("TOO_MANY_OPEN_ACTIONS")


def _new(session: TenantSession, kind: str, details: dict[str, Any], total: int) -> Action:
    return Action(
        id=new_id(),
        user_id=session.user_id,
        kind=kind,
        params=details,
        total=total,
        request_id=get_contextvars().get("request_id"),
        created_at=now(),
    )


def details_of(session: TenantSession, params: NewAction) -> dict[str, Any]:
    """Return the parameters of the action's steps, with names and hashtags in their one form."""
    details = params.model_dump(exclude={"name", "filters", "start_at", "repeat", "dry_run", "amount"})
    for name in ("usernames", "keep"):
        if details.get(name):
            details[name] = sorted(set(details[name]))
    default = session.scalars(select(BotSettings.filters)).one()
    details["filters"] = params.filters.model_dump() if params.filters else Filters.model_validate(default).model_dump()
    return details
