"""/inbox: people who answered and when, and what the bot wrote to one of them."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from bot.contacts import inbox, people
from bot.contacts.people import Event
from bot.core.errors import BotException
from bot.inputs.params import Params
from bot.storage.models.values import StepKind
from middleware.access import me, polled, signed_in
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("inbox", __name__)
PAGE_SIZE = 25
MESSAGES_SHOWN = 50


class InboxFilter(Params):
    """Which answers the list shows."""

    opted_out: bool | None = None
    cursor: str | None = None


def _list(chosen: InboxFilter) -> dict[str, Any]:
    found = inbox.list_answers(me().id, PAGE_SIZE, chosen.cursor, opted_out=chosen.opted_out)
    return {"answers": found, "chosen": chosen, "counts": inbox.count_answers(me().id)}


def _page(chosen: InboxFilter | None = None, *, failure: BotException | None = None, **_: Any) -> str:
    return render_template("inbox.html", failure=failure, opened=None, **_list(chosen or InboxFilter()))


@blueprint.get("/inbox")
@signed_in
@shown_on(_page)
def show() -> str:
    return _page(parse(InboxFilter, request.args))


@blueprint.get("/inbox/now")
@signed_in
@polled
def now() -> str:
    return render_template(
        "_inbox_answers.html", opened=None, live_part=True, **_list(parse(InboxFilter, request.args))
    )


@blueprint.get("/inbox/<uuid:person_id>")
@signed_in
def conversation(person_id: UUID) -> ResponseReturnValue:
    profile = people.get_person(me().id, str(person_id))
    sent = [event for event in _events(person_id) if _was_sent(event)]
    chosen = parse(InboxFilter, request.args)
    return render_template("inbox.html", failure=None, opened=profile, sent=sent, **_list(chosen))


def _events(person_id: UUID) -> list[Event]:
    found = people.list_history(me().id, str(person_id), MESSAGES_SHOWN, None, kind=StepKind.MESSAGE).items
    return list(reversed(found))


def _was_sent(event: Event) -> bool:
    return bool(event.text) and event.target.status in ("done", "unknown", "working")
