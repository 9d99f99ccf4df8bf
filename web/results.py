"""/results: steps per day, by source and by kind, of the last days or of days that you choose, and their CSV."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from pydantic import Field

from bot.core.errors import BotException
from bot.decision.chores import READ_INTERVAL
from bot.inputs.params import Params
from bot.readings.report import ReadingsReport, readings_report
from bot.results.downloads import results_csv
from bot.results.followers import FollowerCount, follower_counts, growth
from bot.results.periods import DEFAULT_PERIOD, MAX_PERIOD, PERIODS, chosen_period
from bot.results.rates import JUDGED, Rate
from bot.results.steps import Counts, Grouping, Results, Row, first_day, rate_of, results
from bot.storage.models.values import StepKind
from middleware.access import me, signed_in
from web import charts, follow_backs
from web.downloads import csv_response
from web.failures import shown_on
from web.forms import parse
from web.labels import number_of
from web.local_time import clock, day

blueprint = Blueprint("results", __name__)
# The order of the stack, the legend and the tables.
_KINDS = (StepKind.FOLLOW, StepKind.LIKE, StepKind.STORY, StepKind.UNFOLLOW, StepKind.MESSAGE)
# Results that are told only if there are any.
_RARE = ("failed", "unknown", "skipped")
MAX_SOURCES = 12
"""Sources in the table. The CSV has all."""


class ResultsQuery(Params):
    """The period: a number of days up to today, or a first and a last day."""

    days: int | None = Field(None, ge=1, le=MAX_PERIOD)
    since: date | None = Field(None, alias="from")
    until: date | None = Field(None, alias="to")

    @property
    def chosen(self) -> dict[str, Any]:
        """The query as it was given, for links."""
        return self.model_dump(by_alias=True, exclude_none=True, include={"days", "since", "until"})


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

    @classmethod
    def of(cls, row: Row) -> "SourceLine":
        name = follow_backs.source_name(row.key.source) if row.key.source else ""
        return cls(name, row.kind, row.counts, rate_of(row.counts))


def drawn(found: Results) -> Markup:
    """Return the columns of the steps done per day, with the average as a hairline."""
    columns = []
    for on in found.period:
        counts = {kind: found.by_day.get((on, kind), Counter()) for kind in _KINDS}
        others = {result: sum(each[result] for each in counts.values()) for result in _RARE}
        notes = [f"{number:,} {result}" for result, number in others.items() if number]
        columns.append(charts.Column(day(on), {str(kind): each["done"] for kind, each in counts.items()}, notes))
    return charts.columns("Steps done per day", columns, mean=mean_of(found))


def mean_of(found: Results) -> float | None:
    """Return the average of the days, or None for one day."""
    return found.totals["done"] / found.period.days if found.period.days > 1 else None


def table_of(found: Results) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of the table behind the chart, newest day first, without columns of nothing."""
    kinds = [kind for kind in _KINDS if found.by_kind.get(kind, Counter())["done"]]
    others = [result for result in _RARE if found.totals[result]]
    rows = []
    for on in reversed(list(found.period)):
        counts = {kind: found.by_day.get((on, kind), Counter()) for kind in _KINDS}
        of_kinds = [counts[kind]["done"] for kind in kinds]
        of_others = [sum(each[result] for each in counts.values()) for result in others]
        rows.append([day(on), *(f"{number:,}" for number in (*of_kinds, *of_others))])
    return ["Day", *(charts.WORDS[kind] for kind in kinds), *(result.capitalize() for result in others)], rows


def follower_curve(counts: list[FollowerCount]) -> Markup:
    """Return the curve of the followers; nothing if no two days were read."""
    levels = [charts.Level(day(count.day), count.followers) for count in counts]
    return charts.curve("Followers", levels) if growth(counts) is not None else Markup()


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
    found, counts = results(me().id, period), follower_counts(me().id, period)
    lines = [SourceLine.of(row) for row in found.rows("source")]
    reading = readings_report(me().id)
    return render_template(
        "results.html",
        failure=failure,
        found=found,
        query=query,
        periods=PERIODS,
        kinds=[kind for kind in _KINDS if kind in found.by_kind],
        chart=drawn(found),
        table=table_of(found),
        mean=mean_of(found),
        followers=counts,
        growth=growth(counts),
        follower_curve=follower_curve(counts),
        back=follow_backs.whole(found),
        answered=follow_backs.whole(found, "answered"),
        back_lines=follow_backs.by_source(found),
        back_others=list(follow_backs.others(found)),
        back_rest=follow_backs.rest_of,
        max_sources=MAX_SOURCES,
        lines=lines[:MAX_SOURCES],
        left_off=len(lines) - MAX_SOURCES,
        whole=rate_of(found.totals),
        judged=JUDGED,
        readings=reading,
        readings_text=_about(reading),
        first=None if found.totals else first_day(me().id),
        read_every=round(READ_INTERVAL.total_seconds() / 60),
        done_by_day=[sum(found.by_day.get((on, kind), Counter())["done"] for kind in _KINDS) for on in found.period],
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
    found = results(me().id, period, by_hour=query.by == "hour")
    return csv_response(f"results_by_{query.by}_{me().username}", results_csv(found, query.by))
