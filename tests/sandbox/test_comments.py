"""Comments of a post: their pages, their authors, and the ways in which the pages are odd."""

from collections.abc import Iterator
from typing import Any

import pytest
from instagrapi import exceptions

from sandbox.calls.comments import PAGE, way_of
from sandbox.comments import Comments
from sandbox.people import People
from sandbox.posts import Post, Posts

PEOPLE = People(1, 100_000)
POSTS = Posts(1, PEOPLE)
COMMENTS = Comments(1, PEOPLE)


def public_posts() -> Iterator[Post]:
    owners = (person for person in map(PEOPLE.numbered, range(9_000)) if not person.is_private)
    return (post for owner in owners for post in POSTS.of(owner, 0, 3))


def post_that(way: str, least: int = 2 * PAGE + 1) -> Post:
    return next(one for one in public_posts() if one.comments >= least and way_of(one) == way)


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def page_of(client, post, min_id=None):
    params = {"min_id": min_id} if min_id else None
    return client.private_request(f"media/{post.id}_{post.owner.id}/comments/", params=params)


def test_comments_are_read_page_by_page_to_their_end(client):
    post = post_that("")
    pages: list[dict[str, Any]] = []
    while not pages or pages[-1]["has_more_headload_comments"]:
        pages.append(page_of(client, post, pages[-1]["next_min_id"] if pages else None))

    ids = [one["pk"] for page in pages for one in page["comments"]]
    assert len(set(ids)) == len(ids) == post.comments == client.media_info_v1(post.id).comment_count
    assert [len(page["comments"]) for page in pages[:-1]] == [PAGE] * (len(pages) - 1)
    assert "next_min_id" not in pages[-1]
    assert pages[0] == page_of(client, post)


def test_the_client_reads_the_comments(client):
    post = post_that("")

    comments, cursor, _ = client.media_comments_v1_chunk(f"{post.id}_{post.owner.id}")

    assert len(comments) == PAGE
    assert cursor.startswith('{"cached_comments_cursor"')


def test_authors_are_followers_or_the_owner_and_some_come_twice():
    post = max((one for one in public_posts() if 60 < one.comments < 200), key=lambda one: one.comments)
    authors = [one.author for one in COMMENTS.of(post, 0, post.comments)]

    assert all(author == post.owner or PEOPLE.follows(author, post.owner) for author in authors)
    assert post.owner in authors
    assert 10 < len({author.id for author in authors}) < len(authors)


def test_of_some_authors_no_name_is_left(client):
    post = next(
        one for one in public_posts() if way_of(one) == "" and any(c.is_gone for c in COMMENTS.of(one, 0, PAGE))
    )

    assert "" in [one["user"]["username"] for one in page_of(client, post)["comments"]]


def test_a_post_that_takes_no_comments_says_so_and_has_none(client):
    post = next(one for one in public_posts() if one.is_closed)

    media = client.private_request(f"media/{post.id}/info/")["items"][0]

    assert (media["comments_disabled"], media["comment_count"]) == (True, 0)
    page = page_of(client, post)
    assert (page["comments"], page["comment_count"], page["has_more_headload_comments"]) == ([], 0, False)


@pytest.mark.parametrize(
    ("way", "listed", "cursor"), [("empty", 0, False), ("dead end", PAGE, False), ("circle", PAGE, True)]
)
def test_some_lists_are_odd(client, way, listed, cursor):
    page = page_of(client, post_that(way))

    assert (len(page["comments"]), "next_min_id" in page) == (listed, cursor)
    assert page["has_more_headload_comments"] is (listed > 0)
    assert page["comment_count"] > PAGE


def test_a_circle_begins_again_at_its_end(client):
    post = post_that("circle")
    first = page = page_of(client, post)
    for _ in range(0, post.comments, PAGE):
        page = page_of(client, post, page["next_min_id"])

    assert page == first


@pytest.mark.parametrize("cursor", ["x", "5", "[]", "{}", '{"bifilter_token": 7}', '{"bifilter_token": "x"}'])
def test_a_cursor_of_nobodys_is_refused(client, cursor):
    with pytest.raises(exceptions.ClientError):
        page_of(client, post_that(""), cursor)


def test_a_post_that_is_gone_and_one_of_a_private_person_show_no_comments(client):
    with pytest.raises(exceptions.ClientError, match="Media not found"):
        client.private_request("media/1_1/comments/")
    private = next(one for one in map(PEOPLE.numbered, range(999)) if one.is_private and one.posts)
    with pytest.raises(exceptions.PrivateAccount):
        page_of(client, POSTS.of(private, 0, 1)[0])
