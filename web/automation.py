"""/automation: the linked account."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.phones.report import phone_report
from middleware.access import me, signed_in

blueprint = Blueprint("automation", __name__)


def page(*, failure: BotException | None = None, **_: Any) -> str:
    return render_template(
        "automation.html",
        failure=failure,
        report=bot_report(me().id),
        phone=phone_report(me().id),
    )


@blueprint.get("/automation")
@signed_in
def show() -> ResponseReturnValue:
    if kind := request.args.get("kind"):
        # The address of the form of a kind, before it had a page of its own.
        return redirect(url_for("web.composer.show", what=kind), 302)
    return page()
