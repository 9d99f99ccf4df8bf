"""Names of strangers as they may be shown and sent."""

import unicodedata

JOINERS = "\u200c\u200d"
"""What joins letters in some scripts, and is no control there."""
MAX_NAME = 64
"""What Instagram takes as a full name."""
CONTROLS = ("Cc", "Cf", "Cs")
"""Categories of what controls how a text is displayed."""
# What UTF-8 is read as by mistake, and the letters that it was then. In cp1250, "RÓŻA" would be a letter of Cyrillic.
_MISREAD = (
    *(("latin-1", 0x80, 0x10FFFF), ("cp1252", 0x80, 0x10FFFF)),
    *(("cp1250", 0x80, 0x24F), ("mac_roman", 0x80, 0x24F), ("cp1251", 0x400, 0x4FF)),
)


def clean_name(name: str) -> str:
    """A stranger's name as it may stand in a text: in one line, without what controls its display, 64 characters; empty
    if it is garbled.
    """
    if is_garbled(name[: 4 * MAX_NAME]):
        return ""
    if not name.isprintable():
        # Few names are not; going through millions of characters, as of a large file, would take seconds.
        name = "".join(" " if char.isspace() else char for char in name if char.isspace() or not _controls(char))
    return " ".join(name.split())[:MAX_NAME].strip(f" {JOINERS}")


def _controls(char: str) -> bool:
    return unicodedata.category(char) in CONTROLS and char not in JOINERS


def is_garbled(text: str) -> bool:
    """Whether a word of a text has lost letters, or is UTF-8 that was read in another encoding."""
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
