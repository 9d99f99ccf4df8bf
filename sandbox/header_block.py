"""Header fields of HTTP/2 on the wire (RFC 7541): read with all their compression, written with none."""

from collections import deque
from collections.abc import Iterable
from functools import lru_cache

from hpack import HPACKError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

Field = tuple[str, str]

_STATIC: tuple[Field, ...] = tuple((name.decode(), value.decode()) for name, value in HeaderTable.STATIC_TABLE)
_OVERHEAD = 32
_MAX_TABLE = 4_096
# The static table's indexes of `:status`, and of `:status: 200`.
_STATUS, _STATUS_200 = 8, 0x88
# An account sends most of its headers with every request, and decoding in pure Python is slow.
_REMEMBERED = 65_536


class HeaderReader:
    """A reader for the blocks of one connection, in their order."""

    def __init__(self) -> None:
        self._recent: deque[Field] = deque()
        self._size = 0
        self._largest = _MAX_TABLE

    def read(self, block: bytes) -> list[Field]:
        """Decode a block. Raises ValueError if it is malformed."""
        try:
            return list(self._fields(block))
        except (IndexError, HPACKError, UnicodeDecodeError) as error:
            raise ValueError("no block of header fields") from error

    def _fields(self, block: bytes) -> Iterable[Field]:
        at = 0
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _integer(block, at, 7)
                yield self._at(index)
            elif first & 0xE0 == 0x20:
                self._largest, at = _integer(block, at, 5)
                self._shrink()
            else:
                kept = first & 0x40
                index, at = _integer(block, at, 6 if kept else 4)
                name, at = (self._at(index)[0], at) if index else _text(block, at)
                value, at = _text(block, at)
                if kept:
                    self._keep((name, value))
                yield name, value

    def _at(self, index: int) -> Field:
        return _STATIC[index - 1] if index <= len(_STATIC) else self._recent[index - len(_STATIC) - 1]

    def _keep(self, field: Field) -> None:
        self._recent.appendleft(field)
        self._size += len(field[0]) + len(field[1]) + _OVERHEAD
        self._shrink()

    def _shrink(self) -> None:
        while self._size > self._largest and self._recent:
            name, value = self._recent.pop()
            self._size -= len(name) + len(value) + _OVERHEAD


def header_block(status: int, fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the block of a reply. It changes no table."""
    parts = [bytes([_STATUS_200]) if status == 200 else bytes([_STATUS]) + _written(str(status).encode())]
    parts += [b"\x00" + _written(name) + _written(value) for name, value in fields]
    return b"".join(parts)


def _integer(block: bytes, at: int, bits: int) -> tuple[int, int]:
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        at += 1
        value += (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _text(block: bytes, at: int) -> tuple[str, int]:
    compressed = block[at] & 0x80
    length, at = _integer(block, at, 7)
    raw, at = block[at : at + length], at + length
    if len(raw) != length:
        raise IndexError
    return _unpacked(raw) if compressed else raw.decode("latin-1"), at


@lru_cache(_REMEMBERED)
def _unpacked(raw: bytes) -> str:
    return decode_huffman(raw).decode("latin-1")


def _written(text: bytes) -> bytes:
    """Return the text uncompressed, after its length."""
    length, most = len(text), 0x7F
    if length < most:
        return bytes([length]) + text
    head, rest = bytearray([most]), length - most
    while rest >= 0x80:
        head.append(rest & 0x7F | 0x80)
        rest >>= 7
    head.append(rest)
    return bytes(head) + text
