"""Activity, sign-ins and use by day, your own or for administrators of all users; failures by code."""

from datetime import date, datetime
from typing import Literal, Self

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from api.bots import LimitUse
from bot.auth.session_list import count_in_use
from bot.automation.activity_counts import MAX_DAYS, ActivityDay, own_days
from bot.automation.lifecycle import timezone_of
from bot.automation.status import bot_report
from bot.core.errors import Severity, Who
from bot.inputs.params import Params
from bot.operations.fleet_figures import CodeCount, failures, failures_by_user, fleet_days
from middleware.access import me, require_role, signed_in

bp = blueprint("analytics", "Analytics")


class Period(Params):
    """The number of days that the figures cover."""

    days: int = Field(14, ge=1, le=MAX_DAYS, description="Days up to today, which is the last.")


class ActivityCount(Schema):
    action: str
    status: str
    count: int


class DayOut(Schema):
    date: date
    activity: list[ActivityCount] = Field(description="Lines of the activity. Counts of zero are missing.")
    sign_ins: int = Field(description="Sign-ins that began.")


class FleetDayOut(DayOut):
    active_users: int = Field(description="Users with any activity.")
    signed_in_users: int


class Analytics(Answer):
    """Your days, and today's use of the limits."""

    timezone: str = Field(description="The zone of the days.")
    days: list[DayOut]
    sign_ins_in_use: int
    limits: list[LimitUse]


class FleetAnalytics(Answer):
    """Counts of each UTC day, summed over all users."""

    timezone: Literal["UTC"] = "UTC"
    days: list[FleetDayOut]
    sign_ins_in_use: int


class DayCount(Schema):
    date: date
    count: int


class Failures(Schema):
    """The number of records of one code."""

    code: str
    name: str
    module: str
    severity: Severity
    description: str
    recommended_action: str
    who: Who = Field(description="Who has to act.")
    help: str = Field(description="The page that explains it.")
    count: int
    users: int = Field(description="Users who met it.")
    first_at: datetime
    last_at: datetime
    for_operator: bool = Field(description="Whether an operator should look at it. Fleet shows these of today.")
    days: list[DayCount] = Field(description="Days in UTC with at least one.")

    @classmethod
    def of(cls, found: CodeCount) -> Self:
        known = found.known
        return cls(
            code=known.entry.code,
            name=known.entry.name,
            module=known.module,
            severity=known.severity,
            description=known.entry.description,
            recommended_action=known.entry.remedy,
            who=known.entry.who,
            help=f"/help/errors/{known.entry.code}",
            count=found.count,
            users=found.users,
            first_at=found.first_at,
            last_at=found.last_at,
            for_operator=found.for_operator,
            days=[DayCount(date=day, count=count) for day, count in sorted(found.days.items())],
        )


class FailureListing(Answer):
    items: list[Failures]


class UserFailures(Schema):
    """The number of times that one user met a code."""

    user_id: str
    username: str | None = Field(description="Null if the user is erased.")
    count: int
    last_at: datetime


class UserFailureListing(Answer):
    items: list[UserFailures]


def _counts(day: ActivityDay) -> list[ActivityCount]:
    return [
        ActivityCount(action=action, status=status, count=count)
        for (action, status), count in sorted(day.counts.items())
    ]


@bp.get("/analytics")
@signed_in
@bp.input(Period, location="query")
@bp.output(Analytics)
def show_analytics(query_data: Period) -> Analytics:
    """Show your activity by day, kind and result, your sign-ins, and today's use of the limits."""
    report = bot_report(me().id)
    return Analytics(
        timezone=timezone_of(me().id),
        days=[
            DayOut(date=day.date, activity=_counts(day), sign_ins=day.sign_ins)
            for day in own_days(me().id, query_data.days)
        ],
        sign_ins_in_use=count_in_use(me().id),
        limits=[LimitUse.of(limit, report.rests.get(limit.kind)) for limit in report.limits],
    )


@bp.get("/admin/analytics")
@require_role("admin")
@bp.input(Period, location="query")
@bp.output(FleetAnalytics)
def show_fleet_analytics(query_data: Period) -> FleetAnalytics:
    """Show the activity of all users by day, kind and result, and the number of users who signed in. Counts only."""
    return FleetAnalytics(
        days=[
            FleetDayOut(
                date=day.date,
                activity=_counts(day),
                sign_ins=day.sign_ins,
                active_users=day.active_users,
                signed_in_users=day.signed_in_users,
            )
            for day in fleet_days(query_data.days)
        ],
        sign_ins_in_use=count_in_use(),
    )


@bp.get("/admin/errors")
@require_role("admin")
@bp.input(Period, location="query")
@bp.output(FailureListing)
def list_failures(query_data: Period) -> FailureListing:
    """List the failures of all users by code, most frequent first."""
    return FailureListing(items=[Failures.of(found) for found in failures(query_data.days)])


@bp.get("/admin/errors/<code>")
@require_role("admin")
@bp.input(Period, location="query")
@bp.output(UserFailureListing)
@raises("NOT_FOUND")
def list_failures_by_user(code: str, query_data: Period) -> UserFailureListing:
    """List the users who met this code, most frequent first, at most 100."""
    return UserFailureListing(
        items=[UserFailures.model_validate(found) for found in failures_by_user(code, query_data.days)]
    )
