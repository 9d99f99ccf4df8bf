"""The kinds of actions that have a form of their own: each is a plan with one source and one step."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import TypeAdapter

from bot.actions.filters import Filters
from bot.messages.deliveries import Wanted
from bot.plans.plan import EVERYONE, Plan
from bot.plans.source import Source
from bot.plans.sources import AnySource
from bot.plans.sources.followed_by_bot import FollowedByBot
from bot.plans.sources.followers import Followers
from bot.plans.sources.hashtag import Hashtag
from bot.plans.sources.own_following import OwnFollowing
from bot.plans.sources.people import People
from bot.plans.step import Step
from bot.plans.steps import AnyStep
from bot.plans.steps.follow import Follow
from bot.plans.steps.like import Like
from bot.plans.steps.message import Message
from bot.plans.steps.reply import Reply
from bot.plans.steps.story import Story
from bot.plans.steps.unfollow import Unfollow
from bot.storage.models.values import ActionKind, HashtagTab

Stored = Mapping[str, Any]
"""The stored parameters of an action."""
Alias = Callable[[Stored], tuple[list[Source], Step]]

# Values were validated when they were stored, some of them by an earlier version.
_hashtag, _followers, _people = Hashtag.model_construct, Followers.model_construct, People.model_construct
_followed, _message = FollowedByBot.model_construct, Message.model_construct


def _tab(params: Stored) -> HashtagTab:
    """Return the tab of a hashtag. Earlier versions stored none for follows."""
    tab: HashtagTab = params.get("order", "recent")
    return tab


def _watched(params: Stored) -> Source:
    names = params.get("usernames")
    return _people(usernames=names) if names else OwnFollowing()


_ALIASES: dict[str, Alias] = {
    ActionKind.FOLLOW_HASHTAG: lambda of: ([_hashtag(tags=[of["hashtag"]], tab=_tab(of))], Follow()),
    ActionKind.FOLLOW_FOLLOWERS: lambda of: ([_followers(of=[of["account"]])], Follow()),
    ActionKind.LIKE_HASHTAG: lambda of: ([_hashtag(tags=[of["hashtag"]], tab=_tab(of))], Like()),
    ActionKind.VIEW_STORIES: lambda of: ([_watched(of)], Story()),
    ActionKind.UNFOLLOW: lambda of: (
        [_followed(older_than_days=of["older_than_days"], keep=of["keep"])],
        Unfollow(only_not_following_back=of["only_not_following_back"]),
    ),
    # The people of both are targets from the start.
    ActionKind.SEND_MESSAGES: lambda of: ([], _message(text=of["message"], again=of.get("again", False))),
    ActionKind.REPLY: lambda _: ([], Reply()),
}
_SOURCES: TypeAdapter[list[Source]] = TypeAdapter(list[AnySource])
_STEPS: TypeAdapter[list[Step]] = TypeAdapter(list[AnyStep])


def plan_of(kind: str, params: Stored) -> Plan:
    """Return the plan of an action by its kind and its stored parameters."""
    if kind == ActionKind.PLAN:
        sources, steps = _SOURCES.validate_python(params["source"]), _STEPS.validate_python(params["steps"])
    else:
        sources, step = _ALIASES[kind](params)
        steps = [step]
    return Plan(sources, steps, Filters.model_validate(params["filters"]) if "filters" in params else EVERYONE)


def wanted_at(kind: str, params: Stored, place: int) -> Wanted | None:
    """Return the message that people get at this place of an action's plan, or None if it is another step."""
    node = plan_of(kind, params).nodes[place]
    return Wanted(node.step.text, node.step.again, node.after_answer) if isinstance(node.step, Message) else None
