"""Results of a period: your steps by day, source or kind, and the period before to compare with."""

import datetime as dt
from typing import Self

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, Answer, Format, Schema, csv_response
from api.blueprint import blueprint, raises
from bot.actions.rates import TOLD
from bot.actions.results import (
    DEFAULT_PERIOD,
    MAX_PERIOD,
    Counts,
    Grouping,
    Row,
    SourceKind,
    chosen_period,
    rate_of,
    results,
    results_csv,
)
from bot.inputs.params import Params
from bot.storage.models.values import StepKind
from middleware.access import me, signed_in

bp = blueprint("results", "Results")


class ResultsQuery(Format, Params):
    """The period, in days of your time zone, and the grouping of the rows."""

    days: int | None = Field(
        None, ge=1, le=MAX_PERIOD, description=f"Days up to today; {DEFAULT_PERIOD} if nothing else is given."
    )
    since: dt.date | None = Field(None, alias="from", description="The first day. Not together with `days`.")
    until: dt.date | None = Field(None, alias="to", description="The last day, included; left out: today.")
    by: Grouping = Field("day", description="The grouping of the rows, in addition to the kind of step.")


class PeriodOut(Schema):
    """Whole days, both included."""

    since: dt.date = Field(serialization_alias="from")
    until: dt.date = Field(serialization_alias="to")


class CountsOut(Schema):
    """Steps by result. `unknown` steps began, and Instagram's answer does not say how they ended."""

    done: int
    failed: int
    unknown: int
    skipped: int

    @classmethod
    def of(cls, counts: Counts) -> Self:
        return cls(**{name: counts[name] for name in cls.model_fields})


class KindBefore(CountsOut):
    """Steps of one kind in the period before."""

    kind: StepKind


class ResultRow(CountsOut):
    """Steps of one kind: on one day, from one source, or in the whole period."""

    kind: StepKind
    day: dt.date | None = Field(description="Only if rows are grouped by day.")
    source_kind: SourceKind | None = Field(
        description="Only if rows are grouped by source. `list`: people that you named; `followed`: people you follow."
    )
    source: str | None = Field(description="The hashtag or account, like `#coffee` or `@somebody`.")
    share: float | None = Field(description=f"`done` of all four, from 0 to 1; null below {TOLD} people.")
    low: float | None = Field(description="The lower end of its 95 % interval.")
    high: float | None = Field(description="The upper end of its 95 % interval.")

    @classmethod
    def of_row(cls, row: Row) -> Self:
        kind, name = row.source or (None, None)
        rate = rate_of(row.counts)
        low, high = rate.interval or (None, None)
        shares = {"share": rate.share, "low": low, "high": high}
        counts = CountsOut.of(row.counts).model_dump()
        return cls(kind=row.kind, day=row.day, source_kind=kind, source=name, **shares, **counts)


class ResultsAnswer(Answer):
    """The results of a period, and the totals of the period of the same length before it."""

    timezone: str = Field(description="The zone of the days.")
    period: PeriodOut
    totals: CountsOut
    before: PeriodOut = Field(description="The period before.")
    totals_before: CountsOut
    kinds_before: list[KindBefore]
    rows: list[ResultRow] = Field(description="Rows without any step are missing.")


@bp.get("/analytics/results")
@signed_in
@bp.input(ResultsQuery, location="query")
@bp.output(ResultsAnswer)
@bp.doc(responses=CSV)
@raises("TOO_MANY_AT_ONCE")
def show_results(query_data: ResultsQuery) -> ResultsAnswer | Response:
    """Show what your bot did in a period: steps done, failed, unknown and skipped, by day, source or kind.

    `format=csv` downloads the rows.
    """
    found = results(me().id, chosen_period(me().id, query_data.days, query_data.since, query_data.until))
    if query_data.format == "csv":
        return csv_response(f"results_by_{query_data.by}", results_csv(found, query_data.by))
    return ResultsAnswer(
        timezone=found.timezone,
        period=PeriodOut.model_validate(found.period),
        totals=CountsOut.of(found.totals),
        before=PeriodOut.model_validate(found.period.before),
        totals_before=CountsOut.of(found.totals_before),
        kinds_before=[
            KindBefore(kind=kind, **CountsOut.of(counts).model_dump()) for kind, counts in found.before.items()
        ],
        rows=[ResultRow.of_row(row) for row in found.rows(query_data.by)],
    )
