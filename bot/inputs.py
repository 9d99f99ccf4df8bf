"""What comes in from outside → a Params object, or what is wrong with each field; never what was submitted."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from bot.errors import BotException

Model = TypeVar("Model", bound=BaseModel)

# Years that every database and every zone can hold, with room to reckon in.
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
Moment = Annotated[
    AwareDatetime, Field(ge=_EARLIEST, le=_LATEST), AfterValidator(lambda moment: moment.astimezone(UTC))
]
"""A time that comes with its zone, in UTC."""
InstagramName = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^@?[A-Za-z0-9._]{1,30}$")]
"""A username at Instagram as people type it."""

# A body with ten thousand bad fields is answered with the first of them.
MOST_PROBLEMS = 20
# PostgreSQL stores no NUL, no encoding has lone surrogates, and nobody types the other controls; line ends and tabs
# are text.
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
    "string_pattern_mismatch": ("WRONG_FORM", "This is not in the right form."),
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
    "value_error": ("INVALID", "This is not in the right form."),
    "datetime_type": ("WRONG_TYPE", _TIME[1]),
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": _TIME,
}
_OTHER = ("INVALID", "This is not right.")
FIELD_CODES = (*dict.fromkeys(code for code, _ in _PROBLEMS.values()), "DUPLICATE", "CONTROL_CHARACTER")
"""The codes of single fields; beside them stand names of the registry, where a rule of the product has one."""


def checked(model: type[Model], data: Mapping[str, Any]) -> Model:
    """The model of what comes as text, as in a form or a query string. Raises INVALID_INPUT."""
    refuse_controls(data)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _refusal(model, error) from None


def checked_json(model: type[Model], text: str) -> Model:
    """The model of a JSON text: types have to fit exactly. Raises INVALID_INPUT, and MALFORMED_JSON for no object."""
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise _refusal(model, error) from None


def refuse_controls(data: object) -> None:
    """Raises INVALID_INPUT when any text in the data, however deep, holds control characters or half characters."""
    paths = list(islice((path for path, text in _texts(data) if _CONTROL.search(text)), MOST_PROBLEMS))
    if paths:
        message = "This holds characters that are not text."
        raise refused({"field": path, "code": "CONTROL_CHARACTER", "message": message} for path in paths)


def refused(problems: Iterable[dict[str, str]]) -> BotException:
    """The exception of several bad fields: `field`, `code` and `message` of each."""
    return BotException("INVALID_INPUT", errors=list(islice(problems, MOST_PROBLEMS)))


def single(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a mapping. A name that comes twice is refused: two readers would believe two values.

    Raises INVALID_INPUT.
    """
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name in values:
            raise refused([{"field": field_name(name), "code": "DUPLICATE", "message": "This is given twice."}])
        values[name] = value
    return values


def field_name(name: object) -> str:
    """The name of a field as it may be shown: one that the sender made up can hold anything."""
    text = str(name)
    return text if isinstance(name, int) or _FIELD_NAME.fullmatch(text) else "?"


def _refusal(model: type[BaseModel], error: ValidationError) -> BotException:
    details = error.errors(include_url=False, include_input=False)
    if any(not item["loc"] and item["type"] in ("json_invalid", "model_type") for item in details):
        return BotException("MALFORMED_JSON")
    return refused(_problem(model, item) for item in details)


def _problem(model: type[BaseModel], item: ErrorDetails) -> dict[str, str]:
    code, message = _PROBLEMS.get(item["type"], _OTHER)
    context = item.get("ctx", {})
    if item["type"] == "string_pattern_mismatch":
        field = model.model_fields.get(str(item["loc"][0]))
        message = (field.description if field else None) or message
    elif isinstance(context.get("error"), ValueError):
        message = f"{context['error']}."
    else:
        message = message.format_map(context)
    # A key that a mapping does not take is named by itself; pydantic adds where it stands.
    path = [field_name(part) for part in item["loc"] if part != "[key]"]
    return {"field": ".".join(path), "code": code, "message": message}


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
