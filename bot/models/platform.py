"""What an administrator sets for the platform as a whole."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Base, Id, UtcDateTime

THE_ONE = "all bots"


class KillSwitch(Base):
    """While there is this row no bot acts. Who put it there, when and why; the audit log keeps the earlier ones."""

    __tablename__ = "kill_switch"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=THE_ONE)
    set_by: Mapped[str | None] = mapped_column(Id)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))
