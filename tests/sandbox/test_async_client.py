"""aiograpi, the client's asynchronous sister, works against the sandbox too."""

import asyncio

import pytest
from aiograpi import Client
from aiograpi.exceptions import FeedbackRequired, TwoFactorRequired

# aiograpi hands its bodies to httpx in a way that httpx means to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def run(sandbox, ca_file, monkeypatch):
    """Runs a coroutine function with a new client."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(work):
        async def with_client():
            client = Client(proxy=sandbox.proxy, tls_verify=str(ca_file), request_timeout=0)
            # It waits a second or two before every request of a sign-in.
            client.small_delay = _at_once
            return await work(client)

        return asyncio.run(with_client())

    return run


async def _at_once() -> None: ...


def test_it_signs_in_and_follows(sandbox, run):
    async def follow(client: Client) -> bool:
        await client.login("plain_01", sandbox.account("plain_01")["password"])
        posts, _ = await client.hashtag_medias_v1_chunk("coffee", 5, "recent")
        return bool(await client.user_follow(posts[0].user.pk))

    assert run(follow)
    assert len(sandbox.targets("plain_01", "follow")) == 1


def test_it_is_asked_for_a_second_factor(sandbox, run):
    account = sandbox.account("two_factor")

    async def without_code(client: Client) -> None:
        await client.login(account["username"], account["password"])

    async def with_code(client: Client) -> bool:
        return bool(await client.login(account["username"], account["password"], verification_code=account["code"]))

    with pytest.raises(TwoFactorRequired):
        run(without_code)
    assert run(with_code)


def test_it_meets_faults(sandbox, run):
    async def follow(client: Client) -> None:
        await client.login("blocked_follow", sandbox.account("blocked_follow")["password"])
        await client.user_follow("2000000042")

    with pytest.raises(FeedbackRequired):
        run(follow)
