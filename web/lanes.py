"""/admin/health: running and waiting lanes, lag, throughput, workers, Redis, and problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.fleet.bots import get_bot
from bot.lanes.inspection import lane
from bot.lanes.metrics import Minute
from bot.lanes.overview import overview
from bot.lanes.workers import Worker, list_workers
from bot.users.directory import get_user, user_id_of, usernames
from middleware.access import polled, require_role
from web.failures import shown_on

blueprint = Blueprint("lanes", __name__)
MAX_SHOWN = 10
# A minute of the drawing is 10 units wide, most of it the bar.
COLUMN, BAR = 10, 7
HEIGHT = 100
STATES = {
    "running": ("Running", "info"),
    "due": ("Due", "warn"),
    "planned": ("Planned", "good"),
    "empty": ("Empty", ""),
    "unplaced": ("Unplaced", "warn"),
}
JOBS = {"step": "a step", "request": "a request of its user"}
# Page and fragments show these instead of figures. Any other failure is an error page.
_REDIS = frozenset({"QUEUE_UNAVAILABLE", "QUEUE_LOADING", "QUEUE_SLOW"})


@dataclass(frozen=True)
class Bar:
    """One minute of the chart."""

    at: datetime
    count: int
    x: float
    y: float


@dataclass(frozen=True)
class Pace:
    """Starts by minute, as bars under a scale that ends at `top`."""

    bars: list[Bar]
    top: int
    total: int
    width: int
    bar: int = BAR
    height: int = HEIGHT

    @classmethod
    def of(cls, minutes: Sequence[Minute]) -> "Pace":
        counts = [minute.counts.started for minute in minutes]
        most = max(counts)
        top = max(2, most + most % 2)
        bars = [
            Bar(minute.at, count, number * COLUMN + (COLUMN - BAR) / 2, round(HEIGHT - count / top * HEIGHT, 2))
            for number, (minute, count) in enumerate(zip(minutes, counts, strict=True))
        ]
        return cls(bars, top, sum(counts), len(bars) * COLUMN)


def length(seconds: float | None) -> str:
    """Return a length of time in its natural unit."""
    if seconds is None:
        return "–"
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for unit, size, until in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if seconds < until:
            return f"{max(0.0, seconds) / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def since(now: datetime, at: datetime) -> str:
    return length((now - at).total_seconds() // 1)


def megabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def place(worker: Worker) -> str:
    """Return a worker's host and process id."""
    return f"{worker.host}, process {worker.pid}"


def counted(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {many}"


def _words() -> dict[str, Any]:
    functions = {"length": length, "since": since, "megabytes": megabytes, "place": place, "counted": counted}
    return {**functions, "states": STATES, "jobs": JOBS, "most": MAX_SHOWN}


def _now() -> dict[str, Any]:
    """Return the data of the page. A Redis that is away is one of its states, not an error."""
    try:
        seen = overview()
    except BotException as failure:
        if failure.name not in _REDIS:
            raise
        return {"away": failure, "seen": None, **_words()}
    names = usernames(
        [*(one.user_id for one in seen.waiting[:MAX_SHOWN]), *(one.user_id for one in seen.running[:MAX_SHOWN])]
    )
    holders = {worker.name: place(worker) for worker in seen.workers}
    pace = Pace.of(seen.minutes)
    return {"away": None, "seen": seen, "pace": pace, "names": names, "holders": holders, **_words()}


def _page(*, failure: BotException | None = None, **_: Any) -> str:
    unguarded = runtime().config.database_single_role
    return render_template("admin/health.html", failure=failure, unguarded=unguarded, **_now())


@blueprint.get("/admin/health")
@require_role("admin")
def show() -> str:
    return _page()


@blueprint.get("/admin/health/now")
@require_role("admin")
@polled
def now() -> str:
    return render_template("admin/_health.html", **_now())


@blueprint.get("/admin/health/of")
@require_role("admin")
@shown_on(_page)
def find() -> ResponseReturnValue:
    """Redirect to the lane of the user with the typed name."""
    return redirect(url_for("web.lanes.show_user", user_id=user_id_of(request.args.get("username", ""))), 303)


def _lane(user_id: UUID) -> dict[str, Any]:
    user = get_user(str(user_id))
    shown = {"user": user, "bot": get_bot(user.id), **_words()}
    try:
        seen = lane(user.id)
        holders = {worker.name: place(worker) for worker in list_workers()} if seen.run else {}
    except BotException as failure:
        return {"lane": None, "away": failure, **shown}
    holder = seen.run and holders.get(seen.run.worker)
    return {"lane": seen, "away": None, "holder": holder, **shown}


@blueprint.get("/admin/people/<uuid:user_id>/queue")
@require_role("admin")
def show_user(user_id: UUID) -> str:
    return render_template("admin/person_queue.html", **_lane(user_id))


@blueprint.get("/admin/people/<uuid:user_id>/queue/now")
@require_role("admin")
@polled
def user_now(user_id: UUID) -> str:
    return render_template("admin/_queue.html", **_lane(user_id))
