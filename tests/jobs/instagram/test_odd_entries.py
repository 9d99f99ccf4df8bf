"""One odd entry never costs the page: it is dropped, or read as far as it can be, and all others are there."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs.instagram.people import read_people_page
from jobs.instagram.posts import read_posts_page
from jobs.instagram.stories import read_story
from jobs.instagram.threads import read_inbox, read_thread

OWN = "1"
# Names of fields that the readers look at, so that odd values land where they are read.
FIELDS = st.sampled_from(
    [
        *("pk", "pk_id", "id", "username", "user", "users", "items", "media", "medias", "layout_content", "fill_items"),
        *("one_by_two_item", "clips", "has_liked", "code", "taken_at", "seen", "thread_id", "item_id", "item_type"),
        *("timestamp", "user_id", "text", "caption", "xma_link", "link", "oldest_cursor", "has_older", "next_max_id"),
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
def test_a_page_of_posts(odd: Any) -> None:
    whole = {"layout_content": {"medias": among(media, odd), "fill_items": odd, "one_by_two_item": odd}}
    page = read_posts_page({"sections": [odd, whole, odd], "more_available": odd, "next_max_id": odd})
    assert {"901_901", "902_902"} <= {post.id for post in page.posts}


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
