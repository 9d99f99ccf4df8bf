"""One odd entry never costs the page: it is dropped, or read as far as it can be, and all others are there."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BotException
from jobs.instagram import Endpoint, InstagramClient, Story, StoryPicture
from jobs.instagram.client import OTHER_FORM
from jobs.instagram.comments import read_comments
from jobs.instagram.news import read_news
from jobs.instagram.people import read_likers, read_people_page
from jobs.instagram.posts import read_posts_page, read_user_posts
from jobs.instagram.stories import read_story
from jobs.instagram.threads import read_inbox, read_thread

OWN = "1"
SESSION = json.dumps({"authorization_data": {"ds_user_id": "1", "sessionid": "1%3Aa"}})
# Names of fields that the readers look at, so that odd values land where they are read.
FIELDS = st.sampled_from(
    [
        *("pk", "pk_id", "id", "username", "user", "users", "items", "media", "medias", "layout_content", "fill_items"),
        *("one_by_two_item", "clips", "has_liked", "code", "taken_at", "seen", "thread_id", "item_id", "item_type"),
        *("timestamp", "user_id", "text", "caption", "xma_link", "link", "oldest_cursor", "has_older", "next_max_id"),
        *("user_count", "like_count", "comment_count", "timeline_pinned_user_ids", "more_available"),
        *(
            "comments",
            "created_at_utc",
            "next_min_id",
            "old_stories",
            "new_stories",
            "args",
            "story_type",
            "has_more_headload_comments",
        ),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8)
ODD = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=5), max_leaves=12
)


def user(number: int) -> dict[str, Any]:
    return {"pk": number, "pk_id": str(number), "username": f"person{number}"}


def media(number: int) -> dict[str, Any]:
    return {"media": {"id": f"{number}_{number}", "pk": number, "code": "C", "user": user(number)}}


def picture(number: int) -> dict[str, Any]:
    return {"id": f"{number}_7", "pk": number, "taken_at": 1_790_000_000 + number}


def item(number: int) -> dict[str, Any]:
    return {"item_id": f"whole{number}", "user_id": 7, "timestamp": str(1_790_000_000_000_000 + number), "text": "stop"}


def thread(number: int) -> dict[str, Any]:
    return {"thread_id": f"whole{number}", "users": [user(number)], "items": [item(number)], "has_older": False}


def among(make: Any, odd: Any) -> list[Any]:
    """The odd entry before, between and after whole ones."""
    return [odd, make(901), odd, make(902), odd]


@given(ODD)
def test_a_page_of_people(odd: Any) -> None:
    ids = [person.id for person in read_people_page({"users": among(user, odd), "next_max_id": odd}).people]
    assert {"901", "902"} <= set(ids)


@given(ODD)
def test_the_people_who_like_a_post(odd: Any) -> None:
    ids = [person.id for person in read_likers({"users": among(user, odd), "user_count": odd}).people]
    assert {"901", "902"} <= set(ids)


@given(ODD)
def test_a_page_of_posts(odd: Any) -> None:
    whole = {"layout_content": {"medias": among(media, odd), "fill_items": odd, "one_by_two_item": odd}}
    page = read_posts_page({"sections": [odd, whole, odd], "more_available": odd, "next_max_id": odd})
    assert {"901_901", "902_902"} <= {post.id for post in page.posts}


@given(ODD)
def test_a_page_of_posts_of_a_person(odd: Any) -> None:
    items = [one | {"caption": odd, "taken_at": odd, "like_count": odd} for one in (media(903)["media"],)]
    page = {"items": [*among(lambda number: media(number)["media"], odd), *items], "next_max_id": odd}
    posts = read_user_posts(page | {"more_available": odd}, "7").posts
    assert {"901_901", "902_902", "903_903"} <= {post.id for post in posts}


def comment(number: int) -> dict[str, Any]:
    return {"pk": number, "user": user(number), "text": "stop", "created_at_utc": 1_790_000_000}


@given(ODD)
def test_a_page_of_comments(odd: Any) -> None:
    names = ("next_min_id", "comment_count", "has_more_headload_comments", "has_more_comments")
    odd_parts = comment(903) | {"text": odd, "created_at_utc": odd}
    page = {"comments": [*among(comment, odd), odd_parts], **dict.fromkeys(names, odd)}
    assert {"901", "902", "903"} <= {person.id for person in read_comments(page, None).people}


def piece_of_news(number: int) -> dict[str, Any]:
    return {"story_type": 60, "args": {"profile_id": number, "profile_name": f"person{number}"}}


@given(ODD)
def test_the_news(odd: Any) -> None:
    args = {"rich_text": odd, "text": odd, "links": odd, "media": odd, "timestamp": odd, "inline_follow": odd}
    odd_parts = {"story_type": 60, "args": args | {"profile_id": 903, "profile_name": "person903"}}
    news = read_news({"new_stories": odd, "old_stories": [*among(piece_of_news, odd), odd_parts]})
    assert {"901", "902", "903"} <= {reaction.person.id for reaction in news}


@given(ODD)
def test_a_story(odd: Any) -> None:
    story = read_story({"items": among(picture, odd), "seen": odd})
    assert story is not None
    assert {"901_7", "902_7"} <= {picture.id for picture in story.pictures}
    assert story.seen in (True, False)


@given(ODD)
def test_no_story_at_all(odd: Any) -> None:
    read_story(odd)


@given(ODD)
def test_a_conversation(odd: Any) -> None:
    read = read_thread({"thread_id": "7", "users": odd, "items": among(item, odd), "oldest_cursor": odd}, OWN)
    assert {"whole901", "whole902"} <= {message.item_id for message in read.messages}
    assert all(message.text == "stop" for message in read.messages if message.item_id.startswith("whole"))


@given(ODD)
def test_an_inbox(odd: Any) -> None:
    boxed = {"threads": among(thread, odd), "has_older": odd, "oldest_cursor": odd}
    inbox = read_inbox({"inbox": boxed, "pending_requests_total": odd}, OWN)
    assert {"whole901", "whole902"} <= {thread.id for thread in inbox.threads}


READS: dict[str, Callable[[InstagramClient], object]] = {
    "person": lambda client: client.person("ann"),
    "followers": lambda client: client.followers_page("7"),
    "followers of newer apps": lambda client: client.followers_page("7", OTHER_FORM),
    "following": lambda client: client.following_page("7"),
    "posts": lambda client: client.hashtag_posts("coffee", tab="clips"),
    "post": lambda client: client.post("5_7"),
    "likers": lambda client: client.likers("5_7"),
    "comments": lambda client: client.comments_page("5_7"),
    "more comments": lambda client: client.comments_page("5_7", '[20, "c"]'),
    "news": lambda client: client.news(),
    "user posts": lambda client: client.user_posts("7"),
    "story": lambda client: client.story("7"),
    "thread with": lambda client: client.thread_with("7"),
    "thread": lambda client: client.thread("5", "c"),
    "inbox": lambda client: client.inbox(),
    "friendship": lambda client: client.friendship("7"),
    "follow": lambda client: client.follow("7"),
    "unfollow": lambda client: client.unfollow("7"),
    "like": lambda client: client.like("5_7"),
    "seen": lambda client: client.see_story(Story([StoryPicture("5_7", 20)], 0)),
    "message": lambda client: client.send_message("7", "hello", "77"),
}
# Nothing else can be told of a reply that is no refusal.
TOLD = {
    "INSTAGRAM_UNREADABLE",
    "INSTAGRAM_NOT_DONE",
    "INSTAGRAM_PERSON_NOT_FOUND",
    "INSTAGRAM_POST_NOT_FOUND",
}
WHOLE = st.dictionaries(
    FIELDS | st.sampled_from(["reel", "inbox", "thread", "threads", "sections", "payload", "data", "status"]),
    ODD,
    max_size=6,
)


@pytest.fixture(scope="module")
def client() -> Iterator[InstagramClient]:
    client = InstagramClient(SESSION, Endpoint())
    yield client
    client.close()


@pytest.mark.parametrize("call", READS)
@given(reply=WHOLE | ODD)
def test_a_reader_returns_or_says_that_it_cannot_read(client: InstagramClient, call: str, reply: Any) -> None:
    told = None
    for name in ("private_request", "private_graphql_followers_list"):
        setattr(client._client, name, lambda *_, **__: reply)
    try:
        READS[call](client)
    except BotException as error:
        told = error.name
    assert told is None or told in TOLD
