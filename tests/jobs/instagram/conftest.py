"""One sandbox for all of this folder, forgotten before each test, and clients that reach it."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.core.errors import BotException
from jobs.instagram import Endpoint, InstagramAuth, InstagramClient, Linked, NeedsCode, PersonRef
from tests.support.sandbox_process import SandboxProcess

# What the sandbox can make a call meet, the name it then has, and whether it can have been delivered.
FAULTS = [
    ("login_required", "INSTAGRAM_LOGGED_OUT", "no"),
    ("feedback_required", "INSTAGRAM_ACTION_BLOCKED", "no"),
    ("please_wait", "INSTAGRAM_PLEASE_WAIT", "no"),
    ("throttled", "INSTAGRAM_THROTTLED", "no"),
    ("challenge", "INSTAGRAM_CHALLENGE", "no"),
    ("suspended", "INSTAGRAM_SUSPENDED", "no"),
    ("consent", "INSTAGRAM_CONSENT", "no"),
    ("server_error", "INSTAGRAM_SERVER_ERROR", "maybe"),
    ("html", "INSTAGRAM_UNREADABLE", "maybe"),
    ("cut", "INSTAGRAM_UNREACHABLE", "maybe"),
]


class Sandbox(SandboxProcess):
    """The sandbox, and how a client gets into it. Accounts bear the names of their behaviours."""

    endpoint: Endpoint

    def password(self, username: str) -> str:
        return self.account(username)["password"]


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(0, "--people", "5000") as sandbox:
        sandbox.endpoint = Endpoint(sandbox.proxy, str(sandbox.write_ca(tmp_path_factory.mktemp("sandbox"))))
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def auth(sandbox: Sandbox) -> InstagramAuth:
    return InstagramAuth(sandbox.endpoint)


SignIn = Callable[..., Linked]
ClientOf = Callable[..., InstagramClient]


def failure_of(work: Callable[[], object]) -> BotException:
    with pytest.raises(BotException) as caught:
        work()
    return caught.value


def named(failure: BotException) -> tuple[str, str]:
    return failure.name, failure.meta["delivered"]


def ask_for_code(sandbox: Sandbox, username: str) -> NeedsCode:
    needs = InstagramAuth(sandbox.endpoint).login(username, sandbox.password(username))
    assert isinstance(needs, NeedsCode)
    return needs


def answer(sandbox: Sandbox, username: str, state: str, code: str) -> Linked:
    linked = InstagramAuth(sandbox.endpoint).verify(username, sandbox.password(username), state, code)
    assert isinstance(linked, Linked)
    return linked


def somebody(client: InstagramClient) -> PersonRef:
    return client.hashtag_page("coffee").people[0]


def somebody_private(client: InstagramClient) -> PersonRef:
    people: list[PersonRef] = []
    cursor = None
    while not (private := [ref for ref in people if client.person(ref.username).is_private]):
        page = client.hashtag_page("coffee", cursor)
        people, cursor = page.people, page.cursor
    return private[0]


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
