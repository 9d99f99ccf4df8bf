"""/messages: the results of a message action, and decisions about messages in doubt."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.actions import control
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.messages import sending
from bot.storage.models import Action
from middleware.access import me, polled, signed_in
from web.downloads import csv_response
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("messages", __name__)
KIND = "send-messages"
STATUSES = ("sent", "pending", "unknown", "failed", "skipped")
RESULTS_PAGE_SIZE = 25


def _parts(action_id: UUID) -> dict[str, Any]:
    wanted = request.args.get("status")
    status = wanted if wanted in STATUSES else None
    # The report says whether to poll again. It is read first, so that what follows is never older.
    report = bot_report(me().id)
    return {
        "report": report,
        "progress": _message_action(action_id),
        "status": status,
        "results": sending.list_results(
            me().id, str(action_id), RESULTS_PAGE_SIZE, request.args.get("cursor"), status=status
        ),
    }


def _message_action(action_id: UUID) -> control.Progress:
    """Return a message action. Raises ACTION_NOT_FOUND, also for an action of another kind."""
    progress = control.get_action(me().id, str(action_id))
    if progress.action.kind != KIND:
        raise BotException("ACTION_NOT_FOUND")
    return progress


def _action_page(*, action_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    return render_template("messages_action.html", failure=failure, **_parts(action_id))


@blueprint.get("/messages/<uuid:action_id>", endpoint="show_order")
@signed_in
def show_action(action_id: UUID) -> str:
    return _action_page(action_id=action_id)


@blueprint.get("/messages/<uuid:action_id>/now")
@signed_in
@polled
def now(action_id: UUID) -> str:
    return render_template("_messages_action.html", **_parts(action_id))


@blueprint.get("/messages/<uuid:action_id>/results.csv")
@signed_in
def results(action_id: UUID) -> Response:
    action: Action = _message_action(action_id).action
    return csv_response(f"results_{me().username}", sending.results_csv(me().id, action.id))


@blueprint.get("/messages/<uuid:action_id>/<uuid:target_id>/again")
@signed_in
def ask_again(action_id: UUID, target_id: UUID) -> str:
    found = sending.unknown_message(me().id, str(action_id), str(target_id))
    return render_template("messages_again.html", progress=_message_action(action_id), message=found)


@blueprint.post("/messages/<uuid:action_id>/<uuid:target_id>")
@signed_in
@shown_on(_action_page)
def resolve(action_id: UUID, target_id: UUID) -> ResponseReturnValue:
    decided = sending.resolve(me().id, str(action_id), str(target_id), parse(sending.Decision))
    said = {"done": "is there", "failed": "is not there", "pending": "is sent again"}[decided.target.status]
    flash(f"Noted: the message to @{decided.target.person} {said}.")
    return redirect(url_for("web.messages.show_order", action_id=action_id), 303)
