"""Accepted actions: the live list, one action with its targets, pause, resume, cancel and its schedule."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.actions import control, schedules
from bot.actions.schedules import Schedule
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.inputs.params import Params
from bot.storage.models.values import TargetStatus
from middleware.access import me, polled, signed_in
from web import labels
from web.failures import local_path, shown_on
from web.forms import parse

blueprint = Blueprint("actions", __name__)
TARGETS_PAGE_SIZE = 25


class TargetFilter(Params):
    """Filter of the targets of an action."""

    status: TargetStatus | None = None
    cursor: str | None = None


def _parts(action_id: UUID, wanted: TargetFilter) -> dict[str, Any]:
    # The report says whether to poll again. It is read first, so that what follows is never older.
    report = bot_report(me().id)
    progress = control.get_action(me().id, str(action_id))
    targets = control.list_targets(me().id, str(action_id), TARGETS_PAGE_SIZE, wanted.cursor, wanted.status)
    return {"report": report, "progress": progress, "targets": targets, "wanted": wanted}


def _page(*, action_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    wanted = TargetFilter() if failure else parse(TargetFilter, request.args)
    return render_template("action.html", failure=failure, **_parts(action_id, wanted))


@blueprint.get("/actions/<uuid:action_id>")
@signed_in
@shown_on(_page)
def show(action_id: UUID) -> str:
    return _page(action_id=action_id)


@blueprint.get("/actions/<uuid:action_id>/now")
@signed_in
@polled
def now(action_id: UUID) -> str:
    parts = _parts(action_id, parse(TargetFilter, request.args))
    fragment = render_template("_action.html", **parts)
    if parts["progress"].action.finished_at:
        # The form next to it can no longer be used. Until then the user may be typing there.
        fragment += render_template("_action_plan.html", live_part=True, failure=None, **parts)
    return fragment


@blueprint.post("/actions/<uuid:action_id>/pause")
@signed_in
@shown_on(_page)
def pause(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Paused: {labels.title(control.pause(me().id, str(action_id)).action)}.")


@blueprint.post("/actions/<uuid:action_id>/resume")
@signed_in
@shown_on(_page)
def resume(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Resumed: {labels.title(control.resume(me().id, str(action_id)).action)}.")


@blueprint.post("/actions/<uuid:action_id>/schedule")
@signed_in
@shown_on(_page)
def reschedule(action_id: UUID) -> ResponseReturnValue:
    progress = schedules.reschedule(me().id, str(action_id), parse(Schedule))
    flash(f"Planned anew: {labels.title(progress.action)}.")
    return redirect(url_for("web.actions.show", action_id=action_id), 303)


@blueprint.get("/actions/<uuid:action_id>/cancel")
@signed_in
def ask_cancel(action_id: UUID) -> str:
    progress = control.get_action(me().id, str(action_id))
    return render_template("cancel.html", progress=progress, report=bot_report(me().id))


@blueprint.post("/actions/<uuid:action_id>/cancel")
@signed_in
@shown_on(_page)
def cancel(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Canceled: {labels.title(control.cancel(me().id, str(action_id)).action)}.")


def _back(news: str) -> ResponseReturnValue:
    """Redirect to the page that the button was on."""
    flash(news)
    return redirect(local_path(request.form.get("next")), 303)
