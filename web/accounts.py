"""/automation: link, verify, test and unlink the Instagram account, and wait for the worker."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from bot.automation.status import bot_report
from bot.linking import requests, unlinking
from bot.linking.link_forms import Code, Link, SendCode
from bot.linking.requests import Answer
from middleware.access import me, signed_in
from web import automation, link_words
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("accounts", __name__)


@blueprint.post("/automation/link")
@signed_in
@shown_on(automation.page)
def link() -> ResponseReturnValue:
    return _answered(requests.link(me().id, parse(Link), sign_in_id=me().session_id))


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
