"""The gunicorn worker of the web process: a thread takes a request only when all of it has arrived."""

import contextlib
import gc
import json
import re
import secrets
import selectors
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any

from gunicorn.http.errors import (
    ConfigurationProblem,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from bot.core.errors import registry
from bot.core.log import get_logger
from middleware.arriving import ArrivedParser, Arriving, read_head
from middleware.security_headers import HEADERS

# From the first wait to the last byte of a request.
READ_SECONDS = 10.0
# Time for a client to go on sending after its answer, so that it gets to read the answer.
LINGER_SECONDS = 5.0
# Time for a client to take what is buffered of its answer, while more is left unsent.
WRITE_SECONDS = 20
# A larger rest, such as a download, is written by a thread.
MAX_UNSENT = 1024 * 1024
MAX_WAITING = 64
# Bodies above this, such as lists of people, may take longer. Only a few are read at a time, so they never fill the
# memory.
SMALL_BODY = 1024 * 1024
MAX_LARGE = 8
LARGE_SECONDS = 60.0
CHUNK = 64 * 1024
# Tables, exports and long lists have their own threads, so that other requests never wait for them or for slow readers.
COSTLY_THREADS = 8
COSTLY_PATH = re.compile(r"\.csv$|/export$")
COSTLY_QUERY = re.compile(r"(?:^|&)format=csv(?:&|$)")


# gunicorn's exception → the name of the answer. The first that fits counts.
_NAMES = {
    LimitRequestLine: "ADDRESS_TOO_LONG",
    LimitRequestHeaders: "HEADERS_TOO_LARGE",
    ConfigurationProblem: "INTERNAL",
    InvalidResponseHeader: "INTERNAL",
    InvalidResponseHeaderName: "INTERNAL",
    ParseException: "BAD_REQUEST",
}


class Outgoing:
    """The socket of a connection. It buffers what the client does not take, so that no thread waits."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.unsent = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        self.unsent += data
        self.flush()
        if len(self.unsent) > MAX_UNSENT:
            self._sock.sendall(self.unsent)
            self.unsent.clear()

    def flush(self) -> None:
        """Send as much as the client takes now."""
        with contextlib.suppress(BlockingIOError):
            while self.unsent:
                del self.unsent[: self._sock.send(self.unsent, socket.MSG_DONTWAIT)]


class ReadFirstWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gthread with a main loop that reads requests, writes buffered answers and ends connections.

    So slow clients hold no thread.
    """

    def init_process(self) -> None:
        # Each with its deadline.
        self._arriving: dict[TConn, tuple[float, Arriving]] = {}
        self._waiting: dict[TConn, float] = {}
        self._lingering: dict[TConn, float] = {}
        self._large = 0
        self._costly = ThreadPoolExecutor(COSTLY_THREADS)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Queue a connection on which a request may begin. gunicorn calls it in its main loop."""
        conn.sock.setblocking(False)
        arriving = Arriving(partial(read_head, self.cfg, conn.client))
        self._arriving[conn] = (time.monotonic() + READ_SECONDS, arriving)
        self._watch(conn, partial(self._read, conn, arriving))
        early = conn.parser.unreader.take_buffered() if conn.parser is not None else b""
        # A client may have closed its side after the last of several requests.
        if early:
            self._take(conn, arriving, early)
        else:
            self._read(conn, arriving)

    def finish_request(self, conn: TConn, future: Future[bool]) -> None:
        """Follow up on an answered request. gunicorn calls it in its main loop."""
        if conn.sock.unsent:
            self._wait_to_write(conn, future)
        elif future.cancelled() or future.exception() or not future.result():
            self._linger(conn)
        else:
            super().finish_request(conn, future)

    def run(self) -> None:
        """Run until the process is to end. gunicorn calls it."""
        gc.collect()
        # A full collection that walks all that was imported takes 150 ms out of the request in which it falls.
        gc.freeze()
        super().run()
        self._costly.shutdown(wait=False)

    def murder_pending(self) -> None:
        """End overdue connections, and all unfinished ones once the worker stops.

        gunicorn calls it about every second.
        """
        now = time.monotonic()
        late = [conn for conn, (deadline, _) in self._arriving.items() if deadline < now or not self.alive]
        late += [conn for conn, deadline in self._waiting.items() if deadline < now]
        late += [conn for conn, deadline in self._lingering.items() if deadline < now or not self.alive]
        for conn in late:
            self._drop(conn)

    def _read(self, conn: TConn, arriving: Arriving, _: object = None) -> None:
        data = _receive(conn)
        if data == b"":
            self._drop(conn)
        elif data:
            self._take(conn, arriving, data)

    def _take(self, conn: TConn, arriving: Arriving, data: bytes) -> None:
        try:
            arriving.add(data)
        except ParseException as error:
            self._refuse(conn, error)
            return
        if arriving.waits_for_word:
            with contextlib.suppress(OSError):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if arriving.complete:
            self._hand_over(conn, arriving)
        elif arriving.size > SMALL_BODY and not arriving.counted:
            self._count_large(conn, arriving)

    def _count_large(self, conn: TConn, arriving: Arriving) -> None:
        if self._large >= MAX_LARGE:
            self._answer(conn.sock, conn.client, "SERVER_BUSY", "too many large ones", retry_after=10)
            self._end(conn)
            return
        self._large += 1
        arriving.counted = True
        self._arriving[conn] = (time.monotonic() + LARGE_SECONDS, arriving)

    def handle_error(self, _request: object, client: socket.socket, addr: object, exc: Exception) -> None:
        """Answer a failure outside the application. gunicorn calls it in a thread."""
        name = next((name for kind, name in _NAMES.items() if isinstance(exc, kind)), "INTERNAL")
        # Its text may quote a faulty header, which may hold a secret.
        self._answer(client, addr, name, type(exc).__name__)

    def _answer(self, client: socket.socket, addr: object, name: str, why: str, retry_after: int | None = None) -> None:
        request_id = secrets.token_hex(16)
        write = get_logger().error if name == "INTERNAL" else get_logger().info
        write("request_refused", error_name=name, request_id=request_id, exception=why, client=str(addr))
        with contextlib.suppress(OSError):
            client.sendall(refusal(name, request_id, retry_after))

    def _refuse(self, conn: TConn, error: ParseException) -> None:
        self.handle_error(None, conn.sock, conn.client, error)
        self._end(conn)

    def _end(self, conn: TConn) -> None:
        self._unwatch(conn)
        self._linger(conn)

    def _hand_over(self, conn: TConn, arriving: Arriving) -> None:
        self._unwatch(conn)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", WRITE_SECONDS, 0))
        if not conn.initialized:
            conn.sock = Outgoing(conn.sock)
            conn.parser = ArrivedParser(self.cfg, conn.sock, conn.client)
        conn.init()
        request, rest = arriving.as_request()
        conn.parser.give(request, rest)
        conn.data_ready = True
        pool = self._costly if is_costly(request, arriving.size) else self.tpool
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _wait_to_write(self, conn: TConn, future: Future[bool]) -> None:
        """Let the main loop write the rest. Of too many slow readers it drops the one that has waited longest."""
        if len(self._waiting) >= MAX_WAITING:
            self._drop(next(iter(self._waiting)))
        self._waiting[conn] = time.monotonic() + WRITE_SECONDS
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._write, conn, future))

    def _write(self, conn: TConn, future: Future[bool], _: object = None) -> None:
        try:
            conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        if not conn.sock.unsent:
            self._unwatch(conn)
            self.finish_request(conn, future)

    def _linger(self, conn: TConn) -> None:
        """End the answer and read on until the client is done. Closing right away could cost it the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        self._lingering[conn] = time.monotonic() + LINGER_SECONDS
        conn.sock.setblocking(False)
        self._watch(conn, partial(self._discard, conn))

    def _discard(self, conn: TConn, _: object = None) -> None:
        if _receive(conn) == b"":
            self._drop(conn)

    def _watch(self, conn: TConn, callback: Callable[[object], None]) -> None:
        self.poller.register(conn.sock, selectors.EVENT_READ, callback)

    def _unwatch(self, conn: TConn) -> None:
        _, arriving = self._arriving.pop(conn, (0.0, None))
        if arriving is not None and arriving.counted:
            self._large -= 1
        self._waiting.pop(conn, None)
        self._lingering.pop(conn, None)
        if conn.sock.fileno() >= 0 and conn.sock.fileno() in self.poller.get_map():
            self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._unwatch(conn)
        self.nr_conns -= 1
        conn.close()


def is_costly(request: Request, size: int) -> bool:
    """Return whether the answer may take long to make or to send. `size` is the body's, in bytes."""
    return size > SMALL_BODY or bool(COSTLY_PATH.search(request.path) or COSTLY_QUERY.search(request.query))


def refusal(name: str, request_id: str, retry_after: int | None = None) -> bytes:
    """Return a whole answer, in the application's shape and headers, to what never reaches the application."""
    entry = registry()[name]
    page = f"/help/errors/{entry.code}"
    problem = {
        "type": page,
        "title": entry.description,
        "status": entry.status,
        "success": False,
        "error": entry.name,
        "code": entry.code,
        "message": entry.description,
        "action": entry.remedy,
        "help": page,
        "retryable": entry.retryable,
        "request_id": request_id,
        "errors": [],
    }
    body = json.dumps(problem, ensure_ascii=False).encode()
    headers = HEADERS | {
        "Cache-Control": "no-store",
        "X-Request-ID": request_id,
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    if retry_after:
        headers["Retry-After"] = str(retry_after)
    lines = [f"HTTP/1.1 {entry.status} {HTTPStatus(entry.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _receive(conn: TConn) -> bytes | None:
    """Return the next bytes; None if there are none yet, empty at the end."""
    try:
        data: bytes = conn.sock.recv(CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    return data
