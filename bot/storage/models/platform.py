"""What an administrator sets for the platform as a whole."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, UtcDateTime, new_id
from bot.storage.models.values import OneOf, RestoreCause

THE_ONE = "all bots"


class Generation(Base):
    """One life of the database: a new one begins where an earlier state was put back, which was `found` out or
    `declared` by the operator; the first has no cause. The one of the greatest number is the present one.

    `id` is what Redis and INSTANCE_DIR remember. While `released_at` is empty no bot acts; `released_by` is empty where
    the command released them.
    """

    __tablename__ = "generations"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True, default=new_id)
    cause: Mapped[RestoreCause | None] = mapped_column(OneOf(RestoreCause))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(Id)


class KillSwitch(Base):
    """While there is this row no bot acts. Who put it there, when and why; the audit log keeps the earlier ones."""

    __tablename__ = "kill_switch"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=THE_ONE)
    set_by: Mapped[str | None] = mapped_column(Id)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))
