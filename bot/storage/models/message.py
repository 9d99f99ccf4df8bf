"""People that bots have met, messages to them, their answers, and the do-not-contact list."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    null,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, TenantOrAll, UtcDateTime, new_id, owner, sealed
from bot.storage.models.values import AnswerMark, AnswerSort, ListedBy, MarkedBy, OneOf


class Person(Tenant, Base):
    """A person at Instagram that a user's bot has met, under one id of ours whatever their name is.

    `username` is the name that they were last seen under, at `seen_at`. Earlier names are those of their targets.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("user_id", "instagram_id"),
        Index(None, "user_id", "username"),
        Index(None, "user_id", "seen_at", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    instagram_id: Mapped[str] = mapped_column(String(32))
    username: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Message(Tenant, Base):
    """The delivery of one message, written before the call: its text and the token that Instagram gets with it.

    A target has one. A message that surely did not arrive keeps its token for the next try. `look_ups` counts readings
    of the thread that succeeded and did not find it. `variant` tells which choices of the template the text has.
    `item_id` and `thread_id` are Instagram's, once it is known to be sent. That of a reply has no `text`: it is in
    `reply_texts`, and the `digest` tells nothing of it.
    """

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "target_id"], ["action_targets.user_id", "action_targets.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("user_id", "target_id"),
        Index(None, "user_id", "digest"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    target_id: Mapped[str] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    token: Mapped[str] = mapped_column(String(32))
    variant: Mapped[str | None] = mapped_column(String(24))
    look_ups: Mapped[int] = mapped_column(default=0)
    item_id: Mapped[str | None] = mapped_column(String(64))
    thread_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReplyText(Tenant, Base):
    """The text of a reply that its user typed, sealed.

    It is gone after `forget_at`, as answers are, but not before it is known what came of the reply.
    """

    __tablename__ = "reply_texts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "target_id"], ["action_targets.user_id", "action_targets.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("user_id", "target_id"),
        Index(None, "forget_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    target_id: Mapped[str] = mapped_column(Id)
    text_encrypted: Mapped[bytes] = sealed("reply", exported=True)  # type: ignore[assignment]  # never empty
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Contact(Tenant, Base):
    """A person the bot has written to, with the time of the last message and the time and item of their last answer.

    `stopped_at` is the time of their last request to be left alone. `stopped` tells if it still holds: the user may
    have removed them from the list since. `unread` is the position from which the reading of their answers continues,
    if there were too many for one round. What they wrote until `forgotten_at` is not stored again: their user had them
    forgotten then.
    """

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("user_id", "instagram_id"), Index(None, "user_id", "written_at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    instagram_id: Mapped[str] = mapped_column(String(32))
    username: Mapped[str] = mapped_column(String(64))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer_id: Mapped[str | None] = mapped_column(String(64))
    stopped: Mapped[bool] = mapped_column(default=False)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unread: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @hybrid_property
    def heard_at(self) -> datetime | None:
        """The time of their last answer, or of a request to be left alone that was none, as in a group."""
        return self.answered_at or self.stopped_at

    @heard_at.inplace.expression
    @classmethod
    def _heard_at(cls) -> ColumnElement[datetime | None]:
        return func.coalesce(cls.answered_at, cls.stopped_at)


MORE_TO_READ = Contact.unread.is_not(null())
"""People whose answers have not been read to the end."""
Index("ix_contacts_unread", Contact.user_id, postgresql_where=MORE_TO_READ, sqlite_where=MORE_TO_READ)


class Answer(Tenant, Base):
    """One thing that a contact wrote: an item of a conversation, its text sealed.

    `instagram_id` is the person's, and `account_id` the account that they wrote to, NULL of old ones. An item in a
    group is kept only if it asks to stop. `rule` names the words that set the mark if `mark_by` is `rule`. The text is
    emptied at `forget_at`, and never kept if its user keeps none.
    """

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("user_id", "item_id"), Index(None, "user_id", "instagram_id", "at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    instagram_id: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[str | None] = mapped_column(String(32))
    thread_id: Mapped[str] = mapped_column(String(64))
    item_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    sort: Mapped[AnswerSort] = mapped_column(OneOf(AnswerSort))
    text_encrypted: Mapped[bytes | None] = sealed("answer", exported=True)
    in_group: Mapped[bool] = mapped_column(default=False)
    mark: Mapped[AnswerMark | None] = mapped_column(OneOf(AnswerMark))
    mark_by: Mapped[MarkedBy | None] = mapped_column(OneOf(MarkedBy))
    rule: Mapped[str | None] = mapped_column(String(32))
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forget_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


# Few answers are unread and few texts expire, but every page asks for the first and the clock for the second.
_UNREAD, _KEPT = Answer.read_at.is_(null()), Answer.forget_at.is_not(null())
Index("ix_answers_unread", Answer.user_id, Answer.instagram_id, sqlite_where=_UNREAD, postgresql_where=_UNREAD)
Index("ix_answers_kept", Answer.forget_at, sqlite_where=_KEPT, postgresql_where=_KEPT)


class DoNotContact(TenantOrAll, Base):
    """A person that no bot may touch: one user's bot, or any bot if `user_id` is NULL.

    `source` tells who listed them, and `answer` means that they asked for it. People may change their name: a known
    `instagram_id` still identifies them.
    """

    __tablename__ = "do_not_contact"
    __table_args__ = (
        Index("uq_do_not_contact_user_username", text("coalesce(user_id, '')"), "username", unique=True),
        Index(None, "username"),
        Index(None, "instagram_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64))
    instagram_id: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[ListedBy] = mapped_column(OneOf(ListedBy))
    note: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
