"""Templates of messages, with names and variants, and the text of each for a person."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from math import prod

from bot.core.display_names import CONTROLS, MAX_NAME, clean_name
from bot.messages.first_names import first_name, given_name
from bot.messages.foreign_placeholders import find_foreign, right_form
from bot.recipients.headers import FULL_NAME, NAME, USERNAME, header_kind

MAX_CHARACTERS = 1000
"""Instagram's limit for one message."""
MAX_USERNAME = 30
MAX_VARIANT = 24
"""Characters of the name of a variant: twelve groups of up to nine choices."""
NAMES = ("username", "full_name", "first_name")

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_SHOWABLE = re.compile(r"[\w .-]{1,30}")
_SHOWABLE_PLACEHOLDER = re.compile(r"[^\n]{1,60}")
_KNOWN = "there are {username}, {full_name} and {first_name}"
# Marks alone, and letters that look blank, show nothing either.
_UNSEEN = (*CONTROLS, "Mn", "Me")
_FILLERS = "\u115f\u1160\u2800\u3164\uffa0"


class WordingError(ValueError):
    """A problem of a template, in words for a person. `position` is its first character, from 1."""

    def __init__(self, message: str, position: int) -> None:
        self.position = position
        super().__init__(f"{message} (character {position})")


@dataclass(frozen=True)
class Name:
    """A place for a name. Without a fallback, the username replaces a missing full name."""

    name: str
    fallback: str | None


Variants = tuple[str, ...]
Piece = Name | Variants
"""A part of a template. Plain text is a piece with one variant."""


@dataclass(frozen=True)
class Wording:
    """A valid template."""

    pieces: tuple[Piece, ...]

    @property
    def personal(self) -> bool:
        """True if it holds a name."""
        return any(isinstance(piece, Name) for piece in self.pieces)

    def lacks(self, full_name: str | None, first_name: str | None) -> bool:
        """Return whether it holds a name of the person that only Instagram knows so far."""
        missing = set() if full_name else {"full_name"} if first_name else {"full_name", "first_name"}
        return any(isinstance(piece, Name) and piece.name in missing for piece in self.pieces)

    @property
    def variants(self) -> int:
        """The number of texts that one person may get. A text that two choices share counts twice."""
        return prod(len(set(piece)) for piece in self.pieces if not isinstance(piece, Name))

    @property
    def longest(self) -> int:
        """The most characters that the text of one person can have."""
        return sum(_longest(piece) for piece in self.pieces)

    def render(self, username: str, full_name: str | None, key: str, given: str | None = None) -> str:
        """Return the text for one person. The same key selects the same variants, in the preview and in the message.

        `given` is the first name in a list of people. Otherwise the full name provides it.
        """
        whole = clean_name(full_name or "")
        first = given_name(clean_name(given or "")) or first_name(whole)
        known = {"username": clean_name(username), "full_name": whole, "first_name": first}
        return "".join(_filled(piece, known, _draw(key, place)) for place, piece in enumerate(self.pieces)).strip()

    def variant(self, key: str) -> str | None:
        """Return the choices that this key selects, like `2.1`; None of a text without any, and of too many to keep."""
        numbers = [str(piece.index(piece[_draw(key, place) % len(piece)]) + 1) for place, piece in self._groups]
        variant = ".".join(numbers)
        return variant if 0 < len(variant) <= MAX_VARIANT else None

    def choices(self, variant: str) -> list[str] | None:
        """Return the text of each choice of a variant; None if it is none of this template."""
        numbers = variant.split(".")
        groups = [piece for _, piece in self._groups]
        fits = len(numbers) == len(groups) and all(number.isdecimal() for number in numbers)
        if not fits or not all(0 < int(number) <= len(one) for number, one in zip(numbers, groups, strict=True)):
            return None
        return [one[int(number) - 1] for number, one in zip(numbers, groups, strict=True)]

    def chosen(self, variant: str) -> str | None:
        """Return the template with the choices of a variant, and its names as they are written."""
        chosen = self.choices(variant)
        if chosen is None:
            return None
        of_place = dict(zip((place for place, _ in self._groups), chosen, strict=True))
        parts = (of_place.get(place, _as_written(piece)) for place, piece in enumerate(self.pieces))
        return "".join(parts).strip()

    @property
    def _groups(self) -> list[tuple[int, Variants]]:
        placed = enumerate(self.pieces)
        return [(place, piece) for place, piece in placed if not isinstance(piece, Name) and len(set(piece)) > 1]

    def may_be(self, text: str, username: str) -> bool:
        """Return whether a person with this username may have got this text, whatever their full name was."""
        pattern = "".join(_pattern(piece, clean_name(username)) for piece in self.pieces)
        return re.fullmatch(rf"\s*{pattern}\s*", text, re.DOTALL) is not None


def variant_text(template: str, variant: str | None) -> str | None:
    """Return the text of a variant of a template, with names as placeholders; the template itself of none."""
    return parse(template).chosen(variant) if variant else template


def _pattern(piece: Piece, username: str) -> str:
    if not isinstance(piece, Name):
        return f"(?:{'|'.join(re.escape(variant) for variant in piece)})"
    return re.escape(username) if piece.name == "username" else rf".{{0,{MAX_NAME}}}?"


def _filled(piece: Piece, known: dict[str, str], draw: int) -> str:
    if isinstance(piece, Name):
        return known[piece.name] or (known["username"] if piece.fallback is None else piece.fallback)
    return piece[draw % len(piece)]


def _as_written(piece: Piece) -> str:
    if not isinstance(piece, Name):
        return piece[0]
    return f"{{{piece.name}}}" if piece.fallback is None else f"{{{piece.name}|{piece.fallback}}}"


def _draw(key: str, place: int) -> int:
    return int.from_bytes(sha256(f"{place}:{key}".encode()).digest())


def parse(text: str) -> Wording:
    """Return the wording of a template. Raises WordingError, a ValueError."""
    if foreign := find_foreign(text):
        what = f"write {foreign.right}" if foreign.right else _KNOWN
        written = foreign.written if _SHOWABLE_PLACEHOLDER.fullmatch(foreign.written) else "This"
        raise WordingError(f"{written} is not filled in; {what}", foreign.at + 1)
    pieces = tuple(_piece(found, text) for found in _PART.finditer(text))
    if all(_may_be_blank(piece) for piece in pieces):
        raise WordingError("This message could come out empty", 1)
    wording = Wording(pieces)
    if wording.longest > MAX_CHARACTERS:
        raise WordingError(f"This can grow to {wording.longest} characters, and Instagram takes {MAX_CHARACTERS}", 1)
    return wording


def _piece(found: re.Match[str], text: str) -> Piece:
    part, position = found.group(), found.start() + 1
    if part in ("{{", "}}"):
        return (part[0],)
    if part == "}":
        raise WordingError("This } closes nothing; write }} for a brace", position)
    if part == "{":
        if _holds_a_group(text[position - 1 :]):
            raise WordingError(
                "A group or a name cannot stand inside a group; write each variant in full, like {Hi|Hello there}",
                position,
            )
        what = "before the next one begins" if "{" in text[position:] else "anywhere"
        raise WordingError(f"This {{ is not closed {what}; write {{{{ for a brace", position)
    return (part,) if found.group(1) is None else _group(found.group(1), position)


def _holds_a_group(text: str) -> bool:
    """Return whether the first brace is closed after another pair of braces."""
    depth = deepest = 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        deepest = max(deepest, depth)
        if depth == 0:
            break
    return depth == 0 and deepest > 1


def _group(content: str, position: int) -> Piece:
    first, *others = content.split("|")
    name = first.strip()
    if name in NAMES:
        if len(others) > 1:
            raise WordingError(f"{{{name}}} takes one fallback", position)
        return Name(name, others[0].strip() if others else None)
    if not content.replace("|", "").strip():
        raise WordingError("This group is empty", position)
    is_name = len(others) == 1 and header_kind(name) in (NAME, FULL_NAME, USERNAME)
    if not others or is_name or get_close_matches(name.lower(), NAMES, cutoff=0.85):
        shown = f"{{{name}}}" if _SHOWABLE.fullmatch(name) else "such name"
        right = right_form(name)
        raise WordingError(f"There is no {shown}; {f'write {right}' if right else _KNOWN}", position)
    return (first, *others)


def _may_be_blank(piece: Piece) -> bool:
    if isinstance(piece, Name):
        return piece.name != "username" and piece.fallback is not None and is_blank(piece.fallback)
    return any(is_blank(variant) for variant in piece)


def is_blank(text: str) -> bool:
    """Return whether nothing of the text is visible."""
    return all(char in _FILLERS or char.isspace() or unicodedata.category(char) in _UNSEEN for char in text)


def _longest(piece: Piece) -> int:
    if isinstance(piece, Name):
        return MAX_USERNAME if piece.name == "username" else max(MAX_NAME, len(piece.fallback or ""))
    return max(len(variant) for variant in piece)
