"""Activity, the database's copy of the error registry, the audit log, and the check values of the vault."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner
from bot.storage.models.values import ActivityName, ActivityStatus, OneOf


class Activity(Tenant, Base):
    """One act or refusal. `metadata` holds error_code, stack_trace, file, line, request_id and task_id."""

    __tablename__ = "activity_logs"
    __table_args__ = (Index(None, "user_id", "at", "id"), Index(None, "at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[ActivityName] = mapped_column(String(32))
    status: Mapped[ActivityStatus] = mapped_column(OneOf(ActivityStatus))
    target: Mapped[str | None] = mapped_column(String(64))
    action_id: Mapped[str | None] = mapped_column(Id)
    error_code: Mapped[str | None] = mapped_column(String(32))
    error_message: Mapped[str | None] = mapped_column(String(500))
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSON, default=dict)


# Failures are few among all that bots do. An index of them alone answers questions about many days.
_FAILED = Activity.status == "failed"
Index(
    "ix_activity_logs_failed",
    Activity.at,
    Activity.error_code,
    Activity.user_id,
    sqlite_where=_FAILED,
    postgresql_where=_FAILED,
)


class ErrorCodeRow(Base):
    """One code of the registry, seeded from its file, or a fingerprint added on first sight."""

    __tablename__ = "error_codes"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    module: Mapped[str] = mapped_column(String(8))
    severity: Mapped[str] = mapped_column(String(16))
    description: Mapped[str] = mapped_column(Text)
    file_path: Mapped[str | None] = mapped_column(String(255))
    recommended_action: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """One act of an administrator or a sign-in, never changed or removed. `detail` holds no name of a person."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "at", "id"), Index(None, "subject_id", "at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[str | None] = mapped_column(Id)
    event: Mapped[str] = mapped_column(String(64))
    subject_id: Mapped[str | None] = mapped_column(Id)
    ip: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(String(200))
    request_id: Mapped[str | None] = mapped_column(String(64))


class VaultKey(Base):
    """The check value of a master key. It reveals a wrong key at start, and a key that was removed too early.

    `retired_at` is the time at which no value needed the key any longer.
    """

    __tablename__ = "vault_keys"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    check_value: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
