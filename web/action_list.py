"""/actions: open and ended actions, searched and narrowed by kind and status."""

from datetime import timedelta
from typing import Annotated, Any

from flask import Blueprint, render_template, request

from bot.actions.control import Progress, count_actions, list_actions
from bot.actions.search import ActionSearch
from bot.core.errors import BotException
from bot.forecast.estimates import estimates
from bot.forecast.forecast import Forecast
from bot.inputs.pagination import MAX_PAGE_SIZE
from bot.inputs.validation import Pattern
from middleware.access import me, polled, signed_in
from web import action_rows, charts, labels, local_time, panel
from web.failures import shown_on
from web.forms import parse
from web.polls import only_news

blueprint = Blueprint("action_list", __name__)
PAGE_SIZE = 25
PLANNED_DAYS = 7
STATUSES = {"open": {"paused": "Paused"}, "done": {"succeeded": "Done", "failed": "Failed", "cancelled": "Canceled"}}
"""The statuses that each list is narrowed by, with their words."""


class Wanted(ActionSearch):
    """The query of the page: the list of open or of ended actions, searched and narrowed."""

    list: Annotated[str, Pattern("|".join(STATUSES), "Choose one from the list.")] = "open"
    cursor: str | None = None

    @property
    def search(self) -> ActionSearch:
        every = "open" if self.list == "open" else "ended"
        return ActionSearch(q=self.q, kind=self.kind, status=self.status or every)

    @property
    def asked(self) -> dict[str, Any]:
        """Return the parameters of the address, without those that have no effect."""
        chosen = self.model_dump(exclude_none=True, exclude={"cursor"})
        return {name: value for name, value in chosen.items() if (name, value) != ("list", "open")}

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.kind or self.status)


def _parts(wanted: Wanted) -> dict[str, Any]:
    # The report says whether to poll again. It is read first, so that what follows is never older.
    report = panel.own_report()
    size = MAX_PAGE_SIZE if wanted.list == "open" else PAGE_SIZE
    found = list_actions(me().id, size, wanted.cursor, wanted.search)
    parts = {"report": report, "found": found, "wanted": wanted, "ended": last_ended()}
    if wanted.list == "done":
        return {**parts, "rows": [action_rows.ended_row(progress) for progress in found.items], "ahead": None}
    narrowed = wanted.narrows or wanted.cursor
    ahead = estimates(me().id, report, open_actions() if narrowed else found.items)
    return {**parts, "rows": action_rows.open_rows(report, found.items, ahead), "ahead": ahead}


def open_actions() -> list[Progress]:
    """Return all open actions of the viewer. Their number is limited."""
    return list_actions(me().id, MAX_PAGE_SIZE, None, ActionSearch(status="open")).items


def last_ended() -> Progress | None:
    """Return the newest of the viewer's actions that ended."""
    return next(iter(list_actions(me().id, 1, None, ActionSearch(status="ended")).items), None)


def _plan(ahead: Forecast | None) -> dict[str, Any]:
    """Return the columns of the next days, their legend and their table. Without a forecast there are none."""
    today = local_time.today()
    days = [today + timedelta(days=number) for number in range(PLANNED_DAYS)]
    counted = {(one.day, one.kind): one.high for one in ahead.days} if ahead else {}
    kinds = [kind for kind in labels.KINDS if any((day, kind) in counted for day in days)]
    parts = {day: {kind: counted.get((day, kind), 0) for kind in kinds} for day in days}
    shown = [charts.Column(local_time.day(day), found) for day, found in parts.items()]
    return {
        "columns": charts.columns("Steps planned per day", shown),
        "kinds": kinds,
        "heads": ["Day", *(charts.WORDS[kind] for kind in kinds)],
        "rows": [[local_time.day(day), *found.values()] for day, found in parts.items()],
    }


def _page(wanted: Wanted | None = None, *, failure: BotException | None = None, **_: Any) -> str:
    wanted = wanted or Wanted()
    parts = _parts(wanted)
    plan = _plan(parts["ahead"])
    return render_template(
        "action_list.html",
        failure=failure,
        counts=count_actions(me().id, wanted),
        kinds=list(labels.KINDS),
        statuses=STATUSES,
        plan=plan,
        **parts,
    )


@blueprint.get("/actions")
@signed_in
@shown_on(_page)
def show() -> str:
    return _page(parse(Wanted, request.args))


@blueprint.get("/actions/now")
@signed_in
@polled
@only_news
def now() -> str:
    wanted = parse(Wanted, request.args)
    counts = count_actions(me().id, wanted)
    parts = _parts(wanted)
    # The tabs with their numbers are apart from the list, before the fields of the search.
    return render_template("_action_list.html", **parts) + render_template(
        "_action_lists.html", live_part=True, counts=counts, **parts
    )
