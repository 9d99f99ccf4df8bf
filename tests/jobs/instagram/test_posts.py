"""Posts under a hashtag, and liking one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from instagrapi import exceptions as ig

from bot.storage.models.values import HashtagTab
from jobs.instagram import InstagramClient, PeoplePage, Post, PostsPage
from jobs.instagram.people import PersonRef, read_likers
from jobs.instagram.posts import post_id_of, read_post, read_posts_page, read_user_posts
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named, somebody_private

ANN = {"pk": 7, "username": "ann"}


def posts_of_tag(client: InstagramClient) -> Iterator[Post]:
    cursor = None
    while True:
        page = client.hashtag_posts("coffee", tab="recent", cursor=cursor)
        yield from page.posts
        cursor = page.cursor
        assert cursor, "the hashtag has no such post"


def liked_post(client: InstagramClient) -> Post:
    public = (post for post in posts_of_tag(client) if not client.person(post.author.username).is_private)
    return next(post for post in public if client.likers(post.id).people)


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
    assert replace(client.post(post.id), caption=post.caption) == post
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


def test_people_who_like_a_post_are_read_with_one_request(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    post = liked_post(client)
    before = sandbox.requests("plain_01")["likers"]

    page = client.likers(post.id)

    assert sandbox.requests("plain_01")["likers"] == before + 1
    assert client.person(page.people[0].username).id == page.people[0].id


def test_the_own_account_is_among_the_people_who_like_a_post(client_of: ClientOf) -> None:
    client = client_of()
    post = liked_post(client)
    client.like(post.id)

    assert client.own_id in {person.id for person in client.likers(post.id).people}


def test_the_likes_of_a_post_that_is_gone_or_private_are_not_read(client_of: ClientOf) -> None:
    client = client_of()
    private = somebody_private(client)
    post = next(post for post in posts_of_tag(client) if post.author == private)

    assert named(failure_of(lambda: client.likers("1_1"))) == ("INSTAGRAM_POST_NOT_FOUND", "no")
    assert named(failure_of(lambda: client.likers(post.id))) == ("INSTAGRAM_PERSON_PRIVATE", "no")


@pytest.mark.parametrize(
    ("users", "count", "limited"),
    [([ANN], 1, False), ([ANN], 2, True), ([ANN], "2", True), ([], 3, True), ([], 0, False), ([ANN], None, False)],
)
def test_a_list_of_likes_is_limited_if_instagram_counts_more(users: list[Any], count: object, limited: bool) -> None:
    page = read_likers({"users": users, "user_count": count})

    assert page == PeoplePage([PersonRef("7", "ann")] * len(users), None, limited)


@pytest.mark.parametrize("odd", [True, -1, 1.5, "many", [], {}], ids=repr)
def test_a_number_of_likes_of_another_form_says_nothing(odd: object) -> None:
    assert not read_likers({"users": [ANN], "user_count": odd}).limited


def test_people_who_like_a_post_are_read_once_and_those_without_a_name_not_at_all() -> None:
    users = [ANN, ANN, {"pk": 8, "username": ""}, {"username": "ben"}, None]

    assert read_likers({"users": users, "user_count": 5}) == PeoplePage([PersonRef("7", "ann")], None)


@pytest.mark.parametrize("users", [None, {}, "x", 7], ids=repr)
def test_likes_without_a_list_are_not_read(users: object) -> None:
    assert named(failure_of(lambda: read_likers({"users": users}))) == ("INSTAGRAM_UNREADABLE", "maybe")


def person_with(client: InstagramClient, posts: Callable[[list[Post]], bool]) -> tuple[PersonRef, list[Post]]:
    for post in posts_of_tag(client):
        if not client.person(post.author.username).is_private and posts(
            page := client.user_posts(post.author.id).posts
        ):
            return post.author, page
    raise AssertionError("nobody has such posts")


def test_pages_of_a_persons_posts_follow_each_other_to_the_end(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    person, _ = person_with(client, lambda posts: len(posts) == 33)
    before = sandbox.requests("plain_01")["user_feed"]

    pages = [client.user_posts(person.id)]
    while cursor := pages[-1].cursor:
        pages.append(client.user_posts(person.id, cursor))

    posts = [post for page in pages for post in page.posts]
    assert sandbox.requests("plain_01")["user_feed"] == before + len(pages)
    assert len({post.id for post in posts}) == len(posts) > 33
    assert {post.author for post in posts} == {person}


def test_posts_of_a_person_come_newest_first_behind_older_ones_that_are_pinned(client_of: ClientOf) -> None:
    _, posts = person_with(client_of(), lambda posts: any(post.pinned for post in posts))
    pinned, others = [one for one in posts if one.pinned], [one for one in posts if not one.pinned]
    times = [one.taken_at for one in others if one.taken_at]

    assert posts == pinned + others
    assert times == sorted(times, reverse=True)
    assert len(times) == len(others)
    assert max(one.taken_at for one in pinned if one.taken_at) < times[0]


def test_a_post_of_a_person_is_the_same_by_its_code(client_of: ClientOf) -> None:
    client = client_of()
    _, posts = person_with(client, lambda posts: len(posts) > 3)

    for post in posts[:3]:
        found = client.post_with_code(post.code)
        assert replace(found, pinned=post.pinned) == post


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("B1LbfVPlwIA", "2110901750722920960"),
        ("B-fKL9qpeab", "2278584739065882267"),
        ("CCQQsCXjOaBfS3I2PpqsNkxElV9DXj61vzo5xs0", "2346448800803776129"),
    ],
)
def test_a_code_is_a_number(code: str, number: str) -> None:
    assert post_id_of(code) == number


def test_a_code_of_no_post_is_not_found(client_of: ClientOf) -> None:
    failure = failure_of(lambda: client_of().post_with_code("B1LbfVPlwIA"))

    assert named(failure) == ("INSTAGRAM_POST_NOT_FOUND", "no")


def test_posts_of_a_private_person_and_of_no_one_are_not_read(client_of: ClientOf) -> None:
    client = client_of()
    private = somebody_private(client)

    assert named(failure_of(lambda: client.user_posts(private.id))) == ("INSTAGRAM_PERSON_PRIVATE", "no")
    assert named(failure_of(lambda: client.user_posts("99999999999999"))) == ("INSTAGRAM_PERSON_NOT_FOUND", "no")


MEDIA = {"id": "1_7", "user": ANN}


def test_a_post_has_its_time_its_counts_and_its_words() -> None:
    more = {"taken_at": 1_790_000_000, "like_count": 5, "comment_count": 0, "caption": {"text": "hello"}}
    post = read_post(MEDIA | more)

    assert post
    assert post.taken_at == datetime.fromtimestamp(1_790_000_000, UTC)
    assert (post.like_count, post.comment_count, post.caption) == (5, 0, "hello")


@pytest.mark.parametrize("odd", [None, True, -1, "x", float("nan"), 1e300, [], {}, "9" * 20, 10**15], ids=repr)
def test_a_post_is_read_without_what_is_odd_about_it(odd: object) -> None:
    fields = ("taken_at", "like_count", "comment_count", "caption", "like_and_view_counts_disabled")
    post = read_post(MEDIA | dict.fromkeys(fields, odd))

    assert post
    assert (post.id, post.taken_at, post.caption) == ("1_7", None, "")
    assert read_post(MEDIA | {"caption": {"text": odd}}) is not None


def test_a_count_of_hidden_likes_is_not_told() -> None:
    post = read_post(MEDIA | {"like_count": 3, "like_and_view_counts_disabled": True})

    assert post
    assert post.like_count is None


@pytest.mark.parametrize(
    ("pinned_by", "pinned"), [([7], True), (["7"], True), ([9, 7], True), ([], False), (None, False), ([9], False)]
)
def test_a_post_is_pinned_by_the_person_that_was_asked_for(pinned_by: object, pinned: bool) -> None:
    page = read_user_posts({"items": [MEDIA | {"timeline_pinned_user_ids": pinned_by}]}, "7")

    assert [post.pinned for post in page.posts] == [pinned]


@pytest.mark.parametrize(
    ("more", "cursor", "limited"),
    [
        ({"more_available": True, "next_max_id": "3_7"}, "3_7", False),
        ({"next_max_id": 3}, "3", False),
        ({"more_available": False, "next_max_id": "3_7"}, None, False),
        ({"more_available": True, "next_max_id": None}, None, True),
        ({"more_available": True}, None, True),
        ({}, None, False),
    ],
)
def test_a_page_of_posts_leads_on_or_says_that_it_does_not(more: dict[str, Any], cursor: str, limited: bool) -> None:
    page = read_user_posts({"items": [MEDIA, MEDIA, None, {"id": "2_7"}], **more}, "7")

    assert ([post.id for post in page.posts], page.cursor, page.limited) == (["1_7"], cursor, limited)


@pytest.mark.parametrize("items", [None, {}, "x", 7], ids=repr)
def test_posts_without_a_list_are_not_read(items: object) -> None:
    assert named(failure_of(lambda: read_user_posts({"items": items}, "7"))) == ("INSTAGRAM_UNREADABLE", "maybe")
