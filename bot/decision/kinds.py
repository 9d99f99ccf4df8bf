"""The kinds of actions, the kind of step of each, and their words."""

from collections.abc import Mapping
from typing import Any

from bot.storage.models.values import ActionKind, StepKind

STEP_KIND: dict[str, StepKind] = {
    ActionKind.FOLLOW_HASHTAG: StepKind.FOLLOW,
    ActionKind.FOLLOW_FOLLOWERS: StepKind.FOLLOW,
    ActionKind.LIKE_HASHTAG: StepKind.LIKE,
    ActionKind.VIEW_STORIES: StepKind.STORY,
    ActionKind.SEND_MESSAGES: StepKind.MESSAGE,
    ActionKind.UNFOLLOW: StepKind.UNFOLLOW,
    ActionKind.REPLY: StepKind.REPLY,
}
"""The kinds of actions that are aliases, with the kind of their step. Limits, rests and paces belong to the latter."""


def step_kind_of(kind: str, params: Mapping[str, Any]) -> StepKind:
    """Return the kind of the first step of an action with these stored parameters."""
    return STEP_KIND.get(kind) or StepKind(params["steps"][0]["do"])


def acts_on_posts(kind: str, params: Mapping[str, Any]) -> bool:
    """Return whether the targets of an action are posts. Those of all others are people."""
    return kind == ActionKind.LIKE_HASHTAG or params.get("unit") == "post"


DOING = {
    "follow": "following people",
    "unfollow": "unfollowing people",
    "like": "liking posts",
    "story": "watching stories",
    "message": "sending messages",
    "reply": "sending your replies",
}

NOUNS = {
    "follow": ("follow", "follows"),
    "unfollow": ("unfollow", "unfollows"),
    "like": ("like", "likes"),
    "story": ("story view", "story views"),
    "message": ("message", "messages"),
    "reply": ("reply", "replies"),
}
"""One and many of each kind of step."""

ANSWER_SAYS_NOTHING = frozenset({StepKind.LIKE, StepKind.STORY})
"""Steps that Instagram acknowledges in the same words whether they took effect or not."""

ONCE_ONLY = frozenset({"send-messages", "reply"})
"""Actions that cannot repeat: no person gets the same message twice."""

BY_HAND = frozenset({"reply"})
"""Actions that a person makes in a conversation. They come before all others, at any hour, and no form or list of
actions has them.
"""
