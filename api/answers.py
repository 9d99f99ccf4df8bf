"""Parts that all answers share: `success`, models made from bot/'s objects, pages of lists."""

from collections.abc import Iterator
from typing import Any, Literal

from flask import jsonify, stream_with_context
from flask.wrappers import Response
from pydantic import BaseModel, ConfigDict, Field

from bot.config.runtime import now
from bot.inputs.pagination import MAX_PAGE_SIZE
from bot.inputs.params import Params
from bot.storage.costly import Parts
from middleware.access import me


class Schema(BaseModel):
    """A part of an answer, made from any object that has its fields."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Answer(Schema):
    """An answer of a call that succeeded."""

    success: Literal[True] = True


CURSOR = Field(None, max_length=200, description="The `next` of the previous page.")


class Paging(Params):
    """Cursor and size of one page of a list."""

    limit: int = Field(50, ge=1, le=MAX_PAGE_SIZE, description="The largest number of items in one page.")
    cursor: str | None = CURSOR


class Listing(Answer):
    """A page of a list. Each list's own answer adds `items`."""

    next: str | None = Field(description="The cursor of the next page; null on the last one.")


def accepted(answer: BaseModel, location: str, *, retry_after: int | None = None) -> Response:
    """Return 202 with the Location to poll, and `retry_after` in seconds."""
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = 202
    response.headers["Location"] = location
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    return response


class Format(Params):
    """The format of a list: JSON or CSV."""

    format: Literal["json", "csv"] = Field("json", description="`csv` downloads the whole list as a table.")


CSV: dict[int | str, Any] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
"""The document's entry for a list that also comes as CSV."""


def csv_response(name: str, lines: Iterator[str]) -> Response:
    """Stream a CSV download.

    The file's name is made of `name`, the user and the time. Raises TOO_MANY_AT_ONCE.
    """
    response = Response(stream_with_context(Parts(me().id, lines)), content_type="text/csv; charset=utf-8")
    filename = f"{name}_{me().username}_{now():%Y%m%dT%H%M%SZ}.csv"
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response
