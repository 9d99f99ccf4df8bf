"""What answers have in common: `success`, how they are made of what bot/ returns, and pages of lists."""

from typing import Literal

from flask import jsonify
from flask.wrappers import Response
from pydantic import BaseModel, ConfigDict, Field

from bot.paging import MOST
from bot.users import Params


class Shape(BaseModel):
    """A part of an answer; it can be made of any object that has its fields."""

    model_config = ConfigDict(from_attributes=True, json_schema_serialization_defaults_required=True)


class Answer(Shape):
    """An answer that went well."""

    success: Literal[True] = True


class Paging(Params):
    """Which part of a list is asked for."""

    limit: int = Field(50, ge=1, le=MOST, description="The most items of one answer.")
    cursor: str | None = Field(None, max_length=200, description="The `next` of the answer before.")


class Listing(Answer):
    """A part of a list; `items` stands in each list's own answer."""

    next: str | None = Field(description="The cursor of the next part; null on the last one.")


def later(answer: BaseModel, location: str) -> Response:
    """202 for what is not done yet, with the place where its end can be asked for."""
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = 202
    response.headers["Location"] = location
    response.headers["Retry-After"] = "1"
    return response
