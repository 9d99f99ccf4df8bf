"""Validation of input into models, with a problem for each bad field that never repeats the input."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from bot.core.errors import BotException
from bot.inputs.usernames import username

Model = TypeVar("Model", bound=BaseModel)


def wrong_form(message: str) -> PydanticCustomError:
    """Return the error that a field's reader raises. `message` is a whole sentence for pages and API."""
    return PydanticCustomError("wrong_form", "{message}", {"message": message})


@dataclass(frozen=True)
class Pattern:
    """Metadata of a text type. The whole text has to match `regex`; otherwise `message` is the problem."""

    regex: str
    message: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema) | {"pattern": self.regex}

    def _checked(self, text: str) -> str:
        if not re.fullmatch(self.regex, text):
            raise wrong_form(self.message)
        return text


def _unified_lines(text: object) -> object:
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _in_one_line(text: object) -> object:
    return " ".join(text.split()) if isinstance(text, str) else text


LINES = BeforeValidator(_unified_lines)
"""Free text. Every line ends in LF, whatever program typed it. Put bounds of the length before this."""
ONE_LINE = BeforeValidator(_in_one_line)
"""Words in one line with single spaces. Put bounds of the length before this."""

# Every database and every zone can hold these years, with room for arithmetic.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Day = Annotated[date, Field(ge=_EARLIEST.date(), le=_LATEST.date())]
Moment = Annotated[
    AwareDatetime, Field(ge=_EARLIEST, le=_LATEST), AfterValidator(lambda moment: moment.astimezone(UTC))
]
"""A time with its zone, converted to UTC."""


def _instagram_name(text: str) -> str:
    try:
        return username(text)
    except ValueError as error:
        raise wrong_form(f"{error}.") from None


InstagramName = Annotated[str, StringConstraints(max_length=500), AfterValidator(_instagram_name)]
"""An Instagram username in its one form, from any text that read_username takes."""

# A body with ten thousand bad fields is answered with the first ones.
MAX_PROBLEMS = 20
# PostgreSQL stores no NUL, no encoding has lone surrogates, and no keyboard types the other controls. Line ends and
# tabs are text.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}", re.ASCII)

_NUMBER = ("WRONG_TYPE", "This has to be a whole number.")
_FRACTION = ("WRONG_TYPE", "This has to be a number.")
_OBJECT = ("WRONG_TYPE", "This has to be an object.")
_BOOLEAN = ("WRONG_TYPE", "This has to be true or false.")
_TIME = ("WRONG_FORM", "This has to be a time with its zone, like 2026-03-10T12:00:00Z.")
_PROBLEMS = {
    "missing": ("MISSING", "This is required."),
    "extra_forbidden": ("UNKNOWN_FIELD", "This field is not known here."),
    "string_type": ("WRONG_TYPE", "This has to be text."),
    "string_too_short": ("TOO_SHORT", "This has to have {min_length} characters or more."),
    "string_too_long": ("TOO_LONG", "This may have {max_length} characters at most."),
    "wrong_form": ("WRONG_FORM", "{message}"),
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "int_parsing_size": ("ABOVE_MAXIMUM", "This number is too large."),
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "float_type": _FRACTION,
    "float_parsing": _FRACTION,
    "finite_number": _FRACTION,
    "list_type": ("WRONG_TYPE", "This has to be a list."),
    "too_short": ("TOO_SHORT", "This has to have {min_length} entries or more."),
    "too_long": ("TOO_LONG", "This may have {max_length} entries at most."),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "greater_than_equal": ("BELOW_MINIMUM", "This has to be {ge} or more."),
    "less_than_equal": ("ABOVE_MAXIMUM", "This may be {le} at most."),
    "literal_error": ("NOT_ALLOWED", "This has to be one of {expected}."),
    "union_tag_not_found": ("INVALID", "This lacks {discriminator}."),
    "union_tag_invalid": ("NOT_ALLOWED", "Here {discriminator} has to be one of {expected_tags}."),
    "value_error": ("INVALID", "This is not in the right form."),
    "datetime_type": ("WRONG_TYPE", _TIME[1]),
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": _TIME,
}
_OTHER = ("INVALID", "This is not right.")
FIELD_CODES = (*dict.fromkeys(code for code, _ in _PROBLEMS.values()), "DUPLICATE", "CONTROL_CHARACTER")
"""The codes of single fields. A rule of the product may use a name of the registry instead."""


def checked(model: type[Model], data: Mapping[str, Any]) -> Model:
    """Return the model of text values, as a form or a query string has them. Raises INVALID_INPUT."""
    refuse_controls(data)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _refusal(error, data) from None


def checked_json(model: type[Model], text: str) -> Model:
    """Return the model of a JSON text, whose types have to match exactly.

    Raises INVALID_INPUT, and MALFORMED_JSON if the text is no object.
    """
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        if _is_no_object(error):
            raise BotException("MALFORMED_JSON") from None
        raise _refusal(error, json.loads(text)) from None


def refuse_controls(data: object) -> None:
    """Raise INVALID_INPUT if any text in the data, at any depth, holds control characters or lone surrogates."""
    paths = list(islice((path for path, text in _texts(data) if _CONTROL.search(text)), MAX_PROBLEMS))
    if paths:
        message = "This holds characters that are not text."
        raise refused({"field": path, "code": "CONTROL_CHARACTER", "message": message} for path in paths)


def refused(problems: Iterable[dict[str, str]]) -> BotException:
    """Return the exception of several bad fields. Each problem has `field`, `code` and `message`."""
    return BotException("INVALID_INPUT", errors=list(islice(problems, MAX_PROBLEMS)))


def single(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a mapping. Raises INVALID_INPUT if a name comes twice: two readers could see two values."""
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise refused([{"field": field_name(name), "code": "DUPLICATE", "message": "This is given twice."}])
        values[name] = value
    return values


def field_name(name: object) -> str:
    """Return the name of a field, or `?` if it is unsafe to show: a client can send any name."""
    text = str(name)
    return text if isinstance(name, int) or _FIELD_NAME.fullmatch(text) else "?"


def _is_no_object(error: ValidationError) -> bool:
    details = error.errors(include_url=False, include_input=False)
    return any(not item["loc"] and item["type"] in ("json_invalid", "model_type") for item in details)


def _refusal(error: ValidationError, data: object) -> BotException:
    details = error.errors(include_url=False, include_input=False)
    return refused(_problem(item, data) for item in details)


def _problem(item: ErrorDetails, data: object) -> dict[str, str]:
    code, message = _PROBLEMS.get(item["type"], _OTHER)
    message = own_words(item) or message.format_map(item.get("ctx", {}))
    path = [field_name(part) for part in path_in(data, item)]
    return {"field": ".".join(path), "code": code, "message": message}


def path_in(data: object, item: ErrorDetails) -> list[int | str]:
    """Return the path of a problem by the names that the client sent.

    pydantic adds `[key]` for a key that a mapping refuses, and its kind for an object that may be of several kinds.
    """
    path: list[int | str] = []
    loc = [part for part in item["loc"] if part != "[key]"]
    for number, part in enumerate(loc):
        is_missing = item["type"] == "missing" and number == len(loc) - 1
        if path and isinstance(data, Mapping) and part not in data and not is_missing:
            continue
        path.append(part)
        if isinstance(data, Mapping):
            data = data.get(part)
        else:
            data = data[part] if isinstance(data, list) and isinstance(part, int) else None
    return path


def own_words(item: ErrorDetails) -> str:
    """Return the sentence of the rule that refused a field, or an empty string if only the kind of problem is known."""
    context = item.get("ctx", {})
    if isinstance(context.get("error"), ValueError):
        return f"{context['error']}."
    return str(context["message"]) if item["type"] == "wrong_form" else ""


def _texts(data: object) -> Iterator[tuple[str, str]]:
    """Yield every text with its path, names of fields included.

    It does not recurse, because the client chooses the depth.
    """
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
