"""The kinds of order, the kind of step that each is made of, and their words."""

from bot.storage.models.values import StepKind

STEP_KIND: dict[str, StepKind] = {
    "follow-hashtag": "follow",
    "follow-followers": "follow",
    "like-hashtag": "like",
    "view-stories": "story",
    "send-messages": "message",
    "unfollow": "unfollow",
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
