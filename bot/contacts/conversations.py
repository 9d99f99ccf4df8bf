"""Conversations with people: what the bot wrote and what they answered, unread answers, marks, and what is done.

Everything comes from our own rows. Nothing here asks Instagram or tells it that a message was read.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import Field
from sqlalchemy import and_, func, null, or_, select

from bot.automation.status import VerdictReport, bot_report
from bot.config.runtime import now
from bot.contacts.people import Profile, locate, profile_of, texts_of
from bot.contacts.reply_texts import reply_texts_of
from bot.core.display_names import without_controls
from bot.core.errors import BotException
from bot.inputs.pagination import Page, after, cursor_of
from bot.inputs.params import Params
from bot.storage.bot_lock import locked_status
from bot.storage.models import ENDED, Action, ActionTarget, Answer, Contact, InstagramCredentials, Person
from bot.storage.models.values import AnswerMark, AnswerSort, HandMark, MarkedBy, StepKind, TargetStatus
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import unseal

UNREAD, NOT_DONE = Answer.read_at.is_(null()), Answer.done_at.is_(null())
_MAYBE_SENT = (TargetStatus.DONE, TargetStatus.UNKNOWN, TargetStatus.WORKING)
_WRITTEN_AT = func.coalesce(ActionTarget.claimed_at, ActionTarget.created_at)


@dataclass(frozen=True)
class Spoken:
    """One message of a conversation: of the person, or of the bot if `mine`.

    `text` has no control characters, and is None if none is kept. `status` and `action_id` are those of the bot's own
    messages; `sort`, `mark`, `marked_by`, `in_group` and `is_read` are of answers. A reply that its user typed is
    `by_hand`: `reason` or `error_code` tells why it was not sent, `is_over` that nothing more will be done for it, and
    `waits` what it waits for.
    """

    id: str
    at: datetime
    mine: bool
    text: str | None
    sort: AnswerSort = "text"
    in_group: bool = False
    mark: AnswerMark | None = None
    marked_by: MarkedBy | None = None
    is_read: bool = True
    status: TargetStatus | None = None
    action_id: str | None = None
    by_hand: bool = False
    reason: str | None = None
    error_code: str | None = None
    is_over: bool = True
    waits: VerdictReport | None = None


@dataclass(frozen=True)
class State:
    """The state of the answers of one person: `mark` is that of the newest marked answer, `latest` the newest one."""

    answers: int = 0
    unread: int = 0
    open: int = 0
    mark: AnswerMark | None = None
    marked_by: MarkedBy | None = None
    latest: Spoken | None = None

    @property
    def is_done(self) -> bool:
        return self.answers > 0 and not self.open


@dataclass(frozen=True)
class Conversation:
    """A person, the state of their answers, and a page of what was written, newest first.

    `is_elsewhere`: they wrote only to an account that was linked before, so no reply of this one would be an answer.
    """

    profile: Profile
    state: State
    spoken: Page[Spoken]
    is_elsewhere: bool = False


class Marked(Params):
    """The mark of a conversation."""

    mark: HandMark | None = Field(description="Null removes the mark that you set.")


def count_unread(user_id: str) -> int:
    """Return the number of answers that the user has not read here."""
    with tenant(user_id, reading=True) as session:
        return session.run(_COUNT_UNREAD).scalar_one()


_COUNT_UNREAD = select(func.count(Answer.id)).where(UNREAD)


def get_conversation(user_id: str, person_id: str, limit: int, cursor: str | None) -> Conversation:
    """Return a conversation. Opening it reads nothing at Instagram. Raises PERSON_NOT_FOUND and BAD_CURSOR."""
    with tenant(user_id, reading=True) as session:
        person = locate(session, person_id)
        spoken = _spoken(session, person, limit, cursor)
        state = states_of(session, [person.instagram_id])[0]
        found = Conversation(profile_of(session, person), state, spoken, is_elsewhere(session, person.instagram_id))
    return replace(found, spoken=_with_waits(user_id, spoken))


def is_elsewhere(session: TenantSession, instagram_id: str) -> bool:
    """Return whether all that a person wrote was written to an account that was linked before."""
    of_person = select(Answer.account_id).where(Answer.instagram_id == instagram_id, Answer.in_group.is_(False))
    accounts = set(session.scalars(of_person.distinct()))
    own = session.scalars(select(InstagramCredentials.instagram_id)).one_or_none()
    # Of old answers the account is not stored.
    return bool(accounts) and own is not None and not accounts & {own, None}


def _with_waits(user_id: str, spoken: Page[Spoken]) -> Page[Spoken]:
    """Return the messages, and of each reply that is not over what it waits for."""
    if all(one.is_over for one in spoken.items):
        return spoken
    verdicts = bot_report(user_id).orders
    return Page(
        [one if one.is_over else replace(one, waits=verdicts.get(one.action_id or "")) for one in spoken.items],
        spoken.next,
    )


def _spoken(session: TenantSession, person: Person, limit: int, cursor: str | None) -> Page[Spoken]:
    """Return a page of both sides, merged by time. Each side is read from the same cursor."""
    of_person = select(Answer).where(Answer.instagram_id == person.instagram_id)
    theirs = session.scalars(after(of_person, (Answer.at, Answer.id), cursor).limit(limit + 1)).all()
    maybe_sent = ActionTarget.status.in_(_MAYBE_SENT) & ActionTarget.claimed_at.is_not(None)
    wanted = or_(ActionTarget.step_kind == StepKind.REPLY, and_(ActionTarget.step_kind == StepKind.MESSAGE, maybe_sent))
    written = select(ActionTarget).where(ActionTarget.person_id == person.id, wanted)
    keys = (_WRITTEN_AT, ActionTarget.id)
    mine = session.scalars(after(written, keys, cursor).limit(limit + 1)).all()  # type: ignore[arg-type]  # an expression
    ids = [row.id for row in mine]
    texts = texts_of(session, ids) | reply_texts_of(session, ids)
    ended = set(
        session.scalars(
            select(Action.id).where(Action.id.in_({row.action_id for row in mine}), Action.status.in_(ENDED))
        )
    )
    both = [answer_shown(row) for row in theirs]
    both += [_sent(row, texts.get(row.id), row.action_id in ended) for row in mine]
    both.sort(key=lambda one: (one.at, one.id), reverse=True)
    shown = both[:limit]
    further = cursor_of(shown[-1].at, shown[-1].id) if len(both) > limit else None
    # A reply that waits comes after all that was written, whenever it was typed.
    return Page(sorted(shown, key=lambda one: one.is_over or one.status != TargetStatus.PENDING), further)


def answer_shown(row: Answer) -> Spoken:
    """Return an answer as it is shown. A text whose key is lost is missing, as one that is no longer kept is."""
    try:
        text = unseal(row, "text_encrypted")
    except BotException:
        text = None
    shown = without_controls(text) if text else None
    return Spoken(
        row.id, row.at, False, shown, row.sort, row.in_group, row.mark, row.mark_by, is_read=row.read_at is not None
    )


def _sent(row: ActionTarget, text: str | None, action_ended: bool) -> Spoken:
    is_pending = row.status == TargetStatus.PENDING and not action_ended
    is_asked = row.status == TargetStatus.WORKING or row.look_up_at is not None
    by_hand = row.step_kind == StepKind.REPLY
    return Spoken(
        row.id,
        row.claimed_at or row.created_at,
        True,
        text,
        status=row.status,
        action_id=row.action_id,
        by_hand=by_hand,
        reason=row.reason,
        error_code=row.error_code,
        is_over=not (by_hand and (is_pending or is_asked)),
    )


def states_of(session: TenantSession, instagram_ids: list[str]) -> list[State]:
    """Return the state of the answers of each person, in the order of their Instagram ids."""
    of_them = Answer.instagram_id.in_(instagram_ids)
    counted = select(
        Answer.instagram_id,
        func.count(Answer.id),
        func.count(Answer.id).filter(UNREAD),
        func.count(Answer.id).filter(NOT_DONE),
        func.max(Answer.at, type_=Answer.at.type),
    )
    counts = {row[0]: row[1:] for row in session.execute(counted.where(of_them).group_by(Answer.instagram_id))}
    newest = [(Answer.instagram_id == known) & (Answer.at == row[3]) for known, row in counts.items()]
    latest: dict[str, Answer] = {}
    marks: dict[str, tuple[AnswerMark | None, MarkedBy | None]] = {}
    if newest:
        query = select(Answer).where(or_(*newest)).order_by(Answer.id)
        latest = {row.instagram_id: row for row in session.scalars(query)}
        marked = select(Answer.instagram_id, Answer.mark, Answer.mark_by).where(of_them, Answer.mark.is_not(null()))
        marks = {row[0]: (row[1], row[2]) for row in session.execute(marked.order_by(Answer.at))}
    return [
        State(*counts[known][:3], *marks.get(known, (None, None)), answer_shown(latest[known]))
        if known in counts
        else State()
        for known in instagram_ids
    ]


def mark_read(user_id: str, person_id: str, until: datetime | None = None) -> int:
    """Note that the user has read the person's answers here, and return how many were unread. Commits.

    One that came after `until` stays unread: who read the others has not seen it. Raises PERSON_NOT_FOUND.
    """
    with tenant(user_id) as session:
        person = locate(session, person_id)
        of_person = select(Answer).where(Answer.instagram_id == person.instagram_id, UNREAD)
        found = session.scalars(of_person.where(Answer.at <= until) if until else of_person).all()
        for answer in found:
            answer.read_at = now()
        session.commit()
        return len(found)


def mark_done(user_id: str, person_id: str, *, done: bool) -> State:
    """Put a conversation aside with all its answers, which are read then, or take it up again. Commits.

    A later answer takes it up by itself. Raises PERSON_NOT_FOUND and CONVERSATION_NOT_FOUND.
    """
    with tenant(user_id) as session:
        locked_status(session)
        person = locate(session, person_id)
        answers = _answers(session, person)
        for answer in answers:
            if done:
                answer.read_at, answer.done_at = answer.read_at or now(), answer.done_at or now()
        if not done:
            answers[-1].done_at = None
        session.flush()
        state = states_of(session, [person.instagram_id])[0]
        session.commit()
        return state


def mark(user_id: str, person_id: str, params: Marked) -> State:
    """Set the mark of a conversation, on its newest answer, in place of an earlier one by hand. Commits.

    Raises PERSON_NOT_FOUND, CONVERSATION_NOT_FOUND, and CONVERSATION_OPTED_OUT while the person has opted out.
    """
    with tenant(user_id) as session:
        locked_status(session)
        person = locate(session, person_id)
        answers = _answers(session, person)
        contact = select(Contact.stopped).where(Contact.instagram_id == person.instagram_id)
        if session.scalars(contact).one_or_none():
            raise BotException("CONVERSATION_OPTED_OUT")
        for answer in answers:
            if answer.mark_by == "hand":
                answer.mark, answer.mark_by = None, None
        if params.mark:
            answers[-1].mark, answers[-1].mark_by, answers[-1].rule = params.mark, "hand", None
        session.flush()
        state = states_of(session, [person.instagram_id])[0]
        session.commit()
        return state


def _answers(session: TenantSession, person: Person) -> list[Answer]:
    """Return the person's answers, oldest first. Raises CONVERSATION_NOT_FOUND if there is none."""
    query = select(Answer).where(Answer.instagram_id == person.instagram_id).order_by(Answer.at, Answer.id)
    answers = list(session.scalars(query))
    if not answers:
        raise BotException("CONVERSATION_NOT_FOUND")
    return answers
