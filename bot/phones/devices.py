"""The phone that Instagram sees at an account: kept from before the first request goes out, whatever comes of it."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.inputs.instagram_sessions import Hardware
from bot.phones.places import Place, default_place, place_in
from bot.storage.models import InstagramCredentials, InstagramDevice, new_id
from bot.storage.tenancy import TenantSession, tenant
from bot.vault.columns import seal, unseal

# The largest number of names that a user has tried. The oldest is deleted first, a linked account never.
MAX_DEVICES = 20


@dataclass(frozen=True)
class KeptPhone:
    """`device` None: its key is lost."""

    device: str | None = field(repr=False)
    place: Place
    proxy_country: str | None


def device_for(session: TenantSession, username: str) -> str | None:
    """Return the device of an account as JSON, or None if there is none or its key is lost."""
    phone = kept_phone(session, username)
    return phone.device if phone else None


def kept_phone(session: TenantSession, username: str) -> KeptPhone | None:
    row = device_row(session, username)
    return KeptPhone(_device(row), place_of(row), row.proxy_country) if row else None


def _device(row: InstagramDevice) -> str | None:
    try:
        return unseal(row, "device_encrypted")
    except BotException:
        # Linking again is the remedy for secrets that a lost key has sealed.
        return None


def place_of(row: InstagramDevice | None) -> Place:
    """Return the place of a device. One from before it could be chosen is where its settings say, else the default."""
    if row is None:
        return default_place()
    if row.country and row.language and row.timezone:
        return Place(row.country, row.language, row.timezone)
    device = _device(row)
    return (place_in(json.loads(device), row.updated_at) if device else None) or default_place()


def place_for(session: TenantSession, username: str) -> Place:
    return place_of(device_row(session, username))


def set_place(row: InstagramDevice, place: Place) -> None:
    row.country, row.language, row.timezone = place.country, place.language, place.timezone


def hardware_in(device: str | None) -> dict[str, Any] | None:
    """Return the phone of a device without the app on it; None if it is not told."""
    settings = json.loads(device).get("device_settings") if device else None
    return {name: settings.get(name) for name in Hardware.model_fields} if settings else None


def keep_device(user_id: str, username: str, device: str) -> None:
    """Keep the device that Instagram sees, or is about to see, at this account. Commits."""
    with tenant(user_id) as session:
        row, moment = device_row(session, username), now()
        if row is None:
            _forget_oldest(session)
            row = InstagramDevice(id=new_id(), user_id=user_id, username=username, created_at=moment)
            session.add(row)
        elif row.country is None:
            # The next settings may be of another season, and speak of another zone.
            set_place(row, place_of(row))
        row.updated_at = moment
        seal(row, "device_encrypted", device)
        session.commit()


def rename_device(user_id: str, known_by: str, username: str) -> None:
    """Keep a device under the username that Instagram told. It replaces an earlier one of that name. Commits."""
    if known_by == username:
        return
    with tenant(user_id) as session:
        row, earlier = device_row(session, known_by), device_row(session, username)
        if row is None:
            return
        if earlier is not None:
            session.delete(earlier)
            session.flush()
        row.username = username
        session.commit()


def device_row(session: TenantSession, username: str) -> InstagramDevice | None:
    return session.scalars(select(InstagramDevice).where(InstagramDevice.username == username)).one_or_none()


def _forget_oldest(session: TenantSession) -> None:
    linked = select(InstagramCredentials.username)
    old = select(InstagramDevice).where(InstagramDevice.username.not_in(linked))
    for row in session.scalars(old.order_by(InstagramDevice.updated_at.desc()).offset(MAX_DEVICES - 1)):
        session.delete(row)
