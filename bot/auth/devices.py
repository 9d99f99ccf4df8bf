"""Known devices of users. Their attempts count apart, so that strangers cannot lock the owner out."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from bot.config.runtime import now
from bot.core.tokens import digest, new_token
from bot.core.visitor import Visitor
from bot.storage.models import KnownDevice, User
from bot.storage.tenancy import IdentitySession, identity

KNOWN_FOR = timedelta(days=365)
MAX_KNOWN = 20
# A shared browser is known to its last three users.
_MAX_TOKENS = 3
_BETWEEN = "."


def known_device(session: IdentitySession, username: str, visitor: Visitor) -> str | None:
    """Return the id of the visitor's device if that user is known to own it."""
    hashes = [digest(token) for token in _tokens(visitor)]
    if not hashes:
        return None
    query = select(KnownDevice.id).join(User, User.id == KnownDevice.user_id)
    recent = KnownDevice.last_used_at > now() - KNOWN_FOR
    return session.scalars(query.where(User.username == username, KnownDevice.token_hash.in_(hashes), recent)).first()


class Remembered(NamedTuple):
    """The id of a known device, and the cookie that it needs at the next sign-in."""

    id: str
    cookie: str


def remember_device(session: IdentitySession, user: User, visitor: Visitor) -> Remembered:
    """Register the visitor's device for the user, after the user has proved their identity.

    The cookie holds a 256-bit token of this user, whose hash is stored, and the tokens of others that it held before.
    The caller commits.
    """
    device = session.get(KnownDevice, known_device(session, user.username, visitor) or "")
    if device:
        device.last_used_at = now()
        return Remembered(device.id, visitor.device)
    token = new_token()
    device = KnownDevice(user_id=user.id, token_hash=digest(token), created_at=now(), last_used_at=now())
    session.add(device)
    session.flush()
    _forget_oldest(session, user)
    return Remembered(device.id, _BETWEEN.join([token, *_tokens(visitor)][:_MAX_TOKENS]))


def forget_devices(session: IdentitySession, user: User) -> None:
    """Delete all known devices of the user, because a stranger may have had the password. The caller commits."""
    session.execute(delete(KnownDevice).where(KnownDevice.user_id == user.id))


def forget_unused_devices() -> None:
    """Delete devices that were unused for a year. The clock calls it. Commits."""
    with identity() as session:
        session.execute(delete(KnownDevice).where(KnownDevice.last_used_at <= now() - KNOWN_FOR))
        session.commit()


def _forget_oldest(session: IdentitySession, user: User) -> None:
    mine = select(KnownDevice.id).where(KnownDevice.user_id == user.id)
    oldest = session.scalars(mine.order_by(KnownDevice.last_used_at.desc()).offset(MAX_KNOWN)).all()
    session.execute(delete(KnownDevice).where(KnownDevice.id.in_(oldest)))


def _tokens(visitor: Visitor) -> list[str]:
    return [token for token in visitor.device.split(_BETWEEN) if token][:_MAX_TOKENS]
