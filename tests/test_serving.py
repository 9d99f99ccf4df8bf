import http.client
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.ports import free_port
from local.processes import bind_to_parent, end, wait_until
from middleware.serving import MAX_LARGE

ROOT = Path(__file__).parents[1]
THREADS = 2
APPLICATION = """
import hashlib
MAX_SIZE = 6 * 1024 * 1024
TOO_MUCH = b"x" * 800_000

import gc

def app(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_SIZE:
        start_response("413 Content Too Large", [("Content-Length", "0")])
        return [b""]
    body = environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/long":
        start_response("200 OK", [("Content-Length", str(len(TOO_MUCH)))])
        return [TOO_MUCH]
    answer = f"{environ['PATH_INFO']} {len(body)}".encode()
    if environ["PATH_INFO"] == "/frozen":
        answer = str(gc.get_freeze_count()).encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    (folder / "tiny.py").write_text(APPLICATION)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")]
    command += [
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        str(THREADS),
        "--pythonpath",
        f"{ROOT},{folder}",
        "tiny:app",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, process_group=0, preexec_fn=bind_to_parent()
        )
    try:
        assert wait_until(lambda: answers(port), 20), (folder / "log").read_text()
        yield port
    finally:
        end(process, grace=10)


def answers(port):
    try:
        return ask(port)[0] == 200
    except OSError:
        return False


def ask(port, path="/", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET" if body is None else "POST", path, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_what_was_imported_is_out_of_the_way_of_later_collections(port):
    assert int(ask(port, "/frozen")[1]) > 10_000


def opened(port, *parts):
    client = socket.create_connection(("127.0.0.1", port), timeout=5)
    for part in parts:
        client.sendall(part)
    return client


def received(client):
    """All that the server sends until it ends the connection."""
    data = b""
    while more := client.recv(65536):
        data += more
    client.close()
    return data


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0000000000000000100\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX-Half: 0\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    ],
)
def test_half_sent_requests_do_not_keep_others_waiting(port, half):
    slow = [opened(port, half) for _ in range(THREADS * 10)]
    try:
        assert ask(port, "/quick") == (200, "/quick 0")
    finally:
        for client in slow:
            client.close()


def test_clients_that_never_hang_up_do_not_keep_others_waiting(port):
    silent = [opened(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") for _ in range(THREADS * 10)]
    try:
        assert all(client.recv(1000).startswith(b"HTTP/1.1 200") for client in silent)
        assert ask(port, "/quick") == (200, "/quick 0")
    finally:
        for client in silent:
            client.close()


LONG = b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"


def deaf(port):
    """A client that takes next to nothing of many long answers."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    client.connect(("127.0.0.1", port))
    client.sendall(LONG * 20)
    return client


def test_clients_that_do_not_read_keep_nobody_waiting(port):
    clients = [deaf(port) for _ in range(THREADS * 10)]
    try:
        for _ in range(3):
            assert ask(port, "/quick") == (200, "/quick 0")
    finally:
        for client in clients:
            client.close()


def test_who_reads_late_gets_all_of_every_answer(port):
    client = opened(port, LONG * 9 + b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert ask(port, "/quick") == (200, "/quick 0")
    answer = received(client)
    assert answer.count(b"x") == 9 * 800_000
    assert answer.endswith(b"/last 0")


def test_a_request_in_pieces_is_answered_when_it_is_whole(port):
    pieces = [
        b"POST /piec",
        b"es HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Le",
        b"ngth: 6\r\n\r",
        b"\nabc",
        b"def",
    ]
    client = opened(port)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in pieces:
        client.sendall(piece)
        # Another request is through in between, so the server has seen this piece by itself.
        assert ask(port)[0] == 200
    assert received(client).endswith(b"/pieces 6")


def test_requests_sent_at_once_are_answered_in_turn(port):
    one = b"GET /%d HTTP/1.1\r\nHost: x\r\n%s\r\n"
    client = opened(port, one % (1, b"") + one % (2, b"") + one % (3, b"Connection: close\r\n"))
    answer = received(client)
    assert [answer.index(b"/%d 0" % number) for number in (1, 2, 3)] == sorted(
        answer.index(b"/%d 0" % number) for number in (1, 2, 3)
    )


def test_a_connection_serves_one_request_after_another(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    for number in range(3):
        connection.request("POST", f"/{number}", b"x" * number)
        assert connection.getresponse().read().decode() == f"/{number} {number}"
    connection.close()


def test_a_body_in_chunks_is_read(port):
    chunks = b"POST /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    client = opened(port, chunks, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
    assert received(client).endswith(b"/c 5")


@pytest.mark.parametrize("noise", [b"", b"x\r\n", b"-1\r\n"])
def test_what_is_no_chunk_is_refused_at_once(port, noise):
    client = opened(port, b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", noise)
    client.sendall(b"\r\n")
    assert received(client).split()[1] != b"200"


def test_chunks_may_have_extensions_and_trailers_and_hold_what_looks_like_the_last_one(port):
    head = b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = (b'5;a="b"\r\n0\r\n\r\n', b"\r\n0", b"00\r\nX-Sum: 1\r\n\r\n")
    client = opened(port, head, *chunks, b"GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = received(client)
    assert answer.index(b"/c 5") < answer.index(b"/next 0")


@pytest.mark.parametrize("digits", [15, 16, 5000])
def test_a_body_of_absurd_length_is_refused_at_once(port, digits):
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * digits + b"\r\n\r\nhalf"
    slow = [opened(port, request) for _ in range(THREADS * 10)]
    assert [received(client).split()[1] in (b"400", b"413", b"500") for client in slow] == [True] * len(slow)
    assert ask(port, "/quick") == (200, "/quick 0")


def test_a_client_that_asks_first_is_told_to_go_on(port):
    head = b"POST /e HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    client = opened(port, head)
    assert client.recv(1000).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
    client.sendall(b"abc")
    assert received(client).endswith(b"/e 3")


def test_a_body_that_is_too_large_is_refused_while_it_is_still_sent(port):
    assert ask(port, "/", b"x" * 20_000_000)[0] == 413


def test_half_sent_large_bodies_keep_only_large_ones_waiting(port):
    half = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\nhalf"
    slow = [opened(port, half) for _ in range(MAX_LARGE)]
    try:
        assert ask(port, "/quick", b"x" * 1000) == (200, "/quick 1000")
        assert received(opened(port, half)).startswith(b"HTTP/1.1 503 ")
    finally:
        for client in slow:
            client.close()
    assert wait_until(lambda: ask(port, "/large", b"x" * 5_000_000) == (200, "/large 5000000"), 10)


@pytest.mark.parametrize("line", [b"f" * 15 + b";" + b" " * 70_000, b"0\r\nX-Long: " + b"a" * 70_000, b"0" * 70_000])
def test_a_line_between_chunks_without_end_is_refused(port, line):
    client = opened(port, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", line)
    assert received(client).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("value", [b"0" * 60_000 + b"x", b" " * 60_000 + b"x", b"0" * 60_000 + b" " * 900 + b"x"])
def test_a_length_that_is_hard_to_read_keeps_nobody_waiting(port, value):
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + value + b"\r\n\r\n"
    clients = [opened(port, request) for _ in range(THREADS * 10)]
    assert ask(port, "/quick") == (200, "/quick 0")
    for client in clients:
        client.close()


def test_a_head_without_end_is_refused(port):
    client = opened(port, b"GET / HTTP/1.1\r\n", *[b"X-More: " + b"x" * 1000 + b"\r\n"] * 70)
    assert received(client).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize("noise", [b"\r\n\r\n", b"\x16\x03\x01\x02\r\n\r\n", b"GET /\r\n\r\n"])
def test_what_is_no_request_is_refused(port, noise):
    assert b" 200 " not in received(opened(port, noise))


def test_many_clients_are_served_together(port):
    results = []
    threads = [threading.Thread(target=lambda: results.append(ask(port, "/", b"x" * 1000))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert results == [(200, "/ 1000")] * 20
