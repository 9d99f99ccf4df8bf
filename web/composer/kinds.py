"""The kinds of actions as the composer offers them."""

from dataclasses import dataclass

from bot.storage.models.values import ActionKind


@dataclass(frozen=True)
class Kind:
    """The name of a kind, its second line, and the word for one number of it."""

    name: str
    about: str
    unit: str


MESSAGES = ActionKind.SEND_MESSAGES
PLAN = ActionKind.PLAN
KINDS: dict[str, Kind] = {
    ActionKind.FOLLOW_HASHTAG: Kind("Follow by hashtag", "People who posted with it", "People"),
    ActionKind.FOLLOW_FOLLOWERS: Kind("Follow followers", "Of an account like yours", "People"),
    MESSAGES: Kind("Send messages", "To people on your list", "People"),
    ActionKind.LIKE_HASHTAG: Kind("Like posts", "With a hashtag", "Posts"),
    ActionKind.VIEW_STORIES: Kind("Watch stories", "Of people you follow or name", "People"),
    ActionKind.UNFOLLOW: Kind("Unfollow", "People your bot followed", "People"),
    PLAN: Kind("A plan of several steps", "With waits and conditions", "People"),
}
FIRST = next(iter(KINDS))
