"""One sandbox for all of this folder, forgotten before each test, and real clients that reach it."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from instagrapi import Client

from tests.support.sandbox_process import SandboxProcess

# A restored session must not bring these along: they would beat what the client was made with.
TRANSPORT_SETTINGS = ("tls_verify", "request_timeout", "private_transport", "session_retry_total")
PATIENCE_SECONDS = 15.0

MakeClient = Callable[..., Client]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess.start() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess) -> SandboxProcess:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture(scope="session")
def ca_file(running_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return running_sandbox.write_ca(tmp_path_factory.mktemp("sandbox"))


@pytest.fixture
def own_trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's authorities beat the one that a client is given."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)


def new_client(
    proxy: str, ca_file: Path, saved: dict[str, Any] | None = None, timeout: float = PATIENCE_SECONDS, code: str = ""
) -> Client:
    """An unmodified client; `saved` restores a session, `code` is what the owner types when asked."""
    client = Client(proxy=proxy, tls_verify=str(ca_file), request_timeout=0, with_challenge_flow=False)
    client.challenge_code_handler = lambda *_: code
    client.private.request = functools.partial(client.private.request, timeout=timeout)
    if saved:
        client.set_settings({key: value for key, value in saved.items() if key not in TRANSPORT_SETTINGS})
    return client


@pytest.fixture
def fresh_client(sandbox: SandboxProcess, ca_file: Path, own_trust: None) -> Iterator[MakeClient]:
    """Makes clients with the options of `new_client`."""
    clients: list[Client] = []

    def make(*saved: dict[str, Any], **options: Any) -> Client:
        clients.append(new_client(sandbox.proxy, ca_file, *saved, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.private.close()


@pytest.fixture
def signed_in(sandbox: SandboxProcess, fresh_client: MakeClient) -> MakeClient:
    """Makes clients that have signed in with name and password."""

    def sign_in(username: str = "plain_01", **options: Any) -> Client:
        client = fresh_client(**options)
        client.login(username, sandbox.account(username)["password"])
        return client

    return sign_in
