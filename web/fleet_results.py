"""/admin/results: what all bots did, and what came of it, as numbers; and its CSV."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request
from markupsafe import Markup
from pydantic import Field

from bot.core.errors import BotException
from bot.fleet.results import MAX_PERIOD, FleetResults, KindResults, fleet_period, fleet_results, fleet_results_csv
from bot.results.measures import Measure, MeasureName
from bot.results.periods import DEFAULT_PERIOD, PERIODS
from bot.results.rates import JUDGED
from bot.storage.models.values import StepKind
from middleware.access import require_role
from web import charts
from web.downloads import csv_response
from web.failures import shown_on
from web.follow_backs import SHOWN, Line, rest_of
from web.forms import parse
from web.local_time import day
from web.results import PeriodQuery

blueprint = Blueprint("fleet_results", __name__)
YEAR = MAX_PERIOD
LENGTHS = (*PERIODS, YEAR)
# A chart of more columns has none that can be told apart on a phone.
_MOST_COLUMNS = 92
_WEEK = 7


class FleetResultsQuery(PeriodQuery):
    """The period, up to yesterday."""

    days: int | None = Field(None, ge=1, le=MAX_PERIOD)


_MEASURES: tuple[tuple[MeasureName, str], ...] = (
    (SHOWN, "Followed back"),
    ("accepted", "Accepted a request"),
    ("stayed", "Still follow 30 days later"),
    ("answered", "Answered a message"),
    ("asked_to_stop", "Asked to stop"),
)
DEFAULT = FleetResultsQuery(days=DEFAULT_PERIOD)


def outcomes(kinds: Iterable[KindResults]) -> Iterator[Line]:
    """Yield the measures of all users that have any people."""
    measures = {name: (kind.kind, measure) for kind in kinds for name, measure in kind.measures.items()}
    for name, title in _MEASURES:
        kind, measure = measures.get(name, (StepKind.FOLLOW, Measure()))
        if measure.people:
            yield Line(title, measure, rest_of(measure), "", kind)


def drawn(found: FleetResults) -> tuple[str, Markup, list[str], list[list[str]]]:
    """Return the chart of the steps done with its title, and heads and rows of the table behind it, newest first.

    A long period has a column a week.
    """
    every = 1 if found.period.days <= _MOST_COLUMNS else _WEEK
    kinds = [kind.kind for kind in found.kinds]
    done: dict[int, Counter[StepKind]] = {}
    for on, of_day in found.days.items():
        of_column = done.setdefault((on - found.period.since).days // every, Counter())
        for kind in of_day:
            of_column[kind.kind] += kind.counts["done"]
    starts = list(enumerate(list(found.period)[::every]))
    of_start = [(on, done.get(number, Counter())) for number, on in starts]
    title = "Steps done per day" if every == 1 else "Steps done per week"
    columns = [charts.Column(day(on), {str(kind): counts[kind] for kind in kinds}) for on, counts in of_start]
    heads = ["Day" if every == 1 else "Week from", *(charts.WORDS[kind] for kind in kinds)]
    rows = [[day(on), *(f"{counts[kind]:,}" for kind in kinds)] for on, counts in reversed(of_start)]
    return title, charts.columns(title, columns), heads, rows


def _page(query: FleetResultsQuery = DEFAULT, *, failure: BotException | None = None, **_: Any) -> str:
    found = fleet_results(fleet_period(query.days, query.since, query.until))
    title, chart, heads, rows = drawn(found)
    return render_template(
        "admin/results.html",
        failure=failure,
        found=found,
        query=query,
        lengths=LENGTHS,
        year=YEAR,
        chart_title=title,
        chart=chart,
        table=(heads, rows),
        lines=list(outcomes(found.kinds)),
        judged=JUDGED,
        bar=charts.bar,
        day=day,
    )


@blueprint.get("/admin/results")
@require_role("admin")
@shown_on(_page)
def show() -> str:
    query = parse(FleetResultsQuery, request.args)
    return _page(query if query.chosen else DEFAULT)


@blueprint.get("/admin/results.csv")
@require_role("admin")
@shown_on(_page)
def download() -> Response:
    query = parse(FleetResultsQuery, request.args)
    return csv_response("results_of_all", fleet_results_csv(fleet_period(query.days, query.since, query.until)))
