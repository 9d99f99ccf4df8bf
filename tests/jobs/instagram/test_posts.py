"""Posts under a hashtag, and liking one."""

from typing import Any, get_args

import pytest
from instagrapi import exceptions as ig

from bot.storage.models.values import HashtagTab
from jobs.instagram import Post, PostsPage
from jobs.instagram.people import PersonRef
from jobs.instagram.posts import read_post, read_posts_page
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named

ANN = {"pk": 7, "username": "ann"}


@pytest.mark.parametrize("tab", get_args(HashtagTab))
def test_pages_of_posts_follow_each_other_to_the_end(sandbox: Sandbox, client_of: ClientOf, tab: HashtagTab) -> None:
    client = client_of()
    pages = [client.hashtag_posts("coffee", tab=tab)]
    while cursor := pages[-1].cursor:
        pages.append(client.hashtag_posts("coffee", tab=tab, cursor=cursor))

    assert sandbox.requests("plain_01")["hashtag"] == len(pages) > 1
    shown = [page.posts for page in pages if page.posts]
    assert len(shown) > 1
    assert shown[0][0] != shown[1][0]


def test_the_top_posts_are_others_than_the_newest(client_of: ClientOf) -> None:
    client = client_of()

    assert client.hashtag_posts("coffee", tab="top").posts != client.hashtag_posts("coffee", tab="recent").posts


def test_the_authors_of_a_hashtag_are_those_of_its_newest_posts(client_of: ClientOf) -> None:
    client = client_of()
    posts = client.hashtag_posts("coffee", tab="recent")

    assert client.hashtag_page("coffee").people == list(dict.fromkeys(post.author for post in posts.posts))


def test_a_hashtag_without_posts_is_an_empty_page(client_of: ClientOf) -> None:
    assert client_of().hashtag_posts("nobodyhere", tab="top") == PostsPage([], None)


def test_a_like_arrives_and_the_post_tells(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    post = client.hashtag_posts("coffee", tab="top").posts[0]
    assert client.post(post.id) == post
    assert not post.liked

    client.like(post.id)

    assert client.post(post.id).liked
    assert client.hashtag_posts("coffee", tab="top").posts[0].liked
    assert sandbox.requests("plain_01")["like"] == 1
    assert sandbox.targets("plain_01", "like") == [post.id.partition("_")[0]]


def test_a_like_whose_reply_was_cut_off_is_found_by_asking(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    post = client.hashtag_posts("coffee", tab="top").posts[0]
    sandbox.fault("plain_01", "like", "cut")
    failure_of(lambda: client.like(post.id))

    assert client.post(post.id).liked


@pytest.mark.parametrize("media_id", ["1_1", "99", "3999999999999999999_1"])
def test_a_post_that_is_gone_is_named(client_of: ClientOf, media_id: str) -> None:
    client = client_of()

    assert named(failure_of(lambda: client.post(media_id))) == ("INSTAGRAM_POST_NOT_FOUND", "no")
    assert named(failure_of(lambda: client.like(media_id))) == ("INSTAGRAM_POST_NOT_FOUND", "no")


@pytest.mark.parametrize("call", ["like", "media_info"])
def test_a_post_is_gone_in_whatever_words_it_is_not_found(sandbox: Sandbox, client_of: ClientOf, call: str) -> None:
    client = client_of()
    sandbox.fault("plain_01", call, "html", status=404)

    failure = failure_of(lambda: client.like("1_1") if call == "like" else client.post("1_1"))

    assert named(failure) == ("INSTAGRAM_POST_NOT_FOUND", "no")


@pytest.mark.parametrize(
    "error",
    [
        ig.MediaUnavailable(message="Sorry, this photo has been deleted"),
        ig.InvalidMediaId(message="Invalid media_id"),
        ig.UnknownError(message="Media not found"),
    ],
)
def test_a_post_is_gone_in_words_that_the_sandbox_does_not_use(
    monkeypatch: pytest.MonkeyPatch, client_of: ClientOf, error: Exception
) -> None:
    client = client_of()

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(client._client, "private_request", refuse)

    for work in (lambda: client.like("1_1"), lambda: client.post("1_1")):
        assert named(failure_of(work)) == ("INSTAGRAM_POST_NOT_FOUND", "no")


@pytest.mark.parametrize(
    "odd", [{"id": "x"}, {"id": [1]}, {"id": True}, {"id": "1/2"}, {"has_liked": "false"}, {"has_liked": 0}], ids=repr
)
def test_a_post_with_an_odd_id_or_like_is_none(odd: dict[str, object]) -> None:
    assert read_post({"id": "1_7", "user": ANN, **odd}) is None


def test_a_post_is_read_from_what_every_post_has() -> None:
    author = PersonRef("7", "ann")

    assert read_post({"id": "1_7", "code": "B", "user": ANN, "has_liked": True}) == Post("1_7", "B", author, True)
    assert read_post({"pk": 1, "user": ANN}) == Post("1", "", author, False)


@pytest.mark.parametrize("media", [None, [], {}, {"id": "1_7"}, {"user": ANN}, {"id": "1_7", "user": None}])
def test_a_page_is_not_lost_over_an_odd_post(media: object) -> None:
    grid = {"layout_content": {"medias": [{"media": media}, {"media": {"id": "2_7", "user": ANN}}]}}
    clips = {"layout_content": {"one_by_two_item": {"clips": {"items": [{"media": {"id": "3_7", "user": ANN}}]}}}}

    odd: list[Any] = [None, "x", [], {"layout_content": ["a"]}, {"layout_content": {"medias": ["a", None]}}, {}]
    page = read_posts_page({"sections": [*odd, grid, clips, grid], "more_available": False, "next_max_id": "27"})

    assert [post.id for post in page.posts] == ["2_7", "3_7"]
    assert page.cursor is None


@pytest.mark.parametrize("reply", [{}, {"sections": None}, {"sections": {}}, {"sections": []}])
def test_a_hashtag_without_sections_is_an_empty_page(reply: dict[str, Any]) -> None:
    assert read_posts_page({"status": "ok", "more_available": False, **reply}) == PostsPage([], None)
    cursor = read_posts_page({"more_available": True, "next_max_id": "27", "next_media_ids": ["1"], **reply}).cursor
    assert cursor == '["27", "[\\"1\\"]"]'


def test_an_author_is_known_by_either_id() -> None:
    user = {"pk_id": "7", "username": "ann"}
    assert read_post({"id": "1_7", "user": user}) == Post("1_7", "", PersonRef("7", "ann"), False)
