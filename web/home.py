"""/: what waits for the user, today's figures, open actions and limits, and what was done last."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from flask import Blueprint, render_template, request

from bot.auth.sign_in_notices import last_sign_in
from bot.automation.analytics import Day, daily
from bot.automation.status import BotReport
from bot.config import runtime
from bot.decision.limit_rules import DEFAULTS
from bot.forecast.estimates import estimates
from bot.history.activity import list_activity
from bot.messages.undecided import undecided_messages
from bot.storage.models import Activity
from middleware.access import me, polled, signed_in
from web import action_list, action_rows, charts, first_run, limit_text, local_time, log, log_text, panel
from web.action_rows import Row
from web.followers import followers
from web.needs import need
from web.polls import only_news

blueprint = Blueprint("home", __name__)
MAX_PROBLEMS = 5
MAX_FAILURES = 100
RECENT = timedelta(days=7)
MAX_ACTIONS = 5
MAX_LATEST = 5
# Lines of activity that the latest entries are made of.
LATEST_LINES = 200
CHART_DAYS = 14
NOT_DONE = ("failed", "unknown")
OTHERS = (*NOT_DONE, "skipped")


@dataclass(frozen=True)
class Trouble:
    """The last recent failure of one code and their number. `more` says that not all were counted."""

    latest: Activity
    times: int
    more: bool

    @property
    def subject(self) -> str:
        """Return the number of failures, or the subject of the only one."""
        if self.times > 1:
            return f"{self.times} times{' or more' if self.more else ''}"
        return log_text.target(self.latest.target, self.latest.action) if self.latest.target else ""


@dataclass(frozen=True)
class Figures:
    """The numbers of the page: steps of today and their limit, of yesterday, and of each of the last days."""

    used: int
    limit: int
    yesterday: int
    days: list[int]
    peak: str
    open: int
    open_note: str
    failed: int
    more_failed: bool


def _failures() -> list[Trouble]:
    since = runtime.now() - RECENT
    found = list_activity(me().id, MAX_FAILURES, None, status="failed", since=since)
    times = Counter(row.error_code for row in found.items)
    latest = {row.error_code: row for row in reversed(found.items)}
    # They are counted newest first, so codes are in the order of their last failure.
    return [Trouble(latest[code], times[code], found.next is not None) for code in times]


def steps_of(day: Day) -> int:
    """Return the steps of a day: those done, and those whose call failed or is not certain. Skipped people are none."""
    return day.of("done") + sum(day.of(result) for result in NOT_DONE)


def _peak(days: list[Day]) -> str:
    best = max(days, key=steps_of)
    return f"Most on {local_time.day(best.date)}: {steps_of(best):,}" if steps_of(best) else "None yet"


def _figures(report: BotReport, days: list[Day], rows: list[Row], troubles: list[Trouble]) -> Figures:
    steps = [steps_of(day) for day in days]
    words = Counter(row.word.lower() for row in rows)
    return Figures(
        sum(limit.used for limit in report.limits),
        sum(limit.effective for limit in report.limits),
        steps[-2],
        steps,
        _peak(days),
        len(rows),
        " · ".join(f"{count} {word}" for word, count in words.items()) or "Start one with New action",
        sum(trouble.times for trouble in troubles),
        any(trouble.more for trouble in troubles),
    )


def _now(drawn: str = "") -> dict[str, Any]:
    """Return what the page shows. `drawn` is the mark of a chart that it shows already.

    The curve of the followers takes the place of the steps per day, which Results has too, as soon as it is known.
    """
    # The report says whether to poll again. It is read first, so that what follows is never older.
    report = panel.own_report()
    actions = action_list.open_actions()
    rows = action_rows.open_rows(report, actions, estimates(me().id, report, actions))
    troubles, days = _failures(), daily(me().id, CHART_DAYS, local_time.zone().key)
    known = followers()
    mark = known.mark if known else _mark_of(days)
    return {
        "report": report,
        "need": need(report, undecided_messages(me().id)),
        "figures": _figures(report, days, rows, troubles),
        "rows": rows[:MAX_ACTIONS],
        "limit_notes": list(limit_text.notes(report)),
        "troubles": troubles[:MAX_PROBLEMS],
        "latest": log.latest(MAX_LATEST, LATEST_LINES),
        "ended": action_list.last_ended(),
        "days_mark": mark,
        "followers": known,
        "is_drawn": mark == drawn,
        "chart": _chart(days) if mark != drawn and not known else None,
    }


def _mark_of(days: list[Day]) -> str:
    """Return a word that is another one if the chart of the days is."""
    counted = [(day.date, sorted(day.counts.items())) for day in days]
    return blake2b(repr(counted).encode(), digest_size=8).hexdigest()


def _chart(days: list[Day]) -> dict[str, Any]:
    """Return the columns of the last days, their legend and their table. Without a step there are no columns."""
    counts = {day.date: {kind: day.counts[kind, "done"] for kind in DEFAULTS} for day in days}
    shown = [
        charts.Column(local_time.day(date), found, _notes(day))
        for day, (date, found) in zip(days, counts.items(), strict=True)
    ]
    kinds = [kind for kind in DEFAULTS if any(found[kind] for found in counts.values())]
    heads = ["Day", *(charts.WORDS[kind] for kind in kinds), "Failed", "Not certain", "Skipped"]
    table = [
        [local_time.day(day.date), *(counts[day.date][kind] for kind in kinds), *(day.of(name) for name in OTHERS)]
        for day in reversed(days)
    ]
    drawn = charts.columns("Steps done per day", shown) if kinds else ""
    return {"columns": drawn, "kinds": kinds, "heads": heads, "rows": table}


def _notes(day: Day) -> list[str]:
    failed = sum(day.of(result) for result in NOT_DONE)
    return [f"Failed {failed:,}"] if failed else []


@blueprint.get("/")
@signed_in
def show() -> str:
    if first_run.is_new():
        return first_run.page()
    parts = _now()
    return render_template("home.html", last=last_sign_in(me()), **parts)


@blueprint.get("/now")
@signed_in
@polled
@only_news
def now() -> str:
    """Return the parts that change."""
    return render_template("_home_now.html", **_now(request.args.get("days", "")))
