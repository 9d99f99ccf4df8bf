"""Failures as application/problem+json, in the one shape that clients rely on."""

from typing import Literal

from flask import Response, g
from pydantic import Field

from api.answers import Shape
from bot.errors import BotException
from bot.inputs import FIELD_CODES
from bot.recipient import Candidate, NobodyNamed, Rejected, Unsure

CONTENT_TYPE = "application/problem+json"


class FieldProblem(Shape):
    """What is wrong with one field; what was submitted is never in it."""

    field: str = Field(description="Its name, with dots down into parts; empty for the whole.")
    code: str = Field(description=f"A name of the registry, or one of {', '.join(FIELD_CODES)}.")
    message: str


class CandidateOut(Shape):
    """One answer to what is asked."""

    value: str = Field(description="What to send back in the field that `errors` names.")
    label: str | None = Field(description="What it is called: the header of a column, the languages of an encoding.")
    samples: list[str] = Field(description="What would be read by it.")


class RejectedOut(Shape):
    """A row that names nobody."""

    line: int = Field(description="From 1.")
    text: str = Field(description="How it begins.")
    reason: str


class Problem(Shape):
    """A failure: RFC 9457 with the registered code, what to do about it and the problems of single fields."""

    type: str = Field(description="The page that explains the code.")
    title: str
    status: int
    success: Literal[False] = False
    error: str = Field(description="The name in the registry.")
    code: str = Field(description="The code in the registry; for what nobody foresaw, its fingerprint.")
    message: str = Field(description="What went wrong, for a person.")
    action: str = Field(description="What to do about it.")
    help: str = Field(description="The page that explains the code.")
    retryable: bool = Field(description="Whether the same request can go well later.")
    request_id: str = Field(description="To find it in the log; also in the header X-Request-ID.")
    errors: list[FieldProblem] = Field(description="Each field that is wrong; empty where it is not about fields.")
    candidates: list[CandidateOut] = Field(description="The answers to choose from; empty unless something is asked.")
    rows: list[list[str]] = Field(description="The first rows of the table that is asked about, as it is read.")
    rejected: list[RejectedOut] = Field(
        description="The first 500 rows of a list in which no row names a person; empty otherwise."
    )


def render_error(failure: BotException, code: str) -> Response:
    """The answer for a failure; `code` is its own, or the fingerprint of the error behind it."""
    help_page = f"/help/errors/{code}"
    problem = Problem(
        type=help_page,
        title=failure.entry.description,
        status=failure.status,
        error=failure.name,
        code=code,
        message=failure.message,
        action=failure.remedy,
        help=help_page,
        retryable=failure.retryable,
        request_id=g.request_id,
        errors=failure.meta.get("errors", []),
        candidates=[CandidateOut.model_validate(one) for one in _candidates(failure)],
        rows=failure.rows if isinstance(failure, Unsure) else [],
        rejected=[RejectedOut.model_validate(one) for one in _rejected(failure)],
    )
    response = Response(problem.model_dump_json(), failure.status, content_type=CONTENT_TYPE)
    response.headers.update(_headers(failure))
    return response


def _candidates(failure: BotException) -> list[Candidate]:
    return failure.candidates if isinstance(failure, Unsure) else []


def _rejected(failure: BotException) -> list[Rejected]:
    return failure.rejected if isinstance(failure, NobodyNamed) else []


def _headers(failure: BotException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if wait := failure.meta.get("retry_after"):
        headers["Retry-After"] = str(wait)
    if failure.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="troupe"'
    return headers
