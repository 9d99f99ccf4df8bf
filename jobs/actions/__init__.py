"""One file a kind of order: how it finds its targets and how it does one step."""

from jobs.actions.follow_hashtag import FollowHashtag
from jobs.actions.kind import Kind

KINDS: dict[str, Kind] = {"follow-hashtag": FollowHashtag()}

__all__ = ["KINDS", "Kind"]
