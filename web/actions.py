"""Orders: the form, the live list, one order with its targets, pause, resume and cancel."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot import actions
from bot.access import me, polled, signed_in
from bot.actions import FollowHashtag
from bot.errors import BotException
from bot.status import bot_report
from web import automation, words
from web.failures import local_path, shown_on
from web.forms import parse

blueprint = Blueprint("actions", __name__)
TARGETS_PER_PAGE = 25
_KEY = re.compile(r"[0-9a-f-]{36}")


@blueprint.post("/automation/follow-hashtag")
@signed_in
@shown_on(automation.page)
def follow_hashtag() -> ResponseReturnValue:
    key = request.form.get("idempotency_key", "")
    progress = actions.follow_hashtag(me().id, parse(FollowHashtag), key if _KEY.fullmatch(key) else None)
    flash(f"Accepted: {words.title(progress.action)}.")
    return redirect(url_for("web.automation.show"), 303)


@blueprint.get("/automation/actions")
@signed_in
@polled
def rows() -> str:
    report = bot_report(me().id)
    found = actions.list_actions(me().id, automation.MOST_ACTIONS, request.args.get("cursor"))
    return render_template("_actions.html", actions=found, report=report)


def _parts(action_id: UUID) -> dict[str, Any]:
    cursor = request.args.get("cursor")
    # The report says whether to look again, so it is read first: what is read after it is no older than its word.
    report = bot_report(me().id)
    return {
        "report": report,
        "progress": actions.get_action(me().id, str(action_id)),
        "targets": actions.list_targets(me().id, str(action_id), TARGETS_PER_PAGE, cursor),
    }


def _page(*, action_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    return render_template("action.html", failure=failure, **_parts(action_id))


@blueprint.get("/actions/<uuid:action_id>")
@signed_in
def show(action_id: UUID) -> str:
    return _page(action_id=action_id)


@blueprint.get("/actions/<uuid:action_id>/now")
@signed_in
@polled
def now(action_id: UUID) -> str:
    return render_template("_action.html", **_parts(action_id))


@blueprint.post("/actions/<uuid:action_id>/pause")
@signed_in
@shown_on(_page)
def pause(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Paused: {words.title(actions.pause(me().id, str(action_id)).action)}.")


@blueprint.post("/actions/<uuid:action_id>/resume")
@signed_in
@shown_on(_page)
def resume(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Resumed: {words.title(actions.resume(me().id, str(action_id)).action)}.")


@blueprint.get("/actions/<uuid:action_id>/cancel")
@signed_in
def ask_cancel(action_id: UUID) -> str:
    progress = actions.get_action(me().id, str(action_id))
    return render_template("cancel.html", progress=progress, report=bot_report(me().id))


@blueprint.post("/actions/<uuid:action_id>/cancel")
@signed_in
@shown_on(_page)
def cancel(action_id: UUID) -> ResponseReturnValue:
    return _back(f"Cancelled: {words.title(actions.cancel(me().id, str(action_id)).action)}.")


def _back(news: str) -> ResponseReturnValue:
    """To the page that the button was on."""
    flash(news)
    return redirect(local_path(request.form.get("next")), 303)
