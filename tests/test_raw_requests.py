"""Bytes as no client should send them: chunks that cost much, chunks that are none, and what is no request."""

import socket
import sqlite3
import threading
from functools import partial

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from hypothesis import given
from hypothesis import strategies as st

from middleware.arriving import MAX_BODY, Arriving, read_head
from tests.support.growth import growth
from tests.support.web_process import web_process
from tests.test_serving import ask, opened, received

HEAD = b"POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def in_chunks(*parts):
    return CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def by_length(body):
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def arriving():
    return Arriving(partial(read_head, Config(), ("127.0.0.1", 1)))


def arrived(*pieces):
    """The body of the request, and what came after it."""
    one = arriving()
    for piece in pieces:
        one.add(piece)
    assert one.complete
    request, rest = one.as_request()
    return request.body.read(), rest


def cut(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10_000_000])
def test_chunks_are_read_however_the_bytes_arrive(size):
    parts = [
        b"\r\n0\r\n\r\n",
        b"x",
        b"1\r\n",
        b"y" * 15,
        b"z" * 16,
        b"w" * 300,
        *[b"\r"] * 70,
        *[b"ab"] * 40,
        b"\n" * 9,
    ]
    sent = in_chunks(*parts) + b"GET / HTTP/1.1\r\n"
    assert arrived(*cut(sent, size))[0] == b"".join(parts)
    assert arrived(sent) == (b"".join(parts), b"GET / HTTP/1.1\r\n")


@given(
    parts=st.lists(st.one_of(st.binary(min_size=1, max_size=3), st.binary(min_size=1, max_size=40)), max_size=60),
    repeated=st.integers(1, 70),
    size=st.integers(1, 500),
)
def test_any_chunks_hold_what_was_put_into_them(parts, repeated, size):
    parts = [part for part in parts for _ in range(repeated)]
    assert arrived(*cut(in_chunks(*parts), size))[0] == b"".join(parts)


@given(noise=st.binary(min_size=1, max_size=60), size=st.integers(1, 70))
def test_whatever_comes_as_chunks_is_read_or_refused(noise, size):
    one = arriving()
    try:
        for piece in cut(CHUNKED + noise, size):
            one.add(piece)
    except ParseException:
        return
    if one.complete:
        assert len(one.as_request()[0].body.read()) <= len(noise)


SIZES = {"1": [1], "2 and 1": [2, 1], "1 to 15": list(range(1, 16)), "1 and 17": [1, 17], "three alike": [1, 1, 1, 2]}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_the_work_of_chunks_grows_with_their_number(sizes):
    def read(count):
        arrived(*cut(in_chunks(*[b"x" * sizes[number % len(sizes)] for number in range(count)]), 65_536))

    assert growth(read, 20_000) < 7


def test_chunks_that_promise_too_much_are_not_waited_for():
    one = arriving()
    one.add(CHUNKED + b"%x\r\nx" % (MAX_BODY + 1))
    assert (one.complete, one.as_request()[0].should_close()) == (True, True)


def test_chunks_that_cost_more_than_they_hold_are_too_large_by_what_they_cost():
    one = arriving()
    for piece in [CHUNKED, *[b"1;" + b"a" * 8000 + b"\r\nx\r\n"] * (MAX_BODY // 8000)]:
        one.add(piece)
    assert one.complete
    assert one.too_large


@pytest.fixture(scope="module")
def web(tmp_path_factory, databases, redis_url):
    folder = tmp_path_factory.mktemp("web")
    with databases.fresh("sqlite", folder) as database_url:
        before = codes(folder)
        with web_process(folder, database_url, redis_url) as web:
            yield web
    # None of all this became a code of its own.
    assert codes(folder) == before


def codes(folder):
    with sqlite3.connect(folder / "troupe.db") as database:
        return database.execute("SELECT code FROM error_codes ORDER BY code").fetchall()


HEAVY = {
    "100,000 of one byte": ([b"x"] * 100_000, 20, 1),
    "9 MB behind 1,000 tiny ones": ([*[b"x"] * 1000, b"x" * 9_000_000], 5, 1),
    "33 times 25,000 at once": ([b"x"] * 25_000, 1, 33),
}


@pytest.mark.parametrize("what", HEAVY)
def test_chunks_cost_little_more_than_the_same_bytes_by_length(web, what):
    parts, times, clients = HEAVY[what]
    cost = {}
    for way, request in (("length", by_length(b"".join(parts))), ("chunks", in_chunks(*parts))):
        before = web.cpu_seconds()
        statuses = posted(web.port, request, times, clients)
        assert statuses <= {400, 413}
        cost[way] = (web.cpu_seconds() - before) / times / clients
    print(f"{what}: {cost['length'] * 1000:.2f} ms by length, {cost['chunks'] * 1000:.2f} ms in chunks")
    # The kernel counts in hundredths of a second.
    assert cost["chunks"] <= 5 * cost["length"] + 0.02 / times / clients


def posted(port, request, times, clients):
    statuses = set()

    def post():
        for _ in range(times):
            statuses.add(int(received(opened(port, request)).split()[1]))

    threads = [threading.Thread(target=post) for _ in range(clients)]
    for thread in threads:
        thread.start()
    # Others are answered meanwhile.
    assert ask(port, "/api/health")[0] == 200
    for thread in threads:
        thread.join(60)
    return statuses


MALFORMED_CHUNKS = {
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "no hex": b"xyz\r\nabc\r\n0\r\n\r\n",
    "no hex, no line end": b"g",
    "a sign": b"+3\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nabc\r\n0\r\n\r\n",
    "a prefix": b"0x3\r\nabc\r\n0\r\n\r\n",
    "an underscore": b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    "a space before": b" 3\r\nabc\r\n0\r\n\r\n",
    "a space behind": b"3 \r\nabc\r\n0\r\n\r\n",
    "a tab behind": b"3\t\r\nabc\r\n0\r\n\r\n",
    "a fraction": b"3.0\r\nabc\r\n0\r\n\r\n",
    "a zero byte": b"3\0\r\nabc\r\n0\r\n\r\n",
    "another alphabet": "٣\r\nabc\r\n0\r\n\r\n".encode(),
    "more than any machine counts": b"1" + b"0" * 16 + b"\r\nabc",
    "a size of 5,000 digits": b"f" * 5000 + b"\r\nabc",
    "a size line with a lone line feed": b"3\nabc\r\n0\r\n\r\n",
    "a size line with a lone carriage return": b"3\rabc\r\n0\r\n\r\n",
    "a chunk without an end": b"3\r\nabc0\r\n\r\n",
    "a chunk that is longer than it says": b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk that is shorter than it says": b"5\r\nabc\r\n0\r\n\r\n0\r\n\r\n",
    "a chunk that ends with a lone line feed": b"3\r\nabc\n0\r\n\r\n",
    "a chunk that ends with a lone carriage return": b"3\r\nabc\r0\r\n\r\n",
    "a bad one behind many good ones": b"1\r\nx\r\n" * 500 + b"1\r\nxx\r\n0\r\n\r\n",
    "a bad size behind many good ones": b"1\r\nx\r\n" * 500 + b"z\r\nx\r\n0\r\n\r\n",
    "an extension without a name": b"3;\r\nabc\r\n0\r\n\r\n",
    "an extension of spaces": b"3; ;\r\nabc\r\n0\r\n\r\n",
    "an extension with no value": b"3;a=\r\nabc\r\n0\r\n\r\n",
    "an extension in a quote without an end": b'3;a="b\r\nabc\r\n0\r\n\r\n',
    "an extension with a zero byte": b"3;a=\0\r\nabc\r\n0\r\n\r\n",
    "an extension with a lone carriage return": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "an extension with a lone line feed": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "a bad extension of the last": b"0;=\r\n\r\n",
    "a trailer that is none": b"0\r\nX-Sum\r\n\r\n",
    "a trailer without a name": b"0\r\n: 1\r\n\r\n",
    "a trailer with a space in its name": b"0\r\nX Sum: 1\r\n\r\n",
    "a trailer with a zero byte": b"0\r\nX-Sum: \0\r\n\r\n",
    "a trailer that is folded": b"0\r\nX-Sum: 1\r\n 2\r\n\r\n",
    "a trailer with a lone line feed": b"0\r\nX-Sum: 1\n\r\n",
    "a trailer that says a length": b"0\r\nContent-Length: 5\r\n\r\n",
    "a trailer that says how it is sent": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a trailer that says who calls": b"0\r\nAuthorization: Bearer x\r\n\r\n",
    "a trailer that names the host": b"0\r\nHost: evil.example\r\n\r\n",
    "a last one with lone line feeds": b"0\n\n",
}


@pytest.mark.parametrize("what", MALFORMED_CHUNKS)
def test_malformed_chunks_are_the_clients_fault(web, what):
    status, _, body = web.answer(CHUNKED + MALFORMED_CHUNKS[what])
    assert (status, b"BAD_REQUEST" in body) == (400, True)


GET = b"GET /api/errors HTTP/1.1\r\n"
HOST = b"Host: localhost\r\nConnection: close\r\n"
NO_REQUESTS = {
    "nothing but line ends": b"\r\n\r\n",
    "a lone line feed": b"\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "TLS with line ends": b"\x16\x03\x01\x02\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "SMTP": b"HELO example.org\r\n",
    "Redis": b"*1\r\n$4\r\nPING\r\n",
    "a proxy's line": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + GET + HOST + b"\r\n",
    "JSON": b'{"username": "anna"}\r\n\r\n',
    "zero bytes": b"\0" * 100,
    "a long word": b"A" * 5000,
    "HTTP/0.9": b"GET /\r\n",
    "HTTP/2 in words": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/1": b"GET / HTTP/1\r\n" + HOST + b"\r\n",
    "http in small letters": b"GET / http/1.1\r\n" + HOST + b"\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space before": b" GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a space behind": b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tab between": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "no slash": b"GET login HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target beyond ASCII": "GET /é HTTP/1.1\r\n".encode() + HOST + b"\r\n",
    "a zero byte in the target": b"GET /\0 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a target of half an address": b"GET http://[ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method that is no word": b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n",
    "lone line feeds": b"GET / HTTP/1.1\nHost: localhost\n\n",
    "a lone line feed among headers": GET + b"Host: localhost\nX-A: 1\r\n\r\n",
    "a lone carriage return among headers": GET + b"Host: localhost\rX-A: 1\r\n\r\n",
    "no host": GET + b"Connection: close\r\n\r\n",
    "no header": GET + b"\r\n",
    "two hosts": GET + b"Host: localhost\r\n" + HOST + b"\r\n",
    "an empty host": GET + b"Host:\r\nConnection: close\r\n\r\n",
    "half an address as host": GET + b"Host: [\r\nConnection: close\r\n\r\n",
    "an address that is none as host": GET + b"Host: [::zz]\r\nConnection: close\r\n\r\n",
    "a host with a path": GET + b"Host: localhost/evil\r\nConnection: close\r\n\r\n",
    "a host with a user": GET + b"Host: evil@localhost\r\nConnection: close\r\n\r\n",
    "a host with a space": GET + b"Host: local host\r\nConnection: close\r\n\r\n",
    "a host with a port that is none": GET + b"Host: localhost:x\r\nConnection: close\r\n\r\n",
    "a host with a port beyond all": GET + b"Host: localhost:99999\r\nConnection: close\r\n\r\n",
    "a host beyond ASCII": GET + b"Host: local\xffhost\r\nConnection: close\r\n\r\n",
    "a header without a colon": GET + HOST + b"X-A\r\n\r\n",
    "a header without a name": GET + HOST + b": 1\r\n\r\n",
    "a space before the colon": GET + HOST + b"X-A : 1\r\n\r\n",
    "a header that is folded": GET + HOST + b"X-A: 1\r\n 2\r\n\r\n",
    "a header that is folded first": GET + b" Host: localhost\r\n\r\n",
    "a zero byte in a header": GET + HOST + b"X-A: \0\r\n\r\n",
    "an expectation that nobody meets": GET + HOST + b"Expect: cake\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: abc\r\n\r\nabc",
    "a negative length": HEAD + b"Content-Length: -3\r\n\r\nabc",
    "a length with a sign": HEAD + b"Content-Length: +3\r\n\r\nabc",
    "an empty length": HEAD + b"Content-Length:\r\n\r\nabc",
    "a length twice": HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "lengths in a list": HEAD + b"Content-Length: 3, 3\r\n\r\nabc",
    "a fraction as length": HEAD + b"Content-Length: 3.0\r\n\r\nabc",
    "a raised digit as length": HEAD + b"Content-Length: \xb3\r\n\r\nabc",
    "a length beside chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": HEAD.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks twice": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunks said twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks of what is packed": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "what is packed, without chunks": HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "chunks as nobody writes them": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks behind a form feed": HEAD + b"Transfer-Encoding: \x0cchunked\r\n\r\n0\r\n\r\n",
    "chunks and nothing": HEAD + b"Transfer-Encoding: identity\r\n\r\nabc",
    "no coding at all": HEAD + b"Transfer-Encoding:\r\n\r\nabc",
}


@pytest.mark.parametrize("what", NO_REQUESTS)
def test_what_is_no_request_is_the_clients_fault(web, what):
    status, headers, _ = web.answer(NO_REQUESTS[what])
    assert (status, headers["content-type"]) == (400, "application/problem+json")


ODD_HEADERS = {
    "an origin of half an address": b"Origin: http://[\r\n",
    "an origin that is none": b"Origin: \xff\r\n",
    "a cookie that is none": b"Cookie: =;=;\xff=\xff\r\n",
    "an authorization that is none": b"Authorization: Bearer \xff\r\n",
    "a basic authorization that is none": b"Authorization: Basic !!!\r\n",
    "a type that is none": b"Content-Type: /;;=\r\n",
    "a boundary that is none": b"Content-Type: multipart/form-data; boundary=\r\n",
    "a charset that is none": b"Content-Type: application/json; charset=nonsense\r\n",
    "a language that is none": b"Accept-Language: ;q=x,\xff\r\n",
    "a range that is none": b"Range: bytes=9-1\r\n",
    "a date that is none": b"If-Modified-Since: never\r\n",
    "a tag that is none": b'If-None-Match: "\xff\r\n',
    "a request id that is none": b"X-Request-ID: \xff\r\n",
    "a key that is none": b"Idempotency-Key: \xff\r\n",
    "a site that is none": b"Sec-Fetch-Site: \xff\r\n",
    "a referrer of half an address": b"Referer: http://[\r\n",
    "a page of half an address": b"HX-Request: true\r\nHX-Current-URL: http://[\r\n",
    "a way here that is none": b"X-Forwarded-For: [,\xff\r\n",
    "an address that is none": b"User-Agent: \xff\r\n",
}


TARGETS = [b"GET /login", b"POST /login", b"POST /api/auth/login", b"GET /static/troupe.css", b"GET /bot", b"POST /bot"]


@pytest.mark.parametrize("what", ODD_HEADERS)
def test_odd_headers_are_never_the_servers_fault(web, what):
    for target in TARGETS:
        request = target + b" HTTP/1.1\r\n" + HOST + ODD_HEADERS[what] + b"Content-Length: 2\r\n\r\n{}"
        status, _, body = web.answer(request)
        assert status < 500, (target, body)


@pytest.mark.parametrize("kept", range(3))
def test_a_client_that_has_sent_all_and_closed_its_side_gets_all_answers(web, kept):
    one = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    client = opened(web.port, one * kept + in_chunks(b"{", b"}"))
    client.shutdown(socket.SHUT_WR)
    assert received(client).count(b"HTTP/1.1 ") == kept + 1
