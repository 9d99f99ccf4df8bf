"""/admin/audit: acts on accounts with actor and subject, filtered, and as CSV."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from flask import Blueprint, Response, render_template, request
from pydantic import Field

from bot.core.errors import BotException
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from bot.operations.audit_report import AuditFilter, audit_csv, list_audit
from middleware.access import require_role
from web import local_time
from web.downloads import csv_response
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("audit_log", __name__)
PAGE_SIZE = 50


class AuditQuery(Params):
    """Filter of the audit log. Days are in the administrator's time zone; the last one is included."""

    event: Annotated[str, Pattern(r"^[a-z_]{1,64}$", "Choose one from the list.")] | None = None
    who: str | None = Field(None, max_length=64)
    whom: str | None = Field(None, max_length=64)
    since: date | None = None
    until: date | None = None
    cursor: str | None = Field(None, max_length=200)

    @property
    def filter(self) -> AuditFilter:
        since, until = _midnight(self.since), _midnight(self.until and self.until + timedelta(days=1))
        return AuditFilter(self.event, self.who, self.whom, since, until)


EVERYTHING = AuditQuery()


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), local_time.zone()) if day else None


def _page(wanted: AuditQuery = EVERYTHING, *, failure: BotException | None = None, **_: Any) -> str:
    found = list_audit(PAGE_SIZE, wanted.cursor, wanted.filter)
    asked = wanted.model_dump(exclude_none=True, exclude={"cursor"})
    return render_template("admin/audit.html", failure=failure, found=found, wanted=wanted, asked=asked)


@blueprint.get("/admin/audit")
@require_role("admin")
@shown_on(_page)
def show() -> str:
    return _page(parse(AuditQuery, request.args))


@blueprint.get("/admin/audit.csv")
@require_role("admin")
@shown_on(_page)
def download() -> Response:
    return csv_response("audit", audit_csv(parse(AuditQuery, request.args).filter))
