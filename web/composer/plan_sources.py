"""The sources of a plan as the form shows and reads them, made of the schema of each source."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from werkzeug.datastructures import MultiDict

from bot.plans.source import Source
from bot.plans.sources import SOURCES, AnySource
from web import labels

FIRST = "hashtag"
"""The source that an empty form has chosen."""
_LABELS = {
    "tags": "Hashtags",
    "of": "Accounts",
    "posts": "Links to posts",
    "usernames": "Usernames",
    "tab": "Which posts",
    "last": "How many of the last posts of each",
    "older_than_days": "Followed at least this many days ago",
    "keep": "Keep these, too",
}
_WORDS = {"people": "People you name"}
"""Words of sources that a title says shorter."""
_NAME = re.compile(r"[^\s,;]+")
_SOURCES: TypeAdapter[list[Source]] = TypeAdapter(list[AnySource])


@dataclass(frozen=True)
class Field:
    """A field of a source. `name` is that of the form, and `value` its first value.

    `sort` is its type in the schema, or `enum` for a choice.
    """

    name: str
    label: str
    sort: str
    value: str
    hint: str
    required: bool
    options: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Choice:
    """A kind of source: the box that chooses it, its words, and its fields."""

    box: str
    words: str
    hint: str
    fields: Sequence[Field]


def choices() -> list[Choice]:
    """Return all sources: the first choice, then those that name something, then the rest."""
    found = [_choice(kind, source) for kind, source in SOURCES.items()]
    return sorted(found, key=lambda one: (one.box != box_of(FIRST), not any(field.required for field in one.fields)))


def is_chosen(values: Mapping[str, str], kind: str) -> bool:
    return values.get(box_of(kind)) == "true"


def box_of(kind: str) -> str:
    return f"from.{kind}"


def field_of(kind: str, name: str) -> str:
    return f"source.{kind}.{name}"


def read(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the chosen sources as a request has them. Empty fields are left out."""
    return [_read(kind, source, values) for kind, source in SOURCES.items() if is_chosen(values, kind)]


def fill(sources: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """Return the values of the form for these stored sources; None if it cannot have them."""
    values: dict[str, str] = {}
    for one in sources:
        kind = one["kind"]
        values[box_of(kind)] = "true"
        values |= {field_of(kind, name): _text(value) for name, value in one.items() if name != "kind"}
    try:
        again, stored = (_SOURCES.validate_python(told) for told in (read(values), list(sources)))
    except ValidationError:
        return None
    return values if sorted(map(repr, again)) == sorted(map(repr, stored)) else None


def place(values: Mapping[str, str], name: str, number: int) -> str:
    """Return the place of an item of a list as it was typed: its line, or its number in the only line."""
    text = values.get(name, "")
    if "\n" not in text.strip():
        return f"Number {number + 1}"
    found = [item.start() for item in _NAME.finditer(text)]
    return f"Line {text.count(chr(10), 0, found[number]) + 1}"


def _read(kind: str, source: type[Source], values: Mapping[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": kind}
    for field in _fields(kind, source):
        text = values.get(field.name, "")
        if text.strip():
            told[field.name.rpartition(".")[2]] = _NAME.findall(text) if field.sort == "array" else text.strip()
    return told


def _choice(kind: str, source: type[Source]) -> Choice:
    told, _, more = " ".join((source.__doc__ or "").split()).partition(";")
    # Words with a name in them are for one part.
    words = _WORDS.get(kind) or (told.partition(".")[0] if "{" in source.words else source.words)
    hint = more.partition(".")[0].strip()
    return Choice(box_of(kind), _capital(words), f"{_capital(hint)}." if hint else "", list(_fields(kind, source)))


def _fields(kind: str, source: type[Source]) -> Iterator[Field]:
    schema = source.model_json_schema()
    for name, one in schema["properties"].items():
        if name == "kind":
            continue
        sort = "enum" if "enum" in one else one["type"]
        most = one.get("maxItems")
        options = [(value, dict(labels.TABS).get(value, value.capitalize())) for value in one.get("enum", ())]
        yield Field(
            field_of(kind, name),
            _LABELS.get(name, name.replace("_", " ").capitalize()),
            sort,
            _text(one.get("default")),
            f"Up to {most:,}, one a line or separated by commas" if sort == "array" and most else "",
            name in schema.get("required", ()),
            options,
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def given(values: MultiDict[str, str]) -> dict[str, str]:
    """Return the last value of each field: a box follows a hidden field that says no."""
    return {name: sent[-1] for name, sent in values.lists()}
