"""The linked Instagram account and what is being asked of it right now."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner, sealed
from bot.storage.models.values import OneOf, RequestKind, RequestStatus, VerificationKind


class InstagramCredentials(Tenant, Base):
    """The Instagram account of a user; every secret in it is sealed by the vault.

    `version` is new for each session, also of another account, and each change of the proxy, so that a worker notices
    that its warm client is of yesterday.
    `instagram_id` is known from the first valid session on, which is when it was `linked_at`, and is one user's alone:
    two would share its limits and write to the same people.
    The `verification_*` columns hold a sign-in that waits for a code.
    """

    __tablename__ = "instagram_credentials"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(unique=True)
    username: Mapped[str] = mapped_column(String(64))
    instagram_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    password_encrypted: Mapped[bytes | None] = sealed("instagram_password")
    session_data_encrypted: Mapped[bytes | None] = sealed("instagram_session")
    proxy_encrypted: Mapped[bytes | None] = sealed("instagram_proxy")
    version: Mapped[str] = mapped_column(Id, default=new_id)
    verification_kind: Mapped[VerificationKind | None] = mapped_column(OneOf(VerificationKind))
    verification_sent_to: Mapped[str | None] = mapped_column(String(128))
    verification_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verification_attempts: Mapped[int] = mapped_column(default=0)
    verification_state_encrypted: Mapped[bytes | None] = sealed("instagram_verification")
    linked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountRequest(Tenant, Base):
    """Something that a person waits for and only a worker can do.

    `secret_encrypted` holds what was typed (a password or a code)
    and is emptied when the request ends. `params` says what a preview is of. `sign_in_id` is the sign-in here that
    asked; `asked_with` marks what was typed by somebody who has none yet, and `told_at` is when the first of those who
    typed that got the answer.
    """

    __tablename__ = "account_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    kind: Mapped[RequestKind] = mapped_column(OneOf(RequestKind))
    status: Mapped[RequestStatus] = mapped_column(OneOf(RequestStatus), default="queued")
    username: Mapped[str | None] = mapped_column(String(64))
    secret_encrypted: Mapped[bytes | None] = sealed("account_request")
    params: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    sign_in_id: Mapped[str | None] = mapped_column(Id)
    asked_with: Mapped[str | None] = mapped_column(String(64))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[dict[str, object] | None] = mapped_column(JSON)
    error_code: Mapped[str | None] = mapped_column(String(32))
    error_message: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BotStatus(Tenant, Base):
    """Whether the bot of a user runs, whether its Instagram session is valid and what went wrong last.

    `stop_reason` is the name of the error that stopped the bot, BOT_STOPPED where a person did. `next_step_at` is
    before which it does nothing at all, `paces` before which it does no step of a kind (kind → ISO time). `trouble` is
    the name of the error that the last try failed with, where that is why it waits until then or does nothing.
    `replies_read_at` is when the answers of people were read last, `replies_failed_at` when that failed last.
    `limits_near` says of kinds until when nobody is warned again that their limit is near (kind → ISO time).
    `ring_missed` asks the clock to ring the lane: Redis was away when it was to be rung. `revision` grows with every
    change of what the bot may do, pauses of orders and the list of whom nobody may contact excepted.

    `claim_number` counts the claims of steps: Redis and INSTANCE_DIR remember it, and so notice a database that was put
    back. `doubted_at` is when they were found to remember less than the database. Messages of the account from
    `doubt_since` on may be unknown here; `caught_up_at` is when the inbox was read because of it, and `catching_up`
    where that reading goes on.
    """

    __tablename__ = "user_bot_status"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(unique=True)
    instagram_username: Mapped[str | None] = mapped_column(String(64))
    session_valid: Mapped[bool] = mapped_column(Boolean, default=False)
    last_tested: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bot_running: Mapped[bool] = mapped_column(Boolean, default=False)
    last_error_code: Mapped[str | None] = mapped_column(String(32))
    last_error_message: Mapped[str | None] = mapped_column(String(500))
    last_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stop_reason: Mapped[str | None] = mapped_column(String(64))
    next_step_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str | None] = mapped_column(String(64))
    paces: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    limits_near: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    replies_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replies_failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ring_missed: Mapped[bool] = mapped_column(Boolean, default=False)
    revision: Mapped[int] = mapped_column(default=0)
    claim_number: Mapped[int] = mapped_column(default=0, server_default="0")
    doubted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    doubt_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    caught_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    catching_up: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class BotSettings(Tenant, Base):
    """When and on whom a bot works.

    `hours` are seven pairs of minutes after midnight in the user's time zone, Monday first; `[0, 1440]` is all day,
    null a day off, and an end before the start is on the next day. `pause` is such a pair for every night, or null.
    `filters` hold for orders that say nothing of their own; `keep` are people who are never unfollowed. For a day after
    `timezone_changed_at` limits count the last 24 hours: a change of zone brings no new day.
    """

    __tablename__ = "bot_settings"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(unique=True)
    timezone: Mapped[str] = mapped_column(String(64))
    timezone_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    hours: Mapped[list[list[int] | None]] = mapped_column(JSON)
    pause: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    warm_up: Mapped[bool] = mapped_column(Boolean, default=True)
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    keep: Mapped[list[str]] = mapped_column(JSON, default=list)
    stop_words: Mapped[list[str]] = mapped_column(JSON, default=list)


class BotInstanceRow(Tenant, Base):
    """Where the memory file of a bot lies; the file is a cache."""

    __tablename__ = "bot_instances"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(unique=True)
    sqlite_db_path: Mapped[str] = mapped_column(String(1024))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
