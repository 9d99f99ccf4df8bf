"""Messages to people, who was written to and answered, and who must never be touched."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, TenantOrAll, UtcDateTime, new_id, owner
from bot.storage.models.values import ListedBy, OneOf


class Message(Tenant, Base):
    """The intent of one message, written before the call: its text and the token that Instagram gets along.

    One target has one: a message that surely did not arrive keeps its token for the next try. `look_ups` counts good
    look-ups in the thread that did not find it. `item_id` and `thread_id` are Instagram's, once it is known to be sent.
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
    look_ups: Mapped[int] = mapped_column(default=0)
    item_id: Mapped[str | None] = mapped_column(String(64))
    thread_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Contact(Tenant, Base):
    """Somebody whom the bot has written to: when last, and when and with which item they answered last.

    `stopped_at` is when they last asked to be left alone, and `stopped` whether that still holds: the user may have
    taken them off the list since. `unread` is where the reading of their answers goes on, when there were too many
    for one.
    """

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("user_id", "instagram_id"),)

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


class DoNotContact(TenantOrAll, Base):
    """Somebody never to be touched: by one user's bot, or by any where `user_id` is NULL.

    `source` is who said so, `answer` where they asked for it. People may take another name; where `instagram_id` is
    known they are still the same.
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
