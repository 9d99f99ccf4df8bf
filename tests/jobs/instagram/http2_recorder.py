"""A server that speaks HTTP/2 over TLS, answers everything alike and keeps what reached it, to the last byte."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from sandbox.certificates import prepare

_MAX_HELLO = 16_384


@dataclass
class Recorder:
    """`hellos`: the first flight of each connection; `requests`: header fields in their order, and the body."""

    port: int
    ca_file: str
    hellos: list[bytes] = field(default_factory=list)
    resumed: list[bool] = field(default_factory=list)
    requests: list[tuple[list[tuple[bytes, bytes]], bytes]] = field(default_factory=list)

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, listener: socket.socket, context: ssl.SSLContext) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._welcome, args=(client, context), daemon=True).start()

    def _welcome(self, client: socket.socket, context: ssl.SSLContext) -> None:
        with suppress(OSError), client:
            while not client.recv(65_536).endswith(b"\r\n\r\n"):
                continue
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            hello = client.recv(_MAX_HELLO, socket.MSG_PEEK)
            with context.wrap_socket(client, server_side=True) as secured:
                self.hellos.append(hello)
                self.resumed.append(bool(secured.session_reused))
                self._answer(secured)

    def _answer(self, client: ssl.SSLSocket) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        connection.initiate_connection()
        client.sendall(connection.data_to_send())
        headers: list[tuple[bytes, bytes]] = []
        body = b""
        while data := client.recv(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    headers, body = [(bytes(name), bytes(value)) for name, value in event.headers], b""
                elif isinstance(event, DataReceived):
                    body += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, StreamEnded):
                    self.requests.append((headers, body))
                    reply = [(":status", "200"), ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/")]
                    connection.send_headers(event.stream_id, reply)
                    connection.send_data(event.stream_id, b'{"status":"ok"}', end_stream=True)
            client.sendall(connection.data_to_send())


@contextmanager
def http2_recorder(folder: Path, host: str) -> Iterator[Recorder]:
    files = prepare(folder, [host], datetime.now(UTC))
    ca_file = folder / "authority.pem"
    ca_file.write_text(files.ca_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recorder = Recorder(listener.getsockname()[1], str(ca_file))
        threading.Thread(target=recorder.serve, args=(listener, context), daemon=True).start()
        yield recorder
        listener.shutdown(socket.SHUT_RDWR)
