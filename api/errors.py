"""The registry of error codes, and the codes of unforeseen errors."""

from datetime import datetime
from typing import Self

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint
from bot.core.errors import Severity, Who
from bot.history.error_codes import KnownCode, get_code, list_codes
from middleware.access import signed_in

bp = blueprint("errors", "Error codes")


class ErrorCodeOut(Schema):
    """An error code, its meaning and its remedy."""

    code: str
    name: str
    module: str
    severity: Severity
    status: int = Field(description="The HTTP status of its answer.")
    description: str
    recommended_action: str
    who: Who = Field(description="Who has to act.")
    retryable: bool
    help: str = Field(description="The page that explains it.")
    file_path: str | None = Field(description="The places that raise it: `file:line`, separated by commas.")
    created_at: datetime | None = Field(description="When it first occurred.")

    @classmethod
    def of(cls, known: KnownCode) -> Self:
        beside = {
            "module": known.module,
            "severity": known.severity,
            "recommended_action": known.entry.remedy,
            "help": f"/help/errors/{known.entry.code}",
            "file_path": known.raised_at,
            "created_at": known.first_seen,
        }
        return cls.model_validate({**vars(known.entry), **beside})


class ErrorListing(Answer):
    items: list[ErrorCodeOut]


class ErrorAnswer(Answer):
    item: ErrorCodeOut


@bp.get("/errors")
@signed_in
@bp.output(ErrorListing)
def list_errors() -> ErrorListing:
    """List every error code."""
    return ErrorListing(items=[ErrorCodeOut.of(known) for known in list_codes()])


@bp.get("/errors/<code>")
@signed_in
@bp.output(ErrorAnswer)
def show_error(code: str) -> ErrorAnswer:
    """Show an error code, found by its code or its name."""
    return ErrorAnswer(item=ErrorCodeOut.of(get_code(code)))
