"""The phone and the place of an account: chosen when it is linked, then kept."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema
from sqlalchemy import select

from bot.config.runtime import now
from bot.core.errors import invalid
from bot.inputs.params import Params
from bot.inputs.time_zones import TimeZone
from bot.inputs.validation import wrong_form
from bot.phones.devices import device_row, hardware_in, kept_phone, set_place
from bot.phones.hardware import MAX_DESCRIPTION, PHONES, hardware_of, read_hardware
from bot.phones.places import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    Place,
    countries,
    country_of,
    default_place,
    lies_in,
    main_zone,
    place_in,
)
from bot.storage.models import BotSettings, InstagramCredentials, InstagramDevice, new_id
from bot.storage.tenancy import TenantSession, tenant


def _country(code: str) -> str:
    if code not in countries():
        raise wrong_form("Choose a country from the list, by its two letters.")
    return code


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise wrong_form("Choose a language from the list.")
    return code


def _phone(key: str) -> str:
    if key not in PHONES:
        raise wrong_form("Choose a phone from the list.")
    return key


Country = Annotated[
    str,
    StringConstraints(max_length=2),
    BeforeValidator(lambda text: text.strip().upper() if isinstance(text, str) else text),
    AfterValidator(_country),
    WithJsonSchema({"type": "string", "enum": sorted(countries())}),
]
Language = Annotated[
    str,
    StringConstraints(max_length=3),
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "enum": sorted(LANGUAGES)}),
]
PhoneKey = Annotated[
    str,
    StringConstraints(max_length=32),
    AfterValidator(_phone),
    WithJsonSchema({"type": "string", "enum": list(PHONES)}),
]


class PhoneFields(Params):
    """The phone that Instagram sees. What is left out stays as it is at an account that was here before."""

    country: Country | None = Field(
        None,
        description="Where the account is used, by ISO 3166, like DE. For a new account the default is the country of "
        "the proxy, else that of your time zone, else the United States.",
    )
    language: Language | None = Field(None, description="The language of the app, by ISO 639. The default is English.")
    timezone: TimeZone | None = Field(
        None, description="A time zone of the country. The default is your own if it is one, else the main one."
    )
    phone: PhoneKey | None = Field(
        None,
        description="The phone that the owner of the account really uses. The default is the client's. Another phone "
        "than before is a new one for Instagram.",
    )
    own_phone: Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)] | None = Field(
        None,
        description="A phone that is not in the list, as its app describes it: "
        "34/14; 480dpi; 1080x2340; samsung; SM-S911B; dm1q; qcom",
    )
    proxy_country: Country | None = Field(
        None, description="Where the proxy is, if you know. It is not looked up, only compared with `country`."
    )


_NO_PROXY = "This is the country of a proxy. Type the proxy too."
Proxied = Literal["none", "new", "kept"]
"""Whether the account goes through no proxy, another one than before, or the same."""


@dataclass(frozen=True)
class ChosenPhone:
    """`hardware` None: the phone that is known, or the client's own."""

    place: Place
    hardware: dict[str, Any] | None = None
    proxy_country: str | None = None

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, params: dict[str, Any] | None) -> Self:
        stored = params or {}
        place = stored.get("place")
        return cls(Place(**place) if place else default_place(), stored.get("hardware"), stored.get("proxy_country"))


def choose_phone(
    session: TenantSession,
    known_by: str,
    typed: PhoneFields,
    *,
    proxy: Proxied,
    brought: dict[str, Any] | None = None,
) -> ChosenPhone:
    """Return the phone of the account that is kept as `known_by`, as it is from this link on. Raises INVALID_INPUT.

    `brought` are the settings of an imported session: a place and a phone in them are the account's.
    """
    if typed.proxy_country and proxy == "none":
        raise invalid("proxy_country", _NO_PROXY)
    known = kept_phone(session, known_by)
    place, proxy_country = (known.place, known.proxy_country) if known else (None, None)
    if typed.proxy_country or proxy != "kept":
        proxy_country = typed.proxy_country
    settings = brought or {}
    place = place_in(settings, now()) or place
    hardware = _hardware(typed, bring=settings.get("device_settings"))
    if known and hardware and hardware == hardware_in(known.device):
        hardware = None
    zone = session.scalars(select(BotSettings.timezone)).one()
    return ChosenPhone(_place(typed, place, proxy_country, zone), hardware, proxy_country)


def keep_place(user_id: str, known_by: str, chosen: ChosenPhone) -> None:
    """Keep the place of a device that is kept already, and where its proxy is. Commits."""
    with tenant(user_id) as session:
        row = device_row(session, known_by)
        if row is not None:
            set_place(row, chosen.place)
            row.proxy_country = chosen.proxy_country
            session.commit()


def _hardware(typed: PhoneFields, bring: dict[str, Any] | None) -> dict[str, Any] | None:
    named = [name for name in ("phone", "own_phone") if getattr(typed, name)]
    if named and bring:
        raise invalid(named[0], "These settings bring their own phone. Leave this empty.")
    if len(named) > 1:
        raise invalid("own_phone", "Choose a phone or describe one, not both.")
    if typed.own_phone:
        return read_hardware(typed.own_phone)
    return hardware_of(typed.phone) if typed.phone else None


def default_country(proxy_country: str | None, zone: str) -> str | None:
    """Return the country of a new account: the proxy's, else that of the user's time zone. None if neither is known."""
    return proxy_country or country_of(zone)


def _place(typed: PhoneFields, known: Place | None, proxy_country: str | None, zone: str) -> Place:
    chosen = typed.country or (country_of(typed.timezone) if typed.timezone and not known else None)
    country = chosen or (known.country if known else default_country(proxy_country, zone))
    if country is None:
        if typed.language or typed.timezone:
            raise invalid("country", "Choose the country too.")
        return default_place()
    moved = known is None or known.country != country
    timezone = typed.timezone or (zone if known is None or moved else known.timezone)
    if not lies_in(timezone, country):
        if typed.timezone:
            raise invalid("timezone", f"This time zone is not one of {countries()[country]}.")
        timezone = main_zone(country)
    language = typed.language or (known.language if known else DEFAULT_LANGUAGE)
    return Place(country, language, timezone)


def keep_proxy_country(session: TenantSession, country: str | None) -> None:
    """Keep where the owner says that the account's proxy is; None: not known. The caller commits."""
    account = session.scalars(select(InstagramCredentials)).one_or_none()
    if account is None or account.proxy_encrypted is None:
        if country:
            raise invalid("proxy_country", _NO_PROXY)
        return
    row, moment = device_row(session, account.username), now()
    if row is None:
        # The account was linked before devices were kept apart from sessions.
        row = InstagramDevice(
            id=new_id(), user_id=session.user_id, username=account.username, created_at=moment, updated_at=moment
        )
        session.add(row)
    row.proxy_country = country
