"""The CONNECT proxy through which clients reach only the sandbox. Their TLS ends here too."""

import asyncio
import base64
import binascii
import re
import ssl
from typing import cast

from sandbox.conversation import Conversation
from sandbox.http1 import Http1
from sandbox.http2 import Http2

HOSTS = (
    "i.instagram.com",
    "b.i.instagram.com",
    "www.instagram.com",
    "graph.instagram.com",
    "rupload.facebook.com",
)
MAX_HEAD = 65_536
HEAD_SECONDS = 10
IDLE_SECONDS = 120
# This username is refused, as a proxy refuses a user.
REFUSED_USER = "refused"
CONNECT = re.compile(r"CONNECT ([\w.-]+):(\d+) HTTP/1\.[01]\r\n")
AUTHORIZATION = re.compile(r"^proxy-authorization: basic (\S+)\r$", re.IGNORECASE | re.MULTILINE)


class Proxy:
    """The way of clients to Instagram's hosts: one process, one port, and TLS to all of them."""

    def __init__(self, tls: ssl.SSLContext, conversation: Conversation) -> None:
        self.tls, self.conversation = tls, conversation
        self.visitors: set[Visitor] = set()

    def welcome(self) -> "Visitor":
        return Visitor(self)

    def close(self) -> None:
        for visitor in list(self.visitors):
            visitor.cut()


class Visitor(asyncio.Protocol):
    """One connection: its CONNECT, its TLS, and then the agreed version of HTTP."""

    _raw: asyncio.Transport
    _securing: asyncio.Task[None]

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._loop = asyncio.get_running_loop()
        self._input = b""
        self._let_in = False
        self._speaks: Http1 | Http2 | None = None
        self._used = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._raw = cast(asyncio.Transport, transport)
        self._proxy.visitors.add(self)
        self._alarm = self._loop.call_later(HEAD_SECONDS, self._look)

    def connection_lost(self, error: Exception | None) -> None:
        self._alarm.cancel()
        self._proxy.visitors.discard(self)
        if self._speaks:
            self._speaks.lost()

    def data_received(self, data: bytes) -> None:
        if self._speaks:
            self._used = self._loop.time()
            self._speaks.received(data)
            return
        self._input += data
        if not self._let_in and b"\r\n\r\n" in self._input:
            self._answer(self._input.decode("latin-1"))
        elif len(self._input) > MAX_HEAD:
            self.cut()

    def cut(self) -> None:
        """End the connection. Bytes sent so far still arrive."""
        self._raw.close()

    def _answer(self, head: str) -> None:
        refused = _refusal(head)
        self._raw.write(refused or b"HTTP/1.1 200 Connection established\r\n\r\n")
        if refused:
            self._raw.close()
        else:
            self._let_in, self._input = True, b""
            self._securing = self._loop.create_task(self._secure())

    async def _secure(self) -> None:
        try:
            secured = await self._loop.start_tls(
                self._raw, self, self._proxy.tls, server_side=True, ssl_handshake_timeout=HEAD_SECONDS
            )
        except OSError:
            self.cut()
            return
        if secured is None:
            return
        version = secured.get_extra_info("ssl_object").selected_alpn_protocol()
        speaks = Http2 if version == "h2" else Http1
        self._speaks = speaks(self._proxy.conversation, secured.write, self.cut)
        # Bytes that came right after the handshake.
        self._speaks.received(self._input)

    def _look(self) -> None:
        """End a connection that sends nothing."""
        waits = self._used + IDLE_SECONDS - self._loop.time()
        if self._speaks is None or (waits <= 0 and self._speaks.idle):
            self.cut()
        else:
            self._alarm = self._loop.call_later(max(waits, HEAD_SECONDS), self._look)


def _refusal(head: str) -> bytes:
    """Return the reply to a CONNECT that is refused; empty if it is allowed."""
    asked = CONNECT.match(head)
    if asked is None:
        return b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"
    if _user(head) == REFUSED_USER:
        return (
            b"HTTP/1.1 407 Proxy Authentication Required\r\n"
            b'proxy-authenticate: Basic realm="sandbox"\r\ncontent-length: 0\r\n\r\n'
        )
    if asked[1] not in HOSTS or asked[2] != "443":
        return b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
    return b""


def _user(head: str) -> str:
    found = AUTHORIZATION.search(head)
    try:
        return base64.b64decode(found[1]).decode("latin-1").partition(":")[0] if found else ""
    except binascii.Error:
        return ""
