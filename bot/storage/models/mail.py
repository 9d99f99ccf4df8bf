"""Mails, the tokens of their links, and requests by mail that are still open."""

from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Deliverable, Id, UtcDateTime, new_id, owner, sealed

MailState = Literal["sent", "waiting", "given_up", "kept"]


class Mail(Deliverable, Base):
    """A mail to deliver, or the result of one. Its text is sealed, and deleted once the mail is sent or given up.

    `error_code` tells why the last try failed. `user_id` is the user it is about, or None for a person without a login.
    `request_id` is the request that caused it.
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
        """The state of the mail. In the demo mails are `kept` and wait for nothing."""
        if self.sent_at:
            return "sent"
        if self.due_at:
            return "waiting"
        return "given_up" if self.error_code else "kept"


class MailToken(Base):
    """The SHA-256 of the token in a mailed link. It is valid for one purpose and the address that it was sent to.

    It works once: using it deletes its row.
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
    """A request for a new password. The typed name is sealed, and the clock searches for it."""

    __tablename__ = "recovery_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name_encrypted: Mapped[bytes | None] = sealed("recovery_name")
    ip: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Registration(Base):
    """A request for a login. It belongs to no user until the mailed link is opened, within a day.

    `answered_at` is the time at which that mail was written, and `token_hash` the SHA-256 of the token in its link.
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
