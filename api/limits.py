"""How much a bot may do, and what that is made of."""

from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Shape
from api.blueprint import blueprint, fails
from bot.access import me, signed_in
from bot.limits import LimitReport, limit_reports
from bot.users import visible_user

bp = blueprint("limits", "Limits")


class Delay(Shape):
    """Seconds between two steps, drawn anew each time."""

    min: float
    max: float


class Limit(Shape):
    """The limit of one kind in steps a day; null where nothing is set."""

    kind: str
    used: int
    own: int | None = Field(description="What the user chose.")
    default: int | None = Field(description="What holds for users who chose nothing.")
    ceiling: int | None = Field(description="What no user may pass.")
    effective: int
    binding: str = Field(description="Which of them binds: `own`, `default`, `ceiling`, or `ramp` for a new account.")
    per_hour: int | None
    delay: Delay

    @classmethod
    def of(cls, report: LimitReport) -> Self:
        delay = Delay(min=report.rule.delay_min, max=report.rule.delay_max)
        return cls.model_validate({**vars(report.rule), **vars(report), "delay": delay})


class LimitsAnswer(Answer):
    items: list[Limit]

    @classmethod
    def of(cls, reports: list[LimitReport]) -> Self:
        return cls(items=[Limit.of(report) for report in reports])


@bp.get("/users/<uuid:user_id>/limits")
@signed_in
@bp.output(LimitsAnswer)
@fails("USER_NOT_FOUND")
def show_limits(user_id: UUID) -> LimitsAnswer:
    """The limits of a user: one's own, or anybody's for an administrator."""
    user = visible_user(str(user_id), me())
    return LimitsAnswer.of(limit_reports(user.id))
