"""Mails, the links in them, and what was asked for by mail and is not answered yet."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Deliverable, Id, UtcDateTime, new_id, owner, sealed

MailState = Literal["sent", "waiting", "given_up", "kept"]


class Mail(Deliverable, Base):
    """A mail to deliver, or what became of one: its text is sealed, and gone once it is sent or given up.

    `error_code` is why the last try failed. `user_id` is whom it is about, None for somebody who has no login yet.
    `request_id` is that of the request from which it came.
    """

    __tablename__ = "mails"
    __table_args__ = (Index(None, "due_at"), Index(None, "created_at", "id"))

    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(32))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    text_encrypted: Mapped[bytes | None] = sealed("mail_text")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    error_code: Mapped[str | None] = mapped_column(String(32))
    request_id: Mapped[str | None] = mapped_column(String(64))

    @property
    def state(self) -> MailState:
        """In the demo mails are `kept`, and wait for nothing."""
        if self.sent_at:
            return "sent"
        if self.due_at:
            return "waiting"
        return "given_up" if self.error_code else "kept"


class MailToken(Base):
    """What a link in a mail carries, as its SHA-256: good for one purpose and for the address that it was sent to.

    It is good once: using it is deleting its row.
    """

    __tablename__ = "mail_tokens"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    purpose: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryRequest(Base):
    """Somebody asked for a new password; whose name they typed is sealed, and looked up by the clock."""

    __tablename__ = "recovery_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name_encrypted: Mapped[bytes | None] = sealed("recovery_name")
    ip: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Registration(Base):
    """Somebody wants a login: nobody's yet, until the link in the mail to the address is opened, for a day.

    `answered_at` is when that mail was written, and `token_hash` what its link carries, as its SHA-256.
    """

    __tablename__ = "registrations"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64))
    email: Mapped[str] = mapped_column(String(254))
    password: Mapped[str] = mapped_column(String(255))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    ip: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
