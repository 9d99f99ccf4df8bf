"""Cleaning of strangers' names before they are shown or sent."""

import unicodedata

JOINERS = "\u200c\u200d"
"""Characters that join letters in some scripts. There they do not control the display."""
MAX_NAME = 64
"""Instagram's limit for a full name, in characters."""
CONTROLS = ("Cc", "Cf", "Cs")
"""Unicode categories of characters that control how text is displayed."""
# Encodings that UTF-8 is misread in, and the range of letters that the text then held. In cp1250, "RÓŻA" would be a
# Cyrillic letter.
_MISREAD = (
    *(("latin-1", 0x80, 0x10FFFF), ("cp1252", 0x80, 0x10FFFF)),
    *(("cp1250", 0x80, 0x24F), ("mac_roman", 0x80, 0x24F), ("cp1251", 0x400, 0x4FF)),
)


def clean_name(name: str) -> str:
    """Return a stranger's name in one line of 64 characters at most, without display controls.

    The result is empty if the name is garbled.
    """
    if is_garbled(name[: 4 * MAX_NAME]):
        return ""
    if not name.isprintable():
        # Few names need this. On the millions of characters of a large file it would take seconds.
        name = "".join(" " if char.isspace() else char for char in name if char.isspace() or not _controls(char))
    return " ".join(name.split())[:MAX_NAME].strip(f" {JOINERS}")


def _controls(char: str) -> bool:
    return unicodedata.category(char) in CONTROLS and char not in JOINERS


def without_controls(text: str) -> str:
    """Return a stranger's text without characters that control how it, or what is around it, is displayed.

    Its line breaks stay as `\n`; other white space is a space.
    """
    lines = ("".join(_plain_space(char) for char in line if _is_shown(char)) for line in text.splitlines())
    return "\n".join(lines).strip()


def _is_shown(char: str) -> bool:
    return char.isspace() or not _controls(char)


def _plain_space(char: str) -> str:
    return " " if char.isspace() else char


def is_garbled(text: str) -> bool:
    """Return whether a word of a text lost letters, or is UTF-8 that was decoded in another encoding."""
    return "\ufffd" in text or any(_is_misread(word) for word in text.split(" "))


def _is_misread(word: str) -> bool:
    for encoding, first, last in () if word.isascii() else _MISREAD:
        try:
            meant = word.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        if all(char.isascii() or first <= ord(char) <= last for char in meant):
            return True
    return False
