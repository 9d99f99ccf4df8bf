"""An account with a proxy of its own: everything goes through it, and what happens when it dies."""

import socket
from collections.abc import Iterator

import pytest

from bot.core.errors import BotException
from tests.live.test_following import place
from tests.support.proxy_in_front import PASSWORD, ProxyInFront, proxy_in_front_of
from tests.support.sandbox_process import SandboxProcess

FAILED = BotException("INSTAGRAM_PROXY_FAILED")


@pytest.fixture
def proxy(sandbox: SandboxProcess) -> Iterator[ProxyInFront]:
    with proxy_in_front_of(sandbox.proxy) as proxy:
        yield proxy


@pytest.fixture
def dead() -> str:
    """Where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://somebody:{PASSWORD}@127.0.0.1:{free.getsockname()[1]}"


def test_an_account_lives_behind_its_proxy(person, sandbox, proxy, dead, eventually):
    user, account = person("alice"), sandbox.account("plain_01")
    refused = user.link(account, proxy=proxy.url(password="wrong")).get_json()
    assert (refused["error"], proxy.refused > 0, proxy.served) == ("INSTAGRAM_PROXY_FAILED", True, [])
    assert user.get("/api/bot/settings").get_json()["proxy"] is None

    assert user.link(account, proxy=proxy.url()).get_json()["session_valid"]
    linked = len(proxy.served)
    assert user.post(f"/api/users/{user.id}/test-session").get_json()["session_valid"]
    assert len(proxy.served) > linked
    user.post("/api/bot/start")
    first = place(user, 2)
    eventually(lambda: user.action(first)["status"] == "succeeded")
    assert len(sandbox.targets("plain_01", "follow")) == 2
    assert len(proxy.served) > linked + 2
    assert user.place(1, dry_run=True).get_json()["candidates"]

    assert user.put("/api/bot/settings", proxy=dead).get_json()["proxy"]["has_credentials"]
    sent, served = sandbox.requests("plain_01"), len(proxy.served)
    second = place(user, 1)
    eventually(lambda: user.status()["last_error_code"] == FAILED.code)
    assert FAILED.message in user.page("/")
    status = user.status()
    assert (status["session_valid"], status["bot_running"]) == (True, True)
    assert user.action(second)["status"] in ("queued", "running")
    assert user.post(f"/api/users/{user.id}/test-session").get_json()["error"] == "INSTAGRAM_PROXY_FAILED"
    assert (sandbox.requests("plain_01"), len(proxy.served)) == (sent, served)

    user.put("/api/bot/settings", proxy=proxy.url("socks5"))
    eventually(lambda: user.action(second)["status"] == "succeeded")
    assert len(proxy.served) > served
    assert len(sandbox.targets("plain_01", "follow")) == 3
    assert user.status()["last_error_code"] is None


def test_linking_again_keeps_to_the_proxy(person, sandbox, proxy):
    user, account = person("alice"), sandbox.account("plain_01")
    user.link(account, proxy=proxy.url())
    sandbox.end_sessions("plain_01")
    before = len(proxy.served)
    assert user.link(account).get_json()["session_valid"]
    assert len(proxy.served) > before
    assert user.get("/api/bot/settings").get_json()["proxy"]["scheme"] == "http"
