"""InstagramClient: the reads and writes of a bot at Instagram, on one warm connection.

Replies are read here and not by instagrapi's own methods. Those hide why a friendship could not be looked up, look it
up again before each follow, and lose a whole page over one odd post.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import replace

from instagrapi import config

from bot.core.errors import BotException
from bot.storage.models.values import HashtagTab
from jobs.instagram.comments import CommentsPage, comments_params, read_comments
from jobs.instagram.connection import READ, Connection, observed
from jobs.instagram.news import Reaction, read_news
from jobs.instagram.people import (
    Friendship,
    HashtagPage,
    OwnCounts,
    PeoplePage,
    Person,
    as_object,
    people_params,
    read_friendship,
    read_friendships,
    read_likers,
    read_other_people_page,
    read_own_counts,
    read_people_page,
    read_person_named,
)
from jobs.instagram.posts import (
    Post,
    PostsPage,
    post_id_of,
    posts_form,
    read_one_post,
    read_posts_page,
    read_user_posts,
    user_posts_params,
)
from jobs.instagram.refusals import Call
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

_READ_POST = Call("read", "post")
_READ_HASHTAG = Call("read", "hashtag")
_CHANGE = Call("act", "person")
_CHANGE_POST = Call("act", "post")
_NOT_FOUND = 404
# Begins the cursors of a list of followers in the form of newer apps.
OTHER_FORM = "graphql:"
_UNKNOWN_FORM = ("INSTAGRAM_REFUSED", "INSTAGRAM_UNREADABLE", "INSTAGRAM_PERSON_NOT_FOUND")


class InstagramClient(Connection):
    """One account's client, for one thread at a time. Each call is one request and raises only BotException."""

    @observed
    def own_account(self) -> None:
        """Ask for the own account, the cheapest call. Raises INSTAGRAM_LOGGED_OUT if it is another one."""
        reply = self._ask("accounts/current_user/?edit=true")
        if str(reply["user"]["pk"]) != self.own_id:
            raise BotException("INSTAGRAM_LOGGED_OUT", delivered="no", cause="another account")

    @observed
    def person(self, username: str) -> Person:
        """Look up a person by username. Raises INSTAGRAM_PERSON_NOT_FOUND."""
        return read_person_named(self._ask("users/{}/usernameinfo/", username)["user"], username)

    @observed
    def followers_page(self, user_id: str, cursor: str | None = None) -> PeoplePage:
        """Return a page of a person's followers, from `cursor` on.

        A list that Instagram cuts short ends with a cursor that leads to the other form of it, from the beginning.
        Raises INSTAGRAM_PERSON_PRIVATE if they are hidden.
        """
        if cursor is not None and cursor.startswith(OTHER_FORM):
            return self._other_followers(user_id, cursor.removeprefix(OTHER_FORM))
        page = self._people_page("followers", user_id, cursor)
        return replace(page, cursor=OTHER_FORM) if page.limited and page.cursor is None else page

    @observed
    def own_followers(self, cursor: str | None = None) -> PeoplePage:
        """Return a page of the own followers, from `cursor` on. The newest come first if Instagram honours that."""
        params = people_params(self._client.rank_token, cursor) | {"order": "date_followed_latest"}
        return read_people_page(self._ask("friendships/{}/followers/", self.own_id, params=params))

    @observed
    def own_counts(self) -> OwnCounts:
        """Return the counts of the own profile."""
        return read_own_counts(self._ask("users/{}/info/", self.own_id)["user"])

    @observed
    def friendships(self, user_ids: Sequence[str]) -> dict[str, Friendship]:
        """Look up how the account follows several people, by id. Those that the reply leaves out are missing."""
        data = {"user_ids": ",".join(user_ids), "_uuid": self._client.uuid}
        reply = self._ask("friendships/show_many/", data=data, with_signature=False)
        return read_friendships(as_object(reply["friendship_statuses"]), user_ids)

    @observed
    def following_page(self, user_id: str, cursor: str | None = None) -> PeoplePage:
        """Return a page of the people a person follows, from `cursor` on.

        Raises INSTAGRAM_PERSON_PRIVATE if they are hidden.
        """
        return self._people_page("following", user_id, cursor)

    @observed
    def hashtag_page(self, tag: str, cursor: str | None = None, *, tab: HashtagTab = "recent") -> HashtagPage:
        """Return the authors of the posts in a tab of `tag`; see `hashtag_posts`."""
        page = self.hashtag_posts(tag, tab=tab, cursor=cursor)
        return HashtagPage(list(dict.fromkeys(post.author for post in page.posts)), page.cursor)

    @observed
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

    @observed
    def post(self, media_id: str) -> Post:
        """Look up a post by its id. Raises INSTAGRAM_POST_NOT_FOUND."""
        reply = self._ask("media/{}/info/", media_id.partition("_")[0], call=_READ_POST)
        return read_one_post(reply["items"], media_id)

    @observed
    def post_with_code(self, code: str) -> Post:
        """Look up a post by the code of its address. Raises INSTAGRAM_POST_NOT_FOUND."""
        return self.post(post_id_of(code))

    @observed
    def user_posts(self, user_id: str, cursor: str | None = None) -> PostsPage:
        """Return a page of a person's posts, from `cursor` on. Pinned ones come first, the others newest first.

        Raises INSTAGRAM_PERSON_PRIVATE if they are hidden, and INSTAGRAM_PERSON_NOT_FOUND.
        """
        params = user_posts_params(self._client.rank_token, cursor)
        return read_user_posts(self._ask("feed/user/{}/", user_id, params=params), user_id)

    @staticmethod
    def post_id_of(code: str) -> str:
        """Return the number of the post with this code, that of its address. It asks nothing."""
        return post_id_of(code)

    @observed
    def likers(self, media_id: str) -> PeoplePage:
        """Return the people who like the post with this `Post.id`, about 100 at most; Instagram has no second page.

        The own account may be among them. `limited` says that there are more, or that the likes are hidden. Raises
        INSTAGRAM_POST_NOT_FOUND and INSTAGRAM_PERSON_PRIVATE.
        """
        return read_likers(self._ask("media/{}/likers/", media_id, call=_READ_POST))

    @observed
    def comments_page(self, media_id: str, cursor: str | None = None) -> CommentsPage:
        """Return a page of the comments of the post with this `Post.id`, from `cursor` on.

        A post that takes no comments has an empty page. Raises INSTAGRAM_POST_NOT_FOUND and INSTAGRAM_PERSON_PRIVATE.
        """
        params = comments_params(cursor)
        return read_comments(self._ask("media/{}/comments/", media_id, call=_READ_POST, params=params), cursor)

    @observed
    def news(self) -> list[Reaction]:
        """Return the reactions of people to the account, newest first: likes, comments, follows.

        A person who is not in it may have reacted all the same: Instagram groups people, and names two of a group.
        """
        return read_news(self._ask("news/inbox/", params={"mark_as_seen": False}))

    @observed
    def story(self, user_id: str) -> Story | None:
        """Return a person's present story; None if there is none. Raises INSTAGRAM_PERSON_NOT_FOUND."""
        params = {"supported_capabilities_new": json.dumps(config.SUPPORTED_CAPABILITIES)}
        return read_story_of(self._ask("feed/user/{}/story/", user_id, params=params).get("reel"), user_id)

    @observed
    def thread_with(self, user_id: str) -> Thread | None:
        """Return the conversation with one person and its latest 20 messages; None if there is none."""
        params = {"recipient_users": f"[{user_id}]", "seq_id": 2580572, "limit": 20}
        thread = self._ask("direct_v2/threads/get_by_participants/", params=params).get("thread")
        return read_thread_with(thread, user_id, self.own_id) if thread else None

    @observed
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

    @observed
    def inbox(self, cursor: str | None = None, *, requests: bool = False) -> Inbox:
        """Return a page of threads with the latest 10 messages of each, from `cursor` on.

        `requests` asks for the box of people whose messages the account has not accepted.
        """
        params = inbox_params(cursor, self._client.generate_uuid(), push_disabled=self._client.push_disabled)
        box = "pending_inbox" if requests else "inbox"
        return read_inbox(self._ask(f"direct_v2/{box}/", params=params), self.own_id)

    @observed
    def friendship(self, user_id: str) -> Friendship:
        """Look up how the account and a person are related. Raises INSTAGRAM_PERSON_NOT_FOUND."""
        params = {"is_external_deeplink_profile_view": "false"}
        return read_friendship(self._ask("friendships/show/{}/", user_id, params=params))

    @observed
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

    @observed
    def unfollow(self, user_id: str) -> Friendship:
        """Unfollow, or withdraw the request to a private account. Fails as `follow` does."""
        friendship = self._change_friendship("destroy", user_id)
        if friendship.following or friendship.requested:
            raise BotException("INSTAGRAM_NOT_DONE", delivered="no")
        return friendship

    @observed
    def like(self, media_id: str) -> None:
        """Like the post with this `Post.id`. Fails as `follow` does, and with INSTAGRAM_POST_NOT_FOUND."""
        if not self._once("media/{}/like/", _CHANGE_POST, self._client.media_like, media_id):
            raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no acknowledgement")

    @observed
    def see_story(self, story: Story) -> None:
        """Mark all pictures of a story as seen. Fails as `follow` does."""
        data = self._client.with_default_data(seen_form(story, int(time.time())))
        reply = self._ask("/v2/media/seen/?reel=1&live_vod=0", call=_CHANGE, data=data)
        if reply["status"] != "ok":
            raise BotException("INSTAGRAM_UNREADABLE", delivered="maybe", cause="no acknowledgement")

    @observed
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
                "graphql/query", READ, send, user_id, self._client.rank_token, max_id=cursor or None, priority="u=3, i"
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
