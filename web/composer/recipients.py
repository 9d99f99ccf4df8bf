"""The people of a message: read from typed lines or a file, with a question where the list is not sure."""

import csv
import io
from dataclasses import dataclass
from hashlib import sha256

from flask import g, request
from pydantic import Field, ValidationError
from werkzeug.datastructures import MultiDict

from bot.actions.names import ActionName
from bot.core.errors import BotException, invalid
from bot.inputs.params import Params
from bot.inputs.validation import Moment, refused
from bot.messages import sending
from bot.messages.drafts import Draft
from bot.messages.sending import DryRun, MessageText, Writing
from bot.messages.templates import WordingError
from bot.messages.templates import parse as parse_wording
from bot.recipients.reading import (
    MAX_BYTES,
    Choice,
    Recipient,
    Recipients,
    Unsure,
    parse_csv,
    with_people,
)
from middleware.access import me
from web import people_lists
from web.composer.fields import Values
from web.forms import parse

# A whole list and the full names of the previous one, or a file in base64 with an open question.
MAX_SENT = 2 * MAX_BYTES
# A text that differs for each person, to see who would get any message.
ANY_TEXT = "{username}"


class Compose(Params):
    """The form: people as they were typed, names that a table gave them, and the text."""

    recipients: str = ""
    full_names: str = ""
    upload: str = ""
    column: str = Field("", max_length=200)
    name_column: str = Field("", max_length=200)
    header: str = ""
    encoding: str = ""
    name: ActionName | None = None
    message: MessageText = Field(max_length=2000)
    again: bool = False
    start_at: Moment | None = None
    what: str = ""
    previewed: str = ""
    going: str = ""


@dataclass(frozen=True)
class Reading:
    """The people found, and the values that fill the form: the text as typed, or the names that were read."""

    found: Recipients
    typed: str
    full_names: str


def read_people() -> Reading:
    """Read the people of the form and keep them for its page. Raises Unsure and the refusals of bot.recipients."""
    g.reading = reading = _reading()
    return reading


def read_all() -> tuple[Writing, Recipients]:
    """Read people and text.

    The people come first, because a form that is shown again cannot keep its file.
    """
    try:
        reading = read_people()
    except BotException as failure:
        if isinstance(failure, Unsure) or request.form.get("message", "").strip():
            raise
        missing = {"field": "message", "code": "MISSING", "message": "Fill this in."}
        raise refused([*failure.meta.get("errors", []), missing]) from None
    try:
        form = parse(Compose)
        _check_wording(form.message)
    except BotException:
        _peek(reading.found)
        raise
    people = with_people("recipients", reading.found)
    return Writing(name=form.name, message=form.message, again=form.again, start_at=form.start_at), people


def look(params: Writing, people: Recipients) -> DryRun:
    """Keep who gets which text for the page of this request. Raises the errors of dry_run_messages."""
    try:
        return _look(params, people)
    except BotException:
        _peek(people)
        raise


def look_at_people() -> DryRun:
    """Read the people alone and keep who would get a message. Raises the errors of `read_people`."""
    people = with_people("recipients", read_people().found)
    asked = [(name, value) for name, value in request.form.items(multi=True) if name in _When.model_fields]
    when = parse(_When, MultiDict(asked))
    return _look(Writing(message=ANY_TEXT, again=when.again, start_at=when.start_at), people)


class _When(Params):
    """The fields apart from the text that decide who gets one."""

    again: bool = False
    start_at: Moment | None = None


def _look(params: Writing, people: Recipients) -> DryRun:
    g.shown = shown = sending.dry_run_messages(me().id, params, people)
    g.has_texts = params.message != ANY_TEXT
    return shown


def _peek(people: Recipients) -> None:
    """Keep who would get a message although its text, or its start, is refused."""
    if people.accepted:
        _look(Writing(message=ANY_TEXT, again=_again(request.form)), people)


def _again(values: Values) -> bool:
    return (values.getlist("again") or ["false"])[-1] == "true"


def _check_wording(text: str) -> None:
    try:
        parse_wording(text)
    except WordingError as error:
        raise invalid("message", f"{error}.") from None


def mark_of(values: Values) -> str:
    """Return a name for what a preview shows: the people, their names, and the text."""
    told = [values.get(name, "").replace("\r\n", "\n").strip() for name in ("recipients", "full_names", "message")]
    told.append(str(_again(values)))
    return sha256("\0".join(told).encode()).hexdigest()[:16]


def of_draft(found: Draft) -> None:
    """Keep the people of an action like that one for the page of this request, with who would get the text."""
    people = [Recipient(one.username, one.full_name, one.first_name) for one in found.people]
    if not people:
        return
    recipients = Recipients(accepted=people)
    g.reading = Reading(recipients, _lines_of(recipients), _as_table(people))
    try:
        look(Writing.model_validate({"message": found.params["message"]}), recipients)
    except (BotException, ValidationError):
        # Its text would be refused now. The form shows it, and says why if it is sent.
        _peek(recipients)


def _reading() -> Reading:
    typed, data = request.form.get("recipients", ""), people_lists.uploaded_file()
    if data is None:
        found = people_lists.people_of_text("recipients", typed)
        known = _known_names()
        found.accepted = [
            one if one.full_name or one.first_name else known.get(one.username, one) for one in found.accepted
        ]
        asked_nothing = people_lists.chosen() == Choice()
        return Reading(found, typed if asked_nothing else _lines_of(found), _as_table(found.accepted))
    if typed.strip():
        raise invalid("file", "There are names above already. Empty that field to use the file instead.")
    found = people_lists.people_of_file(data)
    return Reading(found, _lines_of(found), _as_table(found.accepted))


def _lines_of(found: Recipients) -> str:
    """Return the usernames one a line, each with @: a bare word may be read as a heading."""
    return "\n".join(f"@{person.username}" for person in found.accepted)


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
