"""Direct messages as the client sends and finds them."""

import pytest
from instagrapi import exceptions

SOMEBODY = "2000000042"
SOMEBODY_ELSE = "2000000043"


@pytest.fixture
def client(signed_in):
    return signed_in("plain_01")


@pytest.fixture
def name(client):
    return client.user_info_v1(SOMEBODY).username


@pytest.mark.parametrize("text", ["Hello there 🌱", "look at https://example.com/shop?a=1"])
def test_a_message_arrives_and_is_found_in_its_thread(sandbox, client, name, text):
    sent = client.direct_send(text, [int(SOMEBODY)])

    assert sandbox.targets("plain_01", "message") == [name]
    (found,) = client.direct_messages(sent.thread_id)
    said = found.link.text if found.link else found.text
    assert (found.id, said, found.client_context) == (sent.id, text, sent.client_context)
    assert found.item_type == ("link" if "http" in text else "text")
    assert found.is_sent_by_viewer


def test_the_thread_with_somebody_is_found_once_there_is_one(client, name):
    assert "thread" not in client.direct_thread_by_participants([int(SOMEBODY)])

    sent = client.direct_send("hello", [int(SOMEBODY)])

    found = client.direct_thread_by_participants([int(SOMEBODY)])
    assert found["thread"]["thread_id"] == str(sent.thread_id)
    assert [user.username for user in found["users"]] == [name]


def test_a_token_sent_twice_is_acknowledged_twice_and_delivered_once(sandbox, client, name):
    client.generate_mutation_token = lambda: "6800011111111111111"

    first, second = (client.direct_send("hello", [int(SOMEBODY)]) for _ in range(2))

    assert first.id == second.id
    assert sandbox.targets("plain_01", "message") == [name]


def test_an_answer_shows_in_the_inbox(sandbox, client, name):
    client.direct_send("hello", [int(SOMEBODY)])
    client.direct_send("hello", [int(SOMEBODY_ELSE)])
    sandbox.post("/messages", account="plain_01", username=name, text="stop")

    threads = client.direct_threads()

    assert [thread.users[0].pk for thread in threads] == [SOMEBODY, SOMEBODY_ELSE]
    answer = threads[0].messages[0]
    assert (answer.text, answer.user_id, answer.is_sent_by_viewer) == ("stop", SOMEBODY, False)


def test_a_long_thread_and_a_full_inbox_are_read_to_their_end(client):
    thread = client.direct_send("0", [int(SOMEBODY)]).thread_id
    for number in range(1, 30):
        client.direct_send(str(number), thread_ids=[thread])
    for person in range(25):
        client.direct_send("hello", [int(SOMEBODY_ELSE) + person])

    assert [one.text for one in client.direct_messages(thread, amount=0)] == [str(n) for n in range(29, -1, -1)]
    assert len(client.direct_threads(amount=0)) == 26


def test_messages_of_others_are_not_shown(signed_in, client):
    thread = client.direct_send("hello", [int(SOMEBODY)]).thread_id
    other = signed_in("plain_02")

    with pytest.raises(exceptions.DirectThreadNotFound):
        other.direct_thread(thread)
    assert other.direct_threads() == []


def test_nobody_gets_a_message_who_does_not_exist(sandbox, client):
    with pytest.raises(exceptions.InvalidTargetUser):
        client.direct_send("hello", [1])
    assert sandbox.targets("plain_01", "message") == []


def test_a_message_whose_reply_was_cut_did_arrive(sandbox, client, name):
    sandbox.fault("plain_01", "message", "cut")

    with pytest.raises(exceptions.ClientConnectionError):
        client.direct_send("hello", [int(SOMEBODY)])

    assert sandbox.targets("plain_01", "message") == [name]
    assert client.direct_thread_by_participants([int(SOMEBODY)])["thread"]["items"][0]["text"] == "hello"


def test_nobody_writes_to_their_own_account(sandbox, client):
    with pytest.raises(exceptions.InvalidTargetUser):
        client.direct_send("hello", [int(client.user_id)])
    assert sandbox.targets("plain_01", "message") == []
