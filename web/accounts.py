"""/automation: link, verify, test and unlink the Instagram account, and wait for the worker."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bot.automation.status import bot_report
from bot.core.errors import BotException, invalid
from bot.inputs.instagram_sessions import FIELD, MAX_BYTES
from bot.linking import requests, session_imports, unlinking
from bot.linking.link_forms import Code, ImportSession, Link, SendCode
from bot.linking.requests import Answer
from bot.users import session_export
from middleware.access import me, require_confirmed, signed_in, visitor
from web import automation, link_words
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("accounts", __name__)


@blueprint.post("/automation/link")
@signed_in
@shown_on(automation.page)
def link() -> ResponseReturnValue:
    return _answered(requests.link(me().id, parse(Link), sign_in_id=me().session_id))


@blueprint.post("/automation/import-session")
@signed_in
@shown_on(automation.page)
def import_session() -> ResponseReturnValue:
    form, file = MultiDict(request.form), request.files.get("file")
    if file is None or not file.filename:
        return _imported(form)
    if form.get("session", "").strip():
        raise invalid("file", "Paste the session or choose a file, not both.")
    # A byte more than the limit is read, so that it is told.
    form["session"] = file.stream.read(MAX_BYTES + 1).decode("utf-8-sig", "replace")
    if not form["session"].strip():
        raise invalid("file", "This file is empty.")
    try:
        return _imported(form)
    except BotException as refused:
        for problem in refused.meta.get("errors", []):
            if problem["field"] == FIELD:
                problem["field"] = "file"
        raise


def _imported(form: MultiDict[str, str]) -> ResponseReturnValue:
    params = parse(ImportSession, form)
    return _answered(session_imports.import_session(me().id, params, sign_in_id=me().session_id))


@blueprint.post("/automation/verify")
@signed_in
@shown_on(automation.page)
def verify() -> ResponseReturnValue:
    return _answered(requests.verify(me().id, parse(Code), sign_in_id=me().session_id))


@blueprint.post("/automation/send-code")
@signed_in
@shown_on(automation.page)
def send_code() -> ResponseReturnValue:
    return _answered(requests.send_code(me().id, parse(SendCode), sign_in_id=me().session_id))


@blueprint.post("/automation/test")
@signed_in
@shown_on(automation.page)
def test() -> ResponseReturnValue:
    return _answered(requests.test_session(me().id, sign_in_id=me().session_id))


@blueprint.get("/automation/requests/<uuid:request_id>")
@signed_in
@shown_on(automation.page)
def wait(request_id: UUID) -> ResponseReturnValue:
    answer = requests.get_request(me().id, str(request_id))
    return render_template("waiting.html", answer=answer) if answer.pending else _answered(answer)


def _answered(answer: Answer) -> ResponseReturnValue:
    if answer.pending:
        return redirect(url_for("web.accounts.wait", request_id=answer.id), 303)
    flash(*link_words.answered(answer))
    return redirect(url_for("web.automation.show"), 303)


def _export_page(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template("session_export.html", failure=failure, report=bot_report(me().id))


@blueprint.get("/automation/export-session")
@signed_in
@require_confirmed
def ask_export_session() -> str:
    return _export_page()


@blueprint.post("/automation/export-session")
@signed_in
@require_confirmed
@shown_on(_export_page)
def export_session() -> Response:
    file = session_export.export_session(me().id, visitor())
    return send_file(BytesIO(file.text.encode()), "application/json", as_attachment=True, download_name=file.name)


@blueprint.get("/automation/unlink")
@signed_in
def ask_unlink() -> str:
    return render_template("unlink.html", report=bot_report(me().id))


@blueprint.post("/automation/unlink")
@signed_in
def unlink() -> ResponseReturnValue:
    unlinking.unlink(me().id)
    flash("Your Instagram account is unlinked; its session and password are forgotten here.")
    return redirect(url_for("web.automation.show"), 303)
