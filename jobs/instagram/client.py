"""InstagramClient: what the bot reads and does on Instagram, on one warm connection.

The replies are read here and not by instagrapi's own methods: those hide why a friendship could not be looked
up, look it up again before each follow, and lose a whole page over one odd post.
"""

import json
from typing import Any
from urllib.parse import quote

from instagrapi.exceptions import ClientNotFoundError

from jobs.instagram.endpoint import Endpoint
from jobs.instagram.factory import close, new_client, session_of, session_settings
from jobs.instagram.people import (
    Friendship,
    HashtagPage,
    Person,
    Reply,
    read_authors,
    read_friendship,
    read_person,
)
from jobs.instagram.translate import bot_exceptions_only
from jobs.instagram.wire import Patience


class InstagramClient:
    """One account's client, for one thread at a time. Each call is one request and raises BotException only.

    `session` comes from a sign-in or from `dump()`; `timeout` is the seconds after which a call gives up.
    Whoever makes one calls `close()`.
    """

    @bot_exceptions_only
    def __init__(self, session: str, endpoint: Endpoint, *, timeout: float = 20.0) -> None:
        self._patience = Patience(timeout)
        self._client = new_client(endpoint, session_settings(session), self._patience)

    @bot_exceptions_only
    def dump(self) -> str:
        """The session as it is now: JSON and a secret, to be stored after each job."""
        return session_of(self._client)

    @bot_exceptions_only
    def close(self) -> None:
        close(self._client)

    @bot_exceptions_only
    def person(self, username: str) -> Person:
        """Raises INSTAGRAM_PERSON_NOT_FOUND."""
        return read_person(self._ask(f"users/{quote(username, safe='')}/usernameinfo/")["user"])

    @bot_exceptions_only
    def hashtag_page(self, tag: str, cursor: str | None = None) -> HashtagPage:
        """The authors of the newest posts under `tag` (without `#`), from `cursor` on.

        A hashtag that does not exist is an empty page.
        """
        form = {
            "tab": "recent",
            "media_recency_filter": "top_recent_posts",
            "_uuid": self._client.uuid,
            "include_persistent": "false",
            "rank_token": self._client.rank_token,
        }
        if cursor:
            form["max_id"], form["next_media_ids"] = json.loads(cursor)
        try:
            page = self._ask(f"tags/{quote(tag, safe='')}/sections/", data=form, with_signature=False)
        except ClientNotFoundError:
            return HashtagPage([], None)
        return HashtagPage(read_authors(page["sections"]), _next_cursor(page))

    @bot_exceptions_only
    def friendship(self, user_id: str) -> Friendship:
        """Raises INSTAGRAM_PERSON_NOT_FOUND."""
        params = {"is_external_deeplink_profile_view": "false"}
        return read_friendship(self._ask(f"friendships/show/{quote(user_id, safe='')}/", params=params))

    @bot_exceptions_only
    def follow(self, user_id: str) -> Friendship:
        """Follow without looking first: the caller has just asked for the friendship.

        The answer says what came of it: `requested` for a private account. Of a failure, `meta["delivered"]`
        says whether it can have been done all the same ("maybe") or not ("no").
        """
        form = {
            "user_id": user_id,
            "_uid": str(self._client.user_id),
            "include_follow_friction_check": "1",
            "container_module": "profile",
        }
        data = self._client.with_action_data(form)
        reply = self._ask(f"friendships/create/{quote(user_id, safe='')}/", data=data)
        return read_friendship(reply["friendship_status"])

    def _ask(self, path: str, **request: Any) -> Reply:
        self._patience.begin()
        try:
            reply: Reply = self._client.private_request(path, **request)
            return reply
        finally:
            # A page of posts is 100 KB, and a warm client would hold it until the next one.
            self._client.last_json, self._client.last_response = {}, None


def _next_cursor(page: Reply) -> str | None:
    if not page.get("more_available") or not page.get("next_max_id"):
        return None
    return json.dumps([page["next_max_id"], json.dumps(page.get("next_media_ids") or [])])
