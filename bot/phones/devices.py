"""The phone that Instagram sees at an account: kept from before the first request goes out, whatever comes of it."""

from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.storage.models import InstagramCredentials, InstagramDevice, new_id
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import seal, unseal

# The largest number of names that a user has tried. The oldest is deleted first, a linked account never.
MAX_DEVICES = 20


def device_for(session: TenantSession, username: str) -> str | None:
    """Return the device of an account as JSON, or None if there is none or its key is lost."""
    row = _row(session, username)
    if row is None:
        return None
    try:
        return unseal(row, "device_encrypted")
    except BotException:
        # Linking again is the remedy for secrets that a lost key has sealed.
        return None


def keep_device(user_id: str, username: str, device: str) -> None:
    """Keep the device that Instagram sees, or is about to see, at this account. Commits."""
    with tenant(user_id) as session:
        row, moment = _row(session, username), now()
        if row is None:
            _forget_oldest(session)
            row = InstagramDevice(id=new_id(), user_id=user_id, username=username, created_at=moment)
            session.add(row)
        row.updated_at = moment
        seal(row, "device_encrypted", device)
        session.commit()


def rename_device(user_id: str, known_by: str, username: str) -> None:
    """Keep a device under the username that Instagram told. It replaces an earlier one of that name. Commits."""
    if known_by == username:
        return
    with tenant(user_id) as session:
        row, earlier = _row(session, known_by), _row(session, username)
        if row is None:
            return
        if earlier is not None:
            session.delete(earlier)
            session.flush()
        row.username = username
        session.commit()


def _row(session: TenantSession, username: str) -> InstagramDevice | None:
    return session.scalars(select(InstagramDevice).where(InstagramDevice.username == username)).one_or_none()


def _forget_oldest(session: TenantSession) -> None:
    linked = select(InstagramCredentials.username)
    old = select(InstagramDevice).where(InstagramDevice.username.not_in(linked))
    for row in session.scalars(old.order_by(InstagramDevice.updated_at.desc()).offset(MAX_DEVICES - 1)):
        session.delete(row)
