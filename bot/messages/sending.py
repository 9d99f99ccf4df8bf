"""Actions to send messages: texts and people, results, and the user's decision about unknown ones."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from sqlalchemy import Select, select

from bot.actions.control import Progress, find_action
from bot.actions.names import NAME, ActionName
from bot.actions.placing import accept_listed
from bot.actions.schedules import check_start
from bot.config.runtime import now
from bot.core.csv_export import csv_text
from bot.core.errors import BotException, invalid
from bot.inputs.pagination import Page, all_rows, page
from bot.inputs.params import Params
from bot.inputs.validation import LINES, Moment
from bot.messages.deliveries import MAX_ALIKE, text_key
from bot.messages.exclusions import skip_reasons
from bot.messages.templates import Wording, parse
from bot.recipients.reading import MAX_ACCEPTED, Recipient, Recipients, parse_list
from bot.storage.models import Action, ActionTarget, Contact, Message
from bot.storage.models.values import WRITTEN, StepKind
from bot.storage.tenancy import TenantSession, tenant

ResultStatus = Literal["pending", "sent", "skipped", "failed", "unknown"]
RESULT_STATUS = {"done": "sent", "working": "pending", "pending": "pending"}
"""Names of target statuses in results, if they differ."""


def _readable(value: str) -> str:
    parse(value)
    return value


MessageText = Annotated[
    str,
    LINES,
    Field(
        min_length=1,
        max_length=2000,
        description="The text; {username}, {full_name}, {first_name|there}, {a|b|c}.",
    ),
    AfterValidator(_readable),
]
"""The text of a message. Instagram would show and count the second character of Windows line ends."""


class Writing(Params):
    """A message to several people."""

    name: ActionName | None = NAME
    message: MessageText
    again: bool = Field(False, description="Write also to people whom this bot has written to before.")
    start_at: Moment | None = Field(None, description="Not before this time.")
    dry_run: bool = Field(False, description="Only show each person's text.")


class SendMessages(Writing):
    """Send each of the people one message."""

    usernames: list[Annotated[str, StringConstraints(max_length=200)]] = Field(
        min_length=1,
        max_length=MAX_ACCEPTED,
        description="A username, or a link to a profile, in each item.",
    )


@dataclass(frozen=True)
class Preview:
    """The text for one person. Unknown names are filled in when the person is looked up."""

    username: str
    text: str


@dataclass(frozen=True)
class DryRun:
    """The effect of an action: each person's text, rejected rows, and the skips with their reasons."""

    previews: list[Preview]
    recipients: Recipients
    reasons: dict[str, str]
    names_are_looked_up: bool

    @property
    def left_out(self) -> list[str]:
        return sorted(self.reasons)

    @property
    def skipped_by_reason(self) -> dict[str, list[str]]:
        """The names by reason, most frequent reason first."""
        names: dict[str, list[str]] = {}
        for name in self.left_out:
            names.setdefault(self.reasons[name], []).append(name)
        return dict(sorted(names.items(), key=lambda one: -len(one[1])))


@dataclass(frozen=True)
class Result:
    """The result of one message."""

    target: ActionTarget
    text: str | None
    answered: bool
    variant: str | None = None

    @property
    def status(self) -> str:
        return _shown(self.target.status)

    @property
    def sent_at(self) -> datetime | None:
        """The time of sending, if it is known to be sent."""
        return _sent_at(self.target.status, self.target.claimed_at)


def recipients_of(params: SendMessages) -> Recipients:
    """Return the people that the action names, one in each item. Raises RECIPIENTS_EMPTY."""
    return parse_list(params.usernames)


def send_messages(
    user_id: str, params: Writing, recipients: Recipients, idempotency_key: str | None = None
) -> Progress:
    """Place an action to send messages. Raises RECIPIENTS_EMPTY, TEXTS_ALIKE and the errors of placing.accept.
    Commits.
    """
    people = recipients.accepted
    _check(parse(params.message), people)
    details = {"message": params.message, "again": params.again, "recipients": _digest(people)}
    kind = "send-messages"
    return accept_listed(user_id, kind, details, people, params.start_at, idempotency_key, params.name)


def _digest(people: Sequence[Recipient]) -> str:
    """Return a digest of the people, so that one key belongs to one action."""
    return hashlib.sha256("\n".join(sorted(person.username for person in people)).encode()).hexdigest()


def _check(wording: Wording, people: Sequence[Recipient]) -> None:
    if not people:
        raise BotException("RECIPIENTS_EMPTY")
    check_variants("message", wording, len(people))


def check_variants(field: str, wording: Wording, people: int) -> None:
    """Raise TEXTS_ALIKE for the field if more people would get the same words than Instagram takes."""
    if not wording.personal and people > MAX_ALIKE * wording.variants:
        raise invalid(field, BotException("TEXTS_ALIKE").message, "TEXTS_ALIKE")


def dry_run_messages(user_id: str, params: Writing, recipients: Recipients) -> DryRun:
    """Show the effect of an action without Instagram. Raises RECIPIENTS_EMPTY, TEXTS_ALIKE and the errors of
    `check_start`.
    """
    check_start(params.start_at)
    wording, people = parse(params.message), recipients.accepted
    _check(wording, people)
    key = text_key(params.message)
    texts = {
        one.username: wording.render(one.username, one.full_name, f"{key}:{one.username}", one.first_name)
        for one in people
    }
    unnamed = {one.username for one in people if wording.lacks(one.full_name, one.first_name)}
    starts = max(now(), params.start_at or now())
    with tenant(user_id, reading=True) as session:
        sure = {name: text for name, text in texts.items() if name not in unnamed}
        reasons = skip_reasons(session, list(texts), sure, again=params.again, starts=starts)
    previews = [Preview(name, text) for name, text in texts.items()]
    return DryRun(previews, recipients, reasons, bool(unnamed))


def list_results(
    user_id: str, action_id: str | None, limit: int, cursor: str | None, status: str | None = None
) -> Page[Result]:
    """Return a page of results of the user's messages, of one action or all, with one status or any.

    Raises ACTION_NOT_FOUND and BAD_CURSOR.
    """
    with tenant(user_id, reading=True) as session:
        query = select(ActionTarget).where(ActionTarget.step_kind.in_(WRITTEN if action_id else (StepKind.MESSAGE,)))
        if status:
            meant = [known for known, shown in RESULT_STATUS.items() if shown == status]
            query = query.where(ActionTarget.status.in_(meant or [status]))
        if action_id:
            query = query.where(ActionTarget.action_id == find_action(session, action_id).id)
        rows: Page[ActionTarget] = page(session, query, (ActionTarget.created_at, ActionTarget.id), limit, cursor)
        return Page(results_of(session, rows.items), rows.next)


def results_of(session: TenantSession, rows: Sequence[ActionTarget]) -> list[Result]:
    """Return the results of these targets, in their order."""
    ids = [row.id for row in rows]
    written = select(Message.target_id, Message.text, Message.variant).where(Message.target_id.in_(ids))
    texts = {target_id: (text, variant) for target_id, text, variant in session.execute(written)}
    people = [row.recipient for row in rows if row.recipient]
    answered = select(Contact.instagram_id, Contact.answered_at).where(Contact.instagram_id.in_(people))
    answers = {person: at for person, at in session.execute(answered)}  # noqa: C416
    return [
        Result(row, text, _answered(row.claimed_at, answers.get(row.recipient or "")), variant)
        for row, (text, variant) in ((row, texts.get(row.id, (None, None))) for row in rows)
    ]


def _shown(status: str) -> str:
    return RESULT_STATUS.get(status, status)


def _sent_at(status: str, claimed_at: datetime | None) -> datetime | None:
    return claimed_at if status == "done" else None


def _answered(claimed_at: datetime | None, at: datetime | None) -> bool:
    return at is not None and claimed_at is not None and at >= claimed_at


_HEADER = ("username", "status", "reason", "message", "answered", "sent_at", "error_code")

_COLUMNS: tuple[Any, ...] = (
    ActionTarget.created_at,
    ActionTarget.id,
    ActionTarget.person,
    ActionTarget.status,
    ActionTarget.reason,
    Message.text,
    ActionTarget.claimed_at,
    Contact.answered_at,
    ActionTarget.error_code,
)
_EXPORTED = (
    select(*_COLUMNS)
    .outerjoin(Message, Message.target_id == ActionTarget.id)
    .outerjoin(Contact, Contact.instagram_id == ActionTarget.recipient)
    .where(ActionTarget.step_kind == "message")
)


def results_csv(user_id: str, action_id: str | None = None) -> Iterator[str]:
    """Yield all results as CSV, in large parts. Raises ACTION_NOT_FOUND before the first line."""
    query = _EXPORTED
    if action_id:
        with tenant(user_id, reading=True) as session:
            query = query.where(ActionTarget.action_id == find_action(session, action_id).id)

    def read(part: Select[Any]) -> Sequence[Any]:
        with tenant(user_id, reading=True) as session:
            return session.run(part).all()

    rows = all_rows(read, query, (ActionTarget.created_at, ActionTarget.id))
    return csv_text(_HEADER, (_line(*row) for _, _, *row in rows))


def _line(
    person: str,
    status: str,
    reason: str | None,
    text: str | None,
    claimed_at: datetime | None,
    answered_at: datetime | None,
    error_code: str | None,
) -> Sequence[object]:
    answered = "yes" if _answered(claimed_at, answered_at) else None
    sent_at = _sent_at(status, claimed_at)
    return person, _shown(status), reason, text, answered, sent_at and sent_at.isoformat(), error_code


def unknown_message(user_id: str, action_id: str, target_id: str) -> Result:
    """Return a message that waits for the user's decision. Raises the errors of `resolve`."""
    with tenant(user_id, reading=True) as session:
        row = unknown_row(session, find_action(session, action_id), target_id)
        return results_of(session, [row])[0]


def unknown_row(session: TenantSession, action: Action, target_id: str, *, locked: bool = False) -> ActionTarget:
    """Return the target of a message that waits for the user's decision.

    Raises TARGET_NOT_FOUND and TARGET_NOT_UNKNOWN.
    """
    query = select(ActionTarget).where(ActionTarget.id == target_id, ActionTarget.action_id == action.id)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise BotException("TARGET_NOT_FOUND")
    if row.status != "unknown" or row.step_kind not in WRITTEN:
        raise BotException("TARGET_NOT_UNKNOWN")
    return row
