"""/activity: steps and requests with their results, filtered."""

from datetime import date, datetime, time
from typing import Annotated, Any

from flask import Blueprint, render_template, request
from pydantic import Field

from bot.core.errors import BotException
from bot.history.activity import list_activity
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from bot.storage.models.values import ActivityStatus
from middleware.access import me, signed_in
from web import local_time
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("activity", __name__)
PAGE_SIZE = 25


class Filter(Params):
    """Filter of the activity. `since` is a day in the user's time zone."""

    action: Annotated[str, Pattern(r"^[a-z_]{1,32}$", "Choose one from the list.")] | None = None
    result: ActivityStatus | None = None
    code: Annotated[str, Pattern(r"^E-[A-Z]{2,4}-[IWEC]-[0-9A-F]{4}$", "Type a code like E-AUTH-E-0003.")] | None = None
    since: date | None = None
    cursor: str | None = Field(None, max_length=200)


EVERYTHING = Filter()


def _page(wanted: Filter = EVERYTHING, *, failure: BotException | None = None, **_: Any) -> str:
    found = list_activity(
        me().id,
        PAGE_SIZE,
        wanted.cursor,
        action=wanted.action,
        status=wanted.result,
        code=wanted.code,
        since=datetime.combine(wanted.since, time(), local_time.zone()) if wanted.since else None,
    )
    asked = wanted.model_dump(exclude_none=True, exclude={"cursor"})
    return render_template("activity.html", failure=failure, found=found, wanted=wanted, asked=asked)


@blueprint.get("/activity")
@signed_in
@shown_on(_page)
def show() -> str:
    return _page(parse(Filter, request.args))
