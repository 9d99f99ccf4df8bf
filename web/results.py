"""/results: steps per day, by source and by kind, of the last days or of days that you choose, and their CSV."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from pydantic import Field

from bot.core.errors import BotException
from bot.decision.chores import read_interval
from bot.help.figures import length
from bot.inputs.params import Params
from bot.inputs.validation import Day
from bot.readings.report import ReadingsReport, readings_report
from bot.results.downloads import compares, results_csv
from bot.results.followers import FollowerCount, follower_counts, growth
from bot.results.likeness import likenesses
from bot.results.periods import DEFAULT_PERIOD, MAX_PERIOD, PERIODS, Grouping, chosen_period
from bot.results.rates import JUDGED, Rate
from bot.results.steps import Counts, Results, Row, first_day, rate_of, results
from bot.storage.models.values import StepKind
from middleware.access import me, signed_in
from web import charts, follow_backs
from web.downloads import csv_response
from web.failures import shown_on
from web.forms import parse
from web.labels import number_of
from web.local_time import clock, day
from web.variants import variant_tables

blueprint = Blueprint("results", __name__)
# The order of the stack, the legend and the tables.
_KINDS = (StepKind.FOLLOW, StepKind.LIKE, StepKind.STORY, StepKind.UNFOLLOW, StepKind.MESSAGE)
# Results that are told only if there are any.
_RARE = ("failed", "unknown", "skipped")
MAX_SOURCES = 12
"""Sources in the table. The CSV has all."""


class PeriodQuery(Params):
    """A period: a number of days up to the last one, or a first and a last day."""

    days: int | None = None
    since: Day | None = Field(None, alias="from")
    until: Day | None = Field(None, alias="to")

    @property
    def chosen(self) -> dict[str, Any]:
        """The query as it was given, for links."""
        return self.model_dump(by_alias=True, exclude_none=True, include={"days", "since", "until"})


class ResultsQuery(PeriodQuery):
    """The period of the page, up to today."""

    days: int | None = Field(None, ge=1, le=MAX_PERIOD)


class DownloadQuery(ResultsQuery):
    """The period, and the grouping of the rows."""

    by: Grouping = "day"


DEFAULT = ResultsQuery(days=DEFAULT_PERIOD)


@dataclass(frozen=True)
class SourceLine:
    """One source in the table: the share of everyone looked at that was done, and what became of the others."""

    name: str
    kind: StepKind
    counts: Counts
    rate: Rate
    apart: str

    @classmethod
    def of(cls, row: Row, apart: str) -> "SourceLine":
        name = follow_backs.source_name(row.key.source) if row.key.source else ""
        return cls(name, row.kind, row.counts, rate_of(row.counts), apart)


@dataclass(frozen=True)
class DayLine:
    """The steps of one day by kind, under its name."""

    name: str
    counts: dict[StepKind, Counts]

    def of(self, result: str) -> int:
        """Return the number of steps of all kinds with that result."""
        return sum(counts[result] for counts in self.counts.values())


def day_lines(found: Results) -> list[DayLine]:
    """Return the days of the period, also those without a step."""
    nothing: Counts = Counter()
    return [DayLine(day(on), {kind: found.by_day.get((on, kind), nothing) for kind in _KINDS}) for on in found.period]


def drawn(found: Results, days: list[DayLine]) -> Markup:
    """Return the columns of the steps done per day, with the average as a hairline."""
    rare = [result for result in _RARE if found.totals[result]]
    columns = []
    for one in days:
        notes = [f"{number:,} {result}" for result in rare if (number := one.of(result))]
        columns.append(charts.Column(one.name, {str(kind): each["done"] for kind, each in one.counts.items()}, notes))
    return charts.columns("Steps done per day", columns, mean=mean_of(found))


def mean_of(found: Results) -> float | None:
    """Return the average of the days, or None for one day."""
    return found.totals["done"] / found.period.days if found.period.days > 1 else None


def table_of(found: Results, days: list[DayLine]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of the table behind the chart, newest day first, without columns of nothing."""
    kinds = [kind for kind in _KINDS if found.by_kind.get(kind, Counter())["done"]]
    others = [result for result in _RARE if found.totals[result]]
    rows = []
    for one in reversed(days):
        numbers = [*(one.counts[kind]["done"] for kind in kinds), *(one.of(result) for result in others)]
        rows.append([one.name, *(f"{number:,}" for number in numbers)])
    return ["Day", *(charts.WORDS[kind] for kind in kinds), *(result.capitalize() for result in others)], rows


def follower_curve(counts: list[FollowerCount], days: list[DayLine]) -> Markup:
    """Return the curve of the followers; nothing if no two days were read."""
    levels = [charts.Level(one.name, count.followers) for count, one in zip(counts, days, strict=True)]
    return charts.curve("Followers", levels) if growth(counts) is not None else Markup()


def follower_table(counts: list[FollowerCount], days: list[DayLine]) -> list[list[str]]:
    """Return the rows of the table behind the curve, newest day first."""
    named = zip(counts, days, strict=True)
    read = [[one.name, f"{count.followers:,}"] for count, one in named if count.followers is not None]
    return read[::-1]


def _when(at: datetime) -> str:
    return f"{day(at)}, {clock(at)}"


def _about(report: ReadingsReport) -> str:
    """Return what is read of people who follow back, or why it is not."""
    if report.state == "not_linked":
        return "Connect an Instagram account. A week later your bot begins to read who follows back."
    if report.state == "first_week" and report.until:
        return f"Your bot reads nothing extra in an account's first week. It begins on {_when(report.until)}."
    last = f" Your followers were last read on {_when(report.list_read_at)}." if report.list_read_at else ""
    if report.state == "off":
        return f"Turn your bot on: it reads who follows back only while it is on.{last}"
    if report.state == "used_up" and report.until:
        return f"The reads of today are used up. Your bot goes on at {_when(report.until)}.{last}"
    if report.state == "failing":
        return f"The last reading failed. Your bot tries again within an hour.{last}"
    return f"Your bot reads who follows back when it has nothing else to do.{last}"


def _page(query: ResultsQuery = DEFAULT, *, failure: BotException | None = None, **_: Any) -> str:
    period = chosen_period(me().id, query.days, query.since, query.until)
    found, counts = results(me().id, period, "source", detailed=True), follower_counts(me().id, period)
    likes, days = likenesses(found, "source"), day_lines(found)
    lines = [
        SourceLine.of(row, follow_backs.apart_of(likes.get((row.key, row.kind)), period))
        for row in found.rows("source")
    ]
    reading = readings_report(me().id)
    return render_template(
        "results.html",
        failure=failure,
        found=found,
        query=query,
        periods=PERIODS,
        kinds=[kind for kind in _KINDS if kind in found.by_kind],
        chart=drawn(found, days),
        table=table_of(found, days),
        mean=mean_of(found),
        followers=counts,
        growth=growth(counts),
        follower_curve=follower_curve(counts, days),
        follower_table=follower_table(counts, days),
        back=follow_backs.whole(found),
        answered=follow_backs.whole(found, "answered"),
        back_lines=follow_backs.by_source(found),
        back_others=list(follow_backs.others(found)),
        changes=list(follow_backs.changes(found)),
        back_rest=follow_backs.rest_of,
        variants=variant_tables(found),
        max_sources=MAX_SOURCES,
        lines=lines[:MAX_SOURCES],
        left_off=len(lines) - MAX_SOURCES,
        whole=rate_of(found.totals),
        judged=JUDGED,
        readings=reading,
        readings_text=_about(reading),
        first=None if found.totals else first_day(me().id),
        read_every=length(read_interval()),
        done_by_day=[one.of("done") for one in days],
        bar=charts.bar,
        day=day,
        number_of=number_of,
    )


@blueprint.get("/results")
@signed_in
@shown_on(_page)
def show() -> str:
    query = parse(ResultsQuery, request.args)
    return _page(query if query.chosen else DEFAULT)


@blueprint.get("/results.csv")
@signed_in
@shown_on(_page)
def download() -> Response:
    query = parse(DownloadQuery, request.args)
    period = chosen_period(me().id, query.days, query.since, query.until)
    found = results(me().id, period, query.by, compare=compares(query.by))
    return csv_response(f"results_by_{query.by}_{me().username}", results_csv(found, query.by))
