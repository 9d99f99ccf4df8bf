"""Sign-ins of users here: issue, find, end. Only the SHA-256 of a token is stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_login import UserMixin
from sqlalchemy import select, update

from bot.models import User, UserSession
from bot.runtime import now, runtime
from bot.scope import IdentitySession, identity

# A row is written at most this often for a sign-in in use; the idle end is exact to this.
_SEEN_EVERY = timedelta(seconds=30)


@dataclass
class SessionInfo(UserMixin):  # type: ignore[misc]  # flask-login has no types
    """Who is signed in, by which sign-in; what flask-login calls the current user. `via` is `cookie` or `bearer`.

    `needs_code`: Instagram has the password only, and waits for a code. `confirmed_at`: when they proved last that it
    is them.
    """

    id: str
    session_id: str
    username: str
    email: str | None
    role: str
    must_change_password: bool
    via: str
    needs_code: bool = False
    confirmed_at: datetime | None = None
    has_second_factor: bool = False

    @property
    def must_set_up_second_factor(self) -> bool:
        """Whether nothing else is allowed before that."""
        return self.role == "admin" and not self.has_second_factor and runtime().config.require_admin_second_factor


@dataclass(frozen=True)
class Visitor:
    """Where a sign-in came from: address and user agent as the web server saw them.

    `device` is what the device was given when somebody signed in on it; empty where it brings nothing.
    """

    ip: str
    user_agent: str
    device: str = ""

    @property
    def network(self) -> str:
        """What the throttle counts by: the address, or the /64 of an IPv6 address."""
        import ipaddress

        try:
            address = ipaddress.ip_address(self.ip)
        except ValueError:
            return self.ip[:64]
        if isinstance(address, ipaddress.IPv6Address):
            # A server that listens on both kinds sees IPv4 addresses in this form.
            address = address.ipv4_mapped or address
        if isinstance(address, ipaddress.IPv4Address):
            return str(address)
        return str(ipaddress.ip_network((address, 64), strict=False))


class SessionManager:
    """Sign-ins kept in the database."""

    def issue(self, session: IdentitySession, user: User, visitor: Visitor, *, needs_code: bool = False) -> str:
        """Adds a sign-in of the user and returns its token (256 bits, URL-safe); the caller commits."""
        token, moment, config = secrets.token_urlsafe(32), now(), runtime().config
        session.add(
            UserSession(
                user_id=user.id,
                token_hash=digest(token),
                auth_epoch=user.auth_epoch,
                needs_code=needs_code,
                confirmed_at=None if needs_code else moment,
                created_at=moment,
                last_seen_at=moment,
                expires_at=moment + timedelta(seconds=config.session_lifetime),
                ip=visitor.ip[:64],
                user_agent=visitor.user_agent[:255],
            )
        )
        return token

    def find(self, token: str, via: str, *, in_use: bool = True) -> SessionInfo | None:
        """Who the token signs in; None when it is unknown, ended, idle too long, too old, or its user disabled.

        `in_use` counts this as a sign of somebody there, which puts the idle end off.
        """
        with identity(reading=True) as session:
            row = session.execute(
                select(UserSession, User)
                .join(User, User.id == UserSession.user_id)
                .where(UserSession.token_hash == digest(token))
            ).one_or_none()
        if row is None or not _alive(row.UserSession, row.User, now()):
            return None
        if in_use:
            self._seen(row.UserSession)
        user, sign_in = row.User, row.UserSession
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
            has_second_factor=user.totp_confirmed_at is not None,
        )

    def _seen(self, sign_in: UserSession) -> None:
        moment = now()
        if moment - sign_in.last_seen_at < _SEEN_EVERY:
            return
        with identity() as session:
            session.execute(update(UserSession).where(UserSession.id == sign_in.id).values(last_seen_at=moment))
            session.commit()

    def confirm(self, session: IdentitySession, session_id: str) -> None:
        """Whoever uses this sign-in has just proved again who they are; the caller commits."""
        session.execute(update(UserSession).where(UserSession.id == session_id).values(confirmed_at=now()))

    def end(self, session_id: str, reason: str) -> None:
        with identity() as session:
            session.execute(
                update(UserSession)
                .where(UserSession.id == session_id, UserSession.ended_at.is_(None))
                .values(ended_at=now(), end_reason=reason)
            )
            session.commit()

    def end_others(self, session: IdentitySession, user: User, reason: str, sign_in_id: str | None) -> None:
        """Ends every sign-in of the user but this one, of which no code is asked any more; the caller commits."""
        mine = session.get(UserSession, sign_in_id) if sign_in_id else None
        alive = mine is not None and mine.user_id == user.id and _alive(mine, user, now())
        self.end_all(session, user, reason, but=mine.id if mine and alive else None)
        if mine is not None and alive:
            mine.auth_epoch = user.auth_epoch
            if mine.needs_code:
                mine.needs_code, mine.confirmed_at = False, now()

    def end_all(self, session: IdentitySession, user: User, reason: str, *, but: str | None = None) -> None:
        """Ends every sign-in of the user at once; the caller commits."""
        user.auth_epoch += 1
        session.execute(
            update(UserSession)
            .where(UserSession.user_id == user.id, UserSession.id != (but or ""), UserSession.ended_at.is_(None))
            .values(ended_at=now(), end_reason=reason)
        )


def _alive(sign_in: UserSession, user: User, moment: datetime) -> bool:
    idle_end = sign_in.last_seen_at + timedelta(seconds=runtime().config.session_timeout)
    return (
        sign_in.ended_at is None
        and user.is_active
        and sign_in.auth_epoch == user.auth_epoch
        and moment < min(idle_end, sign_in.expires_at)
    )


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


sessions = SessionManager()
