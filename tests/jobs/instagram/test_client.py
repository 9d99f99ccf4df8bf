"""What the bot reads and does on Instagram, on one warm connection."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from bot.core.errors import BotException
from jobs.instagram import Endpoint, Friendship, InstagramAuth, InstagramClient, PersonRef
from tests.jobs.instagram.conftest import (
    FAULTS,
    ClientOf,
    Sandbox,
    SignIn,
    failure_of,
    named,
    somebody,
    somebody_private,
)
from tests.jobs.instagram.relay import relay_to

# Every call that only reads, under the name that the sandbox has for it.
READS: dict[str, Callable[[InstagramClient], object]] = {
    "usernameinfo": lambda client: client.person("plain_01"),
    "friendship": lambda client: client.friendship("1"),
    "followers": lambda client: client.followers_page("1"),
    "following": lambda client: client.following_page("1"),
    "hashtag": lambda client: client.hashtag_page("coffee"),
    "media_info": lambda client: client.post("1_1"),
    "likers": lambda client: client.likers("1_1"),
    "comments": lambda client: client.comments_page("1_1"),
    "news": lambda client: client.news(),
    "user_feed": lambda client: client.user_posts("1"),
    "story": lambda client: client.story("1"),
    "thread": lambda client: client.thread_with("1"),
    "inbox": lambda client: client.inbox(),
}


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"


def test_a_person_is_read_by_name(client_of: ClientOf) -> None:
    client = client_of()
    ref = somebody(client)

    person = client.person(ref.username)

    assert (person.id, person.username) == (ref.id, ref.username)
    assert person.followers > 0


@pytest.mark.parametrize("username", ["nobody_at_all", "../accounts/current_user", "a?b", "näme", "a b", "%2e"])
def test_a_name_that_nobody_has_is_not_found_whatever_is_in_it(client_of: ClientOf, username: str) -> None:
    with pytest.raises(BotException) as caught:
        client_of().person(username)

    assert caught.value.name == "INSTAGRAM_PERSON_NOT_FOUND"
    assert caught.value.meta["delivered"] == "no"


def test_hashtag_pages_follow_each_other_to_the_end_and_show_each_author_once_a_page(
    sandbox: Sandbox, client_of: ClientOf
) -> None:
    client = client_of()
    pages, cursor = [], None
    for _ in range(200):
        page = client.hashtag_page("coffee", cursor)
        pages.append(page.people)
        if not (cursor := page.cursor):
            break

    assert cursor is None
    assert len(pages) > 1
    assert all(len({ref.id for ref in people}) == len(people) for people in pages)
    assert pages[0] != pages[1]
    assert [] in pages, "an empty page in the middle is not the end"
    assert sandbox.requests("plain_01")["hashtag"] == len(pages)


def test_a_hashtag_in_any_script_can_be_asked_for(client_of: ClientOf) -> None:
    assert client_of().hashtag_page("кофе☕").people is not None


def test_a_follow_is_one_request_and_arrives(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    ref = somebody(client)
    assert client.friendship(ref.id) == Friendship(following=False, requested=False)
    before = sum(sandbox.requests("plain_01").values())

    answer = client.follow(ref.id)

    assert sum(sandbox.requests("plain_01").values()) == before + 1
    assert answer.following or answer.requested
    assert client.friendship(ref.id) == answer
    assert sandbox.targets("plain_01", "follow") == [ref.username]


def test_a_private_account_is_asked_and_not_followed(client_of: ClientOf) -> None:
    client = client_of()

    assert client.follow(somebody_private(client).id) == Friendship(following=False, requested=True)


def test_nobody_can_be_followed_who_does_not_exist(client_of: ClientOf) -> None:
    with pytest.raises(BotException) as caught:
        client_of().follow("99999999999999")

    assert caught.value.name == "INSTAGRAM_PERSON_NOT_FOUND"


@pytest.mark.parametrize(("fault", "name", "delivered"), FAULTS)
@pytest.mark.parametrize("call", READS)
def test_reading_names_the_same_failures(
    sandbox: Sandbox, client_of: ClientOf, call: str, fault: str, name: str, delivered: str
) -> None:
    client = client_of("plain_03")
    sandbox.fault("plain_03", call, fault)

    assert named(failure_of(lambda: READS[call](client))) == (name, delivered)
    assert sandbox.requests("plain_03")[call] == 1


def test_a_reply_cut_off_is_found_by_asking_on_the_same_client(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    ref = somebody(client)
    sandbox.fault("plain_01", "follow", "cut")
    with pytest.raises(BotException):
        client.follow(ref.id)

    now = client.friendship(ref.id)

    assert now.following or now.requested
    assert sandbox.targets("plain_01", "follow") == [ref.username]


def test_a_follow_whose_connection_breaks_is_not_sent_again_on_the_way(sandbox: Sandbox, sign_in: SignIn) -> None:
    """libcurl sends again by itself when a connection that it had used before breaks."""
    with relay_to(str(sandbox.endpoint.proxy)) as relay:
        client = InstagramClient(sign_in().session, Endpoint(relay.url, sandbox.endpoint.ca_file))
        ref = somebody(client)
        sandbox.post("/latency", ms=300)
        answers: list[BotException] = []
        following = threading.Thread(target=lambda: answers.append(failure_of(lambda: client.follow(ref.id))))
        following.start()
        wait_until(lambda: "follow" in sandbox.requests("plain_01"))
        relay.break_all()
        following.join(10)
        client.close()

    assert [(one.name, one.meta["delivered"]) for one in answers] == [("INSTAGRAM_UNREACHABLE", "maybe")]
    assert sandbox.requests("plain_01")["follow"] == 1


def test_a_call_that_hangs_ends_in_time_and_the_client_goes_on(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of(timeout=2)
    ref = somebody(client)
    sandbox.fault("plain_01", "follow", "hang")

    begin = time.monotonic()
    with pytest.raises(BotException) as caught:
        client.follow(ref.id)

    assert (caught.value.name, caught.value.meta["delivered"]) == ("INSTAGRAM_TIMEOUT", "maybe")
    assert time.monotonic() - begin < 10
    assert sandbox.requests("plain_01")["follow"] == 1
    assert client.friendship(ref.id)


def test_the_dumped_session_goes_on_in_another_client(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    ref = somebody(client)
    followed = client.follow(ref.id)

    other = InstagramClient(client.dump(), sandbox.endpoint)
    try:
        assert other.friendship(ref.id) == followed
        assert json.loads(other.dump())["uuids"] == json.loads(client.dump())["uuids"]
    finally:
        other.close()


def test_a_client_holds_one_connection_whatever_threads_it_is_used_in(sandbox: Sandbox, client_of: ClientOf) -> None:
    client = client_of()
    proxy_port = int(str(sandbox.endpoint.proxy).rpartition(":")[2])

    def connections() -> int:
        return sum(
            one.status == psutil.CONN_ESTABLISHED and one.raddr.port == proxy_port
            for one in psutil.Process().net_connections("tcp")
            if one.raddr
        )

    before = connections()
    with ThreadPoolExecutor(3) as threads:
        together = threading.Barrier(3)  # so that three threads have been there and still are
        turn = threading.Lock()

        def work(ref: PersonRef) -> bool:
            together.wait(10)
            with turn:
                return client.friendship(ref.id) != client.follow(ref.id)

        assert all(threads.map(work, client.hashtag_page("coffee").people[:3]))
        # One for each of four threads it would be; the one before it may still be saying good-bye.
        assert connections() - before in (1, 2)

    client.close()
    assert connections() == before


def test_a_client_keeps_no_reply(client_of: ClientOf) -> None:
    client = client_of()
    client.hashtag_page("coffee")

    assert not client._client.last_json
    assert client._client.last_response is None


@pytest.mark.parametrize("user", ["refused:secret@", ""])
def test_a_proxy_that_refuses_or_is_dead_is_named_and_nothing_is_sent(
    sandbox: Sandbox, client_of: ClientOf, user: str, unused_port: int
) -> None:
    session = client_of().dump()
    before = sandbox.requests("plain_01")
    live = str(sandbox.endpoint.proxy).removeprefix("http://")
    proxy = f"http://{user}{live if user else f'127.0.0.1:{unused_port}'}"

    for work in (
        lambda: InstagramClient(session, sandbox.endpoint.through(proxy)).follow("101"),
        lambda: InstagramAuth(sandbox.endpoint.through(proxy)).login("plain_01", "whatever it is"),
    ):
        with pytest.raises(BotException) as caught:
            work()
        assert (caught.value.name, caught.value.meta["delivered"]) == ("INSTAGRAM_PROXY_FAILED", "no")
    assert sandbox.requests("plain_01") == before


def test_a_certificate_that_is_not_instagrams_is_refused_before_anything_is_sent(
    sandbox: Sandbox, client_of: ClientOf
) -> None:
    session = client_of().dump()
    before = sandbox.requests("plain_01")

    with pytest.raises(BotException) as caught:
        InstagramClient(session, Endpoint(sandbox.endpoint.proxy)).follow("101")

    assert (caught.value.name, caught.value.meta["delivered"]) == ("INSTAGRAM_UNREACHABLE", "no")
    assert sandbox.requests("plain_01") == before
