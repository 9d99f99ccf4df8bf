"""The linked Instagram account, the requests to it, and the state and settings of its bot."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner, sealed
from bot.storage.models.values import BotCondition, CodeMethod, OneOf, RequestKind, RequestStatus, VerificationKind

ANSWER_DAYS = 180
"""Days for which texts of answers are kept, unless their user chooses otherwise."""


class InstagramCredentials(Tenant, Base):
    """The Instagram account of a user; the vault seals every secret in it.

    `version` changes with each session and each change of the proxy, so a worker notices that its warm client is stale.
    `instagram_id` is set by the first valid session, at `linked_at`. It belongs to one user only: two would share its
    limits and write to the same people. The `verification_*` columns hold a sign-in that waits for a code.
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
    app_version: Mapped[str | None] = mapped_column(String(32))
    verification_kind: Mapped[VerificationKind | None] = mapped_column(OneOf(VerificationKind))
    verification_sent_to: Mapped[str | None] = mapped_column(String(128))
    verification_method: Mapped[CodeMethod | None] = mapped_column(OneOf(CodeMethod))
    verification_methods: Mapped[list[CodeMethod] | None] = mapped_column(JSON(none_as_null=True))
    verification_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verification_attempts: Mapped[int] = mapped_column(default=0)
    verification_state_encrypted: Mapped[bytes | None] = sealed("instagram_verification")
    linked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InstagramDevice(Tenant, Base):
    """The phone that Instagram sees at one account, from the first try on: one for each name that a user has typed.

    It stays if the account is unlinked, so that the account comes back on the same phone. `country`, `language` and
    `timezone` are the place that the phone tells of; NULL at those from before the choice. `proxy_country` is what the
    owner says.
    """

    __tablename__ = "instagram_devices"
    __table_args__ = (UniqueConstraint("user_id", "username"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    username: Mapped[str] = mapped_column(String(64))
    device_encrypted: Mapped[bytes | None] = sealed("instagram_device")
    country: Mapped[str | None] = mapped_column(String(2))
    language: Mapped[str | None] = mapped_column(String(3))
    timezone: Mapped[str | None] = mapped_column(String(64))
    proxy_country: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AccountRequest(Tenant, Base):
    """A request that only a worker can do, while a person waits.

    `secret_encrypted` holds the typed password or code and is emptied when the request ends. `params` describes a
    preview. `sign_in_id` is the sign-in that asked. `asked_with` marks input from a person who has no sign-in yet, and
    `told_at` is the time at which the first of them got the response.
    """

    __tablename__ = "account_requests"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    kind: Mapped[RequestKind] = mapped_column(OneOf(RequestKind))
    status: Mapped[RequestStatus] = mapped_column(OneOf(RequestStatus), default=RequestStatus.QUEUED)
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
    """State of a user's bot, of its Instagram session, and of its last failure.

    `stop_reason` is the name of the error that stopped the bot, or BOT_STOPPED if a person did. The bot does nothing
    before `next_step_at`, and no step of a kind before its time in `paces` (kind → ISO time). `trouble` names the error
    of the last try if the bot waits or idles because of it. `replies_read_at` is the last whole reading of answers,
    `inbox_place` the position from which one continues that is not whole yet, and `replies_failed_at` its last failure.
    `limits_near` holds, for each kind, the time until which no further warning of
    a near limit is sent (kind → ISO time). `ring_missed` asks the clock to notify the lane, because Redis was down.
    `revision` grows with every change of what the bot may do, except pauses of actions and changes of the
    do-not-contact list.

    `claim_number` counts the claims of steps. Redis and INSTANCE_DIR remember it and so detect a restored database.
    `doubted_at` is the time at which they were found to remember less than the database. Messages of the account since
    `doubt_since` may be missing here. `caught_up_at` is the time at which the inbox was read because of that, and
    `catching_up` the position from which that reading continues.

    `measure_at` is when the next reading of what came of follows is due; NULL before the first one.

    The `verdict` columns hold what `bot.automation.verdicts` decided at `verdict_at`, for administrators who read those
    of all bots at once. What holds all bots is no part of it. It is out of date if `verdict_revision` is another than
    `revision`, or from `verdict_due_at` on. `verdict_since` is when the bot came into this condition for this reason.
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
    inbox_place: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    ring_missed: Mapped[bool] = mapped_column(Boolean, default=False)
    revision: Mapped[int] = mapped_column(default=0)
    claim_number: Mapped[int] = mapped_column(default=0, server_default="0")
    doubted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    doubt_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    caught_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    catching_up: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    measure_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict: Mapped[str | None] = mapped_column(String(64))
    verdict_condition: Mapped[BotCondition | None] = mapped_column(OneOf(BotCondition))
    verdict_who: Mapped[str | None] = mapped_column(String(8))
    verdict_kind: Mapped[str | None] = mapped_column(String(32))
    verdict_rule: Mapped[str | None] = mapped_column(String(32))
    verdict_cause: Mapped[str | None] = mapped_column(String(64))
    verdict_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    verdict_revision: Mapped[int | None]
    verdict_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BotSettings(Tenant, Base):
    """Working hours of a bot, and the people it works on.

    `hours` are seven pairs of minutes after midnight in the user's time zone, Monday first. `[0, 1440]` is all day,
    null a day off, and an end before the start is on the next day. `pause` is such a pair for every night, or null.
    `filters` apply to actions without filters of their own. `keep` are people who are never unfollowed. For a day after
    `timezone_changed_at`, limits count the last 24 hours: a change of zone starts no new day. Texts of answers are kept
    for `answer_days`; 0 keeps none.
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
    positive_words: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    answer_days: Mapped[int] = mapped_column(default=ANSWER_DAYS, server_default=str(ANSWER_DAYS))


class BotInstanceRow(Tenant, Base):
    """Path of the memory file of a bot; the file is a cache."""

    __tablename__ = "bot_instances"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(unique=True)
    sqlite_db_path: Mapped[str] = mapped_column(String(1024))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
