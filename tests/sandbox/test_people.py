"""The people, posts and hashtags of the sandbox as the client sees them."""

from typing import Any

import pytest
from instagrapi import exceptions

from sandbox.people import People
from sandbox.posts import Posts


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def test_a_hashtag_is_read_page_by_page_to_its_end(client):
    pages: list[list[Any]] = []
    cursor = None
    while not pages or cursor:
        posts, cursor = client.hashtag_medias_v1_chunk("coffee", max_amount=0, tab_key="recent", max_id=cursor)
        pages.append(posts)

    found = [post for page in pages for post in page]
    assert len(found) == 420
    assert {len(page) for page in pages[:-1]} == {0, 27}
    assert len({post.user.username for post in found}) > 300
    assert all(post.caption_text.endswith("#coffee") for post in found)


def test_the_first_posts_of_a_hashtag_are_always_the_same(client):
    assert client.hashtag_medias_recent_v1("coffee", 9) == client.hashtag_medias_recent_v1("coffee", 9)
    assert client.hashtag_medias_recent_v1("coffee", 9) != client.hashtag_medias_recent_v1("travel", 9)


def test_the_top_posts_are_a_few_of_the_recent_ones(client):
    top = client.hashtag_medias_top_v1("coffee", 9)

    assert {post.pk for post in top} < {post.pk for post in client.hashtag_medias_recent_v1("coffee", 420)}


def test_a_rare_hashtag_has_a_handful_of_posts_and_an_unused_one_none(client):
    assert len(client.hashtag_medias_recent_v1("rarebird")) == 4
    assert client.hashtag_medias_v1_chunk("nobodyhere", tab_key="recent") == ([], None)


def test_a_hashtag_may_be_in_any_script(client):
    assert client.hashtag_medias_recent_v1("кофе", 3)
    assert client.hashtag_info_v1("кофе").name == "кофе"


def test_somebody_is_the_same_by_name_and_by_id(client):
    somebody = client.hashtag_medias_recent_v1("coffee", 1)[0].user

    by_name = client.user_info_by_username_v1(somebody.username)

    assert by_name == client.user_info_v1(somebody.pk)
    assert by_name.pk == somebody.pk
    assert by_name.media_count > 0


@pytest.mark.parametrize("username", ["nobody.here", "plain_99", "ada.lang_7", "x_99999999999999999999"])
def test_a_name_that_nobody_has_is_not_found(client, username):
    with pytest.raises(exceptions.UserNotFound):
        client.user_info_by_username_v1(username)


def test_named_accounts_are_people_too(client):
    assert client.user_info_by_username_v1("plain_02").full_name == "Plain 02"


def test_a_search_finds_a_whole_name(client):
    assert [user.username for user in client.search_users_v1("plain_02", 5)] == ["plain_02"]
    assert client.search_users_v1("plain", 5) == []


def test_followers_come_in_pages_without_repeating_anybody(client, somebody_followed):
    first, cursor = client.user_followers_v1_chunk(somebody_followed.pk, max_amount=50)
    second, _ = client.user_followers_v1_chunk(somebody_followed.pk, max_amount=50, max_id=cursor)

    assert len({user.pk for user in first + second}) == 100


def test_all_followers_are_as_many_as_the_profile_says(client, somebody_followed):
    assert len(client.user_followers_v1(somebody_followed.pk)) == somebody_followed.follower_count
    assert len(client.user_following_v1(somebody_followed.pk)) == somebody_followed.following_count


def test_private_people_show_strangers_no_followers_and_no_posts(client):
    private = next(post.user for post in client.hashtag_medias_recent_v1("coffee", 100) if post.user.is_private)

    with pytest.raises(exceptions.PrivateAccount):
        client.user_followers_v1(private.pk)
    with pytest.raises(exceptions.PrivateAccount):
        client.user_medias_v1(private.pk)


def test_the_posts_of_somebody_come_page_by_page(client):
    posts = client.hashtag_medias_recent_v1("travel", 400)
    public = (client.user_info_v1(post.user.pk) for post in posts if not post.user.is_private)
    owner = next(user for user in public if user.media_count > 40)

    assert len({post.pk for post in client.user_medias_v1(owner.pk)}) == owner.media_count


def test_pinned_posts_come_first_though_others_are_newer():
    people = People(seed=1, count=2_000)
    posts = Posts(seed=1, people=people)
    profiles = [posts.of(people.numbered(number), 0, 1_000) for number in range(400)]
    pinning = [profile for profile in profiles if profile and profile[0].is_pinned]

    assert len(pinning) > 10
    for profile in pinning:
        first = [post for post in profile if post.is_pinned]
        rest = [post for post in profile if not post.is_pinned]
        assert profile == first + rest
        assert 1 <= len(first) <= 3
        assert max(post.taken_at for post in first) < rest[0].taken_at
        assert len({post.id for post in profile}) == len(profile) == profile[0].owner.posts


def test_some_posts_have_no_caption_and_some_lists_do_not_lead_to_their_rest(client):
    pages = [
        client.private_request(f"feed/user/{person.id}/")
        for person in map(People(seed=1, count=100_000).numbered, range(900))
        if person.posts > 33 and not person.is_private
    ][:120]

    captions = [item["caption"] for page in pages for item in page["items"]]
    assert 0.04 < captions.count(None) / len(captions) < 0.12
    ends = [page for page in pages if page["more_available"] and "next_max_id" not in page]
    assert 0 < len(ends) < 20


def test_people_differ_in_all_that_a_filter_looks_at():
    people = [People(seed=1, count=2_000).numbered(number) for number in range(2_000)]

    assert 0.1 < _share(person.is_private for person in people) < 0.2
    assert 0.02 < _share(not person.has_picture for person in people) < 0.1
    assert 0.05 < _share(person.is_business for person in people) < 0.2
    assert any(person.is_verified for person in people)
    assert min(person.followers for person in people) < 20
    assert max(person.followers for person in people) > 500_000
    assert any(not person.posts for person in people)
    assert any(not person.biography for person in people)


def test_everybody_of_a_hundred_thousand_is_found_by_name_and_id_and_nobody_else():
    people = People(seed=1, count=100_000)

    for number in range(0, 100_000, 997):
        person = people.numbered(number)
        assert people.named(person.username) == people.with_id(person.id) == person
        assert people.named(person.username + "0") is None
        assert len(person.username) <= 30
    assert people.with_id("2000100000") is None
    assert people.named(f"{people.numbered(99_999).username}9") is None


def test_another_seed_makes_other_people():
    assert People(1, 1_000).numbered(7) != People(2, 1_000).numbered(7)


def test_who_follows_whom_agrees_with_the_rows_of_followers():
    people = People(seed=1, count=500)
    person = next(one for number in range(500) if (one := people.numbered(number)).followers < 50)
    row = {people.follower_at(person, place).id for place in people.follower_numbers(person)}

    for number in range(500):
        assert people.follows(people.numbered(number), person) == (people.numbered(number).id in row)


def test_every_post_found_under_a_hashtag_is_known_by_its_id():
    people = People(seed=1, count=1_000)
    posts = Posts(seed=1, people=people)

    found, _ = posts.under_hashtag("coffee", "recent", 0)

    for post in found:
        again = posts.with_id(post.id)
        assert again
        assert (again.owner, again.taken_at, again.likes) == (post.owner, post.taken_at, post.likes)
    assert posts.with_id("12345") is None


@pytest.fixture
def somebody_followed(client):
    posts = client.hashtag_medias_recent_v1("travel", 200)
    public = (client.user_info_v1(post.user.pk) for post in posts if not post.user.is_private)
    return next(user for user in public if 100 < user.follower_count < 1_000)


def _share(of) -> float:
    marks = list(of)
    return sum(marks) / len(marks)
