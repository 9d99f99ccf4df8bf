"""What comes in from outside → a Params object, or what is wrong with each field; never what was submitted."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import BotException

Model = TypeVar("Model", bound=BaseModel)

# A body with ten thousand unknown fields is answered with the first of them.
MOST_PROBLEMS = 20
# PostgreSQL stores no NUL, no encoding has lone surrogates, and nobody types the other controls; line ends and tabs
# are text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}", re.ASCII)

_PROBLEMS = {
    "missing": ("MISSING", "This is required."),
    "extra_forbidden": ("UNKNOWN_FIELD", "This field is not known here."),
    "string_type": ("WRONG_TYPE", "This has to be text."),
    "string_unicode": ("CONTROL_CHARACTER", "This holds characters that are not text."),
    "string_too_short": ("TOO_SHORT", "This has to have {min_length} characters or more."),
    "string_too_long": ("TOO_LONG", "This may have {max_length} characters at most."),
    "string_pattern_mismatch": ("WRONG_FORM", "This is not in the right form."),
    "int_type": ("WRONG_TYPE", "This has to be a whole number."),
    "int_parsing": ("WRONG_TYPE", "This has to be a whole number."),
    "int_parsing_size": ("ABOVE_MAXIMUM", "This number is too large."),
    "int_from_float": ("WRONG_TYPE", "This has to be a whole number."),
    "bool_type": ("WRONG_TYPE", "This has to be true or false."),
    "bool_parsing": ("WRONG_TYPE", "This has to be true or false."),
    "model_type": ("WRONG_TYPE", "This has to be an object."),
    "greater_than_equal": ("BELOW_MINIMUM", "This has to be {ge} or more."),
    "less_than_equal": ("ABOVE_MAXIMUM", "This may be {le} at most."),
    "literal_error": ("NOT_ALLOWED", "This has to be one of: {expected}."),
}
FIELD_CODES = ("INVALID", "DUPLICATE", *dict.fromkeys(code for code, _ in _PROBLEMS.values()))
"""The codes of single fields; beside them stand names of the registry, where a rule has one."""


def checked(model: type[Model], data: Mapping[str, Any]) -> Model:
    """The model of what a form or a query string holds: numbers may come as text. Raises INVALID_INPUT."""
    refuse_controls(data)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid_input(model, error) from None


def checked_json(model: type[Model], text: str) -> Model:
    """The model of a JSON text that was read once already: types have to fit exactly. Raises INVALID_INPUT."""
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise invalid_input(model, error) from None


def refuse_controls(data: object) -> None:
    """Raises INVALID_INPUT when any text in the data, however deep, holds control characters."""
    paths = [path for path, text in _texts(data) if _CONTROL.search(text)]
    if paths:
        code, message = _PROBLEMS["string_unicode"]
        raise refused({"field": path, "code": code, "message": message} for path in paths)


def refused(problems: Iterable[dict[str, str]]) -> BotException:
    """The exception of several bad fields: `field`, `code` and `message` of each."""
    return BotException("INVALID_INPUT", errors=list(islice(problems, MOST_PROBLEMS)))


def invalid_input(model: type[BaseModel], error: ValidationError) -> BotException:
    """INVALID_INPUT, or MALFORMED_JSON where the text is no JSON object, of what pydantic found."""
    details = error.errors(include_url=False, include_input=False)
    if any(item["type"] == "json_invalid" or (item["type"] == "model_type" and not item["loc"]) for item in details):
        return BotException("MALFORMED_JSON")
    return refused(_problem(model, item) for item in details)


def _problem(model: type[BaseModel], item: ErrorDetails) -> dict[str, str]:
    path = ".".join(field_name(part) for part in item["loc"])
    context = item.get("ctx", {})
    code, message = _PROBLEMS.get(item["type"], ("INVALID", "This is not right."))
    if item["type"] == "string_pattern_mismatch":
        message = _described(model, item) or message
    elif isinstance(context.get("error"), ValueError):
        message = f"{context['error']}."
    return {"field": path, "code": code, "message": message.format_map(context)}


def _described(model: type[BaseModel], item: ErrorDetails) -> str | None:
    field = model.model_fields.get(str(item["loc"][0]))
    return field.description if field else None


def field_name(name: object) -> str:
    """The name of a field as it may be shown: a name that was made up by the sender can hold anything."""
    text = str(name)
    return text if isinstance(name, int) or _FIELD_NAME.fullmatch(text) else "?"


def _texts(data: object) -> Iterator[tuple[str, str]]:
    """Every text with its path, names of fields too; without recursion, for the depth is the sender's choice."""
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            yield from ((_join(path, key), key) for key in value)
            waiting += [(_join(path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(_join(path, number), item) for number, item in enumerate(value)]


def _join(path: str, name: object) -> str:
    return f"{path}.{field_name(name)}" if path else field_name(name)
