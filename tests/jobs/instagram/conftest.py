"""One sandbox for all of this folder, forgotten before each test, and clients that reach it."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from jobs.instagram import Endpoint, InstagramAuth, InstagramClient, Linked


@dataclass
class Sandbox:
    """The control API. Accounts are known by their names, which are those of their behaviours."""

    url: str
    endpoint: Endpoint

    def get(self, path: str, **query: str) -> Any:
        return requests.get(self.url + path, params=query, timeout=10).json()

    def post(self, path: str, **body: object) -> None:
        requests.post(self.url + path, json=body, timeout=10).raise_for_status()

    def account(self, username: str) -> dict[str, str]:
        return next(one for one in self.get("/accounts") if one["username"] == username)

    def password(self, username: str) -> str:
        return self.account(username)["password"]

    def fault(self, account: str, call: str, fault: str) -> None:
        self.post("/faults", account=account, call=call, fault=fault)

    def calls(self, account: str) -> dict[str, int]:
        """How many requests of each kind arrived from an account."""
        return {one["call"]: one["count"] for one in self.get("/requests", account=account)}

    def effects(self, account: str, kind: str) -> list[str]:
        return [one["target"] for one in self.get("/ledger", account=account) if one["kind"] == kind]


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--people", "5000"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        url = json.loads(process.stdout.readline())["control"]
        connection = requests.get(url + "/connection", timeout=10).json()
        authority = folder / "authority.pem"
        authority.write_text(connection["ca_pem"])
        yield Sandbox(url, Endpoint(connection["proxy"], str(authority)))
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.post("/reset")
    return running_sandbox


@pytest.fixture
def auth(sandbox: Sandbox) -> InstagramAuth:
    return InstagramAuth(sandbox.endpoint)


SignIn = Callable[..., Linked]


@pytest.fixture
def sign_in(sandbox: Sandbox, auth: InstagramAuth) -> SignIn:
    """Signs in an account that needs no code."""

    def sign_in(username: str = "plain_01") -> Linked:
        linked = auth.login(username, sandbox.password(username))
        assert isinstance(linked, Linked)
        return linked

    return sign_in


@pytest.fixture
def client_of(sandbox: Sandbox, sign_in: SignIn) -> Iterator[Callable[..., InstagramClient]]:
    """Makes warm clients and closes them at the end."""
    clients = []

    def make(username: str = "plain_01", timeout: float = 20.0) -> InstagramClient:
        client = InstagramClient(sign_in(username).session, sandbox.endpoint, timeout=timeout)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def environment_of_a_company(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose environment names a proxy and an authority of its own."""
    authority = tmp_path / "company.pem"
    authority.write_text("no certificate at all")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(authority))
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
