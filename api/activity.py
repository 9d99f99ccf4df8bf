"""The activity: steps and requests with their results."""

import datetime as dt
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, CURSOR, Format, Listing, Paging, Schema, csv_response
from api.blueprint import blueprint, raises
from bot.automation.lifecycle import timezone_of
from bot.history.activity import Wanted, activity_csv, list_activity
from bot.history.log import MAX_TARGETS, read_log
from bot.inputs.pagination import Page
from bot.inputs.params import Params
from bot.inputs.validation import Moment
from bot.storage.models import Activity
from bot.storage.models.values import ActivityName, ActivityStatus
from middleware.access import me, signed_in

bp = blueprint("activity", "Activity")


class ActivityFilter(Params):
    """Filter of the activity. All parts that are given have to fit."""

    action: str | None = Field(None, max_length=32, description="For example `follow`, `order` or `test`.")
    status: ActivityStatus | None = None
    code: str | None = Field(None, max_length=32, description="For example `E-AUTH-E-0018`.")
    target: str | None = Field(None, max_length=64, description="A username, or the short code of a post.")
    action_id: UUID | None = Field(None, description="The action that it belongs to.")
    since: Moment | None = Field(None, description="Not before this time.")
    until: Moment | None = Field(None, description="Before this time.")

    @property
    def wanted(self) -> Wanted:
        return Wanted(
            action=self.action,
            status=self.status,
            code=self.code,
            target=self.target,
            action_id=str(self.action_id) if self.action_id else None,
            since=self.since,
            until=self.until,
        )


class Filter(Paging, Format, ActivityFilter):
    """Filter of the activity."""


class LogFilter(ActivityFilter):
    """Filter of the log."""

    cursor: str | None = CURSOR


class ActivityOut(Schema):
    """One step or request, done or refused."""

    id: str
    at: dt.datetime
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


class RunOut(Schema):
    """Like steps of one day, or one act."""

    day: dt.date = Field(description="A day of your time zone.")
    action: ActivityName
    status: ActivityStatus
    action_id: str | None
    error_code: str | None
    message: str | None
    count: int = Field(description="The number of lines of the activity.")
    first_at: dt.datetime
    last_at: dt.datetime
    targets: list[str] = Field(description=f"The last {MAX_TARGETS} usernames or posts, newest first.")
    reasons: dict[str, int] = Field(description="The number of lines by reason, for example of skipped people.")


class LogListing(Listing):
    items: list[RunOut]
    timezone: str = Field(description="The zone of the days.")


@bp.get("/activity")
@signed_in
@bp.input(Filter, location="query")
@bp.output(ActivityListing)
@bp.doc(responses=CSV)
@raises("BAD_CURSOR", "TOO_MANY_AT_ONCE")
def show_activity(query_data: Filter) -> ActivityListing | Response:
    """List your activity, newest first."""
    if query_data.format == "csv":
        return csv_response("activity", activity_csv(me().id, **query_data.wanted))
    return ActivityListing.of(list_activity(me().id, query_data.limit, query_data.cursor, **query_data.wanted))


@bp.get("/activity/log")
@signed_in
@bp.input(LogFilter, location="query")
@bp.output(LogListing)
@raises("BAD_CURSOR")
def show_log(query_data: LogFilter) -> LogListing:
    """List your activity by day, with one entry for each run of like steps, newest first."""
    timezone = timezone_of(me().id)
    found = read_log(me().id, ZoneInfo(timezone), query_data.cursor, **query_data.wanted)
    return LogListing(items=[RunOut.model_validate(run) for run in found.items], next=found.next, timezone=timezone)
