"""A Sentry on loopback that keeps what it is sent."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Sentry:
    """A Sentry. `bodies` are the unpacked envelopes with their headers before them."""

    dsn: str = ""
    bodies: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events of all envelopes. An item is a line with its type, and a line of JSON."""
        found = []
        for body in self.bodies:
            lines = body.partition("\n\n")[2].lstrip("\n").splitlines()[1:]
            found += [
                json.loads(item)
                for head, item in zip(lines[::2], lines[1::2], strict=False)
                if json.loads(head)["type"] == "event"
            ]
        return found


@contextmanager
def sentry_here() -> Iterator[Sentry]:
    sentry = Sentry()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            sentry.bodies.append(f"{self.headers}\n{(gzip.decompress(sent) if packed else sent).decode()}")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sentry.dsn = f"http://key-of-this-test@127.0.0.1:{server.server_port}/1"
    try:
        yield sentry
    finally:
        server.shutdown()
        server.server_close()
