"""One action: people, timeline and setup; pause, resume, cancel, schedule, name, and decisions on messages."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.actions import control, names, schedules
from bot.actions.names import Rename
from bot.actions.schedules import Schedule
from bot.actions.target_export import targets_csv
from bot.core.errors import BotException
from bot.messages import replying, sending
from bot.steps import decisions
from bot.storage.models import MAX_ACTION_NAME
from bot.storage.models.values import StepKind
from middleware.access import me, polled, signed_in
from web import action_page, action_text, labels, plan_page
from web.action_page import TargetFilter
from web.downloads import csv_response
from web.failures import local_path, shown_on
from web.forms import parse
from web.polls import only_news

blueprint = Blueprint("actions", __name__)
_SAID = {"done": "is there", "failed": "is not there", "pending": "is sent again"}


def _page(*, action_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    wanted = TargetFilter() if failure else parse(TargetFilter, request.args)
    found = action_page.parts(str(action_id), wanted)
    return render_template("action.html", failure=failure, name_length=MAX_ACTION_NAME, **found)


@blueprint.get("/actions/<uuid:action_id>")
@signed_in
@shown_on(_page)
def show(action_id: UUID) -> ResponseReturnValue:
    if person_id := replying.person_of(me().id, str(action_id)):
        return redirect(url_for("web.inbox.conversation", person_id=person_id))
    return _page(action_id=action_id)


@blueprint.get("/actions/<uuid:action_id>/now")
@signed_in
@polled
@only_news
def now(action_id: UUID) -> str:
    found = action_page.parts(str(action_id), parse(TargetFilter, request.args))
    return render_template("_action_now.html", failure=None, name_length=MAX_ACTION_NAME, **found)


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
    flash(f"Schedule changed: {labels.title(progress.action)}.")
    return _to_page(action_id)


@blueprint.post("/actions/<uuid:action_id>/name")
@signed_in
@shown_on(_page)
def rename(action_id: UUID) -> ResponseReturnValue:
    progress = names.rename(me().id, str(action_id), parse(Rename))
    flash(f"Renamed: {labels.title(progress.action)}.")
    return _to_page(action_id)


@blueprint.get("/actions/<uuid:action_id>/cancel")
@signed_in
def ask_cancel(action_id: UUID) -> str:
    return render_template("cancel.html", progress=control.get_action(me().id, str(action_id)))


@blueprint.post("/actions/<uuid:action_id>/cancel")
@signed_in
@shown_on(_page)
def cancel(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Canceled: {labels.title(control.cancel(me().id, str(action_id)).action)}.")


@blueprint.get("/actions/<uuid:action_id>/results.csv")
@signed_in
def results(action_id: UUID) -> Response:
    action = control.get_action(me().id, str(action_id)).action
    of_messages = action_text.step_kind(action) == StepKind.MESSAGE and not plan_page.is_plan(action)
    lines = sending.results_csv if of_messages else targets_csv
    return csv_response(f"results_{me().username}", lines(me().id, action.id))


@blueprint.get("/actions/<uuid:action_id>/<uuid:target_id>/again")
@signed_in
def ask_again(action_id: UUID, target_id: UUID) -> str:
    found = sending.unknown_message(me().id, str(action_id), str(target_id))
    progress = control.get_action(me().id, str(action_id))
    return render_template("action_again.html", progress=progress, message=found)


@blueprint.post("/actions/<uuid:action_id>/<uuid:target_id>")
@signed_in
@shown_on(_page)
def resolve(action_id: UUID, target_id: UUID) -> ResponseReturnValue:
    decided = decisions.resolve(me().id, str(action_id), str(target_id), parse(decisions.Decision))
    flash(f"Noted: the message to @{decided.target.person} {_SAID[decided.target.status]}.")
    return _to_page(action_id)


def _to_page(action_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("web.actions.show", action_id=action_id), 303)


def _back(news: str) -> ResponseReturnValue:
    """Redirect to the page that the button was on."""
    flash(news)
    return redirect(local_path(request.form.get("next")), 303)
