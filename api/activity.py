"""The activity: steps and requests with their results."""

from datetime import datetime
from typing import Self

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, Format, Listing, Paging, Schema, csv_response
from api.blueprint import blueprint, raises
from bot.history.activity import activity_csv, list_activity
from bot.inputs.pagination import Page
from bot.inputs.validation import Moment
from bot.storage.models import Activity
from bot.storage.models.values import ActivityName, ActivityStatus
from middleware.access import me, signed_in

bp = blueprint("activity", "Activity")


class Filter(Paging, Format):
    """Filter of the activity."""

    action: str | None = Field(None, max_length=32, description="For example `follow`, `order` or `test`.")
    status: ActivityStatus | None = None
    code: str | None = Field(None, max_length=32, description="For example `E-AUTH-E-0018`.")
    since: Moment | None = Field(None, description="Not before this time.")


class ActivityOut(Schema):
    """One step or request, done or refused."""

    id: str
    at: datetime
    action: ActivityName
    status: ActivityStatus
    target: str | None
    error_code: str | None
    message: str | None
    request_id: str | None
    action_id: str | None

    @classmethod
    def of(cls, row: Activity) -> Self:
        extra = {"message": row.error_message, "request_id": row.details.get("request_id")}
        return cls.model_validate({**vars(row), **extra})


class ActivityListing(Listing):
    items: list[ActivityOut]

    @classmethod
    def of(cls, page: Page[Activity]) -> Self:
        return cls(items=[ActivityOut.of(row) for row in page.items], next=page.next)


@bp.get("/activity")
@signed_in
@bp.input(Filter, location="query")
@bp.output(ActivityListing)
@bp.doc(responses=CSV)
@raises("BAD_CURSOR", "TOO_MANY_AT_ONCE")
def show_activity(query_data: Filter) -> ActivityListing | Response:
    """List your activity, newest first."""
    filters = query_data.model_dump(include={"action", "status", "code", "since"})
    if query_data.format == "csv":
        return csv_response("activity", activity_csv(me().id, **filters))
    return ActivityListing.of(list_activity(me().id, query_data.limit, query_data.cursor, **filters))
