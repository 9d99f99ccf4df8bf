"""/automation: the linked account and the latest actions."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.actions.control import list_actions
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.phones.report import phone_report
from middleware.access import me, signed_in

blueprint = Blueprint("automation", __name__)
MAX_ACTIONS = 20


def page(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template(
        "automation.html",
        failure=failure,
        report=bot_report(me().id),
        phone=phone_report(me().id),
        actions=list_actions(me().id, MAX_ACTIONS, request.args.get("cursor")),
    )


@blueprint.get("/automation")
@signed_in
def show() -> ResponseReturnValue:
    if kind := request.args.get("kind"):
        # The address of the form of a kind, before it had a page of its own.
        return redirect(url_for("web.composer.show", what=kind), 302)
    return page()
