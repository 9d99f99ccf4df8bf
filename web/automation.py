"""/automation: the linked account, the bot, the form of a new action and the latest actions."""

import uuid
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from bot.actions.control import list_actions
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.phones.report import phone_report
from bot.settings.preferences import settings_report
from middleware.access import me, signed_in

blueprint = Blueprint("automation", __name__)
MAX_ACTIONS = 20
ACTION_KINDS = {
    "follow-hashtag": "Follow by hashtag",
    "follow-followers": "Follow followers",
    "like-hashtag": "Like posts",
    "view-stories": "Watch stories",
    "unfollow": "Unfollow",
}
"""The kinds of action that the page has a form for, with the name of its link."""


def page(
    *,
    failure: BotException | None = None,
    kind: str | None = None,
    candidates: Any = None,
    **_: Any,
) -> str:
    """Return the whole page with the form of one kind of action, and the candidates of a dry run.

    The form holds an idempotency key, so that sending it twice places one action.
    """
    asked = kind or request.args.get("kind", "")
    return render_template(
        "automation.html",
        failure=failure,
        report=bot_report(me().id),
        phone=phone_report(me().id),
        actions=list_actions(me().id, MAX_ACTIONS, request.args.get("cursor")),
        filters=settings_report(me().id).filters,
        kind=asked if asked in ACTION_KINDS else next(iter(ACTION_KINDS)),
        kinds=ACTION_KINDS,
        # The form is shown as it was sent.
        typed=kind is not None,
        candidates=candidates,
        key=uuid.uuid4(),
    )


@blueprint.get("/automation")
@signed_in
def show() -> ResponseReturnValue:
    return page()
