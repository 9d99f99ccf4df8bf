"""Records of idempotency keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner


class IdempotencyRecord(Tenant, Base):
    """The response to the request of an Idempotency-Key, without status while the request is in progress.

    `request_digest` tells the request from any other. `answer` is `{body, headers}` or `{failure, message, errors}`. If
    the request placed an action, it is `{action_id}`, and the record has the id of the action.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("user_id", "key"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    key: Mapped[str] = mapped_column(String(128))
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
