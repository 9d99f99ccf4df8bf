"""/actions/log: what was done, by day, one entry for each run of like steps."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from pydantic import Field

from bot.actions.control import actions_by_id, count_actions
from bot.contacts.people import people_by_name
from bot.core.errors import BotException
from bot.history import activity
from bot.history.log import Run, read_log
from bot.inputs.pagination import Page
from bot.inputs.params import Params
from bot.inputs.validation import InstagramName, Pattern
from bot.storage.models.values import ActivityName, ActivityStatus, StepKind, activity_of
from middleware.access import me, polled, signed_in
from web import labels, local_time, log_text
from web.downloads import csv_response
from web.failures import shown_on
from web.forms import parse
from web.log_text import Entry

blueprint = Blueprint("log", __name__)
CHIPS: dict[ActivityName, StepKind | None] = {activity_of(StepKind(kind)): StepKind(kind) for kind in labels.KINDS}
CHIPS["reply"] = None
"""The acts that the page is narrowed by with one click, each with its kind of step. Answers have none."""


class LogFilter(Params):
    """Filter of the log. `since` and `until` are days in the user's time zone, both included."""

    action: Annotated[str, Pattern(r"^[a-z_]{1,32}$", "Choose one from the list.")] | None = None
    result: ActivityStatus | None = None
    person: InstagramName | None = None
    action_id: UUID | None = None
    code: Annotated[str, Pattern(r"^E-[A-Z]{2,4}-[IWEC]-[0-9A-F]{4}$", "Type a code like E-AUTH-E-0003.")] | None = None
    since: date | None = None
    until: date | None = None
    cursor: str | None = Field(None, max_length=200)

    @property
    def asked(self) -> dict[str, Any]:
        """Return the parameters of the address."""
        return self.model_dump(exclude_none=True, exclude={"cursor"})

    @property
    def wanted(self) -> activity.Wanted:
        return activity.Wanted(
            action=self.action,
            status=self.result,
            target=self.person,
            action_id=str(self.action_id) if self.action_id else None,
            code=self.code,
            since=_midnight(self.since) if self.since else None,
            until=_midnight(self.until + timedelta(days=1)) if self.until else None,
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), local_time.zone())


def entries(found: list[Run]) -> list[Entry]:
    """Return runs in words, with the actions that they belong to."""
    actions = actions_by_id(me().id, {run.action_id for run in found if run.action_id})
    people = people_by_name(me().id, {name for run in found for name in run.targets})
    return [log_text.entry(run, actions.get(run.action_id or ""), people) for run in found]


def latest(shown: int, rows: int) -> list[Entry]:
    """Return the first entries of the last lines of the activity."""
    return entries(read_log(me().id, local_time.zone(), rows=rows).items[:shown])


def _parts(chosen: LogFilter) -> dict[str, Any]:
    found: Page[Run] = read_log(me().id, local_time.zone(), chosen.cursor, **chosen.wanted)
    return {"days": log_text.by_day(entries(found.items)), "next": found.next, "wanted": chosen}


def _page(chosen: LogFilter | None = None, *, failure: BotException | None = None, **_: Any) -> str:
    chosen = chosen or LogFilter()
    named = actions_by_id(me().id, [str(chosen.action_id)]) if chosen.action_id else {}
    action = next(iter(named.values()), None)
    return render_template(
        "log.html", failure=failure, counts=count_actions(me().id), chips=CHIPS, action=action, **_parts(chosen)
    )


@blueprint.get("/actions/log")
@signed_in
@shown_on(_page)
def show() -> str:
    return _page(parse(LogFilter, request.args))


@blueprint.get("/actions/log/now")
@signed_in
@polled
def now() -> str:
    return render_template("_log.html", **_parts(parse(LogFilter, request.args)))


@blueprint.get("/actions/log.csv")
@signed_in
def table() -> Response:
    chosen = parse(LogFilter, request.args)
    return csv_response(f"activity_{me().username}", activity.activity_csv(me().id, **chosen.wanted))
