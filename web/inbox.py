"""/inbox: people who answered, what they wrote, and what the bot wrote to one of them."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.contacts import conversations, inbox
from bot.contacts.conversations import Marked
from bot.contacts.inbox import Waiting
from bot.core.errors import BotException, invalid
from bot.inputs.params import Params
from bot.inputs.validation import Moment
from bot.messages import replying
from bot.messages.templates import MAX_CHARACTERS
from bot.storage.models import new_id
from middleware.access import me, polled, signed_in
from web import labels
from web.composer.fields import idempotency_key, once_a_form
from web.failures import shown_on
from web.forms import parse
from web.once import once_a_request

blueprint = Blueprint("inbox", __name__)
PAGE_SIZE = 25
MESSAGES_SHOWN = 50


class InboxFilter(Params):
    """Which answers the list shows."""

    opted_out: bool | None = None
    state: Waiting | None = None
    cursor: str | None = None

    @property
    def address(self) -> dict[str, str]:
        """The parameters that keep the list narrowed on other pages."""
        return {name: str(value).lower() for name, value in self.model_dump(exclude={"cursor"}).items() if value}


class WhichPart(Params):
    """The page of a conversation, and which answers the list next to it shows."""

    opted_out: bool | None = None
    state: Waiting | None = None
    earlier: str | None = None


@once_a_request
def unread() -> int:
    """Return the number of the viewer's unread answers, for the frame of every page."""
    return conversations.count_unread(me().id)


def _list(chosen: InboxFilter) -> dict[str, Any]:
    found = inbox.list_answers(me().id, PAGE_SIZE, chosen.cursor, opted_out=chosen.opted_out, state=chosen.state)
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


def _conversation(*, person_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    part = WhichPart() if failure else parse(WhichPart, request.args)
    opened = conversations.get_conversation(me().id, str(person_id), MESSAGES_SHOWN, part.earlier)
    chosen = InboxFilter(opted_out=part.opted_out, state=part.state)
    return render_template(
        "inbox.html",
        failure=failure,
        opened=opened,
        earlier=part.earlier,
        marks=labels.HAND_MARKS,
        may_reply=replying.may_reply(opened),
        most=MAX_CHARACTERS,
        form_token=_token(failure),
        **_list(chosen),
    )


def _token(failure: BotException | None) -> str:
    """Return the token of the form. One that was refused placed nothing, so it keeps its own, unless that was used."""
    used = failure is not None and failure.name == "FORM_SENT_BEFORE"
    return new_id() if used else idempotency_key() or new_id()


@blueprint.get("/inbox/<uuid:person_id>")
@signed_in
@shown_on(_conversation)
def conversation(person_id: UUID) -> ResponseReturnValue:
    """Show a conversation. A form of the page, which a script sends at once, marks as read what it shows."""
    return _conversation(person_id=person_id)


@blueprint.get("/inbox/<uuid:person_id>/now")
@signed_in
@polled
def spoken(person_id: UUID) -> str:
    opened = conversations.get_conversation(me().id, str(person_id), MESSAGES_SHOWN, None)
    return render_template("_spoken.html", opened=opened, earlier=None)


def _to(person_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("web.inbox.conversation", person_id=person_id), 303)


@blueprint.post("/inbox/<uuid:person_id>/reply")
@signed_in
@shown_on(_conversation)
def reply(person_id: UUID) -> ResponseReturnValue:
    token = idempotency_key()
    if token is None:
        raise invalid("text", "This form is incomplete. Load the page again.")
    with once_a_form():
        replying.reply(me().id, str(person_id), parse(replying.Typed), token)
    return _to(person_id)


@blueprint.post("/inbox/<uuid:person_id>/replies/<uuid:action_id>/cancel")
@signed_in
@shown_on(_conversation)
def cancel(person_id: UUID, action_id: UUID) -> ResponseReturnValue:
    replying.cancel_reply(me().id, str(person_id), str(action_id))
    flash("Your reply is not sent.")
    return _to(person_id)


class ReadUntil(Params):
    """The newest answer that the page showed."""

    until: Moment


@blueprint.post("/inbox/<uuid:person_id>/read")
@signed_in
@shown_on(_conversation)
def read(person_id: UUID) -> ResponseReturnValue:
    conversations.mark_read(me().id, str(person_id), until=parse(ReadUntil).until)
    return _to(person_id)


@blueprint.post("/inbox/<uuid:person_id>/mark")
@signed_in
@shown_on(_conversation)
def mark(person_id: UUID) -> ResponseReturnValue:
    marked = Marked(mark=None) if not request.form.get("mark") else parse(Marked)
    conversations.mark(me().id, str(person_id), marked)
    flash(f"Marked as {labels.HAND_MARKS[marked.mark].lower()}." if marked.mark else "Your mark is removed.")
    return _to(person_id)


@blueprint.post("/inbox/<uuid:person_id>/done")
@signed_in
@shown_on(_conversation)
def done(person_id: UUID) -> ResponseReturnValue:
    conversations.mark_done(me().id, str(person_id), done=True)
    flash("Done. A new answer brings it back.")
    return redirect(url_for("web.inbox.show"), 303)


@blueprint.post("/inbox/<uuid:person_id>/open")
@signed_in
@shown_on(_conversation)
def open_again(person_id: UUID) -> ResponseReturnValue:
    conversations.mark_done(me().id, str(person_id), done=False)
    flash("It waits for you again.")
    return _to(person_id)
