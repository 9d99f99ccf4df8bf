"""Devices that a user has signed in on: their attempts are counted apart, so that strangers keep no owner out."""

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
# A browser that several people share is known to each of the last ones.
_MAX_TOKENS = 3
_BETWEEN = "."


def known_device(session: IdentitySession, username: str, visitor: Visitor) -> str | None:
    """The id of the visitor's device where that user is known to own it."""
    hashes = [digest(token) for token in _tokens(visitor)]
    if not hashes:
        return None
    query = select(KnownDevice.id).join(User, User.id == KnownDevice.user_id)
    recent = KnownDevice.last_used_at > now() - KNOWN_FOR
    return session.scalars(query.where(User.username == username, KnownDevice.token_hash.in_(hashes), recent)).first()


class Remembered(NamedTuple):
    """The known device by its id, and what it has to bring with the next sign-in to be known again."""

    id: str
    cookie: str


def remember_device(session: IdentitySession, user: User, visitor: Visitor) -> Remembered:
    """The visitor's device as one of the user; call it once the user has proved who they are.

    Its cookie holds a token of 256 bits of this user, of which the hash is stored, and those of others that it
    brought. The caller commits.
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
    """None is known to be the user's any more, as their password may have been somebody else's; the caller commits."""
    session.execute(delete(KnownDevice).where(KnownDevice.user_id == user.id))


def forget_unused_devices() -> None:
    """Forgets those that were not used for a year; the clock calls it. Commits."""
    with identity() as session:
        session.execute(delete(KnownDevice).where(KnownDevice.last_used_at <= now() - KNOWN_FOR))
        session.commit()


def _forget_oldest(session: IdentitySession, user: User) -> None:
    mine = select(KnownDevice.id).where(KnownDevice.user_id == user.id)
    oldest = session.scalars(mine.order_by(KnownDevice.last_used_at.desc()).offset(MAX_KNOWN)).all()
    session.execute(delete(KnownDevice).where(KnownDevice.id.in_(oldest)))


def _tokens(visitor: Visitor) -> list[str]:
    return [token for token in visitor.device.split(_BETWEEN) if token][:_MAX_TOKENS]
