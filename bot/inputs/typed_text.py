"""What keyboards, chats and documents add to a value that is copied: full-width signs, invisible characters, dashes."""

import unicodedata

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# The minus sign is no dash to Unicode, but some keyboards and documents have it in its place.
_MINUS = "\u2212"


def half_width(text: str) -> str:
    """Full-width signs, as Japanese and Chinese keyboards type them, as those of ASCII."""
    return text.translate(_FULL_WIDTH)


def visible(text: str, kept: str = "") -> str:
    """Without invisible characters (zero-width ones, marks of direction, byte order marks), but for those of `kept`,
    and without space around it.
    """
    return "".join(char for char in text if char in kept or unicodedata.category(char) != "Cf").strip()


def plain_code(text: str) -> str:
    """A one-time code or recovery code without what parts its groups: spaces and dashes of any kind, dots.

    Digits of any script become those of ASCII, and letters small.
    """
    kept = (char for char in visible(text) if not _parts(char))
    return unicodedata.normalize("NFKC", "".join(map(_digit, kept))).lower()


def _parts(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Pd" or char in (_MINUS, ".", "·")


def _digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char
