"""/automation: the page of the linked account, the bot, the form of an order and the orders."""

import uuid
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from bot.access import me, signed_in
from bot.actions import list_actions
from bot.errors import BotException
from bot.status import bot_report

blueprint = Blueprint("automation", __name__)
MOST_ACTIONS = 20


def page(*, failure: BotException | None = None, **_: Any) -> str:
    """The whole page. The order's key makes a form that is sent twice one order."""
    return render_template(
        "automation.html",
        failure=failure,
        report=bot_report(me().id),
        actions=list_actions(me().id, MOST_ACTIONS, request.args.get("cursor")),
        key=uuid.uuid4(),
    )


@blueprint.get("/automation")
@signed_in
def show() -> ResponseReturnValue:
    return page()
