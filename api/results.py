"""Results of a period: your steps by day, source or kind, and the period before to compare with."""

import datetime as dt
from typing import Any, Self

from flask.wrappers import Response
from pydantic import Field

from api.answers import CSV, Answer, Format, Schema, csv_response
from api.blueprint import blueprint, raises
from bot.inputs.params import Params
from bot.inputs.validation import Day
from bot.messages.templates import variant_text
from bot.results.downloads import compares, results_csv
from bot.results.followers import follower_counts
from bot.results.likeness import Likeness, apart, likenesses
from bot.results.measures import MEASURES, Measure, MeasureName
from bot.results.periods import DEFAULT_PERIOD, MAX_PERIOD, Grouping, chosen_period
from bot.results.rates import MOST_UNSURE, TOLD, Verdict
from bot.results.sources import SourceKind
from bot.results.steps import Change, Comparison, Counts, Results, Row, rate_of, results
from bot.storage.models.values import StepKind
from middleware.access import me, signed_in

bp = blueprint("results", "Results")


class ResultsQuery(Format, Params):
    """The period, in days of your time zone, and the grouping of the rows."""

    days: int | None = Field(
        None, ge=1, le=MAX_PERIOD, description=f"Days up to today; {DEFAULT_PERIOD} if nothing else is given."
    )
    since: Day | None = Field(None, alias="from", description="The first day. Not together with `days`.")
    until: Day | None = Field(None, alias="to", description="The last day, included; left out: today.")
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


def numbers_of(measure: Measure) -> dict[str, Any]:
    """Return the numbers of a measure, with its share and interval."""
    low, high = measure.rate.interval or (None, None)
    numbers = {number: getattr(measure, number) for number in ("people", "yes", "no", "unsure", "open", "so_far")}
    return {**numbers, "share": measure.rate.share, "low": low, "high": high}


class MeasureOut(Schema):
    """Outcomes of the steps of a row for the people of one measure."""

    name: MeasureName
    people: int = Field(description="Everyone that the measure is about.")
    yes: int
    no: int
    unsure: int = Field(description="Their days are over, and no reading tells.")
    open: int = Field(description="Their days are not over. They are in no share.")
    so_far: int = Field(description="Of the open ones: have done it already.")
    share: float | None = Field(
        description=f"`yes` of `yes` and `no`, 0 to 1; null below {TOLD} people or with over {MOST_UNSURE:.0%} unsure."
    )
    low: float | None = Field(description="The lower end of its 95 % interval, as if no unsure one had done it.")
    high: float | None = Field(description="The upper end of its 95 % interval, as if all unsure ones had done it.")
    verdict: Verdict = Field(
        description="Compared with all other rows of this kind together, by variant with those of the same message. "
        "`not_comparable` if `filters_differ` or `weeks_differ`: a difference may come from those."
    )
    needed: int | None = Field(
        description="People a side that variants need before one is better: too few for it would find one by chance. "
        "Only by variant."
    )

    @classmethod
    def of(cls, name: MeasureName, row: Row, comparison: Comparison) -> Self:
        verdict, needed = comparison.verdict(row, name)
        return cls(name=name, verdict=verdict, needed=needed, **numbers_of(row.measures[name]))


class MeasureNumbers(Schema):
    """The people of one measure in a period. `open` ones are in no share."""

    people: int
    yes: int
    no: int
    unsure: int
    open: int
    so_far: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, measure: Measure) -> Self:
        return cls.model_validate(numbers_of(measure))


class ChangeOut(Schema):
    """A measure of a kind of step in the period and in the one before."""

    kind: StepKind
    name: MeasureName
    now: MeasureNumbers
    before: MeasureNumbers
    verdict: Verdict | None = Field(
        description="The period compared with the one before. Null while days of the one before are not over, and if "
        "too many of its people are unknown."
    )

    @classmethod
    def of(cls, change: Change) -> Self:
        now, before = MeasureNumbers.of(change.measure), MeasureNumbers.of(change.before)
        return cls(kind=change.kind, name=change.name, now=now, before=before, verdict=change.verdict)


class ResultRow(CountsOut):
    """Steps of one kind: on one day, in one hour, from one source, of one action, or in the whole period."""

    kind: StepKind
    day: dt.date | None = Field(description="Only if rows are grouped by day.")
    hour: int | None = Field(description="The hour of the local day, 0 to 23. Only if rows are grouped by hour.")
    action_id: str | None = Field(description="Only if rows are grouped by action.")
    source_kind: SourceKind | None = Field(
        description="Only by source or action. `list`: people that you named; `followed`: people you follow; "
        "`several`: one source of an action with several, or all of them by action."
    )
    source: str | None = Field(description="The hashtag or account, like `#coffee` or `@somebody`, or all in words.")
    message: str | None = Field(description="The text of the action with its choices. Only by variant.")
    variant: str | None = Field(
        description="The choices, like `2.1`, first to last. Null for a text without any, and for old messages."
    )
    text: str | None = Field(description="The text of the variant, with names as placeholders.")
    first_week: dt.date | None = Field(
        description="The Monday of the first week with done steps. By source and action."
    )
    last_week: dt.date | None = Field(description="The Monday of the last week with done steps. By source and action.")
    filters_differ: bool | None = Field(
        description="Whether its filters are others than those of the other rows of this kind. By source and action."
    )
    weeks_differ: bool | None = Field(
        description="Whether most of its steps were in other weeks than those of the others. By source and action."
    )
    share: float | None = Field(description=f"`done` of all four, from 0 to 1; null below {TOLD} people.")
    low: float | None = Field(description="The lower end of its 95 % interval.")
    high: float | None = Field(description="The upper end of its 95 % interval.")
    measures: list[MeasureOut] = Field(description="Outcomes of the steps that were done.")

    @classmethod
    def of_row(cls, found: Results, row: Row, comparison: Comparison, like: Likeness | None) -> Self:
        key, rate = row.key, rate_of(row.counts)
        source = found.sources[key.action_id] if key.action_id else key.source
        low, high = rate.interval or (None, None)
        return cls(
            kind=row.kind,
            day=key.day,
            hour=key.hour,
            action_id=key.action_id,
            source_kind=source.kind if source else None,
            source=source.name if source else None,
            share=rate.share,
            low=low,
            high=high,
            message=key.message,
            variant=key.variant,
            text=variant_text(key.message, key.variant) if key.message else None,
            measures=[MeasureOut.of(name, row, comparison) for name in row.measures],
            **(like._asdict() if like else dict.fromkeys(Likeness._fields)),
            **CountsOut.of(row.counts).model_dump(),
        )


class FollowerDay(Schema):
    """The account's own count of its followers on a day."""

    day: dt.date
    followers: int


class ResultsAnswer(Answer):
    """The results of a period, and the totals of the period of the same length before it."""

    timezone: str = Field(description="The zone of the days.")
    period: PeriodOut
    totals: CountsOut
    before: PeriodOut = Field(description="The period before.")
    totals_before: CountsOut
    kinds_before: list[KindBefore]
    changes: list[ChangeOut] = Field(description="Measures that have people in both periods.")
    rows: list[ResultRow] = Field(description="Rows without any step are missing.")
    followers: list[FollowerDay] = Field(description="Days on which they were read, of the account linked now.")
    definitions: dict[MeasureName, str] = Field(description="The measures in words.")


@bp.get("/analytics/results")
@signed_in
@bp.input(ResultsQuery, location="query")
@bp.output(ResultsAnswer)
@bp.doc(responses=CSV)
@raises("TOO_MANY_AT_ONCE")
def show_results(query_data: ResultsQuery) -> ResultsAnswer | Response:
    """Show what your bot did in a period, and what came of it, by day, hour, source, action, variant or kind of step.

    `format=csv` downloads the rows.
    """
    period = chosen_period(me().id, query_data.days, query_data.since, query_data.until)
    as_csv = query_data.format == "csv"
    found = results(me().id, period, query_data.by, compare=not as_csv or compares(query_data.by))
    if as_csv:
        return csv_response(f"results_by_{query_data.by}", results_csv(found, query_data.by))
    rows = found.rows(query_data.by)
    likes = likenesses(found, query_data.by)
    comparison = Comparison(rows, apart(likes))
    return ResultsAnswer(
        timezone=found.timezone,
        period=PeriodOut.model_validate(found.period),
        totals=CountsOut.of(found.totals),
        before=PeriodOut.model_validate(found.period.before),
        totals_before=CountsOut.of(found.totals_before),
        kinds_before=[
            KindBefore(kind=kind, **CountsOut.of(counts).model_dump()) for kind, counts in found.before.items()
        ],
        changes=[ChangeOut.of(change) for change in found.changes],
        rows=[ResultRow.of_row(found, row, comparison, likes.get((row.key, row.kind))) for row in rows],
        followers=[
            FollowerDay.model_validate(count)
            for count in follower_counts(me().id, period)
            if count.followers is not None
        ],
        definitions=MEASURES,
    )
