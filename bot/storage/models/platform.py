"""Switches of the whole platform, and the state of its client of Instagram."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, UtcDateTime, new_id
from bot.storage.models.values import OneOf, RestoreCause, StepKind

THE_ONE = "all bots"


class Generation(Base):
    """One lifetime of the database. A new one begins after an earlier state was restored.

    The restore was `found` by the product or `declared` by the operator; the first generation has no cause. The
    greatest number is the current one. Redis and INSTANCE_DIR remember `id`. While `released_at` is empty no bot acts.
    `released_by` is empty if the command released them.
    """

    __tablename__ = "generations"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True, default=new_id)
    cause: Mapped[RestoreCause | None] = mapped_column(OneOf(RestoreCause))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(Id)


class KillSwitch(Base):
    """While this row exists no bot acts. It tells who set it, when and why. The audit log keeps the earlier ones."""

    __tablename__ = "kill_switch"

    id: Mapped[str] = mapped_column(String(16), primary_key=True, default=THE_ONE)
    set_by: Mapped[str | None] = mapped_column(Id)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(200))


class InstagramClientRow(Base):
    """A version of the Instagram client that workers here have run, with the version of the app that it speaks for.

    The current one is the one that a worker started last. While it has been refused and not released, no bot acts.
    `released_by` is the admin's id; None if another version ended the hold.
    """

    __tablename__ = "instagram_clients"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    app_version: Mapped[str] = mapped_column(String(32))
    first_run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by: Mapped[str | None] = mapped_column(Id)


class UnknownReplyRow(Base):
    """The shape of a reply that a call did not understand, and how often it came. It has nothing of an account.

    `digest` identifies path, status, code and shape. `client` is the version of the client that saw it last.
    """

    __tablename__ = "unknown_replies"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    http_status: Mapped[int]
    error_code: Mapped[str] = mapped_column(String(32))
    client: Mapped[str] = mapped_column(String(64))
    shape: Mapped[dict[str, str]] = mapped_column(JSON)
    count: Mapped[int]
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PlatformDay(Base):
    """The steps of all users on a day in UTC with one outcome, and the number of users who have any.

    `measure` is `steps` for the results of steps themselves, else the name of a measure of what came of them. Days are
    counted again each night, so that late readings come in and erased users leave.
    """

    __tablename__ = "platform_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    step_kind: Mapped[StepKind] = mapped_column(OneOf(StepKind), primary_key=True)
    measure: Mapped[str] = mapped_column(String(16), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int]
    users: Mapped[int]
