"""Changes of settings that can be undone, and the daily digests that users asked for."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Deliverable, Id, Tenant, UtcDateTime, new_id, owner


class SettingsChange(Tenant, Base):
    """A change of settings that can be undone for a day.

    `before` and `after` hold the changed settings alone, by name.
    """

    __tablename__ = "settings_changes"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Digest(Tenant, Deliverable, Base):
    """The daily digest of a user.

    It is on while `due_at` is set. `sent_at` is when the last one was written, and stays while it is off.
    """

    __tablename__ = "digests"
    __table_args__ = (Index(None, "due_at"),)

    user_id: Mapped[str] = owner(unique=True)
