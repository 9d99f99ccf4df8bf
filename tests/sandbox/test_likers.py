"""Who likes a post: the list, its length, and what it leaves out."""

from collections.abc import Iterator

import pytest
from instagrapi import exceptions

from sandbox.calls.likes import SHOWN_LIKERS
from sandbox.people import People
from sandbox.posts import Post, Posts

PEOPLE = People(1, 100_000)
POSTS = Posts(1, PEOPLE)


def public_posts() -> Iterator[Post]:
    owners = (person for person in map(PEOPLE.numbered, range(3_000)) if not person.is_private)
    return (post for owner in owners for post in POSTS.of(owner, 0, 3))


QUIET = next(post for post in public_posts() if 5 < post.likes < 50 and not post.hides_likes)
POPULAR = next(post for post in public_posts() if post.likes > 500 and not post.hides_likes)
HIDDEN = next(post for post in public_posts() if post.likes > 50 and post.hides_likes)


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def listed(client, post):
    return client.private_request(f"media/{post.id}_{post.owner.id}/likers/")


def test_everybody_who_likes_a_post_follows_its_owner_and_is_listed_once():
    for post in (QUIET, POPULAR):
        likers = POSTS.likers(post, 10_000)

        assert len({person.id for person in likers}) == len(likers) > 5
        assert all(PEOPLE.follows(person, post.owner) for person in likers)
        assert POSTS.likers(post, 5) == likers[:5]


def test_a_like_of_a_person_is_that_of_the_list():
    likers = {person.id for person in POSTS.likers(QUIET, 10_000)}
    places = PEOPLE.follower_numbers(QUIET.owner)
    followers = [PEOPLE.follower_at(QUIET.owner, place) for place in places]

    assert {person.id for person in followers if POSTS.likes(person, QUIET)} == likers
    stranger = next(one for one in map(PEOPLE.numbered, range(99)) if not PEOPLE.follows(one, QUIET.owner))
    assert not POSTS.likes(stranger, QUIET)


def test_the_list_of_a_post_has_those_who_like_it_and_their_number(client):
    reply = listed(client, QUIET)

    assert reply["user_count"] == client.media_info_v1(QUIET.id).like_count == QUIET.likes
    assert {one["pk"] for one in reply["users"]} == {int(one.id) for one in POSTS.likers(QUIET, QUIET.likes)}


def test_the_list_of_a_popular_post_is_cut_and_leads_nowhere(client):
    reply = listed(client, POPULAR)

    assert reply["user_count"] == POPULAR.likes
    assert SHOWN_LIKERS <= len(reply["users"]) <= SHOWN_LIKERS + 1
    assert not any(name.startswith("next") for name in reply)


def test_hidden_likes_have_an_empty_list_and_a_false_count(client):
    reply = listed(client, HIDDEN)

    assert (reply["users"], reply["user_count"]) == ([], 3)
    post = client.private_request(f"media/{HIDDEN.id}/info/")["items"][0]
    assert (post["like_and_view_counts_disabled"], post["like_count"]) == (True, 3)


def test_the_accounts_of_the_sandbox_are_among_them_the_latest_first(signed_in):
    first, second = signed_in("plain_01"), signed_in("plain_02")
    first.media_like(f"{QUIET.id}_{QUIET.owner.id}")
    second.media_like(f"{QUIET.id}_{QUIET.owner.id}")

    reply = listed(first, QUIET)

    assert [one["username"] for one in reply["users"][:2]] == ["plain_02", "plain_01"]
    assert reply["user_count"] == first.media_info_v1(QUIET.id).like_count == QUIET.likes + 2
    second.media_unlike(f"{QUIET.id}_{QUIET.owner.id}")
    assert listed(first, QUIET)["user_count"] == QUIET.likes + 1


def test_some_lists_have_somebody_twice_and_some_one_without_a_name(client):
    posts = [post for _, post in zip(range(300), public_posts(), strict=False) if post.likes > 5][:60]
    lists = [[one["pk"] for one in listed(client, post)["users"]] for post in posts]
    names = [one["username"] for post in posts for one in listed(client, post)["users"]]

    assert any(len(set(ids)) < len(ids) for ids in lists)
    assert "" in names


def test_a_post_that_is_gone_and_one_of_a_private_person_show_nobody(client):
    with pytest.raises(exceptions.ClientError, match="Media not found"):
        client.media_likers("1_1")
    private = next(one for one in map(PEOPLE.numbered, range(999)) if one.is_private and one.posts)
    [post] = POSTS.of(private, 0, 1)
    with pytest.raises(exceptions.PrivateAccount):
        listed(client, post)
