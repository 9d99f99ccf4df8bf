"""Forms and query strings → Params models of bot/, and problems of fields in plain words."""

import re
from datetime import datetime
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from bot.inputs.validation import field_name, own_words, refuse_controls, refused, single
from web import local_time

Params = TypeVar("Params", bound=BaseModel)
# Fields that every form, and every poll, may carry in addition to those of its model.
_OURS = frozenset({"csrf_token", "next", "unsent", "idempotency_key", "seen"})
# Fields of usernames, which may be separated by spaces. Other lists hold phrases.
_NAMES = frozenset({"usernames", "keep"})
_DEEPEST = 4
_WRONG = "This is not right."
_RULES = {
    "missing": "Fill this in.",
    "extra_forbidden": "There is no such field.",
    "string_too_short": "Type {min_length} characters or more.",
    "string_too_long": "Type {max_length} characters at most.",
    "int_parsing": "Type a whole number.",
    "int_from_float": "Type a whole number.",
    "int_parsing_size": "This number is too large.",
    "float_parsing": "Type a number, like 0.5.",
    "greater_than_equal": "Type {ge} or more.",
    "less_than_equal": "Type {le} or less.",
    "literal_error": "Choose one from the list.",
    "too_long": "This may hold {max_length} at most.",
    "datetime_parsing": "Type a day and a time, like 2026-03-10T09:00.",
    "datetime_from_date_parsing": "Type a day and a time, like 2026-03-10T09:00.",
}
_FORMS = {
    ("ForgotPassword", ""): "Type your username or your e-mail address.",
    ("ViewStories", ""): "Name one person or more.",
    ("AuditQuery", "since"): "Type a date, like 2026-03-10.",
    ("AuditQuery", "until"): "Type a date, like 2026-03-10.",
    ("Filter", "since"): "Type a date, like 2026-03-10.",
    ("ResultsQuery", "from"): "Type a date, like 2026-03-10.",
    ("ResultsQuery", "to"): "Type a date, like 2026-03-10.",
}
# A rule about the whole form is shown at one field.
_SHOWN_AT = {("ViewStories", ""): "usernames", ("ForgotPassword", ""): "username"}
_CROSSED = re.compile(r"(\w+_min) is above \w+_max$")


def parse(model: type[Params], source: MultiDict[str, str] | None = None) -> Params:
    """Read the sent form, or `source`, into a model of bot/. An empty field counts as not sent.

    `a.b` is field b of part a. A list is separated by commas and line ends, or is several values of one name. A time
    without a zone is in the user's own. Raises INVALID_INPUT with the problem of each field.
    """
    values = nested(model, request.form if source is None else source)
    refuse_controls(values)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        sent = request.form if source is None else source
        raise refused(_problem(model, item, sent) for item in details) from None


def refuse_repeated() -> None:
    """Raise INVALID_INPUT if a query parameter comes twice. Called before every request."""
    if "web" in request.blueprints:
        single(request.args.items(multi=True))


def nested(model: type[BaseModel], source: MultiDict[str, str]) -> dict[str, Any]:
    """Return the fields, with those of a part in a mapping of its own.

    The last value of a name counts: a checkbox follows a hidden field that says no.
    """
    values: dict[str, Any] = {}
    for name, sent in source.lists():
        if name in _OURS or not any(value.strip() for value in sent):
            continue
        *parts, field = name.split(".", _DEEPEST)
        into: Any = values
        for part in parts:
            into = into.setdefault(part, {}) if isinstance(into, dict) else None
        kind = _kind(model, [*parts, field])
        if isinstance(into, dict) and (kind is list or sent[-1].strip()):
            into[field] = _value(kind, field, sent)
    return values


def _value(kind: object, field: str, sent: list[str]) -> object:
    if kind is list:
        return [item.group().strip() for value in sent for item in _items(field, value)]
    return local_time.from_field(sent[-1].strip()) if field.endswith("_at") else sent[-1]


def _items(field: str, text: str) -> list[re.Match[str]]:
    item = r"[^\s,;]+" if field in _NAMES else r"[^,;\n\r]+"
    return [found for found in re.finditer(item, text) if found.group().strip()]


def _place(field: str, sent: list[str], number: int) -> str:
    """Return the line of an item if there are several lines, else its number. `number` counts from 0."""
    text = "\n".join(sent)
    if "\n" not in text.strip():
        return f"Number {number + 1}"
    return f"Line {text.count(chr(10), 0, _items(field.rpartition('.')[2], text)[number].start()) + 1}"


def _kind(model: type[BaseModel], path: list[str]) -> object:
    """Return `list` if the field at that path holds several values, anything else otherwise."""
    name, *rest = path
    field = model.model_fields.get(name)
    types = _types(field.annotation) if field else []
    if not rest:
        return list if any(get_origin(one) is list for one in types) else str
    inner = [one for one in types if isinstance(one, type) and issubclass(one, BaseModel)]
    return _kind(inner[0], rest) if inner else str


def _types(annotation: Any) -> list[Any]:
    return list(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else [annotation]


def in_words(model: type[BaseModel], item: ErrorDetails, field: str = "") -> str:
    """Return the rule that refused a field as a sentence for people."""
    if isinstance(item.get("ctx", {}).get("ge") or item.get("ctx", {}).get("le"), datetime):
        return "Choose a time within a year from now."
    rule = _RULES.get(item["type"], "").format_map(item.get("ctx", {}))
    return rule or _FORMS.get((model.__name__, field)) or own_words(item) or _WRONG


def _problem(model: type[BaseModel], item: ErrorDetails, source: MultiDict[str, str]) -> dict[str, str]:
    names = [part for part in item["loc"] if not isinstance(part, int)]
    number = next((part for part in item["loc"] if isinstance(part, int)), None)
    field = ".".join(field_name(part) for part in names)
    rule = in_words(model, item, field)
    if number is not None:
        rule = f"{_place(field, source.getlist(field), number)} is not right. {rule}".removesuffix(f" {_WRONG}")
    if crossed := _CROSSED.search(item["msg"]):
        field, rule = ".".join(filter(None, [field, crossed[1]])), "The smallest is above the largest."
    field = _SHOWN_AT.get((model.__name__, field), field)
    return {"field": field, "code": "INVALID_INPUT", "message": rule}
