"""A relay in front of the sandbox's proxy that can reset the connections that go through it."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

# Close with a reset and not with a polite end, as a network does that breaks.
RESET = struct.pack("ii", 1, 0)


class Relay:
    """Pipes connections to `target`; `break_all` resets those that are open."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = (str(parts.hostname), int(parts.port or 0))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._open.append(client)
                for source, sink in ((client, server), (server, client)):
                    threading.Thread(target=_pipe, args=(source, sink), daemon=True).start()

    def break_all(self) -> None:
        for client in self._open:
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                client.shutdown(socket.SHUT_RD)
            client.close()
        self._open.clear()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_all()


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with closing(sink), suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)


@contextmanager
def relay_to(target: str) -> Iterator[Relay]:
    relay = Relay(target)
    threading.Thread(target=relay.serve, daemon=True).start()
    try:
        yield relay
    finally:
        relay.close()
