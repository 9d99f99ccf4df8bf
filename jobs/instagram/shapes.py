"""Shapes of replies: names of fields and types of values, without anything of an account.

A name or a word is kept only if the public sources of this client have all of its pieces, so none can come from an
account. A shape is flat: the place of a value in the reply → its types.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

Shape = dict[str, str]
"""Place → types, sorted and joined by `|`. The place of the whole is `.`, and `[]` is any entry of a list.

Types are `object`, `list`, `text`, `number`, `digits` (a number as text), `bool`, `null`, `page` (HTML), `empty`, and
`=word` for a word of the protocol. `absent` says that some entries of the list do not have the field.
"""

MAX_PLACES = 400
_MAX_DEPTH = 12
_MAX_ENTRIES = 60
_MAX_NAME = 48
_MASKED = "*"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*", re.ASCII)
_WORD = re.compile(r"[A-Za-z]+(_[A-Za-z]+)*", re.ASCII)
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
# Fields that hold words of the protocol. The words in others are those of people.
_WORDED = ("status", "exception_name", "action", "step_name", "type", "tab")
_WORDED_ENDS = ("_type", "_status", "_state", "_reason")
# It holds a word of the protocol or a sentence.
_OFTEN_WORDED = "message"
_STATUSES = frozenset(map(str, range(100, 600)))


def shape_of(body: Any, hidden: Collection[str] = (), most: int = MAX_PLACES) -> Shape:
    """Return the shape of a reply, with its first `most` places.

    `hidden` are words, in lower case, that it must not have, whatever they are.
    """
    places: dict[str, set[str]] = defaultdict(set)
    _read(body, "", "", places, frozenset(hidden), 0)
    return {place or ".": "|".join(sorted(types)) for place, types in list(places.items())[:most]}


def words_of_people(body: Any, field: str = "") -> Iterator[str]:
    """Yield, in lower case, every text and number of a reply that is no word of the protocol."""
    waiting = [(body, field)]
    while waiting:
        value, field = waiting.pop()
        if isinstance(value, dict):
            waiting += [(inner, str(name)) for name, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, field) for inner in value]
        elif not isinstance(value, bool) and value is not None and not _is_worded(field):
            yield str(value).strip().lower()


def masked_path(path: str) -> str:
    """Return the path of a request with `*` for every part that is no name of the protocol."""
    parts = path.partition("?")[0].strip("/").split("/")
    return "/".join(part if part == "{}" else masked_name(part) for part in parts)


def masked_name(name: str) -> str:
    """Return a name with dots, like that of a screen, with `*` for every part that is no name of the protocol."""
    return ".".join(part if _is_public(part) else _MASKED for part in re.split("[.:]", name))


def _read(value: Any, place: str, field: str, places: dict[str, set[str]], hidden: frozenset[str], depth: int) -> None:
    places[place].add(_type_of(value, field, hidden, is_whole=not place))
    if depth >= _MAX_DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            shown = _shown_name(name, hidden)
            _read(inner, _within(place, shown), shown, places, hidden, depth + 1)
    elif isinstance(value, list):
        entries = value[:_MAX_ENTRIES]
        for entry in entries:
            _read(entry, f"{place}[]", field, places, hidden, depth + 1)
        _note_absent([entry for entry in entries if isinstance(entry, dict)], f"{place}[]", places, hidden)


def _note_absent(
    entries: list[dict[str, Any]], place: str, places: dict[str, set[str]], hidden: frozenset[str]
) -> None:
    named = [{_shown_name(name, hidden) for name in entry} for entry in entries]
    for name in set().union(*named) if named else ():
        if not all(name in names for names in named):
            places[_within(place, name)].add("absent")


def _within(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _shown_name(name: Any, hidden: frozenset[str]) -> str:
    text = str(name)
    return text if _is_public(text) and text.lower() not in hidden - _OWN_NAMES else _MASKED


# Names that the readers look for are fields, even if a person has one of them as a name.
_OWN_NAMES = frozenset(("user", "users", "media", "medias", "items", "text", "status", "message", "inbox", "thread"))


def _type_of(value: Any, field: str, hidden: frozenset[str], *, is_whole: bool) -> str:
    if value is None:
        return "null"
    for kind, name in ((bool, "bool"), (dict, "object"), (list, "list")):
        if isinstance(value, kind):
            return name
    if field == "status_code" and str(value) in _STATUSES:
        return f"={value}"
    return _type_of_text(value, field, hidden, is_whole=is_whole) if isinstance(value, str) else "number"


def _type_of_text(text: str, field: str, hidden: frozenset[str], *, is_whole: bool) -> str:
    if not text.strip():
        return "empty"
    if is_whole:
        return "page" if text.lstrip().startswith("<") else "text"
    if text.isascii() and text.isdecimal():
        return "digits"
    return _word(text, field, hidden) if _is_worded(field) else "text"


def _word(text: str, field: str, hidden: frozenset[str]) -> str:
    """Return a word of the protocol, with `*` for pieces that are not public; else `text`."""
    if field == "error_type":
        text = text.replace(" ", "_")
    if len(text) > _MAX_NAME or not _WORD.fullmatch(text) or text.lower() in hidden:
        return "text"
    if field == _OFTEN_WORDED and "_" not in text:
        return "text"
    shown = [piece if _is_public(piece) else _MASKED for piece in text.split("_")]
    return "=" + "_".join(shown) if any(piece != _MASKED for piece in shown) else "text"


def _is_worded(field: str) -> bool:
    return field in _WORDED or field == _OFTEN_WORDED or field.endswith(_WORDED_ENDS)


def _is_public(name: str) -> bool:
    """Return whether the sources have every piece of the name. Numbers of up to two digits are pieces too."""
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        return False
    return all(_is_public_piece(piece) for piece in _PIECES.findall(name))


def _is_public_piece(piece: str) -> bool:
    if piece.isdigit():
        return len(piece) <= 2
    return piece == "v" or (len(piece) > 1 and piece.lower() in _vocabulary())


@cache
def _vocabulary() -> frozenset[str]:
    """Return all words in the sources of instagrapi and of this package, in lower case."""
    texts = (source.read_text(encoding="utf-8") for name in _SOURCES for source in _sources(files(name)))
    return frozenset(piece.lower() for text in texts for piece in _PIECES.findall(text) if not piece.isdigit())


_SOURCES = ("instagrapi", "jobs.instagram")


def _sources(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.name.endswith(".py"):
            yield entry
