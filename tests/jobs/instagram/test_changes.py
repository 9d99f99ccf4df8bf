"""Calls that change something: each is sent once, and a failure says whether it can have taken effect."""

import time
from collections.abc import Callable

import pytest

from jobs.instagram import InstagramClient, PersonRef
from tests.jobs.instagram.conftest import FAULTS, ClientOf, Sandbox, failure_of, named, somebody
from tests.jobs.instagram.test_stories import somebody_with_a_story

CHANGES = ["follow", "unfollow", "like", "story_seen", "message"]
TAKES_EFFECT = {"cut", "drop"}
# Refusals under statuses that Instagram does not always keep to, and statuses that say nothing.
STATUSES = [
    ("login_required", 400, "INSTAGRAM_LOGGED_OUT", "no"),
    ("login_required", 401, "INSTAGRAM_LOGGED_OUT", "no"),
    ("feedback_required", 403, "INSTAGRAM_ACTION_BLOCKED", "no"),
    ("challenge", 403, "INSTAGRAM_CHALLENGE", "no"),
    ("please_wait", 400, "INSTAGRAM_PLEASE_WAIT", "no"),
    ("html", 429, "INSTAGRAM_THROTTLED", "no"),
    ("throttled", 400, "INSTAGRAM_REFUSED", "maybe"),
    ("throttled", 418, "INSTAGRAM_REFUSED", "maybe"),
    ("html", 400, "INSTAGRAM_REFUSED", "maybe"),
    ("html", 408, "INSTAGRAM_TIMEOUT", "maybe"),
    ("html", 502, "INSTAGRAM_SERVER_ERROR", "maybe"),
    ("server_error", 572, "INSTAGRAM_SERVER_ERROR", "maybe"),
]

Change = tuple[Callable[[], object], list[str]]


def prepared(client: InstagramClient, call: str) -> Change:
    """The call, and what the ledger says once it took effect. The connection has been used before."""
    person = somebody(client)
    if call == "like":
        post = client.hashtag_posts("coffee", tab="recent").posts[0]
        return lambda: client.like(post.id), [post.id.partition("_")[0]]
    if call == "story_seen":
        _, story = somebody_with_a_story(client)
        return lambda: client.see_story(story), [picture.id.partition("_")[0] for picture in story.pictures]
    return _to(client, person, call), [person.username]


def _to(client: InstagramClient, person: PersonRef, call: str) -> Callable[[], object]:
    if call == "message":
        return lambda: client.send_message(person.id, "Hello", "6800012345678901234")
    return lambda: client.follow(person.id) if call == "follow" else client.unfollow(person.id)


@pytest.mark.parametrize("call", CHANGES)
def test_a_change_is_one_request_and_takes_effect(sandbox: Sandbox, client_of: ClientOf, call: str) -> None:
    change, effect = prepared(client_of(), call)
    before = sum(sandbox.requests("plain_01").values())

    change()

    assert sum(sandbox.requests("plain_01").values()) == before + 1
    assert sandbox.targets("plain_01", call) == effect


@pytest.mark.parametrize(("fault", "name", "delivered"), [*FAULTS, ("drop", "INSTAGRAM_UNREACHABLE", "maybe")])
@pytest.mark.parametrize("call", CHANGES)
def test_a_change_that_fails_is_named_says_if_it_can_have_arrived_and_is_sent_once(
    sandbox: Sandbox, client_of: ClientOf, call: str, fault: str, name: str, delivered: str
) -> None:
    change, effect = prepared(client_of("plain_02"), call)
    sandbox.fault("plain_02", call, fault)

    assert named(failure_of(change)) == (name, delivered)
    assert sandbox.requests("plain_02")[call] == 1
    assert sandbox.targets("plain_02", call) == (effect if fault in TAKES_EFFECT else [])


@pytest.mark.parametrize(("fault", "status", "name", "delivered"), STATUSES)
@pytest.mark.parametrize("call", CHANGES)
def test_a_refusal_is_named_by_its_words_and_else_by_its_status(
    sandbox: Sandbox, client_of: ClientOf, call: str, fault: str, status: int, name: str, delivered: str
) -> None:
    change, _ = prepared(client_of("plain_02"), call)
    sandbox.fault("plain_02", call, fault, status=status)

    assert named(failure_of(change)) == (name, delivered)
    assert sandbox.requests("plain_02")[call] == 1


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("fault", ["html", "throttled", "server_error"])
def test_a_message_is_in_doubt_after_a_refusal_in_words_that_nobody_knows(
    sandbox: Sandbox, client_of: ClientOf, fault: str, status: int
) -> None:
    change, _ = prepared(client_of("plain_02"), "message")
    sandbox.fault("plain_02", "message", fault, status=status, processed=True)

    assert named(failure_of(change)) == ("INSTAGRAM_REFUSED", "maybe")
    assert sandbox.requests("plain_02")["message"] == 1


@pytest.mark.parametrize("call", CHANGES)
def test_a_change_that_hangs_ends_in_time_and_the_client_goes_on(
    sandbox: Sandbox, client_of: ClientOf, call: str
) -> None:
    client = client_of(timeout=2)
    change, _ = prepared(client, call)
    sandbox.fault("plain_01", call, "hang")

    begin = time.monotonic()
    failure = failure_of(change)

    assert named(failure) == ("INSTAGRAM_TIMEOUT", "maybe")
    assert time.monotonic() - begin < 10
    assert sandbox.requests("plain_01")[call] == 1
    assert somebody(client)
