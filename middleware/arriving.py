"""The bytes of an arriving request: gunicorn parses a complete head; a chunked body is decoded on the way."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    InvalidRequestLine,
    LimitRequestHeaders,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import IterUnreader

# A larger body is not read. The application gets the request and refuses it by its length.
MAX_BODY = 11 * 1024 * 1024
MAX_HEAD = 64 * 1024
MAX_SIZE_LINE = 8 * 1024
END_OF_HEAD = b"\r\n\r\n"
# Any number above this is too large already. One with more digits does not fit a machine word, so no client means it.
MAX_DIGITS = 16
# The first line of a request, whole or its beginning, perhaps after one empty line.
REQUEST_LINE = re.compile(rb"(?:\r\n)?[!-~]{1,20} [!-~]+ HTTP/\d\.\d\r\n")
BEGUN_LINE = re.compile(rb"\r?|(?:\r\n)?[!-~]{0,20}(?: [!-~]*(?: [HTP0-9./]{0,8}\r?)?)?")
LONE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n|\Z)")
TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
QUOTED = rb'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
# Without possessive groups: Python 3.11.2, that of Debian 12, matches them wrongly if anything in them can backtrack.
EXTENSIONS = re.compile(rb"(?:[ \t]*;[ \t]*" + TOKEN + rb"(?:[ \t]*=[ \t]*(?:" + TOKEN + rb"|" + QUOTED + rb"))?)*")
SIZE_LINE = re.compile(rb"([0-9A-Fa-f]+)((?:[ \t]*;[^\r\n]*)?)\r\n")
BEGUN_SIZE_LINE = re.compile(rb"(?:[0-9A-Fa-f]+(?:[ \t]*(?:;[^\r\n]*)?)?\r?)?")
# Small chunks cost most for what they hold. Many of one size are matched together: of one hex digit, at most fifteen
# bytes each.
_OF_ITS_SIZE = b"|".join(rb"(?<=[%x%X]\r\n).{%d}" % (size, size, size) for size in range(1, 16))
TINY_CHUNK = re.compile(rb"[1-9A-Fa-f]\r\n(" + _OF_ITS_SIZE + rb")\r\n", re.DOTALL)
TINY_CHUNKS = re.compile(rb"(?:[1-9A-Fa-f]\r\n(?:" + _OF_ITS_SIZE + rb")\r\n){1,64}", re.DOTALL)
FEW_ALIKE = 16


class Announced:
    """A body with a Content-Length."""

    def __init__(self, length: int) -> None:
        self._length = length
        self.data = bytearray()

    @property
    def size(self) -> int:
        return self._length

    @property
    def complete(self) -> bool:
        return len(self.data) == self._length

    def take(self, arrived: bytearray) -> None:
        """Move the body's bytes from the beginning of `arrived`."""
        count = self._length - len(self.data)
        self.data += arrived[:count]
        del arrived[:count]


class Chunks:
    """A chunked body. It raises ParseException as soon as a malformed part has arrived."""

    def __init__(self, read_trailers: Callable[[bytes], object]) -> None:
        self._read_trailers = read_trailers
        self.data = bytearray()
        self._raw = 0
        # Bytes of the chunk that are still to come, and whether its line end is too.
        self._left = 0
        self._open = False
        self._trailers = False
        self.complete = False

    @property
    def size(self) -> int:
        """Return the bytes of the body known so far, or those it took to send them if they are more."""
        return max(len(self.data) + self._left, self._raw)

    def take(self, arrived: bytearray) -> None:
        """Move the body's bytes from the beginning of `arrived`."""
        at, before = 0, -1
        while not self.complete and at > before:
            before = at
            at = self._take_trailers(arrived, at) if self._trailers else self._take_chunk(arrived, at)
        self._raw += at
        del arrived[:at]

    def _take_chunk(self, arrived: bytearray, at: int) -> int:
        """Take one chunk and return the offset behind it; `at` itself if the next bytes are still missing."""
        if self._open:
            return self._finish_chunk(arrived, at)
        if run := TINY_CHUNKS.match(arrived, at):
            return self._take_alike(arrived, at) or self._take_tiny(arrived, at, run.end())
        line = SIZE_LINE.match(arrived, at)
        if line is None:
            _check_size_line(bytes(arrived[at : at + MAX_SIZE_LINE + 1]))
            return at
        self._left = _size_of(line[1])
        if not EXTENSIONS.fullmatch(line[2]):
            raise InvalidChunkExtension("not as RFC 9112 has them")
        self._trailers = self._left == 0
        self._open = not self._trailers
        # Its line end begins the empty line after it, unless trailers come between the two.
        return line.end() - 2 if self._trailers else line.end()

    def _take_tiny(self, arrived: bytearray, at: int, end: int) -> int:
        self.data += b"".join(TINY_CHUNK.findall(arrived, at, end))
        return end

    def _take_alike(self, arrived: bytearray, at: int) -> int:
        """Take chunks of one size in growing numbers and return the offset behind them; 0 if there are only a few."""
        size = int(arrived[at : at + 1], 16)
        period, count, taken = size + 5, FEW_ALIKE, 0
        while _are_alike(arrived, at, period, count):
            end = at + count * period
            bodies = bytearray(count * size)
            for place in range(size):
                bodies[place::size] = arrived[at + 3 + place : end : period]
            self.data += bodies
            at = taken = end
            count *= 2
        return taken

    def _finish_chunk(self, arrived: bytearray, at: int) -> int:
        part = arrived[at : at + self._left]
        self.data += part
        self._left -= len(part)
        at += len(part)
        end = bytes(arrived[at : at + 2])
        if self._left or end in (b"", b"\r"):
            return at
        if end != b"\r\n":
            raise ChunkMissingTerminator(b"")
        self._open = False
        return at + 2

    def _take_trailers(self, arrived: bytearray, at: int) -> int:
        end = arrived.find(END_OF_HEAD, at)
        if end < 0:
            if len(arrived) - at > MAX_HEAD:
                raise LimitRequestHeaders("trailers without end")
            if LONE_LINE_END.search(arrived, at):
                raise InvalidHeader("line end")
            return at
        if end > at:
            self._read_trailers(bytes(arrived[at + 2 : end]))
        self.complete = True
        return end + len(END_OF_HEAD)


class Arriving:
    """The bytes of one request so far. `add` raises ParseException if they cannot become one."""

    def __init__(self, read_head: Callable[[bytes], Request]) -> None:
        self._read_head = read_head
        self._arrived = bytearray()
        self._request: Request | None = None
        self._body: Announced | Chunks = Announced(0)
        # True while it counts among the large ones.
        self.counted = False

    def add(self, data: bytes) -> None:
        searched = max(0, len(self._arrived) - len(END_OF_HEAD))
        self._arrived += data
        if self._request is None:
            end = self._arrived.find(END_OF_HEAD, searched)
            if end < 0:
                self._check_begun(searched)
                return
            self._request = self._read_head(bytes(self._arrived[: end + len(END_OF_HEAD)]))
            del self._arrived[: end + len(END_OF_HEAD)]
            self._body = _body_of(self._request)
        if not self.too_large:
            self._body.take(self._arrived)

    def _check_begun(self, searched: int) -> None:
        if len(self._arrived) > MAX_HEAD:
            raise LimitRequestHeaders("head without end")
        if LONE_LINE_END.search(self._arrived, searched):
            raise InvalidHeader("line end")
        if not (REQUEST_LINE.match(self._arrived) or BEGUN_LINE.fullmatch(self._arrived)):
            raise InvalidRequestLine("")

    @property
    def waits_for_word(self) -> bool:
        """Return whether the client waits for "100 Continue". True only once."""
        request = self._request
        waits = request is not None and request._expected_100_continue and not self.complete
        if request is not None:
            # Otherwise gunicorn would send it a second time.
            request._expected_100_continue = False
        return waits

    @property
    def size(self) -> int:
        """Return the bytes of the body, as announced or as arrived."""
        return self._body.size

    @property
    def too_large(self) -> bool:
        return self.size > MAX_BODY

    @property
    def complete(self) -> bool:
        """Return whether nothing more has to arrive: it is whole, or it will be refused."""
        return self._request is not None and (self.too_large or self._body.complete)

    def as_request(self) -> tuple[Request, bytes]:
        """Return the request with its whole body, and the bytes behind it.

        The body of a request that is too large is left unread.
        """
        request: Any = self._request
        if self.too_large:
            request.force_close()
        if isinstance(self._body, Chunks):
            length = self.size if self.too_large else len(self._body.data)
            request.headers = [header for header in request.headers if header[0] != "TRANSFER-ENCODING"]
            request.headers.append(("CONTENT-LENGTH", str(length)))
        request.body = BytesIO(self._body.data)
        return request, bytes(self._arrived)


class ArrivedParser(RequestParser):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's parser of a connection, fed with whole requests."""

    def give(self, request: Request, rest: bytes) -> None:
        self.mesg = request
        self.unreader.unread(rest)

    def __next__(self) -> Request:
        return self.mesg

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:
        """Do nothing: no byte of a body is left on the connection, even if the application did not read it."""
        return True


def read_head(config: Config, address: object, head: bytes) -> Request:
    """Return the request without its body. Raises ParseException."""
    try:
        request = Request(config, IterUnreader([head]), address)
    except (OSError, StopIteration):
        raise InvalidRequestLine("") from None
    if request.version >= (1, 1) and not any(name == "HOST" for name, _ in request.headers):
        raise InvalidHeader("HOST")
    return request


def _body_of(request: Request) -> Announced | Chunks:
    reader = getattr(request.body, "reader", None)
    if isinstance(reader, ChunkedReader):
        if any(name == "TRANSFER-ENCODING" and value.lower() != "chunked" for name, value in request.headers):
            raise UnsupportedTransferCoding("")
        return Chunks(lambda trailers: request.parse_headers(trailers, from_trailer=True))
    return Announced(reader.length if isinstance(reader, LengthReader) else 0)


def _are_alike(arrived: bytearray, at: int, period: int, count: int) -> bool:
    """Return whether `count` chunks with the first one's digit follow each other.

    Bytes one period apart are compared in one slice.
    """
    end = at + count * period
    around = {0: bytes(arrived[at : at + 1]), 1: b"\r", 2: b"\n", period - 2: b"\r", period - 1: b"\n"}
    return end <= len(arrived) and all(
        arrived[at + place : end : period] == byte * count for place, byte in around.items()
    )


def _size_of(digits: bytes) -> int:
    digits = digits.lstrip(b"0")
    if len(digits) > MAX_DIGITS:
        raise InvalidChunkSize(b"")
    return int(digits or b"0", 16)


def _check_size_line(begun: bytes) -> None:
    if len(begun) > MAX_SIZE_LINE:
        raise LimitRequestHeaders("size of a chunk without end")
    if not BEGUN_SIZE_LINE.fullmatch(begun):
        raise InvalidChunkSize(b"")
