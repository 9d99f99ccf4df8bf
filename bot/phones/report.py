"""The phone of an account as its owner sees it, next to the proxy."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.phones.choice import default_country
from bot.phones.devices import hardware_in, kept_phone
from bot.phones.hardware import shown
from bot.phones.places import CLIENT_COUNTRY, Place, default_place
from bot.storage.models import BotSettings, InstagramCredentials
from bot.storage.tenancy import tenant


@dataclass(frozen=True)
class PhoneReport:
    """`place` and `phone` None: no account is linked. `default_country` is that of an account that is linked next.

    `phone` is also None if its key is lost.
    """

    place: Place | None
    phone: str | None
    proxy_country: str | None
    default_country: str

    @property
    def country(self) -> str:
        return self.place.country if self.place else CLIENT_COUNTRY

    @property
    def proxy_is_elsewhere(self) -> bool:
        """Whether the owner says that the proxy is in another country than the account is used in."""
        return self.proxy_country is not None and self.proxy_country != self.country


def phone_report(user_id: str) -> PhoneReport:
    """Return the phone of the linked account, or the defaults if there is none."""
    with tenant(user_id, reading=True) as session:
        username = session.scalars(select(InstagramCredentials.username)).one_or_none()
        kept = kept_phone(session, username) if username else None
        zone = session.scalars(select(BotSettings.timezone)).one()
    default = default_country(None, zone) or CLIENT_COUNTRY
    if kept is None:
        return PhoneReport(default_place() if username else None, None, None, default)
    hardware = hardware_in(kept.device)
    return PhoneReport(kept.place, shown(hardware) if hardware else None, kept.proxy_country, default)
