"""Comments of a post and their authors, page by page."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.instagram import Comment, CommentsPage, InstagramClient, PersonRef
from jobs.instagram.comments import comments_params, read_comments
from sandbox.calls.comments import PAGE, way_of
from sandbox.people import People
from sandbox.posts import Post, Posts
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named

ANN = PersonRef("7", "ann")
PEOPLE = People(1, 5000)
POSTS = Posts(1, PEOPLE)


def posts(private: bool = False) -> Iterator[Post]:
    owners = (person for person in map(PEOPLE.numbered, range(5000)) if person.is_private is private)
    return (post for owner in owners for post in POSTS.of(owner, 0, 3))


def post_that(way: str) -> Post:
    return next(one for one in posts() if 2 * PAGE < one.comments < 6 * PAGE and way_of(one) == way)


def pages_of(client: InstagramClient, post: Post) -> list[CommentsPage]:
    pages = [client.comments_page(post.id)]
    while cursor := pages[-1].cursor:
        pages.append(client.comments_page(post.id, cursor))
    return pages


@pytest.mark.parametrize("way", ["", "circle"])
def test_pages_of_comments_follow_each_other_to_the_end_and_not_in_circles(
    sandbox: Sandbox, client_of: ClientOf, way: str
) -> None:
    post = post_that(way)

    pages = pages_of(client_of(), post)

    ids = [comment.id for page in pages for comment in page.comments]
    assert sandbox.requests("plain_01")["comments"] == len(pages) == -(-post.comments // PAGE)
    assert len(set(ids)) == len(ids) > PAGE
    assert not any(page.limited for page in pages)


@pytest.mark.parametrize("way", ["dead end", "empty"])
def test_a_list_that_is_not_shown_to_its_end_is_limited(client_of: ClientOf, way: str) -> None:
    [page] = pages_of(client_of(), post_that(way))

    assert page.limited


def test_the_people_of_a_page_are_the_authors_each_once(client_of: ClientOf) -> None:
    client = client_of()
    page = client.comments_page(post_that("").id)

    assert len(set(page.people)) == len(page.people) <= len(page.comments)
    assert {comment.author for comment in page.comments} == set(page.people)
    assert client.person(page.people[0].username).id == page.people[0].id


def test_a_post_that_takes_no_comments_has_an_empty_page(client_of: ClientOf) -> None:
    closed = next(one for one in posts() if one.is_closed)

    assert client_of().comments_page(closed.id) == CommentsPage([], None)


def test_comments_of_a_post_that_is_gone_or_private_are_not_read(client_of: ClientOf) -> None:
    client = client_of()
    private = next(posts(private=True))

    assert named(failure_of(lambda: client.comments_page("1_1"))) == ("INSTAGRAM_POST_NOT_FOUND", "no")
    assert named(failure_of(lambda: client.comments_page(private.id))) == ("INSTAGRAM_PERSON_PRIVATE", "no")


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"pk": number, "user": {"pk": 7, "username": "ann"}, "text": "hi", "created_at_utc": 1_790_000_000, **more}


def test_a_comment_has_its_author_its_words_and_its_time() -> None:
    at = datetime.fromtimestamp(1_790_000_000, UTC)

    assert read_comments({"comments": [row(1)]}, None) == CommentsPage([Comment("1", ANN, "hi", at)], None)


@pytest.mark.parametrize("odd", [None, True, 7, [], {}], ids=repr)
def test_a_comment_is_read_without_what_is_odd_about_it(odd: object) -> None:
    page = read_comments({"comments": [row(1, text=odd, created_at_utc=odd if odd != 7 else "x")]}, None)

    assert page.comments == [Comment("1", ANN, "", None)]


@pytest.mark.parametrize(
    "odd",
    [None, "x", [], {}, row(2, user=None), row(2, user={"pk": 8, "username": ""}), row(2, pk=None), row(2, pk="1/2")],
    ids=repr,
)
def test_a_comment_of_no_one_is_dropped(odd: object) -> None:
    assert [one.id for one in read_comments({"comments": [odd, row(1), odd, row(1)]}, None).comments] == ["1"]


NEXT = {"has_more_headload_comments": True, "next_min_id": "c"}


@pytest.mark.parametrize(
    ("reply", "cursor", "leads_to", "limited"),
    [
        ({**NEXT, "comment_count": 3}, None, [2, "c"], False),
        ({**NEXT, "comment_count": "3"}, None, [2, "c"], False),
        ({**NEXT, "comment_count": None}, None, [2, "c"], False),
        ({"next_min_id": "c", "has_more_comments": True, "comment_count": 3}, None, [2, "c"], False),
        ({**NEXT, "comment_count": 3}, '[1, "b"]', None, False),
        ({**NEXT, "comment_count": 9}, '[1, "b"]', [3, "c"], False),
        ({**NEXT, "comment_count": 9}, '[1, "c"]', None, True),
        ({**NEXT, "comment_count": 9, "next_min_id": None}, None, None, True),
        ({"next_min_id": "c", "comment_count": 9}, None, None, False),
        ({**NEXT, "comment_count": 9, "comments": []}, None, None, True),
        ({"comment_count": 9, "comments": []}, None, None, True),
        ({"comment_count": 9, "comments": []}, '[8, "b"]', None, False),
        ({"comment_count": 0, "comments": []}, None, None, False),
    ],
)
def test_a_page_of_comments_leads_on_until_all_were_shown(
    reply: dict[str, Any], cursor: str | None, leads_to: list[Any] | None, limited: bool
) -> None:
    page = read_comments({"comments": [row(1), row(2)], **reply}, cursor)

    assert (json.loads(page.cursor) if page.cursor else None, page.limited) == (leads_to, limited)


def test_a_cursor_goes_back_as_it_came() -> None:
    page = read_comments({"comments": [row(1)], **NEXT, "next_min_id": '{"a": "é"}'}, None)

    assert comments_params(page.cursor)["min_id"] == '{"a": "é"}'
    assert "min_id" not in comments_params(None)


@pytest.mark.parametrize("comments", [None, {}, "x", 7], ids=repr)
def test_comments_without_a_list_are_not_read(comments: object) -> None:
    failure = failure_of(lambda: read_comments({"comments": comments}, None))

    assert named(failure) == ("INSTAGRAM_UNREADABLE", "maybe")
