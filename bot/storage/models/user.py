"""Users, their second factor, sign-ins and known devices, and the attempts that the throttle counts."""

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.models.base import Base, Id, Tenant, UtcDateTime, new_id, owner, sealed
from bot.storage.models.values import AttemptKind, OneOf, Role, SignInKind


class User(Base):
    """A person with a login; `auth_epoch` ends all their sign-ins when it grows.

    `instagram_username` is set for users who came through their Instagram account, and signs them in. `instagram_id` is
    the account that had the name then: names change hands. Until Instagram has verified their password it is empty,
    which no one can type. The second factor is on from `totp_confirmed_at`. `totp_last_step` is the time step of the
    last accepted code.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    instagram_username: Mapped[str | None] = mapped_column(String(64), unique=True)
    instagram_id: Mapped[str | None] = mapped_column(String(32))
    email: Mapped[str | None] = mapped_column(String(254))
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(OneOf(Role), default="user")
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=True)
    first_password_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    auth_epoch: Mapped[int] = mapped_column(default=0)
    totp_secret_encrypted: Mapped[bytes | None] = sealed("totp")
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def has_second_factor(self) -> bool:
        return self.totp_confirmed_at is not None


class UserSession(Base):
    """One sign-in on one device, of now or of the last 90 days; only the SHA-256 of its token is stored.

    `kind` is `usual`, `remembered` (it outlasts a closed browser) or `first_version` (an id of /api/login, valid for
    the paths of the first version alone). `needs_code` holds until Instagram has accepted the code that it asked this
    sign-in for. `confirmed_at` is the time at which its user last proved the password. It is None while that waits for
    the code. `kept_form_encrypted` is what was typed, without secrets, before that proof was asked for.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id", "created_at", "id"), Index(None, "ended_at", "created_at", "id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[SignInKind] = mapped_column(OneOf(SignInKind), default=SignInKind.USUAL, server_default="usual")
    auth_epoch: Mapped[int]
    needs_code: Mapped[bool] = mapped_column(Boolean, default=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ip: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(255))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(32))
    device_id: Mapped[str | None] = mapped_column(Id)
    kept_form_encrypted: Mapped[bytes | None] = sealed("kept_form")
    kept_form_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_KEPT = UserSession.kept_form_at.is_not(None)
Index("ix_user_sessions_kept_form_at", UserSession.kept_form_at, postgresql_where=_KEPT, sqlite_where=_KEPT)


class RecoveryCode(Tenant, Base):
    """A one-time substitute for a code of the second factor.

    `lookup` is the beginning of the code and selects the row of a user.
    """

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "lookup"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner(index=False)
    lookup: Mapped[str] = mapped_column(String(4))
    code_hash: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PendingSignIn(Tenant, Base):
    """A sign-in with the right password whose code is still missing; it opens nothing by itself.

    `remember`: the person ticked the box that keeps them signed in.
    """

    __tablename__ = "pending_sign_ins"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    auth_epoch: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    remember: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KnownDevice(Tenant, Base):
    """A device that a user has signed in on; only the SHA-256 of its token is stored.

    `name` is the user's own name for it.
    """

    __tablename__ = "known_devices"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    user_id: Mapped[str] = owner()
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str | None] = mapped_column(String(64))


class Attempt(Base):
    """An attempt that failed or is still being checked. The throttle counts these.

    `name` is the typed name, of an account or not, or empty, or a user's id. `device_id` is the known device that the
    attempt came from.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "kind", "at"), Index(None, "at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[AttemptKind] = mapped_column(OneOf(AttemptKind))
    name: Mapped[str] = mapped_column(String(254))
    network: Mapped[str] = mapped_column(String(64))
    device_id: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
