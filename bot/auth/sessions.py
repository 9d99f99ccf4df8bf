"""Sign-ins of users: issue, find, renew, end. The database holds only the SHA-256 of a token."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import DBAPIError

from bot.auth.session_stores import session_store
from bot.config.runtime import now, runtime
from bot.core.database_faults import database_fault
from bot.core.errors import BotException, invalid
from bot.core.tokens import digest, new_token
from bot.core.visitor import Visitor
from bot.storage.models import User, UserSession, new_id
from bot.storage.models.values import Role, SignInKind
from bot.storage.tenancy import IdentitySession, identity

# Uses are recorded at most this often. The idle end is exact to this.
_SEEN_INTERVAL = timedelta(seconds=30)

FULL: frozenset[SignInKind] = frozenset({SignInKind.USUAL, SignInKind.REMEMBERED})
"""Kinds of sign-ins whose tokens open everything that their user may do."""
FIRST_VERSION: frozenset[SignInKind] = frozenset({SignInKind.FIRST_VERSION})
"""The kind whose ids open only the paths of the first version."""


@dataclass
class SessionInfo(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """The signed-in user and their sign-in: flask-login's current user.

    `via` is `cookie` (of the pages), `bearer`, or `session_id` (the cookie of the first version). `needs_code`:
    Instagram has accepted the password and waits for a code. `confirmed_at` is the last proof of identity. `token_hash`
    is the SHA-256 of the token in the request.
    """

    id: str
    session_id: str
    username: str
    email: str | None
    role: Role
    must_change_password: bool
    via: str
    needs_code: bool = False
    confirmed_at: datetime | None = None
    has_second_factor: bool = False
    kind: SignInKind = SignInKind.USUAL
    token_hash: str = field(default="", repr=False)

    @property
    def must_set_up_second_factor(self) -> bool:
        """True if the user may do nothing else before that."""
        return self.role == "admin" and not self.has_second_factor and runtime().config.require_admin_second_factor


class End(NamedTuple):
    """The time of a sign-in's end, and its reason as a code that pages and API put into words."""

    at: datetime
    reason: str


# Each request of a signed-in user runs it: to make the statement took longer than to run it.
_FIND = (
    select(UserSession, User)
    .join(User, User.id == UserSession.user_id)
    .where(UserSession.token_hash == bindparam("digest"), UserSession.kind.in_(bindparam("kinds", expanding=True)))
)


class SessionManager:
    """Sign-ins: rows in the database, and the time of their last use in the session store."""

    def issue(
        self,
        session: IdentitySession,
        user: User,
        visitor: Visitor,
        *,
        kind: SignInKind = SignInKind.USUAL,
        needs_code: bool = False,
        device_id: str | None = None,
    ) -> str:
        """Add a sign-in of the user and return its token. The caller commits.

        A token is URL-safe text of 256 bits. An id of the first version has 128 bits, as 8-4-4-4-12 hexadecimal digits.
        Raises SESSIONS_UNAVAILABLE.
        """
        token, moment = new_id_of_first_version() if kind == "first_version" else new_token(), now()
        sign_in = UserSession(
            id=new_id(),
            user_id=user.id,
            token_hash=digest(token),
            kind=kind,
            auth_epoch=user.auth_epoch,
            needs_code=needs_code,
            confirmed_at=None if needs_code else moment,
            created_at=moment,
            last_seen_at=moment,
            expires_at=moment + runtime().config.lifetime(kind),
            ip=visitor.ip[:64],
            user_agent=visitor.user_agent[:255],
            device_id=device_id,
        )
        session.add(sign_in)
        session_store().start(sign_in)
        return token

    def find(
        self, token: str, via: str, *, in_use: bool = True, kinds: frozenset[SignInKind] = FULL
    ) -> SessionInfo | None:
        """Return the user that the token signs in, or None if it is unknown, ended, idle too long, too old, or its user
        disabled.

        A token of another kind than `kinds` counts as unknown. `in_use` records this as a use, which postpones the idle
        end. Raises SESSIONS_UNAVAILABLE, and SIGN_IN_LOST if the store has lost it.
        """
        with identity(reading=True) as session:
            row = session.execute(_FIND, {"digest": digest(token), "kinds": list(kinds)}).one_or_none()
        if row is None or row_end(row.UserSession, row.User):
            return None
        user, sign_in = row.User, row.UserSession
        (last_seen,) = session_store().last_seen([sign_in])
        end = idle_end(sign_in, last_seen)
        if end and end.reason == "lost":
            raise BotException("SIGN_IN_LOST")
        if end or last_seen is None:
            return None
        if in_use:
            self._seen(sign_in, last_seen)
        return SessionInfo(
            user.id,
            sign_in.id,
            user.username,
            user.email,
            user.role,
            user.must_change_password,
            via,
            needs_code=sign_in.needs_code,
            confirmed_at=sign_in.confirmed_at,
            has_second_factor=user.has_second_factor,
            kind=sign_in.kind,
            token_hash=sign_in.token_hash,
        )

    def _seen(self, sign_in: UserSession, last_seen: datetime) -> None:
        moment, store = now(), session_store()
        if moment - last_seen >= _SEEN_INTERVAL:
            store.seen(sign_in, moment)
        if moment - sign_in.last_seen_at >= store.recorded_every:
            try:
                with identity() as session:
                    session.execute(update(UserSession).where(UserSession.id == sign_in.id).values(last_seen_at=moment))
                    session.commit()
            except DBAPIError as error:
                # Reading still works. The sign-in ends as if it had not been used.
                if database_fault(error) not in ("DATABASE_READ_ONLY", "DATABASE_FULL"):
                    raise

    def renew(self, session: IdentitySession, who: SessionInfo) -> str:
        """Replace the token of this sign-in and return the new one. The caller commits.

        Of two requests that renew one token, one succeeds. Raises AUTHENTICATION_REQUIRED for the other, and if the
        sign-in has ended meanwhile.
        """
        token = new_token()
        mine = UserSession.id == who.session_id, UserSession.token_hash == who.token_hash
        change = update(UserSession).where(*mine, UserSession.ended_at.is_(None), UserSession.kind.in_(FULL))
        if not session.execute(change.values(token_hash=digest(token)).returning(UserSession.id)).all():
            raise BotException("AUTHENTICATION_REQUIRED")
        return token

    def confirm(self, session: IdentitySession, session_id: str) -> None:
        """Record that the user of this sign-in has just proved their identity again. The caller commits."""
        session.execute(update(UserSession).where(UserSession.id == session_id).values(confirmed_at=now()))

    def end_others(self, session: IdentitySession, user: User, reason: str, sign_in_id: str | None) -> None:
        """End every sign-in of the user except this one, which needs no code from now on. The caller commits."""
        mine = session.get(UserSession, sign_in_id) if sign_in_id else None
        if mine is None or mine.user_id != user.id or row_end(mine, user):
            self.end_all(session, user, reason)
            return
        self.end_all(session, user, reason, but=mine.id)
        mine.auth_epoch = user.auth_epoch
        if mine.needs_code:
            mine.needs_code, mine.confirmed_at = False, now()

    def end_all(self, session: IdentitySession, user: User, reason: str, *, but: str | None = None) -> None:
        """End every sign-in of the user. The caller commits."""
        user.auth_epoch += 1
        session.execute(
            update(UserSession)
            .where(UserSession.user_id == user.id, UserSession.id != (but or ""), UserSession.ended_at.is_(None))
            .values(ended_at=now(), end_reason=reason)
        )


def lock_current(session: IdentitySession, checked: User, refusal: str = "WRONG_CREDENTIALS") -> User:
    """Return the user, locked, if the earlier check still counts.

    Raises `refusal` if all sign-ins have ended since then, or the user is disabled or deleted.
    """
    user = session.get(User, checked.id, with_for_update=True)
    if user is None or not user.is_active or user.auth_epoch != checked.auth_epoch:
        raise BotException(refusal)
    return user


def row_end(sign_in: UserSession, user: User) -> End | None:
    """Return the end of a sign-in by its row and its user, or None if it may still be in use."""
    if sign_in.ended_at:
        return End(sign_in.ended_at, sign_in.end_reason or "")
    if sign_in.auth_epoch != user.auth_epoch or not user.is_active:
        return End(sign_in.last_seen_at, "withdrawn")
    return End(sign_in.expires_at, "expired") if now() >= sign_in.expires_at else None


def idle_end(sign_in: UserSession, last_seen: datetime | None) -> End | None:
    """Return the end by the store: `idle`, or `lost` if the store should know the sign-in and does not.

    None if the sign-in is still in use.
    """
    end = (last_seen or sign_in.last_seen_at) + runtime().config.idle_timeout(sign_in.kind)
    if now() >= end:
        return End(end, "idle")
    return End(sign_in.last_seen_at, "lost") if last_seen is None else None


def kind_of(*, remember: bool) -> SignInKind:
    """Return the kind of a new sign-in. Raises INVALID_INPUT if `remember` is asked of a server that remembers none."""
    if remember and not runtime().config.session_remember:
        raise invalid("remember", "This server remembers no sign-ins: leave it out.")
    return SignInKind.REMEMBERED if remember else SignInKind.USUAL


def new_id_of_first_version() -> str:
    """Return 128 random bits in the form of a UUID. A random UUID would have 122."""
    return str(UUID(bytes=secrets.token_bytes(16)))


sessions = SessionManager()
