"""Limits of a bot: the user's own, the administrator's ceilings, the defaults and what applies."""

from typing import Self
from uuid import UUID

from flask import request
from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises, request_bodies
from api.parsing import read_json
from api.settings import CHANGE_ID
from bot.decision.limits import LimitReport, limit_reports
from bot.inputs.params import Params
from bot.settings import ceilings, preferences
from bot.settings.ceilings import DefaultLimit, LimitException, UserCeiling
from bot.settings.preferences import Kind, OwnLimit
from bot.storage.models import DailyLimit
from bot.users.directory import visible_user
from middleware.access import me, require_role, signed_in

bp = blueprint("limits", "Limits")


class OwnLimits(Params):
    """Your own limits by kind. A kind that is missing stays as it is."""

    limits: dict[Kind, OwnLimit]


class Ceilings(Params):
    """Ceilings of one user by kind. A kind that is missing stays as it is."""

    limits: dict[Kind, UserCeiling]


class DefaultLimits(Params):
    """Defaults for every user by kind. A kind that is missing stays as it is."""

    limits: dict[Kind, DefaultLimit]


class Delay(Schema):
    """Seconds between two steps, drawn at random each time."""

    min: float
    max: float


class Limit(Schema):
    """The limits of one kind in steps a day. A limit that is not set is null."""

    kind: str
    used: int
    own: int | None = Field(description="The user's own limit a day.")
    own_per_hour: int | None = Field(description="The user's own limit an hour.")
    default: int | None = Field(description="The default a day for users without an own limit.")
    ceiling: int | None = Field(description="The administrator's maximum a day.")
    effective: int
    binding: str = Field(
        description="The rule that applies: `own`, `default`, `ceiling`, `ramp` for a new account, or `cool_down`."
    )
    per_hour: int | None
    delay: Delay

    @classmethod
    def of(cls, report: LimitReport) -> Self:
        delay = Delay(min=report.rule.delay_min, max=report.rule.delay_max)
        return cls.model_validate({**vars(report.rule), **vars(report), "delay": delay})


class LimitsAnswer(Answer):
    items: list[Limit]
    change_id: str | None = Field(description=CHANGE_ID)

    @classmethod
    def of(cls, reports: list[LimitReport], change_id: str | None = None) -> Self:
        return cls(items=[Limit.of(report) for report in reports], change_id=change_id)


class DefaultOut(Schema):
    """The limits of one kind of step for users without their own, and the ceiling for all."""

    kind: str
    per_day: int = Field(description="Steps a day of users without an own limit.")
    per_hour: int | None = Field(description="Steps an hour; null if there is no such limit.")
    ceiling: int = Field(description="The largest number of steps a day for any user.")
    ceiling_hour: int | None = Field(description="The largest number of steps an hour for any user.")
    delay_min: float = Field(description="Seconds between two steps, at least.")
    delay_max: float = Field(description="Seconds between two steps, at most.")


class ExceptionOut(Schema):
    """A user with ceilings of their own."""

    user_id: UUID
    username: str
    ceilings: dict[str, UserCeiling] = Field(description="By kind, without those that have none.")


class ExceptionsAnswer(Answer):
    items: list[ExceptionOut]

    @classmethod
    def of(cls, found: list[LimitException]) -> Self:
        return cls(items=[ExceptionOut.model_validate(one) for one in found])


class DefaultsAnswer(Answer):
    items: list[DefaultOut]

    @classmethod
    def of(cls, rows: list[DailyLimit]) -> Self:
        return cls(items=[DefaultOut.model_validate(row) for row in rows])


@bp.get("/users/<uuid:user_id>/limits")
@signed_in
@bp.output(LimitsAnswer)
@raises("USER_NOT_FOUND")
def show_limits(user_id: UUID) -> LimitsAnswer:
    """Show the limits of a user: your own, or as an administrator any user's."""
    user = visible_user(str(user_id), me())
    return LimitsAnswer.of(limit_reports(user.id))


@bp.put("/users/<uuid:user_id>/limits")
@signed_in
@request_bodies(OwnLimits, Ceilings)
@bp.output(LimitsAnswer)
@raises("USER_NOT_FOUND", "ABOVE_CEILING")
def change_limits(user_id: UUID) -> LimitsAnswer:
    """Change your own limits, or as an administrator another user's ceilings.

    An administrator's own ceilings are changed at `/api/users/{user_id}/ceilings`.
    """
    user = visible_user(str(user_id), me())
    if user.id == me().id:
        change_id = preferences.change_limits(user.id, read_json(OwnLimits, request).limits)
        return LimitsAnswer.of(limit_reports(user.id), change_id)
    ceilings.change_ceilings(me(), user.id, read_json(Ceilings, request).limits)
    return LimitsAnswer.of(limit_reports(user.id))


@bp.put("/users/<uuid:user_id>/ceilings")
@require_role("admin")
@bp.input(Ceilings)
@bp.output(LimitsAnswer)
@raises("USER_NOT_FOUND")
def change_ceilings(user_id: UUID, json_data: Ceilings) -> LimitsAnswer:
    """Change the ceilings of any user, the calling administrator included."""
    ceilings.change_ceilings(me(), str(user_id), json_data.limits)
    return LimitsAnswer.of(limit_reports(str(user_id)))


@bp.get("/limits/exceptions")
@require_role("admin")
@bp.output(ExceptionsAnswer)
def show_limit_exceptions() -> ExceptionsAnswer:
    """List the users that have ceilings of their own, by name, at most 500."""
    return ExceptionsAnswer.of(ceilings.list_exceptions())


@bp.get("/limits/default")
@require_role("admin")
@bp.output(DefaultsAnswer)
def show_default_limits() -> DefaultsAnswer:
    """Show the default limits."""
    return DefaultsAnswer.of(ceilings.list_defaults())


@bp.put("/limits/default")
@require_role("admin")
@bp.input(DefaultLimits)
@bp.output(DefaultsAnswer)
@raises("DELAYS_CROSSED")
def change_default_limits(json_data: DefaultLimits) -> DefaultsAnswer:
    """Change the default limits."""
    return DefaultsAnswer.of(ceilings.change_defaults(me(), json_data.limits))
