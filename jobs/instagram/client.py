"""InstagramClient: the reads and writes of a bot at Instagram, on one warm connection.

Replies are read here and not by instagrapi's own methods. Those hide why a friendship could not be looked up, look it
up again before each follow, and lose a whole page over one odd post.
"""

import functools
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from instagrapi import config

from bot.core.errors import BotException
from bot.storage.models.values import HashtagTab
from jobs.instagram.answers import Answered, Observer, answered_by, unobserved
from jobs.instagram.app_version import refuses_own_version
from jobs.instagram.endpoint import Endpoint
from jobs.instagram.factory import (
    AppRun,
    close_private,
    run_of,
    session_of,
    session_settings,
    with_place,
    working_client,
)
from jobs.instagram.people import (
    Friendship,
    HashtagPage,
    PeoplePage,
    Person,
    Reply,
    as_object,
    people_params,
    read_friendship,
    read_other_people_page,
    read_people_page,
    read_person_named,
)
from jobs.instagram.posts import Post, PostsPage, posts_form, read_one_post, read_posts_page
from jobs.instagram.refusals import Call, refused_though_acknowledged
from jobs.instagram.stories import Story, read_story_of, seen_form
from jobs.instagram.threads import (
    Inbox,
    Sent,
    Thread,
    inbox_params,
    message_form,
    read_inbox,
    read_sent,
    read_thread,
    read_thread_with,
)
from jobs.instagram.translate import bot_exceptions_only, translate
from jobs.instagram.wire import Deadline

_READ = Call("read", "person")
_READ_POST = Call("read", "post")
_READ_HASHTAG = Call("read", "hashtag")
_CHANGE = Call("act", "person")
_CHANGE_POST = Call("act", "post")
_NOT_FOUND = 404
# Begins the cursors of a list of followers in the form of newer apps.
OTHER_FORM = "graphql:"
_UNKNOWN_FORM = ("INSTAGRAM_REFUSED", "INSTAGRAM_UNREADABLE", "INSTAGRAM_PERSON_NOT_FOUND")
P = ParamSpec("P")
T = TypeVar("T")


def _observed(
    work: Callable[Concatenate["InstagramClient", P], T],
) -> Callable[Concatenate["InstagramClient", P], T]:
    """Let nothing but BotException out, and show the observer the reply and the failure."""
    guarded = bot_exceptions_only(work)

    @functools.wraps(work)
    def call(self: "InstagramClient", /, *args: P.args, **kwargs: P.kwargs) -> T:
        failure: BotException | None = None
        try:
            return guarded(self, *args, **kwargs)
        except BotException as error:
            failure = error
            raise
        finally:
            answered, self._answered = self._answered, None
            if answered is not None:
                self._observe(answered, failure)

    return call


class InstagramClient:
    """One account's client, for one thread at a time. Each call is one request and raises only BotException.

    `session` comes from a sign-in or from `dump()`. `timeout` is the seconds after which a call gives up.
    `proxy_failed` says that the last call did not get past the proxy, `outdated` is its failure if it was refused for
    the client's own version. `run` is the app run of an earlier client, which this one continues. With `own_app` the
    account's phone takes the app version of this client; else the session's stays until Instagram refuses it. `place`
    is where the phone is, as for `with_place`. `observe` sees each reply. The owner calls `close()`.
    """

    @bot_exceptions_only
    def __init__(
        self,
        session: str,
        endpoint: Endpoint,
        *,
        timeout: float = 20.0,
        run: AppRun | None = None,
        own_app: bool = False,
        place: dict[str, Any] | None = None,
        observe: Observer = unobserved,
    ) -> None:
        self.proxy_failed = False
        self.outdated: BotException | None = None
        self._observe = observe
        self._answered: Answered | None = None
        self._deadline = Deadline(timeout)
        settings = with_place(session_settings(session), place)
        self._client = working_client(endpoint, settings, self._deadline, run, own_app=own_app)

    @bot_exceptions_only
    def dump(self) -> str:
        """Return the present session: JSON and a secret, to be stored after each job."""
        return session_of(self._client)

    @property
    def run(self) -> AppRun:
        """Return the app run, with which the next client of this account continues."""
        return run_of(self._client)

    @bot_exceptions_only
    def close(self) -> None:
        close_private(self._client)

    @property
    def own_id(self) -> str:
        """Return the account's own Instagram id."""
        return str(self._client.user_id)

    @_observed
    def own_account(self) -> None:
        """Ask for the own account, the cheapest call. Raises INSTAGRAM_LOGGED_OUT if it is another one."""
        reply = self._ask("accounts/current_user/?edit=true")
        if str(reply["user"]["pk"]) != self.own_id:
            raise BotException("INSTAGRAM_LOGGED_OUT", delivered="no", cause="another account")

    @_observed
    def person(self, username: str) -> Person:
        """Look up a person by username. Raises INSTAGRAM_PERSON_NOT_FOUND."""
        return read_person_named(self._ask("users/{}/usernameinfo/", username)["user"], username)

    @_observed
    def followers_page(self, user_id: str, cursor: str | None = None) -> PeoplePage:
        """Return a page of a person's followers, from `cursor` on.

        A list that Instagram cuts short ends with a cursor that leads to the other form of it, from the beginning.
        Raises INSTAGRAM_PERSON_PRIVATE if they are hidden.
        """
        if cursor is not None and cursor.startswith(OTHER_FORM):
            return self._other_followers(user_id, cursor.removeprefix(OTHER_FORM))
        page = self._people_page("followers", user_id, cursor)
        return replace(page, cursor=OTHER_FORM) if page.limited and page.cursor is None else page

    @_observed
    def following_page(self, user_id: str, cursor: str | None = None) -> PeoplePage:
        """Return a page of the people a person follows, from `cursor` on.

        Raises INSTAGRAM_PERSON_PRIVATE if they are hidden.
        """
        return self._people_page("following", user_id, cursor)

    @_observed
    def hashtag_page(self, tag: str, cursor: str | None = None, *, tab: HashtagTab = "recent") -> HashtagPage:
        """Return the authors of the posts in a tab of `tag`; see `hashtag_posts`."""
        page = self.hashtag_posts(tag, tab=tab, cursor=cursor)
        return HashtagPage(list(dict.fromkeys(post.author for post in page.posts)), page.cursor)

    @_observed
    def hashtag_posts(self, tag: str, *, tab: HashtagTab, cursor: str | None = None) -> PostsPage:
        """Return a page of the posts in a tab of `tag` (without `#`), from `cursor` on.

        A hashtag that does not exist is an empty page. Raises INSTAGRAM_HASHTAG_HIDDEN.
        """
        form = posts_form(tab, cursor, self._client.uuid, self._client.rank_token)
        try:
            page = self._ask("tags/{}/sections/", tag, call=_READ_HASHTAG, data=form, with_signature=False)
        except BotException as error:
            if error.name == "INSTAGRAM_HASHTAG_HIDDEN" and error.meta["http_status"] == _NOT_FOUND:
                return PostsPage([], None)
            raise
        return read_posts_page(page)

    @_observed
    def post(self, media_id: str) -> Post:
        """Look up a post by its id. Raises INSTAGRAM_POST_NOT_FOUND."""
        reply = self._ask("media/{}/info/", media_id.partition("_")[0], call=_READ_POST)
        return read_one_post(reply["items"], media_id)

    @_observed
    def story(self, user_id: str) -> Story | None:
        """Return a person's present story; None if there is none. Raises INSTAGRAM_PERSON_NOT_FOUND."""
        params = {"supported_capabilities_new": json.dumps(config.SUPPORTED_CAPABILITIES)}
        return read_story_of(self._ask("feed/user/{}/story/", user_id, params=params).get("reel"), user_id)

    @_observed
    def thread_with(self, user_id: str) -> Thread | None:
        """Return the conversation with one person and its latest 20 messages; None if there is none."""
        params = {"recipient_users": f"[{user_id}]", "seq_id": 2580572, "limit": 20}
        thread = self._ask("direct_v2/threads/get_by_participants/", params=params).get("thread")
        return read_thread_with(thread, user_id, self.own_id) if thread else None

    @_observed
    def thread(self, thread_id: str, cursor: str) -> Thread:
        """Return 20 older messages of a conversation, from `cursor` on.

        Raises INSTAGRAM_PERSON_NOT_FOUND if it is gone.
        """
        params = {
            "visual_message_return_type": "unseen",
            "direction": "older",
            "seq_id": "40065",
            "limit": "20",
            "cursor": cursor,
        }
        reply = self._ask("direct_v2/threads/{}/", thread_id, params=params)
        return read_thread(reply["thread"], self.own_id)

    @_observed
    def inbox(self, cursor: str | None = None, *, requests: bool = False) -> Inbox:
        """Return a page of threads with the latest 10 messages of each, from `cursor` on.

        `requests` asks for the box of people whose messages the account has not accepted.
        """
        params = inbox_params(cursor, self._client.generate_uuid(), push_disabled=self._client.push_disabled)
        box = "pending_inbox" if requests else "inbox"
        return read_inbox(self._ask(f"direct_v2/{box}/", params=params), self.own_id)

    @_observed
    def friendship(self, user_id: str) -> Friendship:
        """Look up how the account and a person are related. Raises INSTAGRAM_PERSON_NOT_FOUND."""
        params = {"is_external_deeplink_profile_view": "false"}
        return read_friendship(self._ask("friendships/show/{}/", user_id, params=params))

    @_observed
    def follow(self, user_id: str) -> Friendship:
        """Follow a person. The caller has just looked the friendship up.

        The answer holds the result: `requested` for a private account. In a failure `meta["delivered"]` is "maybe" if
        the follow may have been applied, else "no". Raises INSTAGRAM_NOT_DONE if Instagram itself says that nothing has
        changed.
        """
        friendship = self._change_friendship("create", user_id, include_follow_friction_check="1")
        if not friendship.following and not friendship.requested:
            raise BotException("INSTAGRAM_NOT_DONE", delivered="no")
        return friendship

    @_observed
    def unfollow(self, user_id: str) -> Friendship:
        """Unfollow, or withdraw the request to a private account. Fails as `follow` does."""
        friendship = self._change_friendship("destroy", user_id)
        if friendship.following or friendship.requested:
            raise BotException("INSTAGRAM_NOT_DONE", delivered="no")
        return friendship

    @_observed
    def like(self, media_id: str) -> None:
        """Like the post with this `Post.id`. Fails as `follow` does, and with INSTAGRAM_POST_NOT_FOUND."""
        if not self._once("media/{}/like/", _CHANGE_POST, self._client.media_like, media_id):
            raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no acknowledgement")

    @_observed
    def see_story(self, story: Story) -> None:
        """Mark all pictures of a story as seen. Fails as `follow` does."""
        data = self._client.with_default_data(seen_form(story, int(time.time())))
        reply = self._ask("/v2/media/seen/?reel=1&live_vod=0", call=_CHANGE, data=data)
        if reply["status"] != "ok":
            raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no acknowledgement")

    @_observed
    def send_message(self, user_id: str, text: str, token: str) -> Sent:
        """Send one person a message. `token` is a number as text, the same whenever the same message is meant.

        In a failure `meta["delivered"]` is "no" only if Instagram said that it did not take the message, or nothing was
        sent. In every doubt it is "maybe".
        """
        method, form = message_form(user_id, text, token)
        data = self._client.with_default_data({"_uuid": self._client.uuid, **form})
        call = Call("act", "message", token)
        reply = self._ask(f"direct_v2/threads/broadcast/{method}/", call=call, data=data, with_signature=False)
        return read_sent(reply, call)

    def _people_page(self, row: str, user_id: str, cursor: str | None) -> PeoplePage:
        params = people_params(self._client.rank_token, cursor)
        return read_people_page(self._ask("friendships/{}/" + row + "/", user_id, params=params))

    def _other_followers(self, user_id: str, cursor: str) -> PeoplePage:
        """Ask for the followers as newer apps do. Instagram need not know this form: then the list stays cut."""
        send = self._client.private_graphql_followers_list
        try:
            reply = self._once(
                "graphql/query", _READ, send, user_id, self._client.rank_token, max_id=cursor or None, priority="u=3, i"
            )
        except BotException as error:
            if error.name not in _UNKNOWN_FORM:
                raise
            return PeoplePage([], None, limited=True)
        page = read_other_people_page(reply)
        return replace(page, cursor=OTHER_FORM + page.cursor) if page.cursor else page

    def _change_friendship(self, verb: str, user_id: str, **more: str) -> Friendship:
        form = {"user_id": user_id, "_uid": self.own_id, **more, "container_module": "profile"}
        data = self._client.with_action_data(form)
        reply = self._ask("friendships/" + verb + "/{}/", user_id, call=_CHANGE, data=data)
        return read_friendship(reply.get("friendship_status") or reply)

    def _ask(self, path: str, *parts: str, call: Call = _READ, **request: Any) -> Reply:
        """Make one request. `parts` are the names and ids for the `{}` in the path."""
        filled = path.format(*(quote(part, safe="") for part in parts))
        reply: Reply = self._once(path, call, self._client.private_request, filled, **request)
        return reply

    def _once(self, path: str, call: Call, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method of the client that makes one request to `path`. Raises only BotException."""
        self._deadline.begin()
        self.outdated = None
        try:
            reply = send(*args, **kwargs)
        except Exception as error:
            failure = translate(error, call, self._client.last_response)
            if refuses_own_version(self._client, failure):
                self.outdated = failure
            self.proxy_failed = failure.name == "INSTAGRAM_PROXY_FAILED"
        else:
            refused = refused_though_acknowledged(call, as_object(self._client.last_json))
            if refused is None:
                return reply
            failure = refused.failure(cause="acknowledged and refused")
        finally:
            self._answered = answered_by(path, self._client.last_response)
            # A page of posts is 100 KB, and a warm client would hold it until the next one.
            self._client.last_json, self._client.last_response = {}, None
        raise failure
