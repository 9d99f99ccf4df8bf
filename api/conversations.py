"""Conversations: what your bot wrote to a person and what they answered, marks, and what is done.

Answers to calls that change something hold no texts, because they may be kept for a repetition of the call.
"""

from datetime import datetime
from typing import Self
from uuid import UUID

from flask import url_for
from flask.wrappers import Response
from pydantic import Field

from api.answers import Answer, Listing, Paging, Schema, accepted
from api.blueprint import blueprint, raises
from api.bots import Verdict
from api.idempotency import IdempotencyKey, mark_replayed
from api.people import AnsweredOut, PersonDetails
from bot.contacts import conversations, inbox
from bot.contacts.conversations import Conversation, Marked, State
from bot.contacts.inbox import AnsweredContact, Waiting
from bot.inputs.pagination import Page
from bot.messages import replying
from bot.messages.replying import Typed
from bot.storage.models.values import AnswerMark, AnswerSort, MarkedBy, TargetStatus
from middleware.access import me, require_valid_session, signed_in

bp = blueprint("conversations", "Conversations")


class SpokenOut(Schema):
    """One message: of the person, or of your bot if `mine`."""

    id: str
    at: datetime
    mine: bool
    text: str | None = Field(
        description="Without control characters. Null for pictures and the like, and if no text is kept any more."
    )
    sort: AnswerSort = Field(description="`media` is a picture, video, recording or shared post, `reaction` a sign.")
    in_group: bool = Field(description="Whether they wrote it in a group. Of groups only requests to stop are kept.")
    mark: AnswerMark | None
    marked_by: MarkedBy | None = Field(description="`rule` for stop words and your positive words, `hand` for you.")
    is_read: bool
    status: TargetStatus | None = Field(description="Of your bot's message; null for an answer.")
    action_id: str | None = Field(description="The action that sent it; null for an answer.")
    by_hand: bool = Field(description="Whether you typed it as a reply.")
    reason: str | None = Field(description="Why your bot's message was skipped, or a remark on it.")
    error_code: str | None = Field(description="Why your bot's message was not sent.")
    is_over: bool = Field(description="Whether nothing more is done to send your reply. True for all else.")
    waits: Verdict | None = Field(description="What your reply waits for, while it is not over.")


class StateOut(Schema):
    """The state of the answers of one person."""

    answers: int = Field(description="Answers that are stored. Those from before texts were stored are not.")
    unread: int
    is_done: bool = Field(description="Whether all answers are done. A new answer opens the conversation again.")
    mark: AnswerMark | None = Field(description="That of the newest marked answer.")
    marked_by: MarkedBy | None


class ConversationOut(AnsweredOut, StateOut):
    """A person who answered, with their newest answer. `text` is the message of yours before it."""

    answer: SpokenOut | None = Field(description="Their newest answer; null if it came before texts were stored.")

    @classmethod
    def of(cls, found: AnsweredContact) -> Self:
        basics = AnsweredOut.of(found).model_dump() | StateOut.model_validate(found.state).model_dump()
        latest = found.state.latest
        return cls.model_validate({**basics, "answer": SpokenOut.model_validate(latest) if latest else None})


class ConversationListing(Listing):
    items: list[ConversationOut]
    unread: int = Field(description="People with unread answers, on all pages.")

    @classmethod
    def listed(cls, page: Page[AnsweredContact], unread: int) -> Self:
        return cls(items=[ConversationOut.of(found) for found in page.items], next=page.next, unread=unread)


class ConversationAnswer(Answer):
    """A conversation, newest first."""

    person: PersonDetails
    state: StateOut
    is_elsewhere: bool = Field(
        description="Whether they wrote only to an account that was connected before. This one cannot reply."
    )
    items: list[SpokenOut]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")

    @classmethod
    def of(cls, found: Conversation) -> Self:
        return cls(
            person=PersonDetails.of(found.profile),
            state=StateOut.model_validate(found.state),
            is_elsewhere=found.is_elsewhere,
            items=[SpokenOut.model_validate(one) for one in found.spoken.items],
            next=found.spoken.next,
        )


class StateAnswer(Answer):
    state: StateOut

    @classmethod
    def of(cls, state: State) -> Self:
        return cls(state=StateOut.model_validate(state))


class ReadAnswer(Answer):
    read: int = Field(description="The number of answers that were unread.")


class ReplyAnswer(Answer):
    """A reply that waits to be sent. The conversation shows what comes of it."""

    action_id: str
    target_id: str


class WhichConversations(Paging):
    """Filter of the conversations."""

    opted_out: bool | None = Field(None, description="Only those who asked to be left alone, or only the others.")
    state: Waiting | None = Field(
        None, description="Only with answers that are unread, or not done by people who did not opt out."
    )


@bp.get("/conversations")
@signed_in
@bp.input(WhichConversations, location="query")
@bp.output(ConversationListing)
@raises("BAD_CURSOR")
def list_conversations(query_data: WhichConversations) -> ConversationListing:
    """List the people who answered, the latest answer first, with what they wrote last. Texts are stored encrypted."""
    asked = query_data
    found = inbox.list_answers(me().id, asked.limit, asked.cursor, opted_out=asked.opted_out, state=asked.state)
    return ConversationListing.listed(found, inbox.count_answers(me().id).unread)


@bp.get("/conversations/<uuid:person_id>")
@signed_in
@bp.input(Paging, location="query")
@bp.output(ConversationAnswer)
@raises("PERSON_NOT_FOUND", "BAD_CURSOR")
def show_conversation(person_id: UUID, query_data: Paging) -> ConversationAnswer:
    """Show what your bot wrote to a person and what they answered. It marks nothing as read, here or at Instagram."""
    asked = query_data
    return ConversationAnswer.of(conversations.get_conversation(me().id, str(person_id), asked.limit, asked.cursor))


@bp.post("/conversations/<uuid:person_id>/read")
@signed_in
@bp.output(ReadAnswer)
@raises("PERSON_NOT_FOUND")
def mark_read(person_id: UUID) -> ReadAnswer:
    """Mark a person's answers as read here. Instagram is told nothing."""
    return ReadAnswer(read=conversations.mark_read(me().id, str(person_id)))


@bp.put("/conversations/<uuid:person_id>/mark")
@signed_in
@bp.input(Marked)
@bp.output(StateAnswer)
@raises("PERSON_NOT_FOUND", "CONVERSATION_NOT_FOUND", "CONVERSATION_OPTED_OUT")
def mark_conversation(person_id: UUID, json_data: Marked) -> StateAnswer:
    """Mark a conversation, or remove your mark. A mark sends nothing."""
    return StateAnswer.of(conversations.mark(me().id, str(person_id), json_data))


@bp.post("/conversations/<uuid:person_id>/done")
@signed_in
@bp.output(StateAnswer)
@raises("PERSON_NOT_FOUND", "CONVERSATION_NOT_FOUND")
def mark_done(person_id: UUID) -> StateAnswer:
    """Mark a conversation as done, and its answers as read. A new answer opens it again."""
    return StateAnswer.of(conversations.mark_done(me().id, str(person_id), done=True))


@bp.delete("/conversations/<uuid:person_id>/done")
@signed_in
@bp.output(StateAnswer)
@raises("PERSON_NOT_FOUND", "CONVERSATION_NOT_FOUND")
def open_again(person_id: UUID) -> StateAnswer:
    """Open a conversation that is done."""
    return StateAnswer.of(conversations.mark_done(me().id, str(person_id), done=False))


@bp.post("/conversations/<uuid:person_id>/reply")
@require_valid_session
@bp.input(Typed)
@bp.input(IdempotencyKey, location="headers")
@bp.output(ReplyAnswer, status_code=202)
@raises(
    "PERSON_NOT_FOUND",
    "CONVERSATION_NOT_FOUND",
    "REPLY_NOT_ALLOWED",
    "REPLY_OTHER_ACCOUNT",
    "REPLIES_UNANSWERED",
    "TOO_MANY_REPLIES",
    "BOT_STOPPED",
    "IDEMPOTENCY_KEY_REUSED",
)
def reply(person_id: UUID, json_data: Typed, headers_data: IdempotencyKey) -> Response:
    """Reply to a person who has written, in your own words.

    The reply is sent at any hour, before all actions, and within its own limit. Messages that your actions still have
    for the person are skipped. The same Idempotency-Key is the same reply for good.
    """
    placed = replying.reply(me().id, str(person_id), json_data, headers_data.key)
    shown = url_for("api.conversations.show_conversation", person_id=person_id)
    response = accepted(ReplyAnswer(action_id=placed.action_id, target_id=placed.target_id), shown)
    return mark_replayed(response) if placed.replayed else response


@bp.delete("/conversations/<uuid:person_id>/replies/<uuid:action_id>")
@signed_in
@bp.output(Answer)
@raises("PERSON_NOT_FOUND", "ACTION_NOT_FOUND", "ACTION_NOT_RUNNING")
def cancel_reply(person_id: UUID, action_id: UUID) -> Answer:
    """Cancel a reply that waits to be sent."""
    replying.cancel_reply(me().id, str(person_id), str(action_id))
    return Answer()
