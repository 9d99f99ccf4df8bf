"""The kinds of actions, the kind of step of each, and their words."""

from bot.storage.models.values import ActionKind, StepKind

STEP_KIND: dict[str, StepKind] = {
    ActionKind.FOLLOW_HASHTAG: StepKind.FOLLOW,
    ActionKind.FOLLOW_FOLLOWERS: StepKind.FOLLOW,
    ActionKind.LIKE_HASHTAG: StepKind.LIKE,
    ActionKind.VIEW_STORIES: StepKind.STORY,
    ActionKind.SEND_MESSAGES: StepKind.MESSAGE,
    ActionKind.UNFOLLOW: StepKind.UNFOLLOW,
}
"""Limits, rests and paces belong to the kind of step."""

DOING = {
    "follow": "following people",
    "unfollow": "unfollowing people",
    "like": "liking posts",
    "story": "watching stories",
    "message": "sending messages",
}

NOUNS = {
    "follow": ("follow", "follows"),
    "unfollow": ("unfollow", "unfollows"),
    "like": ("like", "likes"),
    "story": ("story view", "story views"),
    "message": ("message", "messages"),
}
"""One and many of each kind of step."""

ANSWER_SAYS_NOTHING = frozenset({StepKind.LIKE, StepKind.STORY})
"""Steps that Instagram acknowledges in the same words whether they took effect or not."""

ONCE_ONLY = frozenset({"send-messages"})
"""Actions that cannot repeat: no person gets the same message twice."""

OF_POSTS = frozenset({"like-hashtag"})
"""Actions whose targets are posts. The targets of all others are people."""
