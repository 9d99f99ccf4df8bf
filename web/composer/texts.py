"""The text of a message as one writes it: placeholders to insert, its length, and its variants."""

from dataclasses import dataclass

from bot.messages.templates import MAX_CHARACTERS, WordingError, parse

INSERTS = {
    "first_name": ("First name", "{first_name|there}"),
    "full_name": ("Full name", "{full_name}"),
    "username": ("Username", "{username}"),
}
"""Placeholder → its button and the text that it adds."""


@dataclass(frozen=True)
class Counter:
    """The most characters that one person can get, how many texts there are, or what is wrong."""

    longest: int
    variants: int
    problem: str = ""
    most: int = MAX_CHARACTERS


def counted(text: str) -> Counter | None:
    """Return the length and the variants of a text; None if it is empty."""
    if not text.strip():
        return None
    try:
        wording = parse(text.replace("\r\n", "\n"))
    except WordingError as error:
        return Counter(0, 0, f"{error}.")
    return Counter(wording.longest, wording.variants)


def with_placeholder(text: str, name: str) -> str:
    """Return the text with a placeholder at its end. An unknown one adds nothing."""
    if name not in INSERTS:
        return text
    space = " " if text and not text[-1].isspace() else ""
    return f"{text}{space}{INSERTS[name][1]}"
