"""A server on this machine that tests observe: its connections, and what they sent."""

import socket
import ssl
import threading
from contextlib import suppress

GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"


class Listener:
    """A server that counts connections, sets `came`, and gives every one the same answer once `after` is set."""

    def __init__(
        self,
        answer: bytes = GOOD,
        context: ssl.SSLContext | None = None,
        *,
        came: threading.Event | None = None,
        after: threading.Event | None = None,
    ) -> None:
        self._answer, self._context, self._came, self._after = answer, context, came, after
        self._socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = self._socket.getsockname()[1]
        self.connections, self.received = 0, b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with suppress(OSError), link:
                link.settimeout(5)
                wrapped = self._context.wrap_socket(link, server_side=True) if self._context else link
                self.received += wrapped.recv(65536)
                if self._came:
                    self._came.set()
                if self._after:
                    self._after.wait(20)
                wrapped.sendall(self._answer)

    def close(self) -> None:
        self._socket.close()
