"""The first run: connect an account, choose a pace and turn the bot on, create the first action."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field
from werkzeug.datastructures import MultiDict

from bot.actions.control import has_actions
from bot.auth.sign_in_notices import last_sign_in
from bot.automation import lifecycle
from bot.automation.status import BotReport
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.demo import sandbox
from bot.demo.sandbox import AnsweringPerson, SandboxAccount
from bot.inputs.params import Params
from bot.inputs.time_zones import TimeZone
from bot.linking import requests
from bot.linking.link_forms import Code, Link, SendCode
from bot.linking.requests import Answer
from bot.settings.preferences import Settings, change_settings
from bot.settings.presets import PaceName, Presets, ScheduleName, choose_presets
from middleware.access import me, signed_in
from web import link_words, preset_words
from web.failures import shown_on
from web.forms import parse
from web.panel import own_report

blueprint = Blueprint("first_run", __name__)
# The accounts that the picker shows first. The others are folded.
PLAIN, SPECIAL = 2, 4
SUGGESTED_TAG, SUGGESTED_AMOUNT = "coffee", 5


@dataclass(frozen=True)
class FirstRun:
    """The step that is due, and what the sandbox offers for it. `away`: the sandbox does not answer.

    `step` is `connect`, `pace` or `action`.

    `code` is the answer to the question that Instagram has asked; None outside the demo.
    """

    step: str
    picked: list[SandboxAccount]
    others: list[SandboxAccount]
    people: list[AnsweringPerson]
    code: str | None
    away: bool


class Zone(Params):
    timezone: TimeZone | None = None


class Picked(Zone):
    """The account that was picked in the demo."""

    account: str = Field(min_length=1, max_length=64)


class Typed(Zone):
    """The form of an account that was typed."""

    username: str = Field("", max_length=200)
    password: str = Field("", max_length=256)


class Start(Params):
    """The second step."""

    pace: PaceName = "normal"
    schedule: ScheduleName | None = None
    warm_up: bool = False


def is_new() -> bool:
    """Return whether the viewer has never placed an action, so that Home is the first run."""
    return not has_actions(me().id)


def first_run(report: BotReport) -> FirstRun:
    """Return what the page needs. A sandbox that does not answer leaves the picker out."""
    step = "connect" if not report.session_valid else "action" if report.bot_running else "pace"
    if not runtime().config.instagram_sandbox:
        return FirstRun(step, [], [], [], None, away=False)
    try:
        accounts = sandbox.accounts() if step == "connect" else []
        people = sandbox.answering_people() if step == "action" else []
    except BotException:
        return FirstRun(step, [], [], [], None, away=True)
    plain = [one for one in accounts if one.behaviour == accounts[0].behaviour]
    special = accounts[len(plain) :]
    asked = sandbox.code_of(report.instagram_username) if report.verification else None
    picked, others = plain[:PLAIN] + special[:SPECIAL], special[SPECIAL:] + plain[PLAIN:]
    return FirstRun(step, picked, others, people, asked, away=False)


def page(*, failure: BotException | None = None, **_: Any) -> str:
    """Render the first run as a page of its own."""
    report = own_report()
    suggested = {"hashtag": SUGGESTED_TAG, "amount": SUGGESTED_AMOUNT}
    return render_template(
        "first_run.html",
        failure=failure,
        report=report,
        last=last_sign_in(me()),
        first=first_run(report),
        suggested=suggested,
        paces=preset_words.PACES,
        hours=preset_words.schedules(),
        recommended=preset_words.RECOMMENDED,
    )


@blueprint.get("/first-run")
@signed_in
def show() -> ResponseReturnValue:
    """Show the step that is due. Home takes over once there is an action."""
    if not is_new():
        return redirect(url_for("web.home.show"), 303)
    return page()


@blueprint.post("/first-run/connect")
@signed_in
@shown_on(page)
def connect() -> ResponseReturnValue:
    """Connect the account that was picked, or the one that was typed."""
    typed = parse(Typed, _sent("username", "password", "timezone"))
    _keep_zone(typed.timezone)
    if typed.username or not runtime().config.instagram_sandbox:
        form = parse(Link, _sent("username", "password"))
    else:
        account = sandbox.account(parse(Picked, _sent("account")).account)
        form = Link(username=account.username, password=account.password)
    return _answered(requests.link(me().id, form, sign_in_id=me().session_id))


def _keep_zone(timezone: str | None) -> None:
    """Set the time zone of a new user. It decides the country of the phone that Instagram sees."""
    if timezone:
        change_settings(me().id, Settings(timezone=timezone))


def _sent(*names: str) -> MultiDict[str, str]:
    """Return these fields of the form. It has those of both ways to name an account."""
    return MultiDict((name, value) for name in names for value in request.form.getlist(name))


@blueprint.post("/first-run/verify")
@signed_in
@shown_on(page)
def verify() -> ResponseReturnValue:
    return _answered(requests.verify(me().id, parse(Code), sign_in_id=me().session_id))


@blueprint.post("/first-run/send-code")
@signed_in
@shown_on(page)
def send_code() -> ResponseReturnValue:
    return _answered(requests.send_code(me().id, parse(SendCode), sign_in_id=me().session_id))


@blueprint.post("/first-run/test")
@signed_in
@shown_on(page)
def test() -> ResponseReturnValue:
    """Go on after a confirmation in Instagram's app."""
    return _answered(requests.test_session(me().id, sign_in_id=me().session_id))


@blueprint.get("/first-run/requests/<uuid:request_id>")
@signed_in
@shown_on(page)
def wait(request_id: UUID) -> ResponseReturnValue:
    answer = requests.get_request(me().id, str(request_id))
    return render_template("first_run_waiting.html", answer=answer) if answer.pending else _answered(answer)


def _answered(answer: Answer) -> ResponseReturnValue:
    if answer.pending:
        return redirect(url_for(".wait", request_id=answer.id), 303)
    flash(*link_words.answered(answer))
    return redirect(url_for(".show"), 303)


@blueprint.post("/first-run/start")
@signed_in
@shown_on(page)
def start() -> ResponseReturnValue:
    """Set the presets and turn the bot on."""
    form = parse(Start)
    choose_presets(me().id, Presets(pace=form.pace, schedule=form.schedule))
    change_settings(me().id, Settings(warm_up=form.warm_up))
    lifecycle.start(me().id)
    flash("Your bot is on.")
    return redirect(url_for(".show"), 303)
