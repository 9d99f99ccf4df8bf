"""Devices that a user has signed in on, and the user's names for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints
from sqlalchemy import select

from bot.auth.sessions import SessionInfo
from bot.core.errors import BotException
from bot.core.user_agents import described
from bot.inputs.params import Params
from bot.inputs.typed_text import visible
from bot.storage.models import KnownDevice, UserSession
from bot.storage.tenancy import TenantSession, tenant


def _one_line(value: object) -> object:
    return " ".join(visible(value).split()) if isinstance(value, str) else value


class DeviceName(Params):
    name: Annotated[str, BeforeValidator(_one_line), StringConstraints(min_length=1, max_length=64)]


@dataclass(frozen=True)
class DeviceReport:
    """A device that the user has signed in on in the last year.

    `described` is its browser and system at its last sign-in, or None if that is no longer stored. `current` marks the
    caller's own device.
    """

    id: str
    name: str | None
    described: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool


def list_devices(who: SessionInfo) -> list[DeviceReport]:
    """Return the user's devices, last used first, 20 at most."""
    with tenant(who.id, reading=True) as session:
        found = session.scalars(select(KnownDevice).order_by(KnownDevice.last_used_at.desc(), KnownDevice.id)).all()
        used = session.execute(
            select(UserSession.device_id, UserSession.user_agent, UserSession.id)
            .where(UserSession.device_id.is_not(None))
            .order_by(UserSession.created_at)
        ).all()
    agents = {row.device_id: row.user_agent for row in used}
    here = next((row.device_id for row in used if row.id == who.session_id), None)
    return [
        DeviceReport(
            device.id,
            device.name,
            described(agents[device.id]) if device.id in agents else None,
            device.created_at,
            device.last_used_at,
            device.id == here,
        )
        for device in found
    ]


def name_device(who: SessionInfo, device_id: str, params: DeviceName) -> None:
    """Name one of the user's devices. Raises DEVICE_NOT_FOUND. Commits."""
    with tenant(who.id) as session:
        _found(session, device_id).name = params.name
        session.commit()


def _found(session: TenantSession, device_id: str) -> KnownDevice:
    device = session.scalars(select(KnownDevice).where(KnownDevice.id == device_id)).one_or_none()
    if device is None:
        raise BotException("DEVICE_NOT_FOUND")
    return device
