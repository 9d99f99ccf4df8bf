"""Results of all users for administrators: numbers by day in UTC and kind of step, and no user's own."""

import datetime as dt
from typing import Literal, Self

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, Answer, Format, csv_response
from api.blueprint import blueprint, raises
from api.results import CountsOut, MeasureNumbers, PeriodOut
from bot.fleet.counting import DAYS
from bot.fleet.results import MAX_PERIOD, KindResults, fleet_period, fleet_results, fleet_results_csv
from bot.inputs.params import Params
from bot.inputs.validation import Day
from bot.results.measures import MEASURES, MeasureName
from bot.results.periods import DEFAULT_PERIOD
from bot.results.rates import TOLD
from bot.storage.models.values import StepKind
from middleware.access import require_role

bp = blueprint("fleet_results", "Results of all bots")


class FleetResultsQuery(Format, Params):
    """The period, in days of UTC, up to yesterday."""

    days: int | None = Field(
        None, ge=1, le=MAX_PERIOD, description=f"Days up to yesterday; {DEFAULT_PERIOD} if nothing else is given."
    )
    since: Day | None = Field(None, alias="from", description="The first day. Not together with `days`.")
    until: Day | None = Field(None, alias="to", description="The last day, included; left out: yesterday.")


class FleetMeasure(MeasureNumbers):
    """Outcomes of the steps of a kind for the people of one measure, of all users together."""

    name: MeasureName


class FleetKind(CountsOut):
    """Steps of one kind of all users in the period."""

    kind: StepKind
    users: int = Field(description="Users who did any, on the day with the most of them.")
    share: float | None = Field(description=f"`done` of all four, from 0 to 1; null below {TOLD} people.")
    low: float | None = Field(description="The lower end of its 95 % interval.")
    high: float | None = Field(description="The upper end of its 95 % interval.")
    measures: list[FleetMeasure] = Field(description="Outcomes of the steps that were done.")

    @classmethod
    def of_kind(cls, found: KindResults) -> Self:
        low, high = found.rate.interval or (None, None)
        return cls(
            kind=found.kind,
            users=found.users,
            share=found.rate.share,
            low=low,
            high=high,
            measures=[
                FleetMeasure(name=name, **MeasureNumbers.of(measure).model_dump())
                for name, measure in found.measures.items()
            ],
            **CountsOut.of(found.counts).model_dump(),
        )


class FleetDay(CountsOut):
    """Steps of one kind of all users on a day."""

    day: dt.date
    kind: StepKind
    users: int = Field(description="Users who did any.")


class FleetResultsAnswer(Answer):
    """Results of all users in a period, as they were counted last."""

    timezone: Literal["UTC"] = "UTC"
    period: PeriodOut
    counted_at: dt.datetime | None = Field(
        description=f"The begin of the last count of the last {DAYS} days; null if there was none yet."
    )
    totals: CountsOut
    kinds: list[FleetKind]
    days: list[FleetDay] = Field(description="Days and kinds without any step are missing.")
    definitions: dict[MeasureName, str] = Field(description="The measures in words.")


@bp.get("/admin/results")
@require_role("admin")
@bp.input(FleetResultsQuery, location="query")
@bp.output(FleetResultsAnswer)
@bp.doc(responses=CSV)
@raises("TOO_MANY_AT_ONCE")
def show_fleet_results(query_data: FleetResultsQuery) -> FleetResultsAnswer | Response:
    """Show what all bots did in a period, and what came of it, as numbers. They are counted again each night.

    `format=csv` downloads the days.
    """
    period = fleet_period(query_data.days, query_data.since, query_data.until)
    if query_data.format == "csv":
        return csv_response("results_of_all", fleet_results_csv(period))
    found = fleet_results(period)
    return FleetResultsAnswer(
        period=PeriodOut.model_validate(period),
        counted_at=found.counted_at,
        totals=CountsOut.of(found.totals),
        kinds=[FleetKind.of_kind(kind) for kind in found.kinds],
        days=[
            FleetDay(day=day, kind=kind.kind, users=kind.users, **CountsOut.of(kind.counts).model_dump())
            for day, kinds in found.days.items()
            for kind in kinds
        ],
        definitions=MEASURES,
    )
