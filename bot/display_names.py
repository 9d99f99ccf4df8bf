"""Names of strangers as they may be shown and sent."""

import unicodedata

JOINERS = "\u200c\u200d"
"""What joins letters in some scripts, and is no control there."""
MOST_NAME = 64
"""What Instagram takes as a full name."""
CONTROLS = ("Cc", "Cf", "Cs")
"""Categories of what controls how a text is displayed."""


def clean_name(name: str) -> str:
    """A stranger's name as it may stand in a text: in one line, without what controls its display, 64 characters."""
    if not name.isprintable():
        # Few names are not; going through millions of characters, as of a large file, would take seconds.
        name = "".join(" " if char.isspace() else char for char in name if char.isspace() or not _controls(char))
    return " ".join(name.split())[:MOST_NAME].strip(f" {JOINERS}")


def _controls(char: str) -> bool:
    return unicodedata.category(char) in CONTROLS and char not in JOINERS
