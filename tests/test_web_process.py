"""The web process as the Procfile starts it: slow clients, what the server itself refuses, what it believes."""

import json
import socket
import time

import pytest

from api.problems import Problem
from local.processes import wait_until
from middleware.security_headers import HEADERS
from tests.support.web_process import web_process
from tests.test_serving import ask, opened

SLOW = 40
SECONDS = 0.5
HOST = b"Host: localhost\r\n"
KEEP_ALIVE = b"GET /api/health HTTP/1.1\r\n" + HOST + b"\r\n"
HALVES = {
    "nothing": b"",
    "half a line": b"POST /api/auth/lo",
    "half a head": b"GET /login HTTP/1.1\r\n" + HOST + b"X-Slow: ",
    "half a body": b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"username": ',
    "half a body after many zeros": b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
    b'Content-Length: 0000000000000000100\r\n\r\n{"username": ',
    "half a chunk that ends like the last": b"POST /api/auth/login HTTP/1.1\r\n"
    + HOST
    + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{0\r\n\r\n",
    "half a chunk": b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "an answered request": KEEP_ALIVE,
}


@pytest.fixture(scope="module")
def web(tmp_path_factory, databases, redis_url):
    folder = tmp_path_factory.mktemp("web")
    with databases.fresh("sqlite", folder) as database_url, web_process(folder, database_url, redis_url) as web:
        yield web


def quickest(port, tries=3):
    """The seconds of the quickest of some good requests: a machine may be slow, but not a server that is held up."""
    times = []
    for path in ("/api/health", "/login") * tries:
        started = time.monotonic()
        assert ask(port, path)[0] == 200
        times.append(time.monotonic() - started)
    return min(times)


@pytest.fixture
def slow(web):
    """Opens connections that stay."""
    clients: list[socket.socket] = []

    def connect(half, count=SLOW):
        clients.extend(opened(web.port, half) for _ in range(count))
        return clients

    yield connect
    for client in clients:
        client.close()


@pytest.mark.parametrize("half", HALVES)
def test_half_sent_requests_delay_no_other(web, slow, half):
    slow(HALVES[half])
    assert quickest(web.port) < SECONDS


def test_clients_that_send_a_byte_at_a_time_delay_no_other(web, slow):
    clients = slow(b"")
    for number in range(8):
        for client in clients:
            client.sendall(HALVES["half a body"][number : number + 1])
        assert quickest(web.port, 1) < SECONDS


def test_all_kinds_of_slow_clients_at_once_delay_no_other(web, slow, record_property):
    for half in HALVES.values():
        slow(half)
    seconds = quickest(web.port)
    record_property("seconds", seconds)
    print(f"{len(HALVES) * SLOW} slow clients: a good request took {seconds * 1000:.0f} ms")
    assert seconds < SECONDS


REFUSED = {
    "a long address": (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "ADDRESS_TOO_LONG"),
    "too many headers": (
        b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X-%d: 1\r\n" % number for number in range(101)) + b"\r\n",
        431,
        "HEADERS_TOO_LARGE",
    ),
    "a header that is too long": (
        b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: canary" + b"x" * 9000 + b"\r\n\r\n",
        431,
        "HEADERS_TOO_LARGE",
    ),
    "a head without end": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, 431, "HEADERS_TOO_LARGE"),
    "a header that is none": (b"GET / HTTP/1.1\r\n" + HOST + b"Cookie canary\r\n\r\n", 400, "BAD_REQUEST"),
    "no request": (b"\x16\x03\x01\x02canary\r\n\r\n", 400, "BAD_REQUEST"),
    "another protocol": (b"GET / SPDY/3\r\n" + HOST + b"\r\n", 400, "BAD_REQUEST"),
    "a method in small letters": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", 400, "BAD_REQUEST"),
    "two lengths": (
        b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        400,
        "BAD_REQUEST",
    ),
    "a length and chunks": (
        b"POST /login HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "BAD_REQUEST",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_server_refuses_itself_has_the_shape_and_the_headers_of_all_answers(web, what):
    request, status, name = REFUSED[what]
    answered, headers, body = web.answer(request)
    assert answered == status
    assert {name: headers[name.lower()] for name in HEADERS} == HEADERS
    assert (headers["content-type"], headers["cache-control"]) == ("application/problem+json", "no-store")
    problem = Problem.model_validate_json(body, extra="forbid")
    assert json.loads(body).keys() == {name for name, field in Problem.model_fields.items() if field.is_required()}
    assert (problem.error, problem.status, problem.request_id) == (name, status, headers["x-request-id"])


def test_a_refusal_of_the_server_is_found_in_its_log_and_no_header_with_it(web):
    request, _, _ = REFUSED["a header that is none"]
    _, headers, body = web.answer(request)
    assert wait_until(lambda: headers["x-request-id"] in web.log.read_text(), 5)
    assert "canary" not in web.log.read_text()
    assert b"canary" not in body


@pytest.mark.parametrize("method", [b"TRACE", b"PROPFIND", b"DEBUG"])
def test_odd_methods_get_no_echo(web, method):
    status, headers, body = web.answer(
        method + b" /login HTTP/1.1\r\n" + HOST + b"Connection: close\r\nX-Secret: canary\r\n\r\n"
    )
    assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert b"canary" not in body


def test_the_server_believes_nothing_of_the_way_here(web):
    told = (
        b"X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: on\r\nX-Forwarded-Host: evil.example\r\nScript-Name: /evil\r\n"
    )
    status, headers, body = web.answer(b"GET /login HTTP/1.1\r\n" + HOST + b"Connection: close\r\n" + told + b"\r\n")
    assert status == 200
    assert "strict-transport-security" not in headers
    assert b"evil" not in body


@pytest.mark.parametrize("host", [b"Host: evil.example\r\n", b"Host: localhost\r\nHost: evil.example\r\n"])
def test_it_answers_by_its_own_names_only(web, host):
    status, headers, _ = web.answer(b"GET /api/errors HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n")
    assert status == 400
    assert headers["content-security-policy"]


def test_a_body_that_is_too_large_is_refused_in_the_same_shape(web):
    for size in (300_000, 12_000_000):
        head = b"POST /api/auth/login HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nConnection: close\r\n"
        status, _, body = web.answer(head + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
        assert (status, json.loads(body)["error"]) == (413, "TOO_LARGE")


def test_a_static_file_has_the_headers_too(web):
    status, headers, _ = web.answer(b"GET /static/troupe.css HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
    assert (status, headers["x-content-type-options"]) == (200, "nosniff")
