"""Reading of a length of time, such as `3d`, as requests say it."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from bot.inputs.validation import wrong_form

MAX_DAYS = 60
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_PATTERN = "^[0-9]{1,4}[mhd]$"
_FORM = "Type a number of minutes, hours or days, like 30m, 12h or 3d."
_TOO_LONG = f"{MAX_DAYS} days at most."


def read_duration(value: Any) -> timedelta:
    """Return the length of time. Raises PydanticCustomError of type `wrong_form`."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(_PATTERN, value, re.ASCII):
        raise wrong_form(_FORM)
    length = int(value[:-1]) * _UNITS[value[-1]]
    if length > timedelta(days=MAX_DAYS):
        raise wrong_form(_TOO_LONG)
    return length


def write_duration(length: timedelta) -> str:
    """Return the text that reads as this length, in the largest unit that it is whole in.

    >>> write_duration(timedelta(days=3)), write_duration(timedelta(hours=36)), write_duration(timedelta())
    ('3d', '36h', '0d')
    """
    unit = next(unit for unit in ("d", "h", "m") if not length % _UNITS[unit])
    return f"{length // _UNITS[unit]}{unit}"


Duration = Annotated[
    timedelta,
    BeforeValidator(read_duration),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": _PATTERN}),
]
