"""How much an account may do before Instagram blocks it, and for how long."""

import pytest
import requests
from instagrapi import exceptions

PEOPLE = [str(2_000_000_000 + number) for number in range(9)]


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def limit(sandbox, account, call, count, seconds):
    return sandbox.post("/limits", account=account, call=call, count=count, seconds=seconds)


def follow(client, *people):
    for person in people:
        assert client.user_follow(person)


def refused(client, person):
    with pytest.raises(exceptions.FeedbackRequired):
        client.user_follow(person)
    return True


def test_past_the_limit_nothing_is_processed_until_the_window_has_passed(sandbox, client):
    limit(sandbox, "plain_01", "follow", 2, 3_600)
    follow(client, PEOPLE[0])
    sandbox.post("/clock", seconds=1_800)
    follow(client, PEOPLE[1])

    assert refused(client, PEOPLE[2])
    assert refused(client, PEOPLE[2])
    assert not client.user_friendship_v1(PEOPLE[2]).following
    assert len(sandbox.targets("plain_01", "follow")) == 2

    sandbox.post("/clock", seconds=1_801)
    follow(client, PEOPLE[2])
    assert refused(client, PEOPLE[3])


def test_what_was_done_before_the_limit_was_set_counts(sandbox, client):
    follow(client, *PEOPLE[:2])

    limit(sandbox, "plain_01", "follow", 2, 3_600)

    assert refused(client, PEOPLE[2])


def test_a_limit_is_for_one_call_and_one_account(sandbox, signed_in, client):
    limit(sandbox, "plain_01", "follow", 1, 3_600)
    follow(client, PEOPLE[0])

    assert refused(client, PEOPLE[1])
    assert client.user_unfollow(PEOPLE[0])
    assert client.direct_send("hello", [int(PEOPLE[1])])
    follow(signed_in("plain_02"), *PEOPLE[:2])


def test_a_limit_for_everybody_is_for_each_by_itself(sandbox, signed_in, client):
    limit(sandbox, "*", "follow", 1, 3_600)
    other = signed_in("plain_02")

    for one in (client, other):
        follow(one, PEOPLE[0])
        assert refused(one, PEOPLE[1])


def test_the_narrowest_of_several_limits_holds(sandbox, client):
    limit(sandbox, "*", "follow", 3, 86_400)
    limit(sandbox, "plain_01", "follow", 2, 60)
    follow(client, *PEOPLE[:2])
    assert refused(client, PEOPLE[2])

    sandbox.post("/clock", seconds=61)
    follow(client, PEOPLE[2])

    sandbox.post("/clock", seconds=61)
    assert refused(client, PEOPLE[3])


def test_a_refused_call_does_not_count_and_one_whose_reply_was_lost_does(sandbox, client):
    limit(sandbox, "plain_01", "follow", 2, 3_600)
    sandbox.fault("plain_01", "follow", "server_error")
    with pytest.raises(exceptions.ClientError):
        client.user_follow(PEOPLE[0])
    sandbox.fault("plain_01", "follow", "cut")
    with pytest.raises(exceptions.ClientConnectionError):
        client.user_follow(PEOPLE[1])

    follow(client, PEOPLE[2])
    assert refused(client, PEOPLE[3])


def test_a_fault_past_the_limit_takes_no_effect_either(sandbox, client):
    limit(sandbox, "plain_01", "follow", 1, 3_600)
    follow(client, PEOPLE[0])
    sandbox.fault("plain_01", "follow", "cut")

    with pytest.raises(exceptions.ClientConnectionError):
        client.user_follow(PEOPLE[1])

    assert len(sandbox.targets("plain_01", "follow")) == 1


def test_the_strict_account_may_do_little_a_day(sandbox, signed_in):
    client = signed_in("strict")
    posts = [post.id for post in client.hashtag_medias_recent_v1("coffee", 4)]
    acts = {
        "follow": (3, lambda place: client.user_follow(PEOPLE[place])),
        "like": (3, lambda place: client.media_like(posts[place])),
        "message": (2, lambda place: client.direct_send("hello", [int(PEOPLE[place])])),
    }

    for kind, (most, act) in acts.items():
        for place in range(most):
            assert act(place)
        with pytest.raises(exceptions.FeedbackRequired):
            act(most)
        assert len(sandbox.targets("strict", kind)) == most

    sandbox.post("/clock", seconds=86_401)
    assert all(act(most) for most, act in acts.values())


def test_limits_are_listed_and_a_reset_forgets_them(sandbox):
    told = limit(sandbox, "*", "like", 5, 1.5)

    assert told == {"account": "*", "call": "like", "count": 5, "seconds": 1.5}
    assert sandbox.get("/limits") == [told]
    sandbox.reset()
    assert sandbox.get("/limits") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("account", "nobody"), ("call", "thread"), ("call", "act"), ("count", 0), ("count", "3"), ("seconds", 0)],
)
def test_a_limit_that_makes_no_sense_is_refused_by_field(sandbox, field, value):
    body = {"account": "plain_01", "call": "follow", "count": 1, "seconds": 60, field: value}

    reply = requests.post(f"{sandbox.url}/limits", json=body, timeout=10)

    assert reply.status_code == 422
    assert list(reply.json()["fields"]) == [field]
