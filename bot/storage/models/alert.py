"""Alert channels of users."""

from datetime import datetime

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Deliverable, Id, Tenant, UtcDateTime, owner, sealed
from bot.storage.models.values import ANSWER_EVENTS, AlertEvent, AlertKind, OneOf


class AlertChannel(Tenant, Deliverable, Base):
    """A way to alert a user, and the last alert that went or has to go there.

    `address` is the part of a webhook's URL that may be shown. The URL itself is sealed because its path is a secret.
    `address` of an e-mail channel is empty: the alert goes to the user's verified address at the time of sending.
    `event` and `error_code` belong to the last alert, `request_id` and `action_id` to its origin, and `mail_id` to the
    mail that carries it. `failure` tells why the last try failed. `muted`
    are the events that the user does not want here: of a new channel those of answers.
    """

    __tablename__ = "alert_channels"
    __table_args__ = (Index(None, "due_at"),)

    user_id: Mapped[str] = owner()
    kind: Mapped[AlertKind] = mapped_column(OneOf(AlertKind))
    address: Mapped[str] = mapped_column(String(300))
    url_encrypted: Mapped[bytes | None] = sealed("alert_url")
    secret_encrypted: Mapped[bytes | None] = sealed("alert_secret")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[AlertEvent | None] = mapped_column(OneOf(AlertEvent, 32))
    error_code: Mapped[str | None] = mapped_column(String(32))
    request_id: Mapped[str | None] = mapped_column(String(64))
    action_id: Mapped[str | None] = mapped_column(Id)
    mail_id: Mapped[str | None] = mapped_column(Id)
    happened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(String(300))
    muted: Mapped[list[AlertEvent]] = mapped_column(JSON, default=lambda: [*ANSWER_EVENTS], server_default="[]")
