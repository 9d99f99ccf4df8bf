"""A way to Redis for tests that make it slow, silent or cut."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import unquote, urlsplit


class RedisForwarder:
    """A port in front of a Redis. Each reply comes after `delay` seconds, and none while it is silent."""

    def __init__(self, target: str, listener: socket.socket) -> None:
        self.delay = 0.0
        self._target = unquote(urlsplit(target).path)
        self._listener = listener
        self._speaks = threading.Event()
        self._speaks.set()
        self._is_cut = False
        self._open: set[socket.socket] = set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def silence(self) -> None:
        """Let requests arrive and hold back all replies until speak()."""
        self._speaks.clear()

    def speak(self) -> None:
        self._speaks.set()

    def cut(self) -> None:
        """End all connections, and new ones as soon as they are made, until mend()."""
        self._is_cut = True
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError), socket.socket(socket.AF_UNIX) as server:
            if self._is_cut:
                return
            server.connect(self._target)
            self._open |= {client, server}
            threading.Thread(target=self._replies, args=(server, client), daemon=True).start()
            try:
                while data := client.recv(65536):
                    server.sendall(data)
            finally:
                self._open -= {client, server}
                server.shutdown(socket.SHUT_RDWR)

    def _replies(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                time.sleep(self.delay)
                self._speaks.wait()
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def forwarder_to(url: str) -> Iterator[RedisForwarder]:
    """Yield a forwarder in front of a Redis on a Unix socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        forwarder = RedisForwarder(url, listener)
        threading.Thread(target=forwarder.serve, daemon=True).start()
        yield forwarder
        forwarder.speak()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
