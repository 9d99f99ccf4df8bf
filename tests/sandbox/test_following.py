"""Following and liking: what the client is told, and what the ledger says arrived."""

import pytest
from instagrapi import exceptions


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


@pytest.fixture
def found(client):
    """People found under a hashtag, public and private."""
    return [post.user for post in client.hashtag_medias_recent_v1("coffee", 60)]


@pytest.fixture
def public(found):
    return next(user for user in found if not user.is_private)


@pytest.fixture
def private(found):
    return next(user for user in found if user.is_private)


def test_following_somebody_arrives_and_shows_on_both_sides(sandbox, client, public):
    before = client.user_info_v1(public.pk).follower_count

    assert client.user_follow(public.pk)

    assert sandbox.targets("plain_01", "follow") == [public.username]
    assert client.user_friendship_v1(public.pk).following
    assert client.user_info_v1(public.pk).follower_count == before + 1
    assert [user.username for user in client.user_followers_v1(public.pk, 1)] == ["plain_01"]
    assert [user.username for user in client.user_following_v1(client.user_id)] == [public.username]


def test_following_somebody_private_is_a_request(sandbox, client, private):
    assert client.user_follow(private.pk)

    friendship = client.user_friendship_v1(private.pk)
    assert (friendship.following, friendship.outgoing_request) == (False, True)
    assert sandbox.targets("plain_01", "follow") == [private.username]


def test_the_client_does_not_follow_again_whom_it_sees_followed(sandbox, client, public):
    assert client.user_follow(public.pk)
    assert not client.user_follow(public.pk)

    assert sandbox.targets("plain_01", "follow") == [public.username]


def test_a_follow_that_arrives_twice_is_in_the_ledger_twice(sandbox, client, public):
    for _ in range(2):
        client.private_request(f"friendships/create/{public.pk}/", {"user_id": public.pk})

    assert sandbox.targets("plain_01", "follow") == [public.username, public.username]


def test_unfollowing_takes_it_back(sandbox, client, public):
    client.user_follow(public.pk)

    assert client.user_unfollow(public.pk)

    assert not client.user_friendship_v1(public.pk).following
    assert sandbox.targets("plain_01", "unfollow") == [public.username]


def test_many_friendships_are_told_at_once(client, public, private):
    client.user_follow(public.pk)

    told = {one.user_id: one.following for one in client.user_friendships_v1([public.pk, private.pk])}

    assert told == {public.pk: True, private.pk: False}


@pytest.mark.parametrize("whom", ["1", "2000999999"])
def test_nobody_can_be_followed_who_does_not_exist(sandbox, client, whom):
    with pytest.raises(exceptions.InvalidTargetUser):
        client.user_follow(whom)
    assert sandbox.targets("plain_01", "follow") == []


def test_nobody_can_follow_themselves(client):
    with pytest.raises(exceptions.InvalidTargetUser):
        client.user_follow(client.user_id)


def test_two_accounts_follow_without_seeing_each_others_friendships(sandbox, signed_in, client, public):
    other = signed_in("plain_02")
    client.user_follow(public.pk)

    assert not other.user_friendship_v1(public.pk).following
    assert sandbox.ledger("plain_02", "follow") == []


def test_a_like_arrives_and_can_be_taken_back(sandbox, client):
    post = client.hashtag_medias_recent_v1("coffee", 1)[0]

    assert client.media_like(post.id)
    assert client.media_info_v1(post.pk).has_liked
    assert client.media_unlike(post.id)
    assert not client.media_info_v1(post.pk).has_liked
    assert sandbox.targets("plain_01", "like") == sandbox.targets("plain_01", "unlike") == [str(post.pk)]


def test_a_post_that_does_not_exist_cannot_be_liked(client):
    with pytest.raises(exceptions.MediaUnavailable):
        client.media_like("123_456")
