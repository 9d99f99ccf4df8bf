"""The forecast of a bot: steps a day and the end of each action, if nothing surprising happens."""

import datetime as dt
from typing import Annotated, Self

from pydantic import Field, model_validator

from api.answers import Answer, Schema
from api.blueprint import blueprint
from bot.actions.filters import WHOLE
from bot.actions.placing import MAX_PER_ACTION
from bot.actions.schedules import check_start
from bot.forecast.forecast import Forecast, Wanted, forecast
from bot.inputs.params import Params
from bot.inputs.validation import Moment
from bot.plans.placing import NewPlan
from bot.recipients.reading import MAX_ACCEPTED
from bot.storage.models.values import ActionKind, StepKind
from middleware.access import me, signed_in

bp = blueprint("forecast", "Forecast")


class WantedAction(Params):
    """An action that is not placed yet. Without `kind`, the forecast covers the placed actions alone."""

    kind: ActionKind | None = Field(None, description="The kind of an action that you think about.")
    amount: Annotated[int, Field(ge=1, le=MAX_ACCEPTED), WHOLE] | None = Field(
        None, description=f"How many people or posts it would have; {MAX_PER_ACTION} at most, except for messages."
    )
    start_at: Moment | None = Field(None, description="When it would start; left out: now.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.kind is None) != (self.amount is None) or (self.start_at and self.kind is None):
            raise ValueError("Give kind and amount together, and start_at only with them.")
        if self.kind == ActionKind.PLAN:
            raise ValueError("Send an action with its own steps by POST.")
        if self.amount and self.amount > MAX_PER_ACTION and self.kind != ActionKind.SEND_MESSAGES:
            raise ValueError(f"An action of this kind has {MAX_PER_ACTION} people or posts at most.")
        return self

    @property
    def wanted(self) -> Wanted | None:
        if self.kind is None or self.amount is None:
            return None
        check_start(self.start_at)
        return Wanted(self.kind, self.amount, self.start_at)


class ForecastDay(Schema):
    """Steps of one kind on one day of your time zone."""

    day: dt.date
    kind: str
    low: int = Field(description="At least: pauses, and what people do, lie between two extremes.")
    high: int = Field(description="At most.")


class SlowerStep(Schema):
    """A later step of a plan that its limit holds up: more people begin on a day than it comes to."""

    kind: StepKind
    per_day: int = Field(description="The most of its steps on one day.")
    first_kind: StepKind
    first_per_day: int = Field(description="The most first steps on one day.")
    day: int | None = Field(description="The day of the last such step, from 1 on; null: after the forecast.")


class ForecastAction(Schema):
    """The end of one action."""

    id: str | None = Field(description="The action; null for the one that you think about.")
    left: int = Field(description="Steps that are left; of an action with its own steps, people who are not through.")
    earliest: dt.datetime | None = Field(
        description="The end with the shortest pauses and ways; null if there is none yet."
    )
    latest: dt.datetime | None = Field(description="The end with the longest pauses and ways; null: it may not end.")
    reason: str | None = Field(
        description="Why it has no end: a name of the registry, or HORIZON if it goes on after `until`."
    )
    searched: bool = Field(description="Whether a search has to find the people: it ends before if it finds too few.")
    days: list[ForecastDay] = Field(description="Its own steps of each day.")
    slower: SlowerStep | None = Field(description="The later step that people wait longest for because of its limit.")


class ForecastAnswer(Answer):
    """The days and ends that lie ahead if Instagram refuses nothing and no one changes anything."""

    timezone: str = Field(description="The zone of the days.")
    as_if_on: bool = Field(description="The bot is off: this is what would come if it were turned on now.")
    until: dt.datetime = Field(description="How far it reaches: 30 days, or less for a bot with many steps.")
    days: list[ForecastDay] = Field(description="The whole days before `until`; those without a step are missing.")
    actions: list[ForecastAction]

    @classmethod
    def of(cls, ahead: Forecast) -> Self:
        return cls.model_validate(ahead)


@bp.get("")
@signed_in
@bp.input(WantedAction, location="query")
@bp.output(ForecastAnswer)
def show_forecast(query_data: WantedAction) -> ForecastAnswer:
    """Show what your bot will do in the next days, with an action that you only think about if you name one.

    It asks Instagram nothing and changes nothing.
    """
    return ForecastAnswer.of(forecast(me().id, query_data.wanted))


@bp.post("")
@signed_in
@bp.input(NewPlan)
@bp.output(ForecastAnswer)
def show_forecast_of_plan(json_data: NewPlan) -> ForecastAnswer:
    """Show the same with an action of your own steps that you only think about. It is not placed.

    Who meets a condition is not known before: of a few people none or all may, of many about as many as have so far.
    """
    check_start(json_data.start_at)
    return ForecastAnswer.of(forecast(me().id, Wanted.of_plan(json_data)))
