"""What people do of themselves: answer, follow back, accept a request, by a script or by their character."""

import itertools

import pytest
import requests

from sandbox.people import People
from sandbox.scripts import FRIENDLY, LEAVE_ME_ALONE, character
from tests.sandbox.conftest import new_client
from tests.support.sandbox_process import SandboxProcess

PEOPLE = People(1, 100_000)
FEW = 2_000
PUBLIC, OTHER = itertools.islice((one for one in map(PEOPLE.numbered, range(99)) if not one.is_private), 2)
PRIVATE = next(one for one in map(PEOPLE.numbered, range(99)) if one.is_private)


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


def script(sandbox, who, **what):
    return sandbox.post("/scripts", username=who if who == "*" else who.username, **what)


def write(client, person, text="hello"):
    return client.direct_send(text, [int(person.id)]).thread_id


def texts(client, thread):
    return [message.text for message in client.direct_messages(thread)]


def test_nobody_does_anything_of_themselves(client):
    client.user_follow(PUBLIC.id)
    client.user_follow(PRIVATE.id)
    thread = write(client, PUBLIC)

    assert not client.user_friendship_v1(PUBLIC.id).followed_by
    assert client.user_friendship_v1(PRIVATE.id).outgoing_request
    assert texts(client, thread) == ["hello"]


def test_an_answer_comes_when_its_time_has_come(sandbox, client):
    script(sandbox, PUBLIC, reply="who are you?", after=20)
    thread = write(client, PUBLIC)
    sandbox.post("/clock", seconds=10)
    assert texts(client, thread) == ["hello"]

    sandbox.post("/clock", seconds=10)

    answer, question = client.direct_messages(thread)
    assert (answer.text, answer.user_id, answer.is_sent_by_viewer) == ("who are you?", PUBLIC.id, False)
    assert (answer.timestamp - question.timestamp).total_seconds() == pytest.approx(20, abs=1)
    assert [thread.messages[0].text for thread in client.direct_threads()] == ["who are you?"]
    assert client.direct_thread_by_participants([int(PUBLIC.id)])["thread"]["items"][0]["text"] == "who are you?"
    assert sandbox.targets("plain_01", "message") == [PUBLIC.username]
    assert sandbox.ledger(PUBLIC.username) == []


def test_what_is_said_meanwhile_stands_before_the_answer(sandbox, client):
    script(sandbox, PUBLIC, reply="late", after=20)
    thread = write(client, PUBLIC, "first")
    script(sandbox, PUBLIC, reply=None)
    write(client, PUBLIC, "second")
    sandbox.post("/clock", seconds=30)
    sandbox.post("/messages", account="plain_01", username=OTHER.username, text="hi")
    write(client, PUBLIC, "third")

    assert texts(client, thread) == ["third", "late", "second", "first"]
    assert [one.users[0].pk for one in client.direct_threads()] == [PUBLIC.id, OTHER.id]


def test_every_message_is_answered_and_one_sent_twice_is_one(sandbox, client):
    script(sandbox, PUBLIC, reply="yes?")
    thread = write(client, PUBLIC)
    client.generate_mutation_token = lambda: "6800011111111111111"
    for _ in range(2):
        write(client, PUBLIC, "again")

    assert texts(client, thread) == ["yes?", "again", "yes?", "hello"]


def test_a_message_that_was_not_processed_is_not_answered(sandbox, client):
    script(sandbox, PUBLIC, reply="yes?")
    sandbox.fault("plain_01", "message", "server_error")

    with pytest.raises(Exception, match="an error occurred"):
        write(client, PUBLIC)

    assert client.direct_threads() == []


def test_somebody_writes_to_an_account_first(sandbox, client):
    sandbox.post("/messages", account="plain_01", username=PUBLIC.username, text="please stop")

    (thread,) = client.direct_threads()

    assert [(one.text, one.user_id) for one in thread.messages] == [("please stop", PUBLIC.id)]


def test_whoever_follows_back_shows_it_everywhere(sandbox, client):
    script(sandbox, PUBLIC, follow_back=True)
    before = client.user_followers_v1(client.user_id)
    client.user_follow(PUBLIC.id)
    client.user_follow(OTHER.id)

    friendship = client.user_friendship_v1(PUBLIC.id)
    assert (friendship.following, friendship.followed_by) == (True, True)
    assert not client.user_friendship_v1(OTHER.id).followed_by
    assert [one.pk for one in client.user_followers_v1(client.user_id)] == [PUBLIC.id, *(one.pk for one in before)]
    assert [one.pk for one in client.user_following_v1(client.user_id)] == [PUBLIC.id, OTHER.id]
    assert client.user_following_v1(PUBLIC.id, 1)[0].pk == str(client.user_id)
    assert client.user_info_v1(client.user_id).follower_count == 41


def test_whoever_follows_back_goes_on_when_unfollowed_and_counts_once(sandbox, client):
    script(sandbox, PUBLIC, follow_back=True)
    for _ in range(2):
        client.user_follow(PUBLIC.id)
        client.user_unfollow(PUBLIC.id)

    friendship = client.user_friendship_v1(PUBLIC.id)
    assert (friendship.following, friendship.followed_by) == (False, True)
    assert [one.pk for one in client.user_followers_v1(client.user_id)].count(PUBLIC.id) == 1


def test_the_row_of_followers_agrees_with_each_friendship(client):
    followers = client.user_followers_v1(client.user_id)

    assert len(followers) == 40
    assert all(client.user_friendship_v1(one.pk).followed_by for one in followers[:5])


def test_a_request_is_no_following_until_it_is_accepted(sandbox, client):
    client.user_follow(PRIVATE.id)
    assert client.user_following_v1(client.user_id) == []
    client.user_unfollow(PRIVATE.id)
    assert not client.user_friendship_v1(PRIVATE.id).outgoing_request

    script(sandbox, PRIVATE, accept=True)
    assert client.user_follow(PRIVATE.id)

    friendship = client.user_friendship_v1(PRIVATE.id)
    assert (friendship.following, friendship.outgoing_request) == (True, False)
    assert [one.pk for one in client.user_following_v1(client.user_id)] == [PRIVATE.id]
    assert client.user_followers_v1(PRIVATE.id, 1)[0].pk == str(client.user_id)


def test_a_follow_that_arrives_again_asks_nothing_again(sandbox, client):
    script(sandbox, PRIVATE, accept=True)
    client.user_follow(PRIVATE.id)
    script(sandbox, PRIVATE, accept=False)

    client.private_request(f"friendships/create/{PRIVATE.id}/", {"user_id": PRIVATE.id})

    assert client.user_friendship_v1(PRIVATE.id).following


def test_a_script_for_everybody_gives_way_to_one_for_somebody(sandbox, client):
    script(sandbox, "*", reply="hi", follow_back=True)
    script(sandbox, OTHER, reply="stop")

    assert texts(client, write(client, PUBLIC)) == ["hi", "hello"]
    assert texts(client, write(client, OTHER)) == ["stop", "hello"]


def test_accounts_have_owners_and_do_nothing_of_themselves(sandbox, signed_in, client):
    script(sandbox, "*", reply="hi", follow_back=True)
    other = signed_in("plain_02")

    client.user_follow(other.user_id)
    thread = client.direct_send("hello", [int(other.user_id)]).thread_id

    assert not client.user_friendship_v1(other.user_id).followed_by
    assert texts(client, thread) == ["hello"]


def test_scripts_are_listed_and_a_reset_forgets_them_and_the_clock(sandbox):
    told = script(
        sandbox, PUBLIC, reply="stop", after=1.5, follow_back=True, follow_back_after=60, leave_after=90, accept=True
    )
    assert told == {
        "username": PUBLIC.username,
        "reply": "stop",
        "kind": "text",
        "after": 1.5,
        "follow_back": True,
        "accept": True,
        "follow_back_after": 60.0,
        "accept_after": 0.0,
        "leave_after": 90.0,
    }
    assert sandbox.get("/scripts") == [told]
    ahead = sandbox.post("/clock", seconds=86_400)["now"]

    sandbox.reset()

    assert sandbox.get("/scripts") == []
    assert sandbox.post("/clock", seconds=0)["now"] < ahead


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/scripts", {"username": "nobody_at_all"}, "username"),
        ("/scripts", {"reply": "hi"}, "username"),
        ("/scripts", {"username": "*", "reply": ""}, "reply"),
        ("/scripts", {"username": "*", "after": -1}, "after"),
        ("/scripts", {"username": "*", "after": "soon"}, "after"),
        ("/scripts", {"username": "*", "accept": 1}, "accept"),
        ("/scripts", {"username": "*", "leave_after": -1}, "leave_after"),
        ("/followers", {"account": "nobody", "username": PUBLIC.username, "follows": True}, "account"),
        ("/followers", {"account": "plain_01", "username": PUBLIC.username}, "follows"),
        ("/lists", {"account": "nobody"}, "account"),
        ("/lists", {"account": "*", "shown": -1}, "shown"),
        ("/messages", {"account": "plain_01", "username": "nobody_at_all", "text": "hi"}, "username"),
        ("/messages", {"account": "nobody", "username": PUBLIC.username, "text": "hi"}, "account"),
        ("/clock", {"seconds": -1e9}, "seconds"),
    ],
)
def test_a_script_that_makes_no_sense_is_refused_by_field(sandbox, path, body, field):
    reply = requests.post(sandbox.url + path, json=body, timeout=10)

    assert reply.status_code == 422
    assert list(reply.json()["fields"]) == [field]


def test_characters_differ_and_one_person_never_changes():
    people = [PEOPLE.numbered(number) for number in range(4_000)]
    private, public = ([one for one in people if one.is_private is kind] for kind in (True, False))
    scripts = {one.id: character(1, one) for one in people}

    def share(wanted, among=people):
        return sum(wanted(scripts[one.id]) for one in among) / len(among)

    assert scripts == {one.id: character(1, one) for one in people}
    assert share(lambda one: one.follow_back, public) == pytest.approx(1 / 4, 0.1)
    assert share(lambda one: one.reply in FRIENDLY) == pytest.approx(1 / 8, 0.15)
    assert share(lambda one: one.reply in LEAVE_ME_ALONE) == pytest.approx(1 / 25, 0.2)
    assert share(lambda one: one.accept, private) == pytest.approx(1 / 2, 0.1)
    assert not any(one.follow_back and not one.accept for one in (scripts[person.id] for person in private))
    assert all(60 <= one.follow_back_after <= 3 * 86_400 for one in scripts.values())
    assert share(lambda one: one.leave_after is not None) == pytest.approx(1 / 8, 0.1)


def test_lively_people_live_by_their_characters(tmp_path, own_trust):
    people = People(1, FEW)
    public = [one for one in map(people.numbered, range(FEW)) if not one.is_private]
    backs = next(one for one in public if character(1, one).follow_back)
    kind = next(one for one in public if character(1, one).reply in FRIENDLY)
    accepts = next(one for one in map(people.numbered, range(FEW)) if one.is_private and character(1, one).accept)
    silenced = next(one for one in public if one is not kind and character(1, one).reply)

    with SandboxProcess.start(0, "--people", str(FEW), "--lively") as sandbox:
        client = new_client(sandbox.proxy, sandbox.write_ca(tmp_path))
        client.login("plain_01", sandbox.account("plain_01")["password"])
        script(sandbox, silenced)
        client.user_follow(backs.id)
        client.user_follow(accepts.id)
        threads = write(client, kind), write(client, silenced)
        assert not client.user_friendship_v1(backs.id).followed_by
        assert client.user_friendship_v1(accepts.id).outgoing_request
        sandbox.post("/clock", seconds=3 * 86_400)

        assert client.user_friendship_v1(backs.id).followed_by
        assert client.user_friendship_v1(accepts.id).following
        assert [texts(client, thread) for thread in threads] == [[character(1, kind).reply, "hello"], ["hello"]]
        client.private.close()
