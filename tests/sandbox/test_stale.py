"""Replies that lag behind: good ones, without what the account itself has just done."""

import itertools

import pytest
from instagrapi import exceptions

from sandbox.people import People

PUBLIC, OTHER = itertools.islice((one for one in map(People(1, 100_000).numbered, range(99)) if not one.is_private), 2)


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


@pytest.fixture
def stale(sandbox):
    """Lets the next reply lag, or the next few: the client reads a thread and the inbox until a page is empty."""
    return lambda call="work", count=1: sandbox.fault("plain_01", call, "stale", count)


def pass_a_minute(sandbox):
    sandbox.post("/clock", seconds=61)


def write(client, person, text):
    return client.direct_send(text, [int(person.id)]).thread_id


def texts(messages):
    return [one.text for one in messages]


def test_a_message_is_in_no_lagging_thread_and_no_lagging_inbox(sandbox, client, stale):
    thread = write(client, PUBLIC, "old")
    pass_a_minute(sandbox)
    write(client, PUBLIC, "new")
    write(client, OTHER, "first")

    stale(count=2)
    assert texts(client.direct_messages(thread)) == ["old"]
    assert texts(client.direct_messages(thread)) == ["new", "old"]
    stale(count=2)
    assert [texts(one.messages) for one in client.direct_threads()] == [["old"]]
    assert [texts(one.messages) for one in client.direct_threads()] == [["first"], ["new", "old"]]
    stale()
    assert client.direct_thread_by_participants([int(PUBLIC.id)])["thread"]["items"][0]["text"] == "old"


def test_a_thread_that_is_new_is_not_there_yet(client, stale):
    thread = write(client, PUBLIC, "first")

    stale()
    with pytest.raises(exceptions.DirectThreadNotFound):
        client.direct_messages(thread)
    stale()
    assert "thread" not in client.direct_thread_by_participants([int(PUBLIC.id)])
    assert texts(client.direct_messages(thread)) == ["first"]


def test_what_others_write_shows_at_once(sandbox, client, stale):
    thread = write(client, PUBLIC, "hello")
    sandbox.post("/messages", account="plain_01", username=PUBLIC.username, text="stop")

    stale(count=2)
    assert texts(client.direct_messages(thread)) == ["stop"]


def test_a_follow_and_an_unfollow_lag(sandbox, client, stale):
    def followed():
        return client.user_friendship_v1(PUBLIC.id).following

    client.user_follow(PUBLIC.id)
    stale()
    assert not followed()
    assert followed()

    pass_a_minute(sandbox)
    stale()
    assert followed()

    client.user_unfollow(PUBLIC.id)
    stale("friendship")
    assert followed()
    assert not followed()


def test_what_changed_twice_is_shown_as_it_was_before_the_first_time(client, stale):
    client.user_follow(PUBLIC.id)
    client.user_unfollow(PUBLIC.id)
    client.user_follow(PUBLIC.id)

    stale()
    assert not client.user_friendship_v1(PUBLIC.id).following


def test_many_friendships_lag_together(client, stale):
    client.user_follow(PUBLIC.id)

    stale()
    assert not any(one.following for one in client.user_friendships_v1([PUBLIC.id, OTHER.id]))


def test_a_like_and_an_unlike_lag(sandbox, client, stale):
    post = client.hashtag_medias_recent_v1("coffee", 1)[0]
    client.media_like(post.id)

    stale()
    assert not client.media_info_v1(post.pk).has_liked
    assert client.media_info_v1(post.pk).has_liked

    pass_a_minute(sandbox)
    client.media_unlike(post.id)
    stale()
    assert client.media_info_v1(post.pk).has_liked


def test_how_far_a_story_was_seen_lags(client, stale):
    person = next(one for one in range(2_000_000_000, 2_000_000_099) if client.user_stories_v1(str(one)))
    story = client.user_stories_v1(str(person))[0]
    client.media_seen([story.id])

    def seen():
        return client.private_request(f"feed/user/{person}/story/")["reel"]["seen"]

    stale()
    assert seen() is None
    assert seen() == story.taken_at.timestamp()


def test_another_account_sees_its_own_as_it_is(sandbox, signed_in, client):
    other = signed_in("plain_02")
    client.user_follow(PUBLIC.id)
    sandbox.fault("plain_02", "work", "stale")

    assert not other.user_friendship_v1(PUBLIC.id).following
    assert client.user_friendship_v1(PUBLIC.id).following


def test_only_what_can_lag_meets_it(sandbox, client, stale):
    stale("any")

    client.account_info()
    assert client.media_like(client.hashtag_medias_recent_v1("coffee", 1)[0].id)

    assert [one["fault"] for one in sandbox.get("/faults")] == ["stale"]
