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
from bot.recipients.reading import MAX_ACCEPTED
from bot.storage.models.values import ActionKind
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
    low: int = Field(description="With the longest pauses that your pace allows.")
    high: int = Field(description="With the shortest pauses.")


class ForecastAction(Schema):
    """The end of one action."""

    id: str | None = Field(description="The action; null for the one that you think about.")
    left: int = Field(description="Steps that are left.")
    earliest: dt.datetime | None = Field(description="The end with the shortest pauses; null if there is none yet.")
    latest: dt.datetime | None = Field(description="The end with the longest pauses.")
    reason: str | None = Field(
        description="Why it has no end: a name of the registry, or HORIZON if it goes on after `until`."
    )
    searched: bool = Field(description="Whether a search has to find the people: it ends before if it finds too few.")
    days: list[ForecastDay] = Field(description="Its own steps of each day.")


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
