"""The exchange with a webhook: the request, and the status, which is all of the response that counts."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.network import pinned_http
from bot.network.addresses import system_resolver
from bot.network.pinned_http import post
from sandbox.certificates import prepare
from tests.bot.network.test_addresses import PUBLIC
from tests.bot.outgoing import listen as listen
from tests.bot.outgoing import refusal, runtime_of, send

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def here(tmp_path) -> Iterator[None]:
    """As in the demo, where only this machine is allowed."""
    with runtime_of(tmp_path, system_resolver, sandbox=True).app_context():
        yield


def test_it_sends_the_body_and_the_headers_to_this_machine_only(listen):
    listener = listen()
    post(f"http://127.0.0.1:{listener.port}/hook?x=1", b'{"a": 1}', {"X-Signed": "yes"})
    head, _, body = listener.received.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?x=1 HTTP/1.1"
    assert {f"Host: 127.0.0.1:{listener.port}", "X-Signed: yes", "Content-Length: 8"} <= set(lines)
    assert body == b'{"a": 1}'
    assert refusal(lambda: send(f"http://{PUBLIC}/")) == "WEBHOOK_FORBIDDEN"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(listen, status):
    other = listen()
    location = f"http://127.0.0.1:{other.port}/"
    first = listen(f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
    assert refusal(lambda: send(f"http://127.0.0.1:{first.port}/")) == "WEBHOOK_FAILED"
    assert (first.connections, other.connections) == (1, 0)


def test_no_proxy_of_the_environment_is_used(listen, monkeypatch):
    proxy, target = listen(), listen()
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    send(f"http://127.0.0.1:{target.port}/")
    assert (proxy.connections, target.connections) == (0, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 500 Broken\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60_000,
    ],
    ids=["nothing", "another protocol", "500", "404", "half a line", "a head without end"],
)
def test_anything_but_a_good_status_is_a_failure(listen, answer):
    listener = listen(answer)
    assert refusal(lambda: send(f"http://127.0.0.1:{listener.port}/")) == "WEBHOOK_FAILED"


def test_the_body_of_an_answer_is_not_read(listen):
    listener = listen(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nbeginning")
    send(f"http://127.0.0.1:{listener.port}/")


def test_who_keeps_it_waiting_is_left(monkeypatch):
    monkeypatch.setattr(pinned_http, "READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert refusal(lambda: send(f"http://127.0.0.1:{silent.getsockname()[1]}/")) == "WEBHOOK_FAILED"


def test_who_answers_in_drops_is_left_when_the_time_is_up(monkeypatch):
    monkeypatch.setattr(pinned_http, "WHOLE_SECONDS", 0.3)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            link, _ = server.accept()
            with suppress(OSError), link:
                while not ended.wait(0.02):
                    link.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

        thread = threading.Thread(target=trickle)
        thread.start()
        assert refusal(lambda: send(f"http://127.0.0.1:{server.getsockname()[1]}/")) == "WEBHOOK_FAILED"
        ended.set()
        thread.join()


def serving_as(names, folder, monkeypatch, *, trusted=True):
    """The context of a server whose certificate is for these names, by an authority that is trusted or not."""
    files = prepare(folder, names, datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    if trusted:
        (folder / "authority.pem").write_text(files.ca_pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    return context


def test_a_certificate_of_the_host_is_taken(listen, tmp_path, monkeypatch):
    listener = listen(context=serving_as(["localhost"], tmp_path, monkeypatch))
    send(f"https://localhost:{listener.port}/secret")
    assert b"POST /secret" in listener.received


@pytest.mark.parametrize(("names", "trusted"), [(["other.example"], True), (["localhost"], False)])
def test_a_certificate_of_another_host_or_of_nobody_is_refused_before_anything_is_sent(
    listen, tmp_path, monkeypatch, names, trusted
):
    listener = listen(context=serving_as(names, tmp_path, monkeypatch, trusted=trusted))
    assert refusal(lambda: send(f"https://localhost:{listener.port}/secret")) == "WEBHOOK_FAILED"
    assert (listener.connections, listener.received) == (1, b"")
