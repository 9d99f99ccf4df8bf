"""Bodies, query strings and headers → Params objects, strictly."""

import json
from itertools import chain
from typing import Any, TypeVar

from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel

from bot.core.errors import BotException
from bot.inputs.validation import checked, checked_json, refuse_controls, single
from middleware.access import speaks_first_version

Model = TypeVar("Model", bound=BaseModel)
FORM = "multipart/form-data"
JSON, PLAIN = "application/json", "text/plain"


class StrictAdapter(PydanticAdapter):
    """APIFlask's adapter with exact types, one value a name, and BotException instead of its own errors."""

    def validate_input(self, request: Request, location: str, **_options: Any) -> BaseModel:
        if location == "json":
            return read_json(self.model_class, request)
        if location == "headers":
            names = [field.alias or name for name, field in self.model_class.model_fields.items()]
            headers = {name: request.headers[name] for name in names if name in request.headers}
            return checked(self.model_class, headers)
        return checked(self.model_class, single(request.args.items(multi=True)))


def read_json(model: type[Model], request: Request) -> Model:
    """Read the JSON object of the body.

    A `fetch` of the first version sends it without its content type. Raises UNSUPPORTED_MEDIA_TYPE, TOO_LARGE,
    MALFORMED_JSON and INVALID_INPUT.
    """
    if request.mimetype != JSON and not (request.mimetype == PLAIN and speaks_first_version()):
        raise BotException("UNSUPPORTED_MEDIA_TYPE")
    try:
        text = request.get_data(cache=False).decode("utf-8")
        data = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=single)
    except (ValueError, RecursionError):
        raise BotException("MALFORMED_JSON") from None
    refuse_controls(data)
    return checked_json(model, text)


def read_form(model: type[Model], request: Request) -> Model:
    """Read the fields and files of a form; a file is its bytes. Raises INVALID_INPUT."""
    files = ((name, sent.read()) for name, sent in request.files.items(multi=True))
    return checked(model, single(chain(request.form.items(multi=True), files)))


def _refuse_constant(_name: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")
