"""Where users are told of what needs them."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Deliverable, Id, Tenant, UtcDateTime, owner, sealed
from bot.storage.models.values import AlertEvent, AlertKind, OneOf


class AlertChannel(Tenant, Deliverable, Base):
    """A way to tell a user, and the last alert that was to be told there.

    `address` is what may be shown of a webhook's URL, which is sealed because paths of webhooks are secrets; of an
    e-mail channel it is empty, and the user's verified address is taken when the alert is sent. `event` and
    `error_code` are of the last alert, `request_id` and `action_id` of what it came from, `mail_id` the mail that
    carries it. `failure` says why the last try failed.
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
