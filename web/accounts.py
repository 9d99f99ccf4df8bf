"""Settings › Connection: link, verify, test and unlink the Instagram account, its proxy, and waiting for the worker."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bot.automation.status import BotReport
from bot.core.errors import BotException, ErrorCode, find_code, invalid
from bot.demo import sandbox
from bot.inputs.instagram_sessions import FIELD, MAX_BYTES
from bot.inputs.params import Params
from bot.linking import requests, session_imports, unlinking
from bot.linking.link_forms import Code, ImportSession, Link, ProxyUrl, SendCode
from bot.linking.requests import Answer
from bot.phones.choice import Country
from bot.settings import preferences
from bot.settings.preferences import Settings
from bot.users import session_export
from middleware.access import me, require_confirmed, signed_in, visitor
from web import link_words
from web.failures import local_path, shown_on
from web.forms import parse
from web.needs import WORDS
from web.panel import own_report

blueprint = Blueprint("accounts", __name__)


class ProxyForm(Params):
    proxy: ProxyUrl
    proxy_country: Country | None = None


def _rendered(template: str, failure: BotException | None, **more: Any) -> str:
    return render_template(
        f"settings/{template}.html",
        failure=failure,
        report=own_report(),
        settings=preferences.settings_report(me().id),
        next=local_path(request.values.get("next")),
        **more,
    )


def connection_page(*, failure: BotException | None = None, **_: Any) -> str:
    """Return the card of the account, the question for a code, or the form that connects an account."""
    report = own_report()
    if report.verification and not report.session_valid:
        return _rendered("code", failure, code=sandbox.code_of(report.instagram_username))
    if not report.linked:
        return _rendered("link", failure)
    return _rendered("connection", failure, trouble=_trouble(report), words=WORDS)


def _trouble(report: BotReport) -> ErrorCode | None:
    """Return what keeps the bot from working although its session is valid, if it is mended on these pages."""
    met = [find_code(report.verdict.reason), find_code(report.last_error_code)] if report.session_valid else []
    pages = url_for(".show")
    return next((entry for entry in met if entry and (entry.page or "").startswith(pages)), None)


def _link_page(*, failure: BotException | None = None, **_: Any) -> str:
    if failure and failure.name == "INSTAGRAM_CONFIRM_IN_APP":
        return connection_page(failure=failure)
    return _rendered("link", failure)


def _import_page(*, failure: BotException | None = None, **_: Any) -> str:
    return _rendered("import", failure)


def _proxy_page(*, failure: BotException | None = None, **_: Any) -> str:
    return _rendered("proxy", failure)


def _removal_of_proxy(*, failure: BotException | None = None, **_: Any) -> str:
    return _rendered("proxy_remove", failure)


@blueprint.get("/settings/connection")
@signed_in
def show() -> str:
    return connection_page()


@blueprint.get("/settings/connection/link")
@signed_in
def show_link() -> str:
    return _link_page()


@blueprint.get("/settings/connection/import")
@signed_in
def show_import() -> str:
    return _import_page()


@blueprint.post("/settings/connection/link")
@signed_in
@shown_on(_link_page)
def link() -> ResponseReturnValue:
    return _answered(requests.link(me().id, parse(Link), sign_in_id=me().session_id))


@blueprint.post("/settings/connection/import")
@signed_in
@shown_on(_import_page)
def import_session() -> ResponseReturnValue:
    form, file = MultiDict(request.form), request.files.get("file")
    if file is None or not file.filename:
        return _imported(form)
    if form.get("session", "").strip():
        raise invalid("file", "Paste the session or choose a file, not both.")
    content = file.stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise invalid("file", f"This file is larger than {MAX_BYTES // 1024} KB.")
    form["session"] = content.decode("utf-8-sig", "replace")
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


@blueprint.post("/settings/connection/verify")
@signed_in
@shown_on(connection_page)
def verify() -> ResponseReturnValue:
    return _answered(requests.verify(me().id, parse(Code), sign_in_id=me().session_id))


@blueprint.post("/settings/connection/send-code")
@signed_in
@shown_on(connection_page)
def send_code() -> ResponseReturnValue:
    return _answered(requests.send_code(me().id, parse(SendCode), sign_in_id=me().session_id))


@blueprint.post("/settings/connection/test")
@signed_in
@shown_on(connection_page)
def test() -> ResponseReturnValue:
    return _answered(requests.test_session(me().id, sign_in_id=me().session_id))


@blueprint.get("/settings/connection/requests/<uuid:request_id>")
@signed_in
@shown_on(connection_page)
def wait(request_id: UUID) -> ResponseReturnValue:
    answer = requests.get_request(me().id, str(request_id))
    if answer.pending:
        return render_template("settings/waiting.html", answer=answer, next=local_path(request.args.get("next")))
    return _answered(answer)


def _answered(answer: Answer) -> ResponseReturnValue:
    """Lead to the page that waits, or back to where the user was. A code is asked for on the page of the connection."""
    back = local_path(request.values.get("next")) if request.values.get("next") else None
    if answer.pending:
        return redirect(url_for(".wait", request_id=answer.id, next=back), 303)
    flash(*link_words.answered(answer))
    if back is None or answer.result.get("requires_verification"):
        return redirect(url_for(".show"), 303)
    return redirect(back, 303)


def _export_page(*, failure: BotException | None = None, **_: Any) -> str:
    return _rendered("export", failure)


@blueprint.get("/settings/connection/export")
@signed_in
@require_confirmed
def ask_export_session() -> str:
    return _export_page()


@blueprint.post("/settings/connection/export")
@signed_in
@require_confirmed
@shown_on(_export_page)
def export_session() -> Response:
    file = session_export.export_session(me().id, visitor())
    return send_file(BytesIO(file.text.encode()), "application/json", as_attachment=True, download_name=file.name)


@blueprint.get("/settings/connection/unlink")
@signed_in
def ask_unlink() -> str:
    return _rendered("unlink", None)


@blueprint.post("/settings/connection/unlink")
@signed_in
def unlink() -> ResponseReturnValue:
    unlinking.unlink(me().id)
    flash("Your Instagram account is disconnected. Its session and password are forgotten here.")
    return redirect(url_for(".show"), 303)


@blueprint.get("/settings/connection/proxy")
@signed_in
def show_proxy() -> str:
    return _proxy_page()


@blueprint.post("/settings/connection/proxy")
@signed_in
@shown_on(_proxy_page)
def save_proxy() -> ResponseReturnValue:
    preferences.change_settings(me().id, Settings(**parse(ProxyForm).model_dump()))
    flash("Proxy saved. A proxy is a secret, so this cannot be undone.")
    return redirect(url_for(".show_proxy"), 303)


@blueprint.get("/settings/connection/proxy/remove")
@signed_in
def ask_remove_proxy() -> str:
    return _removal_of_proxy()


@blueprint.post("/settings/connection/proxy/remove")
@signed_in
@shown_on(_removal_of_proxy)
def remove_proxy() -> ResponseReturnValue:
    preferences.change_settings(me().id, Settings(proxy=None))
    flash("Proxy removed.")
    return redirect(url_for(".show_proxy"), 303)
