"""/messages: compose and preview a message, see its results, decide about messages in doubt."""

import base64
import csv
import io
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from bot.actions import control
from bot.actions.search import ActionSearch
from bot.automation.status import bot_report
from bot.core.errors import BotException, invalid
from bot.inputs.params import Params
from bot.inputs.validation import Moment, refused
from bot.messages import sending
from bot.messages.sending import MessageText, Writing
from bot.messages.templates import WordingError
from bot.messages.templates import parse as parse_wording
from bot.recipients.reading import (
    MAX_BYTES,
    Choice,
    Recipient,
    Recipients,
    Unsure,
    parse_csv,
    parse_pasted,
    with_people,
)
from bot.storage.costly import uploaded
from bot.storage.models import Action
from middleware.access import me, polled, signed_in
from web import labels
from web.downloads import csv_response
from web.failures import shown_on
from web.forms import parse

blueprint = Blueprint("messages", __name__)
KIND = "send-messages"
STATUSES = ("sent", "pending", "unknown", "failed", "skipped")
ACTIONS_PAGE_SIZE = 20
RESULTS_PAGE_SIZE = 25
MAX_NAMES_SHOWN = 100
"""Names shown of the people skipped for one reason."""
# A whole list and the full names of the previous one, or a file in base64 with an open question.
MAX_SENT = 2 * MAX_BYTES
ASKED = ("column", "name_column", "header", "encoding")
"""Fields that answer a question about a list."""
KEPT = ("recipients", "full_names", "message", "again", "start_at", *ASKED)
"""Fields that stay as they are while a question is answered."""
_HEADER = {"true": True, "false": False}
_KEY = re.compile(r"[0-9a-f-]{36}")


class Compose(Params):
    """The form: people as they were typed, names that a table gave them, and the text."""

    recipients: str = ""
    full_names: str = ""
    upload: str = ""
    column: str = Field("", max_length=200)
    name_column: str = Field("", max_length=200)
    header: str = ""
    encoding: str = ""
    message: MessageText = Field(max_length=2000)
    again: bool = False
    start_at: Moment | None = None


@dataclass(frozen=True)
class Draft:
    """The people found, and the values that fill the form: the text as typed, or the names that were read."""

    found: Recipients
    typed: str
    full_names: str

    @property
    def names(self) -> str:
        """Return the usernames, one a line."""
        return _lines_of(self.found)


@blueprint.url_value_preprocessor
def _take_long_lists(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit before anything reads the form: the check of its token does."""
    request.max_content_length = request.max_form_memory_size = MAX_SENT


def _page(
    *,
    failure: BotException | None = None,
    shown: sending.DryRun | None = None,
    starts: datetime | None = None,
    **_: Any,
) -> str:
    return render_template(
        "messages.html",
        failure=failure,
        draft=g.get("draft"),
        shown=shown,
        starts=starts,
        report=bot_report(me().id),
        message_actions=control.list_actions(
            me().id, ACTIONS_PAGE_SIZE, request.args.get("cursor"), ActionSearch(kind=KIND)
        ),
        key=uuid.uuid4(),
        question=failure if isinstance(failure, Unsure) else None,
        upload=g.get("upload", ""),
        kept=KEPT,
        most_shown=MAX_NAMES_SHOWN,
    )


@blueprint.get("/messages")
@signed_in
def show() -> str:
    return _page()


@blueprint.post("/messages/preview")
@signed_in
@shown_on(_page)
def preview() -> str:
    with uploaded(me().id, request.content_length or 0):
        params, people = _read()
        return _page(shown=sending.dry_run_messages(me().id, params, people), starts=params.start_at)


@blueprint.post("/messages")
@signed_in
@shown_on(_page)
def send() -> ResponseReturnValue:
    with uploaded(me().id, request.content_length or 0):
        params, people = _read()
        key = request.form.get("idempotency_key", "")
        progress = sending.send_messages(me().id, params, people, key if _KEY.fullmatch(key) else None)
    flash(f"Accepted: {labels.title(progress.action)}.")
    return redirect(url_for("web.messages.show_order", action_id=progress.action.id), 303)


def _read() -> tuple[Writing, Recipients]:
    """Read the form.

    The people come first, because a form that is shown again cannot keep its file.
    """
    try:
        g.draft = draft = _draft()
    except BotException as failure:
        if isinstance(failure, Unsure) or request.form.get("message", "").strip():
            raise
        missing = {"field": "message", "code": "MISSING", "message": "Fill this in."}
        raise refused([*failure.meta.get("errors", []), missing]) from None
    form = parse(Compose)
    _check_wording(form.message)
    with_people("recipients", draft.found)
    params = Writing(message=form.message, again=form.again, start_at=form.start_at)
    return params, draft.found


def _draft() -> Draft:
    typed, choice = request.form.get("recipients", ""), _choice()
    data = _uploaded()
    if data is None:
        found = _found_in("recipients", parse_pasted, typed, choice)
        known = _known_names()
        found.accepted = [
            one if one.full_name or one.first_name else known.get(one.username, one) for one in found.accepted
        ]
        return Draft(found, typed if choice == Choice() else _lines_of(found), _as_table(found.accepted))
    if typed.strip():
        raise invalid("file", "There are names above already. Empty that field to use the file instead.")
    g.upload = base64.b64encode(data).decode()
    found = _found_in("file", parse_csv, data, choice)
    return Draft(found, _lines_of(found), _as_table(found.accepted))


def _uploaded() -> bytes | None:
    """Return the uploaded file, or the earlier one that a question is about."""
    file = request.files.get("file")
    if file and file.filename:
        return bytes(file.read())
    if not (sent := request.form.get("upload")):
        return None
    try:
        return base64.b64decode(sent, validate=True)
    except ValueError:
        raise invalid("file", "Choose the file once more.") from None


def _choice() -> Choice:
    column, name_column, header, encoding = (request.form.get(name, "").strip() or None for name in ASKED)
    return Choice(column, name_column, _HEADER.get(header or ""), encoding)


def _lines_of(found: Recipients) -> str:
    """Return the usernames one a line, each with @: a bare word may be read as a heading."""
    return "\n".join(f"@{person.username}" for person in found.accepted)


def _found_in(field: str, read: Any, source: str | bytes, choice: Choice) -> Recipients:
    try:
        found: Recipients = read(source, choice)
    except Unsure:
        raise
    except BotException as failure:
        told = failure.meta.get("errors") or [{"message": failure.message}]
        raise invalid(field, told[0]["message"], failure.name) from None
    return found


def _known_names() -> dict[str, Recipient]:
    table = request.form.get("full_names", "")
    return {person.username: person for person in parse_csv(table.encode()).accepted} if table else {}


def _as_table(people: list[Recipient]) -> str:
    """Return the people with a known name as a table, so that the next form carries the names; else an empty text."""
    rows = [(f"@{one.username}", one.full_name, one.first_name) for one in people if one.full_name or one.first_name]
    if not rows:
        return ""
    table = io.StringIO()
    csv.writer(table).writerows([("username", "full_name", "first_name"), *rows])
    return table.getvalue()


def _check_wording(text: str) -> None:
    try:
        parse_wording(text)
    except WordingError as error:
        raise invalid("message", f"{error}.") from None


def _parts(action_id: UUID) -> dict[str, Any]:
    wanted = request.args.get("status")
    status = wanted if wanted in STATUSES else None
    # The report says whether to poll again. It is read first, so that what follows is never older.
    report = bot_report(me().id)
    return {
        "report": report,
        "progress": _message_action(action_id),
        "status": status,
        "results": sending.list_results(
            me().id, str(action_id), RESULTS_PAGE_SIZE, request.args.get("cursor"), status=status
        ),
    }


def _message_action(action_id: UUID) -> control.Progress:
    """Return a message action. Raises ACTION_NOT_FOUND, also for an action of another kind."""
    progress = control.get_action(me().id, str(action_id))
    if progress.action.kind != KIND:
        raise BotException("ACTION_NOT_FOUND")
    return progress


def _action_page(*, action_id: UUID, failure: BotException | None = None, **_: Any) -> str:
    return render_template("messages_action.html", failure=failure, **_parts(action_id))


@blueprint.get("/messages/<uuid:action_id>", endpoint="show_order")
@signed_in
def show_action(action_id: UUID) -> str:
    return _action_page(action_id=action_id)


@blueprint.get("/messages/<uuid:action_id>/now")
@signed_in
@polled
def now(action_id: UUID) -> str:
    return render_template("_messages_action.html", **_parts(action_id))


@blueprint.get("/messages/<uuid:action_id>/results.csv")
@signed_in
def results(action_id: UUID) -> Response:
    action: Action = _message_action(action_id).action
    return csv_response(f"results_{me().username}", sending.results_csv(me().id, action.id))


@blueprint.get("/messages/<uuid:action_id>/<uuid:target_id>/again")
@signed_in
def ask_again(action_id: UUID, target_id: UUID) -> str:
    found = sending.unknown_message(me().id, str(action_id), str(target_id))
    return render_template("messages_again.html", progress=_message_action(action_id), message=found)


@blueprint.post("/messages/<uuid:action_id>/<uuid:target_id>")
@signed_in
@shown_on(_action_page)
def resolve(action_id: UUID, target_id: UUID) -> ResponseReturnValue:
    decided = sending.resolve(me().id, str(action_id), str(target_id), parse(sending.Decision))
    said = {"done": "is there", "failed": "is not there", "pending": "is sent again"}[decided.target.status]
    flash(f"Noted: the message to @{decided.target.person} {said}.")
    return redirect(url_for("web.messages.show_order", action_id=action_id), 303)
