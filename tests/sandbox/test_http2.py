"""The sandbox's HTTP/2, against the words of another implementation."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded
from h2.settings import SettingCodes
from hpack import Decoder, Encoder
from hypothesis import given
from hypothesis import strategies as st

from sandbox.header_block import HeaderReader, header_block

NAMES = st.sampled_from([":method", ":path", "cookie", "x-ig-app-id", "authorization", "x-empty"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300)
BLOCKS = st.lists(st.lists(st.tuples(NAMES, VALUES), max_size=20), max_size=8)
PAGE = "/api/v1/friendships/2000000042/followers/?count=200"


@given(BLOCKS, st.booleans(), st.sampled_from([0, 100, 4_096]))
def test_blocks_of_a_connection_are_read_as_they_were_written(blocks, huffman, table_size):
    encoder, reader = Encoder(), HeaderReader()
    encoder.header_table_size = table_size
    for block in blocks:
        assert reader.read(encoder.encode(block, huffman)) == block


@given(st.sampled_from([200, 403, 572]), st.lists(st.tuples(NAMES, VALUES), max_size=20))
def test_a_block_that_is_written_reads_the_same(status, fields):
    written = header_block(status, [(name.encode(), value.encode()) for name, value in fields])
    assert list(Decoder().decode(written)) == [(":status", str(status)), *fields]


@given(st.binary(min_size=1))
def test_what_is_no_block_is_refused_and_nothing_else_happens(junk):
    try:
        HeaderReader().read(junk)
    except ValueError:
        return


class Client:
    """A client of HTTP/2 that asks for one thing at a time, `window` bytes at most."""

    def __init__(self, connection: ssl.SSLSocket, window: int) -> None:
        self._connection, self._window = connection, window
        self._h2 = H2Connection(H2Configuration(header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: window})

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        stream = self._h2.get_next_available_stream_id()
        self._h2.send_headers(
            stream,
            [
                (":method", method),
                (":path", path),
                (":scheme", "https"),
                (":authority", "i.instagram.com"),
                *headers.items(),
            ],
            end_stream=not body,
        )
        for start in range(0, len(body), 16_384):
            self._h2.send_data(stream, body[start : start + 16_384], end_stream=start + 16_384 >= len(body))
        self._connection.sendall(self._h2.data_to_send())
        return self._reply(stream)

    def _reply(self, stream: int) -> tuple[int, bytes]:
        status, content = 0, b""
        while data := self._connection.recv(65_536):
            for event in self._h2.receive_data(data):
                if isinstance(event, ResponseReceived):
                    status = int(dict(event.headers)[":status"])
                elif isinstance(event, DataReceived):
                    assert len(event.data) <= self._window
                    content += event.data
                    self._h2.acknowledge_received_data(event.flow_controlled_length, stream)
                elif isinstance(event, StreamEnded):
                    return status, content
            self._connection.sendall(self._h2.data_to_send())
        raise EOFError


@contextmanager
def client(sandbox, ca_file, window: int = 65_535) -> Iterator[Client]:
    context = ssl.create_default_context(cafile=str(ca_file))
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", int(sandbox.proxy.rpartition(":")[2])), timeout=10) as plain:
        plain.sendall(b"CONNECT i.instagram.com:443 HTTP/1.1\r\n\r\n")
        assert b" 200 " in plain.recv(1_000)
        with context.wrap_socket(plain, server_hostname="i.instagram.com") as secured:
            yield Client(secured, window)


@pytest.mark.parametrize("window", [1_000, 65_535])
def test_a_reply_waits_for_whoever_takes_it_slowly(sandbox, ca_file, signed_in, window):
    owner = signed_in("plain_01")
    users = owner.private_request("friendships/2000000042/followers/?count=200")["users"]
    with client(sandbox, ca_file, window) as slow:
        for _ in range(3):
            status, body = slow.ask("GET", PAGE, authorization=owner.authorization)
            assert (status, json.loads(body)["users"]) == (200, users)


def test_a_request_that_is_too_large_is_refused_and_the_connection_lasts(sandbox, ca_file):
    with client(sandbox, ca_file) as large:
        assert large.ask("GET", PAGE)[0] == 403
        assert large.ask("POST", "/api/v1/media/1/like/", b"x" * 900_000)[0] == 403
        assert large.ask("POST", "/api/v1/media/1/like/", b"x" * 1_100_000)[0] == 413
        assert large.ask("GET", PAGE)[0] == 403


def test_what_is_no_http2_ends_the_connection(sandbox, ca_file):
    with client(sandbox, ca_file) as other:
        other._connection.sendall(b"\x00" * 100)
        with suppress(OSError):
            while other._connection.recv(1_000):
                continue
