"""A proxy with a username and a password, http or socks5 on one port, in front of the sandbox's own."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

USER, PASSWORD = "somebody", "canary-proxy-password"
_SOCKS = b"\x05"


@dataclass
class ProxyInFront:
    """A proxy that passes on callers with the credentials. `served` are the hosts, `refused` counts other callers.

    If `answer` is set, it sends that to every caller and hangs up; empty: it sends nothing.
    """

    target: tuple[str, int]
    listener: socket.socket
    answer: bytes | None = None
    served: list[str] = field(default_factory=list)
    refused: int = 0

    def url(self, scheme: str = "http", password: str = PASSWORD) -> str:
        return f"{scheme}://{USER}:{password}@127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._welcome, args=(client,), daemon=True).start()

    def _welcome(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            if self.answer is not None:
                client.recv(65536)
                client.sendall(self.answer)
                return
            first = client.recv(1, socket.MSG_PEEK)
            host, yes = self._socks(client) if first == _SOCKS else self._connect(client)
            if not host:
                return
            self.served.append(host)
            with socket.create_connection(self.target) as server:
                server.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
                assert b" 200 " in _head(server)
                client.sendall(yes)
                back = threading.Thread(target=pipe, args=(server, client), daemon=True)
                back.start()
                pipe(client, server)
                back.join()

    def _connect(self, client: socket.socket) -> tuple[str, bytes]:
        head = _head(client).decode()
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if f"proxy-authorization: basic {login}".lower() not in head.lower():
            self.refused += 1
            client.sendall(b'HTTP/1.1 407 No\r\nproxy-authenticate: Basic realm="x"\r\ncontent-length: 0\r\n\r\n')
            return "", b""
        return head.split()[1].partition(":")[0], b"HTTP/1.1 200 OK\r\n\r\n"

    def _socks(self, client: socket.socket) -> tuple[str, bytes]:
        """Accept names of hosts only, as socks5h sends them."""
        client.recv(256)
        client.sendall(b"\x05\x02")
        login = client.recv(513)
        known = b"\x01" + bytes([len(USER)]) + USER.encode() + bytes([len(PASSWORD)]) + PASSWORD.encode()
        if login != known:
            self.refused += 1
            client.sendall(b"\x01\x01")
            return "", b""
        client.sendall(b"\x01\x00")
        asked = client.recv(512)
        assert asked[:4] == b"\x05\x01\x00\x03"
        return asked[5 : 5 + asked[4]].decode(), b"\x05\x00\x00\x01" + bytes(6)


def _head(source: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data and (more := source.recv(1)):
        data += more
    return data


def pipe(source: socket.socket, sink: socket.socket) -> None:
    """Copy bytes until one side ends, and end the other."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_in_front_of(target: str) -> Iterator[ProxyInFront]:
    parts = urlsplit(target)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = ProxyInFront((str(parts.hostname), int(parts.port or 0)), listener)
        threading.Thread(target=proxy.serve, daemon=True).start()
        yield proxy
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
