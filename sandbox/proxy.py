"""The CONNECT proxy through which clients reach the sandbox, and nothing else."""

import asyncio
import base64
import binascii
import contextlib
import re

HOSTS = (
    "i.instagram.com",
    "b.i.instagram.com",
    "www.instagram.com",
    "graph.instagram.com",
    "rupload.facebook.com",
)
CHUNK = 65_536
HEAD_TIMEOUT = 10
# Whoever comes under this name is asked for another one: a proxy that refuses its user.
REFUSED_USER = "refused"
BROKEN = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)

CONNECT = re.compile(r"CONNECT ([\w.-]+):(\d+) HTTP/1\.[01]\r\n")
AUTHORIZATION = re.compile(r"^proxy-authorization: basic (\S+)\r$", re.IGNORECASE | re.MULTILINE)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Pipes every allowed CONNECT to the local TLS port."""

    def __init__(self, tls_port: int) -> None:
        self._tls_port = tls_port
        self._onward: dict[int, asyncio.StreamWriter] = {}

    def cut(self, port: int) -> None:
        """End the connection that reaches the TLS port from `port`; what was sent so far still arrives."""
        if writer := self._onward.get(port):
            writer.write_eof()

    def close(self) -> None:
        for writer in self._onward.values():
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client connection, from its CONNECT to its end."""
        with contextlib.suppress(*BROKEN):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_TIMEOUT)
            refused = _refusal(head.decode("latin-1"))
            writer.write(refused or b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            if not refused:
                await self._pass_on((reader, writer))
        writer.close()

    async def _pass_on(self, client: Streams) -> None:
        server = await asyncio.open_connection("127.0.0.1", self._tls_port)
        port = server[1].get_extra_info("sockname")[1]
        self._onward[port] = server[1]
        ways = [
            asyncio.ensure_future(_pipe(client[0], server[1])),
            asyncio.ensure_future(_pipe(server[0], client[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._onward[port]
            for way in ways:
                way.cancel()
            server[1].close()


def _refusal(head: str) -> bytes:
    """The reply to a CONNECT that is not let through; empty where it is."""
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


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
