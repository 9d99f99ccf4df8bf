"""HTTP/2 for the clients of Instagram: no more of RFC 9113 than they use."""

import asyncio
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from sandbox.conversation import MAX_BODY, TOO_LARGE, Conversation, Lost, Visit
from sandbox.header_block import HeaderReader, header_block
from sandbox.wire import Reply, Request

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_INITIAL_WINDOW_SIZE, _MAX_FRAME_SIZE = 4, 5
_WINDOW, _FRAME = 65_535, 16_384
# Bytes that a client may send before it needs a window update.
_OUR_WINDOW = 1 << 24
_HEAD = struct.Struct("!HBBBL")
_SETTING = struct.Struct("!HL")


@dataclass(slots=True)
class Stream:
    """One request on its way in, then its reply on its way out."""

    window: int
    visit: Visit = field(default_factory=Visit)
    headers: list[tuple[str, str]] = field(default_factory=list)
    block: bytes = b""
    ends: bool = False
    body: bytearray = field(default_factory=bytearray)
    left: bytes = b""


class Http2:
    """One connection. `write` takes bytes to the client, `cut` ends the connection after them."""

    def __init__(self, conversation: Conversation, write: Callable[[bytes], None], cut: Callable[[], None]) -> None:
        self._conversation, self._write, self._cut = conversation, write, cut
        self._input, self._output = bytearray(), bytearray()
        self._greeted = False
        self._reader = HeaderReader()
        self._streams: dict[int, Stream] = {}
        self._window, self._stream_window, self._frame = _WINDOW, _WINDOW, _FRAME
        self._taken = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._put(SETTINGS, 0, 0, _SETTING.pack(_INITIAL_WINDOW_SIZE, _OUR_WINDOW))
        self._put(WINDOW_UPDATE, 0, 0, (_OUR_WINDOW - _WINDOW).to_bytes(4))

    @property
    def idle(self) -> bool:
        return not self._streams

    def received(self, data: bytes) -> None:
        self._input += data
        try:
            self._read()
        except (ValueError, struct.error, IndexError):
            self._cut()
        self._send()

    def lost(self) -> None:
        """Note that the client has gone."""
        for stream in self._streams.values():
            stream.visit.leave()
        self._streams.clear()

    def _read(self) -> None:
        if not self._greeted:
            if len(self._input) < len(PREFACE):
                return
            if not self._input.startswith(PREFACE):
                raise ValueError("no HTTP/2")
            del self._input[: len(PREFACE)]
            self._greeted = True
        while len(self._input) >= _HEAD.size:
            high, low, kind, flags, number = _HEAD.unpack_from(self._input)
            ends = _HEAD.size + (high << 8 | low)
            if len(self._input) < ends:
                return
            frame = bytes(self._input[_HEAD.size : ends])
            del self._input[:ends]
            self._take(kind, flags, number & 0x7FFFFFFF, frame)

    def _take(self, kind: int, flags: int, number: int, frame: bytes) -> None:
        if kind == HEADERS:
            stream = self._streams[number] = Stream(self._stream_window, ends=bool(flags & END_STREAM))
            frame = _unpadded(frame, flags)
            stream.block = frame[5:] if flags & WITH_PRIORITY else frame
            self._take_block(number, stream, flags)
        elif kind == CONTINUATION:
            stream = self._streams[number]
            stream.block += frame
            self._take_block(number, stream, flags)
        elif kind == DATA:
            self._take_data(number, _unpadded(frame, flags), bool(flags & END_STREAM), len(frame))
        elif kind == SETTINGS and not flags & ACK:
            self._take_settings(frame)
        elif kind == WINDOW_UPDATE:
            self._widen(number, int.from_bytes(frame) & 0x7FFFFFFF)
        elif kind == PING and not flags & ACK:
            self._put(PING, ACK, 0, frame)
        elif kind == RST_STREAM and number in self._streams:
            self._streams.pop(number).visit.leave()

    def _take_block(self, number: int, stream: Stream, flags: int) -> None:
        if flags & END_HEADERS:
            stream.headers, stream.block = self._reader.read(stream.block), b""
            if stream.ends:
                self._answer(number, stream)

    def _take_data(self, number: int, data: bytes, ends: bool, length: int) -> None:
        self._taken += length
        if self._taken > _OUR_WINDOW // 2:
            self._put(WINDOW_UPDATE, 0, 0, self._taken.to_bytes(4))
            self._taken = 0
        stream = self._streams.get(number)
        if stream is None:
            return
        stream.body += data
        if len(stream.body) > MAX_BODY:
            self._reply(number, stream, TOO_LARGE)
        elif ends:
            self._answer(number, stream)

    def _take_settings(self, frame: bytes) -> None:
        for name, value in _SETTING.iter_unpack(frame):
            if name == _INITIAL_WINDOW_SIZE:
                for stream in self._streams.values():
                    stream.window += value - self._stream_window
                self._stream_window = value
            elif name == _MAX_FRAME_SIZE:
                self._frame = min(value, _FRAME)
        self._put(SETTINGS, ACK, 0)

    def _widen(self, number: int, by: int) -> None:
        if number == 0:
            self._window += by
        elif stream := self._streams.get(number):
            stream.window += by
        for one, stream in list(self._streams.items()):
            if stream.left:
                self._put_body(one, stream)

    def _answer(self, number: int, stream: Stream) -> None:
        answer = self._conversation.answer(_request(stream), stream.visit)
        if isinstance(answer, Reply | Lost):
            self._reply(number, stream, answer)
            return

        async def later() -> None:
            self._reply(number, stream, await answer)
            self._send()

        task = asyncio.ensure_future(later())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _reply(self, number: int, stream: Stream, reply: Reply | Lost) -> None:
        if self._streams.get(number) is not stream:
            return
        if isinstance(reply, Lost):
            if reply is Lost.AFTER_THE_HEAD:
                self._put(HEADERS, END_HEADERS, number, header_block(200, [(b"content-length", b"512")]))
            self._send()
            self._cut()
            return
        stream.left, fields = reply.encoded()
        self._put(HEADERS, END_HEADERS, number, header_block(reply.status, fields))
        self._put_body(number, stream)

    def _put_body(self, number: int, stream: Stream) -> None:
        while True:
            size = min(len(stream.left), self._window, stream.window, self._frame)
            if size <= 0 and stream.left:
                return
            part, stream.left = stream.left[:size], stream.left[size:]
            self._window -= size
            stream.window -= size
            self._put(DATA, 0 if stream.left else END_STREAM, number, part)
            if not stream.left:
                self._streams.pop(number, None)
                return

    def _put(self, kind: int, flags: int, number: int, frame: bytes = b"") -> None:
        self._output += _HEAD.pack(len(frame) >> 8, len(frame) & 0xFF, kind, flags, number)
        self._output += frame

    def _send(self) -> None:
        if self._output:
            self._write(bytes(self._output))
            self._output.clear()


def _unpadded(frame: bytes, flags: int) -> bytes:
    return frame[1 : len(frame) - frame[0]] if flags & PADDED else frame


def _request(stream: Stream) -> Request:
    pseudo: dict[str, str] = {}
    headers: dict[str, str] = {}
    for name, value in stream.headers:
        if name.startswith(":"):
            pseudo[name] = value
        else:
            # Each cookie may come in its own header.
            headers[name] = f"{headers[name]}; {value}" if name in headers else value
    path, _, query = pseudo.get(":path", "").partition("?")
    return Request(pseudo.get(":method", ""), unquote(path), query, headers, bytes(stream.body))
