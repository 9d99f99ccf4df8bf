"""All that speaks to Instagram, and the only importer of instagrapi; it raises BotException only."""

from jobs.instagram.auth import InstagramAuth, Linked
from jobs.instagram.client import InstagramClient
from jobs.instagram.codes import NeedsCode
from jobs.instagram.endpoint import Endpoint, sandbox_endpoint
from jobs.instagram.people import Friendship, HashtagPage, Person, PersonRef

__all__ = [
    "Endpoint",
    "Friendship",
    "HashtagPage",
    "InstagramAuth",
    "InstagramClient",
    "Linked",
    "NeedsCode",
    "Person",
    "PersonRef",
    "sandbox_endpoint",
]
