"""The declarative base, the column types, and the mixins that give a row its owner."""

import uuid
from datetime import UTC, datetime

from sqlalchemy import DateTime, ForeignKey, Integer, LargeBinary, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC: `timestamptz` on PostgreSQL, plain on SQLite, always aware in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = String(36)


def new_id() -> str:
    return str(uuid.uuid4())


def owner(*, unique: bool = False, index: bool = True) -> MappedColumn[str]:
    """Return the column of a row's owner. Pass `index=False` if a composite index begins with it."""
    key = ForeignKey("users.id", ondelete="CASCADE")
    return mapped_column(Id, key, unique=unique or None, index=(index and not unique) or None)


def sealed(purpose: str, *, exported: bool = False) -> MappedColumn[bytes | None]:
    """Return the column of a secret that the vault seals for this purpose. No other column has the same purpose.

    `exported` is for what its user may read: the export of their data opens it.
    """
    return mapped_column(LargeBinary, info={"purpose": purpose, "exported": exported})


class Tenant:
    """A row of one user. The scope in code and row-level security both check `user_id`."""

    user_id: Mapped[str] = owner()


class TenantOrAll:
    """A row of one user, or of all if `user_id` is NULL. Every user reads those for all, and no user changes them."""

    user_id: Mapped[str | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)


class Deliverable:
    """A row that an outbox delivers.

    `due_at` is when it is tried next, None if there is nothing more to do; `tries` counts the tries so far.
    """

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
