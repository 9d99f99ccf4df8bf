"""Removal of what keyboards, chats and documents add: full-width signs, invisible characters, dashes."""

import unicodedata

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# Unicode does not class the minus sign as a dash, but some keyboards and documents type it as one.
_MINUS = "\u2212"


def half_width(text: str) -> str:
    """Replace full-width signs, as Japanese and Chinese keyboards type them, by ASCII."""
    return text.translate(_FULL_WIDTH)


def visible(text: str, kept: str = "") -> str:
    """Remove invisible characters (zero-width ones, direction marks, byte order marks) except those in `kept`, and
    surrounding space.
    """
    return "".join(char for char in text if char in kept or unicodedata.category(char) != "Cf").strip()


def plain_code(text: str) -> str:
    """Return a one-time code or recovery code in lower case, without spaces, dashes and dots between its groups.

    Digits of any script become ASCII.
    """
    kept = (char for char in visible(text) if not _parts(char))
    return unicodedata.normalize("NFKC", "".join(map(_digit, kept))).lower()


def _parts(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Pd" or char in (_MINUS, ".", "·")


def _digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
