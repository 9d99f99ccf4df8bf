"""HTTP/1.1 for those clients of Instagram that know nothing newer."""

import asyncio
from collections.abc import Callable
from urllib.parse import unquote

import h11

from sandbox.conversation import MAX_BODY, TOO_LARGE, Conversation, Lost, Visit
from sandbox.wire import Reply, Request


class Http1:
    """One connection. `write` takes bytes to the client, `cut` ends the connection after them."""

    def __init__(self, conversation: Conversation, write: Callable[[bytes], None], cut: Callable[[], None]) -> None:
        self._conversation, self._write, self._cut = conversation, write, cut
        self._connection = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._visit = Visit()
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        return self._head is None

    def received(self, data: bytes) -> None:
        if not data:
            return
        try:
            self._connection.receive_data(data)
            self._read()
        except h11.RemoteProtocolError:
            self._cut()

    def lost(self) -> None:
        """Note that the client has gone."""
        self._visit.leave()

    def _read(self) -> None:
        while isinstance(event := self._connection.next_event(), h11.Request | h11.Data | h11.EndOfMessage):
            if isinstance(event, h11.Request):
                self._head, self._body, self._visit = event, bytearray(), Visit()
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > MAX_BODY:
                    self._reply(TOO_LARGE)
                    self._cut()
                    return
            elif self._head is not None:
                self._answer(self._head)

    def _answer(self, head: h11.Request) -> None:
        answer = self._conversation.answer(_request(head, bytes(self._body)), self._visit)
        if isinstance(answer, Reply | Lost):
            self._reply(answer)
            return

        async def later() -> None:
            self._reply(await answer)
            self._read()

        self._task = asyncio.ensure_future(later())

    def _reply(self, reply: Reply | Lost) -> None:
        if self._visit.left.is_set():
            return
        if isinstance(reply, Lost):
            if reply is Lost.AFTER_THE_HEAD:
                self._write(b"HTTP/1.1 200 OK\r\ncontent-length: 512\r\n\r\n")
            self._cut()
            return
        body, headers = reply.encoded()
        sent = [
            self._connection.send(h11.Response(status_code=reply.status, headers=headers)),
            self._connection.send(h11.Data(data=body)),
            self._connection.send(h11.EndOfMessage()),
        ]
        self._write(b"".join(part for part in sent if part))
        self._head = None
        if self._connection.our_state is h11.MUST_CLOSE:
            self._cut()
        else:
            self._connection.start_next_cycle()


def _request(head: h11.Request, body: bytes) -> Request:
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}; {value}" if name in headers else value
    path, _, query = head.target.decode("latin-1").partition("?")
    return Request(head.method.decode("latin-1"), unquote(path), query, headers, body)
