"""The Instagram client, and the only importer of instagrapi. It raises only BotException."""

from jobs.instagram.app_version import APP_VERSION, CLIENT_VERSION
from jobs.instagram.auth import InstagramAuth, Linked
from jobs.instagram.client import InstagramClient
from jobs.instagram.comments import Comment, CommentsPage
from jobs.instagram.endpoint import Endpoint, real_endpoint, sandbox_endpoint
from jobs.instagram.factory import AppRun
from jobs.instagram.news import Reaction
from jobs.instagram.people import Friendship, HashtagPage, PeoplePage, Person, PersonRef
from jobs.instagram.posts import Post, PostsPage
from jobs.instagram.steps import NeedsApp, NeedsCode
from jobs.instagram.stories import Story, StoryPicture
from jobs.instagram.threads import Inbox, Message, Sent, Thread

__all__ = [
    "APP_VERSION",
    "CLIENT_VERSION",
    "AppRun",
    "Comment",
    "CommentsPage",
    "Endpoint",
    "Friendship",
    "HashtagPage",
    "Inbox",
    "InstagramAuth",
    "InstagramClient",
    "Linked",
    "Message",
    "NeedsApp",
    "NeedsCode",
    "PeoplePage",
    "Person",
    "PersonRef",
    "Post",
    "PostsPage",
    "Reaction",
    "Sent",
    "Story",
    "StoryPicture",
    "Thread",
    "real_endpoint",
    "sandbox_endpoint",
]
