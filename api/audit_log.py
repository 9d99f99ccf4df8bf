"""The audit log: administrators' and users' acts on accounts, with actor and subject."""

from datetime import datetime
from typing import Self

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, Format, Listing, Paging, Schema, csv_response
from api.blueprint import blueprint, raises
from bot.inputs.pagination import Page
from bot.inputs.validation import Moment
from bot.operations.audit_report import Audited, AuditFilter, audit_csv, list_audit
from middleware.access import require_role

bp = blueprint("audit_log", "Audit log")


class AuditQuery(Paging, Format):
    """Filters of the audit log. An entry has to match all that are given."""

    event: str | None = Field(None, max_length=64, description="For example `signed_in` or `user_disabled`.")
    who: str | None = Field(None, max_length=64, description="The username or the id of the actor.")
    whom: str | None = Field(None, max_length=64, description="The username or the id of the user it was done to.")
    since: Moment | None = Field(None, description="Not before this time.")
    until: Moment | None = Field(None, description="Before this time.")


class AuditedOut(Schema):
    """One entry of the audit log: actor, event, and the user concerned. Ids outlast an erased user, names do not."""

    id: str
    at: datetime
    event: str
    who: str | None = Field(description="The actor's present name; null for the server or an erased user.")
    who_id: str | None
    whom: str | None = Field(description="The present name of the user it was done to.")
    whom_id: str | None
    detail: str | None
    ip: str | None
    request_id: str | None

    @classmethod
    def of(cls, one: Audited) -> Self:
        ids = {"who_id": one.entry.actor_id, "whom_id": one.entry.subject_id}
        return cls.model_validate({**vars(one.entry), **ids, "who": one.who, "whom": one.whom})


class AuditListing(Listing):
    items: list[AuditedOut]

    @classmethod
    def of(cls, page: Page[Audited]) -> Self:
        return cls(items=[AuditedOut.of(one) for one in page.items], next=page.next)


@bp.get("/admin/audit")
@require_role("admin")
@bp.input(AuditQuery, location="query")
@bp.output(AuditListing)
@bp.doc(responses=CSV)
@raises("BAD_CURSOR", "TOO_MANY_AT_ONCE")
def show_audit_log(query_data: AuditQuery) -> AuditListing | Response:
    """List the audit log, newest first."""
    wanted = AuditFilter(**query_data.model_dump(include={"event", "who", "whom", "since", "until"}))
    if query_data.format == "csv":
        return csv_response("audit", audit_csv(wanted))
    return AuditListing.of(list_audit(query_data.limit, query_data.cursor, wanted))
