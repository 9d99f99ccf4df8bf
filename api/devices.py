"""Devices that a user has signed in on, by the names that the user gives them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from bot.users.device_list import DeviceName, list_devices, name_device
from middleware.access import me, signed_in

bp = blueprint("devices", "Devices")


class DeviceOut(Schema):
    """A browser or program on which you have signed in. It keeps a token that your next sign-in shows."""

    id: str
    name: str | None = Field(description="What you call it; null until you name it.")
    described: str | None = Field(description="Its browser and system at the last sign-in, if still stored.")
    created_at: datetime = Field(description="When you first signed in on it.")
    last_used_at: datetime = Field(description="When you last signed in on it.")
    current: bool = Field(description="Whether this request comes from it.")


class DeviceListing(Answer):
    items: list[DeviceOut]


def _listing() -> DeviceListing:
    return DeviceListing(items=[DeviceOut.model_validate(device) for device in list_devices(me())])


@bp.get("/auth/devices")
@signed_in
@bp.output(DeviceListing)
def list_my_devices() -> DeviceListing:
    """List the devices you signed in on in the last year, most recently used first."""
    return _listing()


@bp.patch("/auth/devices/<uuid:device_id>")
@signed_in
@bp.input(DeviceName)
@bp.output(DeviceListing)
@raises("DEVICE_NOT_FOUND")
def name_my_device(device_id: UUID, json_data: DeviceName) -> DeviceListing:
    """Name one of your devices."""
    name_device(me(), str(device_id), json_data)
    return _listing()
