"""The kinds of actions, one file each: find targets, and do one step."""

from jobs.actions.follow_followers import FollowFollowers
from jobs.actions.follow_hashtag import FollowHashtag
from jobs.actions.kind import Kind
from jobs.actions.like_hashtag import LikeHashtag
from jobs.actions.send_messages import SendMessages
from jobs.actions.unfollow import Unfollow
from jobs.actions.view_stories import ViewStories

KINDS: dict[str, Kind] = {
    "follow-hashtag": FollowHashtag(),
    "follow-followers": FollowFollowers(),
    "like-hashtag": LikeHashtag(),
    "view-stories": ViewStories(),
    "send-messages": SendMessages(),
    "unfollow": Unfollow(),
}

__all__ = ["KINDS", "Kind"]
