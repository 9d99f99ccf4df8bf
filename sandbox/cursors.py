"""Paging cursors: long opaque texts, as Instagram's are."""

import base64
from hashlib import blake2b

from sandbox.wire import Json, Refused

_PREFIX = "QVFE"
_DIGITS = 9


def cursor_at(place: int) -> str:
    """Return the cursor of a place. The same place always has the same one."""
    number = f"{place:0{_DIGITS}}".encode()
    mask = blake2b(b"cursor", digest_size=_DIGITS).digest()
    hidden = bytes(one ^ other for one, other in zip(number, mask, strict=True))
    return _PREFIX + base64.urlsafe_b64encode(hidden + blake2b(number, digest_size=48).digest()).decode()


def place_in(fields: Json, name: str) -> int:
    """Return the place at which the next page starts, 0 if no cursor was sent. A bare number is its own place."""
    cursor = str(fields.get(name) or "0")
    if cursor.isascii() and cursor.isdigit() and len(cursor) <= _DIGITS:
        return int(cursor)
    try:
        hidden = base64.urlsafe_b64decode(cursor.removeprefix(_PREFIX).encode())[:_DIGITS]
        mask = blake2b(b"cursor", digest_size=_DIGITS).digest()
        place = int(bytes(one ^ other for one, other in zip(hidden, mask, strict=True)))
    except ValueError as error:
        raise Refused(400, "Invalid cursor") from error
    if cursor_at(place) != cursor:
        raise Refused(400, "Invalid cursor")
    return place
