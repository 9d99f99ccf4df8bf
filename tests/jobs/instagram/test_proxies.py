"""A client goes through its account's own proxy and no other way, and says what the proxy does wrong."""

import logging
import socket
from collections.abc import Callable, Iterator

import pytest

from jobs.instagram import Endpoint, InstagramAuth, InstagramClient, Linked, NeedsCode
from jobs.instagram.factory import close, new_client
from jobs.instagram.wire import Deadline
from tests.jobs.instagram.conftest import Sandbox, SignIn, failure_of, named, somebody
from tests.support.proxy_in_front import PASSWORD, ProxyInFront, proxy_in_front_of

FAILED = ("INSTAGRAM_PROXY_FAILED", "no")


@pytest.fixture
def proxy(sandbox: Sandbox) -> Iterator[ProxyInFront]:
    with proxy_in_front_of(sandbox.proxy) as proxy:
        yield proxy


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_all_that_a_client_says_goes_through_the_proxy(sandbox: Sandbox, proxy: ProxyInFront, scheme: str) -> None:
    endpoint = sandbox.endpoint.through(proxy.url(scheme))
    linked = InstagramAuth(endpoint).login("plain_01", sandbox.password("plain_01"))
    assert isinstance(linked, Linked)
    assert set(proxy.served) <= {"i.instagram.com", "b.i.instagram.com"}
    signed_in = len(proxy.served)
    assert signed_in

    client = InstagramClient(linked.session, endpoint)
    person = somebody(client)
    client.follow(person.id)
    client.close()
    InstagramAuth(endpoint).test_connection(linked.session)

    assert sandbox.targets("plain_01", "follow") == [person.username]
    # One to look, a fresh one to follow, one to test.
    assert len(proxy.served) == signed_in + 3
    assert proxy.refused == 0


@pytest.mark.parametrize("username", ["two_factor", "challenge_email", "challenge_at_sign_in"])
def test_a_code_goes_the_way_that_its_question_came(sandbox: Sandbox, proxy: ProxyInFront, username: str) -> None:
    account = sandbox.account(username)
    endpoint = sandbox.endpoint.through(proxy.url())
    needs = InstagramAuth(endpoint).login(username, account["password"])
    assert isinstance(needs, NeedsCode)
    asked = len(proxy.served)

    assert isinstance(
        InstagramAuth(endpoint).verify(username, account["password"], needs.state, account["code"]), Linked
    )
    assert len(proxy.served) > asked


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_the_other_sessions_of_the_client_go_through_it_as_well(
    proxy: ProxyInFront, sandbox: Sandbox, scheme: str
) -> None:
    client = new_client(sandbox.endpoint.through(proxy.url(scheme)), {}, Deadline(10))
    for session in (client.private, client.public, client.graphql):
        before = len(proxy.served)
        session.get("https://www.instagram.com/", proxies=session.proxies)
        assert proxy.served[before:] == ["www.instagram.com"]
    close(client)


def test_without_a_proxy_of_its_own_an_account_goes_as_the_endpoint_says(sandbox: Sandbox, proxy: ProxyInFront) -> None:
    assert sandbox.endpoint.through(None) == sandbox.endpoint
    assert PASSWORD not in repr(sandbox.endpoint.through(proxy.url()))


def test_the_proxy_of_an_account_is_before_that_of_the_environment(
    sandbox: Sandbox, proxy: ProxyInFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "instagram.com")
    endpoint = Endpoint(proxy.url(), own=True)

    failure = failure_of(lambda: InstagramAuth(endpoint, timeout=5).login("plain_01", "whatever it is"))

    # It got through, and then its certificate was nobody's whom a client outside the sandbox trusts.
    assert named(failure) == FAILED
    assert proxy.served


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_wrong_password_of_the_proxy_is_told_of_the_proxy(
    sandbox: Sandbox, proxy: ProxyInFront, sign_in: SignIn, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    caplog.set_level(logging.DEBUG)
    session, before = sign_in().session, sandbox.requests("plain_01")
    client = InstagramClient(session, sandbox.endpoint.through(proxy.url(scheme, "canary-wrong-password")))

    failure = failure_of(lambda: client.follow("101"))
    client.close()

    assert named(failure) == FAILED
    assert (proxy.served, proxy.refused) == ([], 1)
    assert sandbox.requests("plain_01") == before
    assert "canary-wrong-password" not in caplog.text + str(failure) + str(failure.meta)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n" * 3,
        b"HTTP/1.1 200 OK\r\n\r\nthis is no encryption",
    ],
)
@pytest.mark.parametrize("call", ["follow", "friendship"])
def test_whatever_a_broken_proxy_answers_nothing_was_delivered(
    sandbox: Sandbox, proxy: ProxyInFront, sign_in: SignIn, call: str, answer: bytes
) -> None:
    proxy.answer = answer
    client = InstagramClient(sign_in().session, sandbox.endpoint.through(proxy.url()), timeout=5)
    work: Callable[[], object] = {
        "follow": lambda: client.follow("101"),
        "friendship": lambda: client.friendship("101"),
    }[call]

    assert named(failure_of(work)) == FAILED
    assert client.proxy_failed
    client.close()


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_says_nothing_is_not_waited_for_longer_than_a_call_may_take(
    sandbox: Sandbox, sign_in: SignIn, scheme: str
) -> None:
    session = sign_in().session
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = sandbox.endpoint.through(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}")
        client = InstagramClient(session, endpoint, timeout=1)
        assert named(failure_of(lambda: client.follow("101"))) == FAILED
        client.close()


def test_a_dead_proxy_is_told_of_the_proxy(sandbox: Sandbox, sign_in: SignIn, unused_port: int) -> None:
    client = InstagramClient(sign_in().session, sandbox.endpoint.through(f"http://127.0.0.1:{unused_port}"))
    assert named(failure_of(lambda: client.follow("101"))) == FAILED
    assert client.proxy_failed
    client.close()


def test_what_goes_wrong_beyond_the_proxy_is_not_told_of_it(
    sandbox: Sandbox, proxy: ProxyInFront, sign_in: SignIn
) -> None:
    client = InstagramClient(sign_in().session, sandbox.endpoint.through(proxy.url()), timeout=1)
    for fault, name in (("cut", "INSTAGRAM_UNREACHABLE"), ("hang", "INSTAGRAM_TIMEOUT")):
        sandbox.fault("plain_01", "follow", fault)
        assert named(failure_of(lambda: client.follow("101"))) == (name, "maybe")
        assert not client.proxy_failed
    client.close()
