"""Messages: send them to a list or table of people, list the results, decide about those in doubt."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from flask import request
from flask.wrappers import Response
from pydantic import Field, WithJsonSchema
from werkzeug.exceptions import RequestEntityTooLarge

from api.actions import ActionOut
from api.answers import CSV, Answer, Format, Listing, Paging, Schema, csv_response
from api.blueprint import also_returns, blueprint, raises, request_bodies
from api.idempotency import IdempotencyKey
from api.parsing import FORM, read_form, read_json
from api.placing import PLACING_ERRORS, placed
from api.problems import RejectedOut
from bot.actions.control import Progress
from bot.core.errors import BotException
from bot.inputs.pagination import Page
from bot.messages import sending
from bot.messages.sending import DryRun, Result, ResultStatus, SendMessages, Writing
from bot.recipients.encodings import CHOICES
from bot.recipients.reading import MAX_BYTES, Choice, Recipients, parse_csv, with_people
from bot.steps import decisions
from bot.steps.decisions import Decision
from bot.storage.costly import uploaded
from middleware.access import me, signed_in

bp = blueprint("messages", "Messages")
_AROUND_THE_FILE = 64 * 1024
Encoding = Literal[CHOICES]  # type: ignore[valid-type]  # as one value each, from the one list of them
REFUSED = (
    "SESSION_INVALID",
    "TEXTS_ALIKE",
    "RECIPIENTS_EMPTY",
    "RECIPIENTS_TOO_LARGE",
    "RECIPIENTS_UNREADABLE",
    "TOO_MANY_AT_ONCE",
    "RECIPIENTS_UNSURE",
    "RECIPIENTS_ENCODING",
    "RECIPIENTS_JSON",
    *PLACING_ERRORS,
)


class SendMessagesToFile(Writing):
    """Send each of the people in a file one message."""

    file: bytes = Field(
        description="CSV with a column of usernames, and perhaps others of names; one username to a line; or "
        "followers_1.json or following.json of Instagram's download. 5 MB at most."
    )
    column: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="If asked: the column with the usernames, by its header or its number from 1; `all` if "
        "each word between commas or semicolons is one.",
    )
    name_column: str | None = Field(
        None, min_length=1, max_length=200, description="The column with full names, if no header says so."
    )
    # A form has no null: a field that is left out is one.
    header: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = Field(
        default_factory=lambda: None, description="If asked: whether the first row holds headers."
    )
    encoding: Encoding | None = Field(
        None,
        description="Of a file that is not UTF-8 or UTF-16 and has names in other letters than English ones; `ascii` "
        "leaves those names out.",
    )

    @property
    def choice(self) -> Choice:
        return Choice(self.column, self.name_column, self.header, self.encoding)


class Read(Answer):
    """A list of people, as it was read."""

    rejected: list[RejectedOut] = Field(description="The first 500 rows without a certain username.")
    rejected_count: int = Field(description="Their number in all.")
    folded: int = Field(description="Rows that repeat a person.")
    column: str | None = Field(
        description="The header of the column that usernames were taken from, if it does not say so itself; empty for "
        "a table without headers. Null for a list, and if the header says so."
    )


class AcceptedMessages(Read):
    """An accepted action that sends messages."""

    action: ActionOut

    @classmethod
    def of(cls, progress: Progress, people: Recipients) -> Self:
        return cls.model_validate({**vars(people), "action": ActionOut.of(progress)})


class PreviewOut(Schema):
    """The text that one person would get."""

    username: str
    text: str


class PreviewedMessages(Read):
    """The messages that an action would send. Nothing was sent."""

    dry_run: Literal[True] = True
    accepted: int = Field(description="The number of people.")
    previews: list[PreviewOut] = Field(description="Each person's text.")
    left_out: list[str] = Field(description="The number of people who would be skipped now.")
    reasons: dict[str, str] = Field(description="The reason for each skipped person.")
    names_are_looked_up: bool = Field(description="Whether names in a text become known only when it is sent.")

    @classmethod
    def of(cls, shown: DryRun) -> Self:
        people = shown.recipients
        return cls.model_validate(
            {**vars(people), **vars(shown), "left_out": shown.left_out, "accepted": len(people.accepted)}
        )


class ResultOut(Schema):
    """The result of one message."""

    id: str = Field(description="The id of the target.")
    username: str
    person_id: str | None = Field(description="The id of the person for `/people`; null until they are looked up.")
    status: ResultStatus
    reason: str | None = Field(description="Why it was skipped or failed.")
    text: str | None = Field(description="The text that was sent; null before that.")
    variant: str | None = Field(description="The choices of the text, like `2.1`; null if it has none.")
    answered: bool = Field(description="Whether the person has answered since.")
    sent_at: datetime | None
    look_up_at: datetime | None = Field(description="When an unknown result is looked up next.")
    error_code: str | None

    @classmethod
    def of(cls, result: Result) -> Self:
        row = result.target
        known: dict[str, Any] = {"username": row.person, "status": result.status, "sent_at": result.sent_at}
        said = {"text": result.text, "variant": result.variant, "answered": result.answered}
        return cls.model_validate({**vars(row), **known, **said})


class ResultAnswer(Answer):
    result: ResultOut


class ResultListing(Listing):
    items: list[ResultOut]

    @classmethod
    def of(cls, page: Page[Result]) -> Self:
        return cls(items=[ResultOut.of(result) for result in page.items], next=page.next)


class WhichResults(Paging, Format):
    """Filter of the results."""

    status: ResultStatus | None = None


def take_long_lists(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit before anything reads the body: the check of the form token does."""
    if request.url_rule and request.url_rule.rule.endswith("/send-messages"):
        request.max_content_length = MAX_BYTES + _AROUND_THE_FILE


bp.url_value_preprocessor(take_long_lists)


def _read() -> tuple[Writing, Recipients]:
    """Read the text and the people from the request. Raises INVALID_INPUT and the refusals of bot.recipients."""
    if request.mimetype != FORM:
        listed = read_json(SendMessages, request)
        return listed, with_people("usernames", sending.recipients_of(listed))
    try:
        sent = read_form(SendMessagesToFile, request)
    except RequestEntityTooLarge:
        raise BotException("RECIPIENTS_TOO_LARGE") from None
    return sent, with_people("file", parse_csv(sent.file, sent.choice))


def results(action_id: str | None, part: WhichResults) -> ResultListing | Response:
    """Return one page of results, or CSV: of one action, or of all if `action_id` is None."""
    if part.format == "csv":
        return csv_response("results", sending.results_csv(me().id, action_id))
    return ResultListing.of(sending.list_results(me().id, action_id, part.limit, part.cursor, part.status))


def place_messages(key: str | None) -> PreviewedMessages | Response:
    """Place an action that sends the request's messages, or preview them."""
    with uploaded(me().id, request.content_length or 0):
        params, people = _read()
        if params.dry_run:
            return PreviewedMessages.of(sending.dry_run_messages(me().id, params, people))
        progress = sending.send_messages(me().id, params, people, key)
    return placed(AcceptedMessages.of(progress, people), progress)


@bp.post("/send-messages")
@signed_in
@request_bodies(SendMessages, form=SendMessagesToFile)
@bp.input(IdempotencyKey, location="headers")
@bp.output(PreviewedMessages)
@also_returns(202, AcceptedMessages)
@raises(*REFUSED)
def send_messages(headers_data: IdempotencyKey) -> PreviewedMessages | Response:
    """Send each person one message. The people come as a list or in a file."""
    return place_messages(headers_data.key)


@bp.get("/<uuid:action_id>/results")
@signed_in
@bp.input(WhichResults, location="query")
@bp.output(ResultListing)
@bp.doc(responses=CSV)
@raises("ACTION_NOT_FOUND", "BAD_CURSOR", "TOO_MANY_AT_ONCE")
def list_results(action_id: UUID, query_data: WhichResults) -> ResultListing | Response:
    """List the results of a message action, in the order of its recipients."""
    return results(str(action_id), query_data)


@bp.post("/<uuid:action_id>/targets/<uuid:target_id>/resolve")
@signed_in
@bp.input(Decision)
@bp.output(ResultAnswer)
@raises("ACTION_NOT_FOUND", "TARGET_NOT_FOUND", "TARGET_NOT_UNKNOWN", "STILL_SENDING", "ACTION_NOT_RUNNING")
def resolve(action_id: UUID, target_id: UUID, json_data: Decision) -> ResultAnswer:
    """Decide whether a message in doubt was sent. It is never sent again automatically."""
    result = decisions.resolve(me().id, str(action_id), str(target_id), json_data)
    return ResultAnswer(result=ResultOut.of(result))
