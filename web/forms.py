"""Forms and query strings → the parameter models of bot/, and what is wrong with a field in plain words."""

from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from bot.inputs import field_name, refuse_controls, refused

Params = TypeVar("Params", bound=BaseModel)
# What every form may carry beside the fields of its model.
_OURS = frozenset({"csrf_token", "next", "idempotency_key"})
_RULES = {
    "missing": "Fill this in.",
    "extra_forbidden": "This field is not known here.",
    "string_too_short": "Type {min_length} characters or more.",
    "string_too_long": "Type {max_length} characters at most.",
    "int_parsing": "Type a whole number.",
    "int_from_float": "Type a whole number.",
    "int_parsing_size": "This number is too large.",
    "greater_than_equal": "Type {ge} or more.",
    "less_than_equal": "Type {le} or less.",
    "literal_error": "Choose one from the list.",
}
_FORMS = {
    ("Link", "username"): "Type the Instagram username: letters, digits, dots and underscores.",
    ("Code", "code"): "Type the code as it was sent to you: digits only.",
    ("NewUser", "username"): "Type 2 to 32 letters, digits, dots, dashes or underscores.",
    ("NewUser", "email"): "Type an e-mail address, like name@example.org.",
    ("FollowHashtag", "hashtag"): "Type one hashtag: letters, digits and underscores, without spaces.",
    ("FollowHashtag", "filters"): "The smallest number of followers is above the largest.",
    ("Filter", "code"): "Type a code like E-AUTH-E-0003.",
    ("Filter", "since"): "Type a date, like 2026-03-10.",
}
# A rule about several fields is shown at one of them.
_SHOWN_AT = {"filters": "filters.followers_min"}


def parse(model: type[Params], source: MultiDict[str, str] | None = None) -> Params:
    """The sent form, or `source`, as a model of bot/. An empty field counts as not sent; `a.b` is field b of part a.

    Raises INVALID_INPUT with the problem of each field.
    """
    values = _nested(request.form if source is None else source)
    refuse_controls(values)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise refused(_problem(model, item) for item in details) from None


def _nested(source: MultiDict[str, str]) -> dict[str, Any]:
    """The last value of a name counts: a checkbox stands after the hidden field that says no."""
    values: dict[str, Any] = {}
    for name, sent in source.lists():
        if name in _OURS or not sent[-1].strip():
            continue
        part, _, field = name.partition(".")
        into = values.setdefault(part, {}) if field else values
        if isinstance(into, dict):
            into[field or name] = sent[-1]
    return values


def _problem(model: type[BaseModel], item: ErrorDetails) -> dict[str, str]:
    field = ".".join(field_name(part) for part in item["loc"])
    rule = _RULES.get(item["type"], _FORMS.get((model.__name__, field), "This is not right."))
    return {
        "field": _SHOWN_AT.get(field, field),
        "code": "INVALID_INPUT",
        "message": rule.format_map(item.get("ctx", {})),
    }
