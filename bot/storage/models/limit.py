"""Limits of a bot, and its rests after Instagram pushed back."""

from datetime import datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, TenantOrAll, UtcDateTime, new_id, owner
from bot.storage.models.values import OneOf, StepKind


class DailyLimit(TenantOrAll, Base):
    """The limit of one kind: of one user, or the default of all if `user_id` is NULL.

    `per_day` and `per_hour` count steps. NULL sets no limit. `ceiling` and `ceiling_hour` are maximums for the user
    that only an administrator sets. Delays are seconds between two steps of the kind.
    """

    __tablename__ = "daily_limits"
    __table_args__ = (Index("uq_daily_limits_user_kind", text("coalesce(user_id, '')"), "kind", unique=True),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[StepKind] = mapped_column(OneOf(StepKind))
    per_day: Mapped[int | None]
    per_hour: Mapped[int | None]
    ceiling: Mapped[int | None]
    ceiling_hour: Mapped[int | None]
    delay_min: Mapped[float | None]
    delay_max: Mapped[float | None]


class CoolDown(Tenant, Base):
    """A time in which a bot does nothing of a kind. Kind `*` is everything.

    Past rows stay as history for the ladder.
    """

    __tablename__ = "cool_downs"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    kind: Mapped[str] = mapped_column(String(16))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    error_code: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
