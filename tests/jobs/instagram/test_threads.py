"""Messages: sending one, and finding out what was said."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from instagrapi import exceptions as ig

from jobs.instagram import Inbox, Message, PersonRef, Sent, Thread
from jobs.instagram.refusals import Call
from jobs.instagram.threads import message_form, read_inbox, read_sent, read_thread
from tests.jobs.instagram.conftest import ClientOf, Sandbox, failure_of, named, somebody

TOKEN = "6800012345678901234"
CALL = Call("act", "message", TOKEN)
ACK = {"item_id": "30", "thread_id": "34", "timestamp": "1800000000000001", "client_context": TOKEN}
AT = datetime(2027, 1, 15, 8, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["Hello", "See https://example.com/a?b=c and more", "Größe & 100 % = ☕\nyes", "http"])
def test_a_message_arrives_and_is_found_under_its_token(sandbox: Sandbox, client_of: ClientOf, text: str) -> None:
    client = client_of()
    person = somebody(client)

    sent = client.send_message(person.id, text, TOKEN)

    thread = client.thread_with(person.id)
    assert thread
    assert (thread.id, thread.people) == (sent.thread_id, [person])
    message = thread.messages[0]
    assert (message.item_id, message.text, message.token, message.mine) == (sent.item_id, text, TOKEN, True)
    assert message.at == sent.at
    assert abs(datetime.now(UTC) - sent.at) < timedelta(minutes=1)
    assert sandbox.targets("plain_01", "message") == [person.username]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://ex.am/ple", ["https://ex.am/ple"]),
        ("(https://ex.am/ple).", ["https://ex.am/ple"]),
        ("https://ex.am/ple, http://ex.am/b; HTTPS://EX.AM!", ["https://ex.am/ple", "http://ex.am/b", "HTTPS://EX.AM"]),
        ("Is it https://ex.am/ple?!", ["https://ex.am/ple"]),
        ("“https://ex.am/ple”…", ["https://ex.am/ple"]),
        ("<https://ex.am/ple>", ["https://ex.am/ple"]),
        ("[here](https://ex.am/ple)", ["https://ex.am/ple"]),
        ("https://en.wikipedia.org/wiki/Mia_(name)", ["https://en.wikipedia.org/wiki/Mia_(name)"]),
        ("(https://en.wikipedia.org/wiki/Mia_(name)).", ["https://en.wikipedia.org/wiki/Mia_(name)"]),
        ("https://ex.am/a?b=c&d=[1]#e/", ["https://ex.am/a?b=c&d=[1]#e/"]),
        ("見て（https://ex.am/ple）。", ["https://ex.am/ple"]),
        ("We use http only", []),
        ("http", []),
        ("http:// and https://.", []),
        ("https:/ex.am, httpx://ex.am, www.ex.am", []),
    ],
)
def test_only_whole_addresses_go_as_links(text: str, links: list[str]) -> None:
    method, form = message_form("1", text, TOKEN)

    sent = {name: form[name] for name in ("text", "link_text", "link_urls") if name in form}
    as_link = {"link_text": text, "link_urls": json.dumps(links, separators=(",", ":"))}
    assert (method, sent) == (("link", as_link) if links else ("text", {"text": text}))


def test_a_message_whose_reply_was_cut_off_is_found_under_its_token(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    person = somebody(client)
    sandbox.fault("plain_01", "message", "cut")
    failure_of(lambda: client.send_message(person.id, "Hello", TOKEN))

    thread = client.thread_with(person.id)

    assert thread
    assert [message.token for message in thread.messages] == [TOKEN]


def test_the_same_token_is_the_same_message(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    person = somebody(client)

    assert client.send_message(person.id, "Hello", TOKEN) == client.send_message(person.id, "Hello", TOKEN)
    assert sandbox.targets("plain_01", "message") == [person.username]


def test_nobody_can_be_written_to_who_does_not_exist(client_of: ClientOf) -> None:
    failure = failure_of(lambda: client_of().send_message("99999999999999", "Hello", TOKEN))

    assert named(failure) == ("INSTAGRAM_PERSON_NOT_FOUND", "no")


@pytest.mark.parametrize(
    ("error", "name", "delivered"),
    [
        (ig.DirectMessageRequestsDisabled(message="requests are off"), "INSTAGRAM_MESSAGES_CLOSED", "no"),
        (ig.PrivateAccount(message="Not authorized to view user"), "INSTAGRAM_PERSON_PRIVATE", "no"),
        (ig.ClientForbiddenError(message='{"message":"login_required"}'), "INSTAGRAM_LOGGED_OUT", "no"),
        (ig.ClientForbiddenError(message="Forbidden"), "INSTAGRAM_REFUSED", "maybe"),
        (ig.ClientNotFoundError(message="User not found"), "INSTAGRAM_REFUSED", "maybe"),
        (ig.MediaUnavailable(message="This has been deleted"), "INSTAGRAM_REFUSED", "maybe"),
        (ig.UnknownError(message="Media not found"), "INSTAGRAM_REFUSED", "maybe"),
        (ig.ClientBadRequestError(message=""), "INSTAGRAM_REFUSED", "maybe"),
        (ig.ClientError(message="status fail"), "INSTAGRAM_REFUSED", "maybe"),
    ],
)
def test_a_message_is_surely_not_delivered_only_after_a_known_refusal(
    monkeypatch: pytest.MonkeyPatch, client_of: ClientOf, error: Exception, name: str, delivered: str
) -> None:
    """With replies that the sandbox does not give."""
    client = client_of()

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(client._client, "private_request", refuse)

    assert named(failure_of(lambda: client.send_message("101", "Hello", TOKEN))) == (name, delivered)


def test_there_is_no_thread_with_somebody_who_was_never_written_to(client_of: ClientOf) -> None:
    client = client_of()

    assert client.thread_with(somebody(client).id) is None
    assert client.inbox() == Inbox([], None)


def test_an_answer_stands_first_and_is_not_mine(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    person = somebody(client)
    client.send_message(person.id, "Hello", TOKEN)
    sandbox.post("/messages", account="plain_01", username=person.username, text="STOP")

    thread = client.thread_with(person.id)

    assert thread
    assert [(message.text, message.mine) for message in thread.messages] == [("STOP", False), ("Hello", True)]
    assert thread.messages[0].sender_id == person.id
    assert client.inbox().threads == [thread]


def test_a_long_thread_is_read_on_from_where_the_inbox_ends(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    person = somebody(client)
    client.send_message(person.id, "Hello", TOKEN)
    for number in range(34):
        sandbox.post("/messages", account="plain_01", username=person.username, text=str(number))

    pages = [client.inbox().threads[0]]
    while cursor := pages[-1].cursor:
        pages.append(client.thread(pages[-1].id, cursor))

    assert [len(page.messages) for page in pages] == [10, 20, 5]
    assert [message.text for page in pages for message in page.messages] == [*map(str, range(33, -1, -1)), "Hello"]


def test_a_thread_that_is_gone_is_not_found(client_of: ClientOf) -> None:
    assert named(failure_of(lambda: client_of().thread("7", "20"))) == ("INSTAGRAM_PERSON_NOT_FOUND", "no")


def test_pages_of_the_inbox_follow_each_other_to_the_end(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    people = client.hashtag_page("travel").people[:22]
    for person in people:
        sandbox.post("/messages", account="plain_01", username=person.username, text="Hello")

    first = client.inbox()
    second = client.inbox(first.cursor)

    assert second.cursor is None
    assert sandbox.requests("plain_01")["inbox"] == 2
    assert [thread.people[0] for thread in first.threads + second.threads] == people[::-1]


def test_an_acknowledgement_tells_which_message_it_became() -> None:
    assert read_sent({"status_code": "200", "payload": ACK}, CALL) == Sent("30", "34", AT)
    assert read_sent({"payload": {**ACK, "timestamp": int(ACK["timestamp"])}}, CALL) == Sent("30", "34", AT)


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"payload": None},
        {"payload": []},
        {"payload": {}},
        {"payload": {**ACK, "item_id": None}},
        {"payload": {**ACK, "client_context": "another"}},
        {"payload": ACK, "status_code": "403"},
        {"payload": ACK, "status_code": 500},
    ],
)
def test_what_does_not_acknowledge_the_message_leaves_it_in_doubt(reply: dict[str, Any]) -> None:
    assert named(failure_of(lambda: read_sent(reply, CALL))) == ("INSTAGRAM_UNREADABLE", "maybe")


def item(number: int, **more: object) -> dict[str, object]:
    return {"item_id": str(number), "user_id": 7, "timestamp": 1_800_000_000_000_000 + number, **more}


def test_messages_are_read_newest_first_whatever_they_are() -> None:
    items = [
        item(1, text="Hello", client_context=TOKEN, user_id=1),
        item(3, item_type="link", link={"text": "see https://example.com"}),
        item(2, item_type="media"),
        {"item_id": "4"},
        {"timestamp": 5},
        item(6, timestamp="soon"),
        item(7, timestamp=10**30),
        None,
        "x",
    ]

    thread = read_thread({"thread_id": "34", "users": [{"pk": 7, "username": "ann"}], "items": items}, own_id="1")

    assert thread == Thread(
        "34",
        [PersonRef("7", "ann")],
        [
            Message("3", "7", "see https://example.com", "", AT + timedelta(microseconds=2), False),
            Message("2", "7", "", "", AT + timedelta(microseconds=1), False, "media"),
            Message("1", "1", "Hello", TOKEN, AT, True),
        ],
    )


@pytest.mark.parametrize(
    ("inbox", "cursor"),
    [
        ({"oldest_cursor": "20", "has_older": True}, "20"),
        ({"oldest_cursor": "20", "has_older": False}, None),
        ({"oldest_cursor": 20}, "20"),
        ({}, None),
    ],
)
def test_an_inbox_goes_on_where_there_is_something_older(inbox: dict[str, Any], cursor: str | None) -> None:
    assert read_inbox({"inbox": {"threads": [], **inbox}}, "1") == Inbox([], cursor)


ANN = {"pk": 7, "username": "ann"}


@pytest.mark.parametrize(
    "odd",
    [
        None,
        "x",
        {},
        {"thread_id": "35"},
        {"thread_id": "35", "users": [], "items": None},
        {"thread_id": "35", "users": [ANN], "items": {}},
        {"users": [ANN], "items": [item(1, text="Hello")]},
    ],
)
def test_one_conversation_that_cannot_be_read_costs_no_other(odd: object) -> None:
    whole = {"thread_id": "34", "users": [ANN], "items": [item(1, text="stop")]}

    inbox = read_inbox({"inbox": {"threads": [odd, whole, odd]}}, "1")

    assert [(thread.id, [message.text for message in thread.messages]) for thread in inbox.threads] == [
        ("34", ["stop"])
    ]


@pytest.mark.parametrize("users", [{}, {"users": None}, {"users": []}, {"users": [{"pk": 7}]}])
def test_what_is_said_in_a_conversation_without_its_people_is_read(users: dict[str, object]) -> None:
    (thread,) = read_inbox(
        {"inbox": {"threads": [{"thread_id": "34", "items": [item(1, text="stop")], **users}]}}, "1"
    ).threads
    assert thread.people == []
    assert [(message.sender_id, message.text) for message in thread.messages] == [("7", "stop")]


@pytest.mark.parametrize("odd", [{}, {"items": None}, {"thread_id": None, "items": []}])
def test_a_conversation_that_cannot_be_read_does_not_show_that_nothing_arrived(odd: dict[str, Any]) -> None:
    failure = failure_of(lambda: read_thread({"thread_id": "34", "users": [ANN], **odd}, "1"))
    assert named(failure) == ("INSTAGRAM_UNREADABLE", "maybe")


def test_a_person_of_a_conversation_is_known_by_either_id() -> None:
    (thread,) = read_inbox(
        {"inbox": {"threads": [{"thread_id": "34", "users": [{"pk_id": 7, "username": "ann"}], "items": []}]}}, "1"
    ).threads
    assert thread.people == [PersonRef("7", "ann")]


ODD_TIMES: list[object] = [None, "soon", 10**30, "9" * 30, 1.5, -5, True, [1], 1_800_000_000, {}]


@pytest.mark.parametrize("odd", [*({"timestamp": time} for time in ODD_TIMES), {"item_id": None}], ids=repr)
def test_words_without_a_time_or_an_id_are_not_lost(odd: dict[str, object]) -> None:
    items = [{**item(2, text="stop"), **odd}, item(1)]
    thread = read_thread({"thread_id": "34", "users": [ANN], "items": items}, "1")
    assert [message.item_id for message in thread.messages] == ["1"]
    assert [(one.sender_id, one.text) for one in thread.undated] == [("7", "stop")]


def test_an_own_message_without_a_time_proves_nothing() -> None:
    own = item(2, text="Hello", user_id=1, timestamp="soon")
    thread = read_thread({"thread_id": "34", "users": [ANN], "items": [own]}, "1")
    assert (thread.messages, thread.undated) == ([], ())


def test_a_conversation_with_somebody_unreadable_is_not_one_between_two() -> None:
    users = [ANN, {"pk": [8], "username": "ben"}]
    assert read_thread({"thread_id": "34", "users": users, "items": []}, "1").people == []
