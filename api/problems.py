"""Failures as application/problem+json, in the one shape that clients rely on."""

from typing import Any, Literal

from flask import Response, g
from pydantic import ConfigDict, Field

from api.answers import Schema
from bot.core.errors import BotException
from bot.inputs.validation import FIELD_CODES
from bot.recipients.recipient import NobodyNamed, Unsure

CONTENT_TYPE = "application/problem+json"


class FieldProblem(Schema):
    """The problem of one field. It never holds the submitted value."""

    field: str = Field(description="Its name, with dots into parts; empty for the whole.")
    code: str = Field(description=f"A name of the registry, or one of {', '.join(FIELD_CODES)}.")
    message: str


class CandidateOut(Schema):
    """One answer to the question that a failure asks."""

    value: str = Field(description="The value to send in the field that `errors` names.")
    label: str | None = Field(description="Its label: the header of a column, the languages of an encoding.")
    samples: list[str] = Field(description="Examples of what it would read.")


class RejectedOut(Schema):
    """A row without a username."""

    line: int = Field(description="The row's number, from 1.")
    text: str = Field(description="The beginning of the row.")
    reason: str


class Problem(Schema):
    """A failure: RFC 9457 with the registered code, the remedy and the problems of single fields.

    The fields about lists of people are missing from all other failures.
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    type: str = Field(description="The page that explains the code.")
    title: str
    status: int
    success: Literal[False]
    error: str = Field(description="The name in the registry.")
    code: str = Field(description="The code in the registry; for an unforeseen error, its fingerprint.")
    message: str = Field(description="What happened, in words for people.")
    action: str = Field(description="What to do about it.")
    help: str = Field(description="The page that explains the code.")
    retryable: bool = Field(description="Whether the same request can succeed later.")
    request_id: str = Field(description="Find it in the log by this. Also in the header X-Request-ID.")
    errors: list[FieldProblem] = Field(description="Each invalid field; empty if it is not about fields.")
    candidates: list[CandidateOut] | None = Field(None, description="The answers to choose from, if one is asked for.")
    rows: list[list[str]] | None = Field(None, description="The first rows of the table that is asked about, as read.")
    rejected: list[RejectedOut] | None = Field(
        None, description="The first 500 rows, if no row of the list has a username."
    )


def render_error(failure: BotException, code: str) -> Response:
    """Return the response for a failure. `code` is its own, or the fingerprint of an unforeseen error."""
    help_page = f"/help/errors/{code}"
    problem = Problem(
        type=help_page,
        title=failure.entry.description,
        status=failure.status,
        success=False,
        error=failure.name,
        code=code,
        message=failure.message,
        action=failure.remedy,
        help=help_page,
        retryable=failure.retryable,
        request_id=g.request_id,
        errors=failure.meta.get("errors", []),
        **_of_list(failure),
    )
    response = Response(problem.model_dump_json(exclude_unset=True), failure.status, content_type=CONTENT_TYPE)
    response.headers.update(_headers(failure))
    return response


def _of_list(failure: BotException) -> dict[str, Any]:
    """Return the question about a list of people, or why none of its rows has a username."""
    if isinstance(failure, Unsure):
        asked = [CandidateOut.model_validate(one) for one in failure.candidates]
        return {"candidates": asked, "rows": failure.rows}
    if isinstance(failure, NobodyNamed):
        return {"rejected": [RejectedOut.model_validate(one) for one in failure.rejected]}
    return {}


def _headers(failure: BotException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if wait := failure.meta.get("retry_after"):
        headers["Retry-After"] = str(wait)
    if failure.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="troupe"'
    return headers
