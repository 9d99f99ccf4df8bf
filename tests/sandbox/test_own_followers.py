"""People who follow back, accept and leave on their own time, and the list of the own followers."""

import itertools

import pytest

from sandbox.people import People
from sandbox.state import Event, State
from tests.sandbox.test_scripts import script

PEOPLE = People(1, 100_000)
FIRST, SECOND, THIRD = itertools.islice((one for one in map(PEOPLE.numbered, range(99)) if not one.is_private), 3)
PRIVATE = next(one for one in map(PEOPLE.numbered, range(99)) if one.is_private)
LATEST = "date_followed_latest"


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def listed(client, order=LATEST, **params):
    path = f"friendships/{client.user_id}/followers/"
    return client.private_request(path, params={"count": 200, "order": order} | params)


def ids(page):
    return [one["pk"] for one in page["users"]]


def count(client):
    return client.private_request(f"users/{client.user_id}/info/")["user"]["follower_count"]


def passes(sandbox, seconds):
    sandbox.post("/clock", seconds=seconds)


def follows(sandbox, person, follows=True):
    sandbox.post("/followers", account="plain_01", username=person.username, follows=follows)


def test_people_follow_back_and_leave_when_their_time_has_come(sandbox, client):
    script(sandbox, FIRST, follow_back=True, follow_back_after=100, leave_after=50)
    client.user_follow(FIRST.id)
    seen = []
    for seconds in (99, 1, 49, 1):
        passes(sandbox, seconds)
        seen.append((client.user_friendship_v1(FIRST.id).followed_by, count(client)))

    assert seen == [(False, 40), (True, 41), (True, 41), (False, 40)]


def test_nobody_follows_back_who_is_no_longer_followed(sandbox, client):
    script(sandbox, FIRST, follow_back=True, follow_back_after=100)
    client.user_follow(FIRST.id)
    client.user_unfollow(FIRST.id)

    passes(sandbox, 100)

    assert not client.user_friendship_v1(FIRST.id).followed_by


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_request_is_accepted_later_unless_it_was_taken_back(sandbox, client, taken_back):
    script(sandbox, PRIVATE, accept=True, accept_after=100)
    client.user_follow(PRIVATE.id)
    if taken_back:
        client.user_unfollow(PRIVATE.id)
    assert client.user_friendship_v1(PRIVATE.id).outgoing_request is not taken_back

    passes(sandbox, 100)

    assert client.user_friendship_v1(PRIVATE.id).following is not taken_back


def test_the_own_followers_come_newest_first_if_that_is_asked_for(sandbox, client):
    at_first = ids(listed(client))
    for person, seconds in ((FIRST, 30), (SECOND, 10), (THIRD, 20)):
        script(sandbox, person, follow_back=True, follow_back_after=seconds)
        client.user_follow(person.id)
    passes(sandbox, 30)

    assert ids(listed(client)) == [FIRST.id, THIRD.id, SECOND.id, *at_first]
    assert ids(listed(client, order="default")) == [SECOND.id, THIRD.id, FIRST.id, *at_first]


def test_a_list_may_keep_an_order_of_its_own_whatever_is_asked_for(sandbox, client):
    in_order = ids(listed(client))
    sandbox.post("/lists", account="plain_01", latest_first=False)
    follows(sandbox, FIRST)

    found = ids(listed(client))

    assert found == ids(listed(client)) != [FIRST.id, *in_order]
    assert sorted(found) == sorted([FIRST.id, *in_order])
    assert [one["latest_first"] for one in sandbox.get("/lists")] == [False]


@pytest.mark.parametrize("told", [True, False])
def test_a_list_may_be_cut_short_and_say_so_or_not(sandbox, client, told):
    whole = ids(listed(client))
    sandbox.post("/lists", account="*", shown=10, told=told)

    page = listed(client)

    assert ids(page) == whole[:10]
    assert (page["should_limit_list_of_followers"], page["has_more"]) == (told, False)
    assert count(client) == 40


def test_the_pages_of_the_own_followers_follow_each_other(client):
    whole = ids(listed(client))
    first = listed(client, count=25)

    assert first["has_more"]
    assert ids(first) + ids(listed(client, count=25, max_id=first["next_max_id"])) == whole


def test_somebody_who_followed_from_the_start_may_leave_and_come_back(sandbox, client):
    person = PEOPLE.with_id(ids(listed(client))[5])

    follows(sandbox, person, False)
    assert not client.user_friendship_v1(person.id).followed_by
    assert person.id not in ids(listed(client))
    assert count(client) == 39

    follows(sandbox, person)
    assert client.user_friendship_v1(person.id).followed_by
    assert ids(listed(client))[0] == person.id
    assert (count(client), len(ids(listed(client)))) == (40, 40)


def test_a_person_who_follows_twice_or_leaves_twice_counts_once(sandbox, client):
    for is_follower in (True, True, False, False):
        follows(sandbox, FIRST, is_follower)

    assert count(client) == 40


def test_a_journal_of_an_earlier_version_is_still_understood():
    state = State()
    for kind, facts in (("follow", ["a", "p", True]), ("accepted", ["a", "p"]), ("followed_back", ["p", "a"])):
        state.apply(Event(0.0, kind, "", (), facts))

    assert "p" in state.following["a"]
    assert "a" in state.following["p"]
