"""The kinds of order, the kind of step that each is made of, and their words."""

from bot.storage.models.values import ActionKind, StepKind

STEP_KIND: dict[str, StepKind] = {
    ActionKind.FOLLOW_HASHTAG: StepKind.FOLLOW,
    ActionKind.FOLLOW_FOLLOWERS: StepKind.FOLLOW,
    ActionKind.LIKE_HASHTAG: StepKind.LIKE,
    ActionKind.VIEW_STORIES: StepKind.STORY,
    ActionKind.SEND_MESSAGES: StepKind.MESSAGE,
    ActionKind.UNFOLLOW: StepKind.UNFOLLOW,
}
"""Limits, rests and paces go by the kind of the steps."""

DOING = {
    "follow": "following people",
    "unfollow": "unfollowing people",
    "like": "liking posts",
    "story": "watching stories",
    "message": "sending messages",
}

ONCE_ONLY = frozenset({"send-messages"})
"""Orders that cannot be repeated: nobody is written to twice."""

OF_POSTS = frozenset({"like-hashtag"})
"""Orders whose targets are posts; those of all others are people."""
