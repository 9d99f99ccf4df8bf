"""Requests to addresses that users name reach the public internet and nothing else, and bring nothing back."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from bot.core.errors import BotException
from bot.network import destinations, pinned_http
from bot.network.addresses import system_resolver
from bot.network.pinned_http import check_url, parse_url
from tests.bot.network.test_addresses import FORBIDDEN, PUBLIC
from tests.bot.outgoing import listen as listen
from tests.bot.outgoing import refusal, runtime_of, send

NAMES_OF_THIS_MACHINE = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "0",
    "0.0.0.0",  # noqa: S104  a target, not bound to
    "localhost",
    "LocalHost",
    "localhost.",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1%25lo]",
]


@pytest.fixture
def outside(tmp_path) -> Iterator[Callable[..., list[str]]]:
    """As where the product really runs; answers each question with the next of these lists; gives what was asked."""
    asked: list[str] = []
    answers: list[list[str]] = [[]]

    def resolve(host: str) -> list[str]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        if not found:
            raise socket.gaierror
        return found

    def answering(*lists: list[str]) -> list[str]:
        answers[:] = lists
        return asked

    with runtime_of(tmp_path, resolve, sandbox=False).app_context():
        yield answering


@pytest.fixture
def door(listen, monkeypatch):
    """A listener whose port counts as one of the web's: what keeps requests away from it is its address alone."""
    listener = listen()
    monkeypatch.setattr(pinned_http, "PORTS", {80, 443, listener.port})
    return listener


@pytest.fixture
def asking_the_system(tmp_path) -> Iterator[None]:
    """Outside the sandbox, with the resolver of this machine: it knows every way to write an address."""
    with runtime_of(tmp_path, system_resolver, sandbox=False).app_context():
        yield


@pytest.mark.usefixtures("asking_the_system")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", NAMES_OF_THIS_MACHINE)
def test_no_way_to_write_it_reaches_this_machine(door, host, scheme):
    name = refusal(lambda: send(f"{scheme}://{host}:{door.port}/"))
    assert name in ("WEBHOOK_FORBIDDEN", "WEBHOOK_MALFORMED", "WEBHOOK_NOT_FOUND")
    assert door.connections == 0


@pytest.mark.usefixtures("asking_the_system")
def test_without_the_check_many_of_them_would(door, monkeypatch):
    monkeypatch.setattr(destinations, "is_public", lambda _address: True)
    for host in NAMES_OF_THIS_MACHINE:
        with suppress(BotException):
            send(f"http://{host}:{door.port}/")
    assert door.connections > 10


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_that_leads_to_a_forbidden_address_is_refused(outside, door, address):
    outside([address])
    assert refusal(lambda: send(f"http://inside.example:{door.port}/")) == "WEBHOOK_FORBIDDEN"
    outside([PUBLIC, address])
    assert refusal(lambda: send(f"http://inside.example:{door.port}/")) == "WEBHOOK_FORBIDDEN"
    assert door.connections == 0


def test_a_name_that_leads_elsewhere_a_moment_later_is_not_asked_again(outside, door, monkeypatch):
    met: list[tuple[str, int]] = []

    def refuse(address: str, port: int, _seconds: float) -> socket.socket:
        met.append((address, port))
        raise ConnectionRefusedError

    asked = outside([PUBLIC], ["127.0.0.1"])
    monkeypatch.setattr(pinned_http, "open_connection", refuse)
    assert refusal(lambda: send(f"http://rebinding.example:{door.port}/")) == "WEBHOOK_FAILED"
    assert (asked, met) == (["rebinding.example"], [(PUBLIC, door.port)])
    assert door.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "https://büch er.example/",
        "https://💣.example/",
        "https://bücher.example／path",
        "https://-ü.example/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:password@example.org/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1\\@example.org/",
        "http://example.org\\.127.0.0.1/",
        "http://example.org#@127.0.0.1/",
        "http://example.org/#fragment",
        "http://example.org?x=1",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:80:80/",
        "http://example.org:/",
        "http://example.org./",
        "http://.example.org/",
        "http://ex ample.org/",
        "http://example.org/a b",
        "http://example.org/a\r\nHost: other",
        "http://example.org/\x00",
        "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
        "http://127。0。0。1/",
        "http://１２７.0.0.1/",
        "http://[::1/",
        "http://[::1]x/",
        "http://[fe80::1%lo]/",
        "http://[v1.x]/",
        "http://%31%32%37.0.0.1/",
        "http://" + "a" * 600 + ".example/",
    ],
)
def test_what_readers_of_addresses_differ_on_is_no_address(outside, url):
    asked = outside([PUBLIC])
    assert refusal(lambda: check_url(url)) == "WEBHOOK_MALFORMED"
    assert asked == []


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 8443, 5432])
def test_other_ports_than_the_webs_are_refused(outside, port):
    asked = outside([PUBLIC])
    assert refusal(lambda: check_url(f"https://example.org:{port}/")) == "WEBHOOK_FORBIDDEN"
    assert asked == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://Hooks.Example.org/secret?token=x", "https://hooks.example.org"),
        ("https://Bücher.example/x", "https://xn--bcher-kva.example"),
        ("https://例え.テスト:443/", "https://xn--r8jz45g.xn--zckzah"),
        ("https://bu\u0308cher.example/", "https://xn--bcher-kva.example"),
        ("http://example.org", "http://example.org"),
        ("http://example.org:443/", "http://example.org:443"),
        ("https://[2606:4700::1111]/", "https://[2606:4700::1111]"),
    ],
)
def test_of_an_address_its_path_is_not_shown(outside, url, shown):
    outside([PUBLIC])
    assert check_url(url).shown == shown


def test_a_name_that_nobody_knows_is_told(outside):
    outside([])
    assert refusal(lambda: check_url("https://nowhere.example/")) == "WEBHOOK_NOT_FOUND"


def test_a_place_never_shows_its_path_in_what_is_raised(outside):
    outside(["127.0.0.1"])
    with pytest.raises(BotException) as raised:
        check_url("https://hooks.example/secret-path")
    assert "secret-path" not in f"{raised.value} {raised.value.meta}"
    assert parse_url("https://hooks.example/secret-path").path == "/secret-path"


@pytest.fixture
def demo(tmp_path):
    app = runtime_of(tmp_path, system_resolver, sandbox=True)
    parts = app.extensions["troupe"]
    servers = {"database_url": "postgresql://u:p@127.0.0.1:5555/x", "redis_url": "redis://127.0.0.1/0"}
    parts.config = parts.config.model_copy(update={"port": 8100, "sandbox_port": 8101, **servers})
    with app.app_context():
        yield


@pytest.mark.parametrize("port", [8100, 8101, 5555, 6379])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.0.0.2"])
def test_in_the_demo_no_webhook_reaches_its_own_programs(demo, host, port):
    assert refusal(lambda: check_url(f"http://{host}:{port}/faults")) == "WEBHOOK_FORBIDDEN"
    assert refusal(lambda: send(f"http://{host}:{port}/faults")) == "WEBHOOK_FORBIDDEN"
    assert check_url(f"http://{host}:9999/").port == 9999
