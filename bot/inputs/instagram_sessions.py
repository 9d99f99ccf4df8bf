"""A session that a user imports: instagrapi's settings as JSON, or the `sessionid` of a browser.

Only known keys of the right form are taken. All others are dropped, above all those that could do harm: how to connect,
how to check certificates, how often to retry, and the version of the app.
"""

import json
import re
from typing import Annotated, Any
from urllib.parse import unquote

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.core.errors import invalid

MAX_BYTES = 64 * 1024
FIELD = "session"
# Each ends up in a header, a cookie or a form: printable ASCII without the separator of cookies.
Plain = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[\x20-\x3a\x3c-\x7e]*$")]
# Parts of the user agent, which is divided by ; and ( ).
OfAgent = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x20-\x27\x2a-\x3a\x3c-\x7e]+$")]
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
AndroidId = Annotated[str, StringConstraints(pattern=r"^android-[0-9a-f]{16}$")]
UserId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,20}$")]
# The cookie of a browser: the id of the account, then tokens. RFC 6265 allows these characters.
_COOKIE = r"[0-9]{1,20}(:|%3A)[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{20,230}"
SessionId = Annotated[str, StringConstraints(pattern=f"^{_COOKIE}$")]
_PEM = r"^-----BEGIN [A-Z ]+-----[A-Za-z0-9+/=\s]+-----END [A-Z ]+-----\s*$"
_DAY = 86_400
_NOT_JSON = "This is neither the JSON that instagrapi writes nor a sessionid."


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class Uuids(_Part):
    phone_id: Uuid
    uuid: Uuid
    client_session_id: Uuid | None = None
    advertising_id: Uuid | None = None
    android_device_id: AndroidId
    request_id: Uuid | None = None
    tray_session_id: Uuid | None = None


class Hardware(_Part):
    """A phone, without the app on it: that is the software's."""

    android_version: Annotated[int, Field(ge=19, le=99)]
    android_release: OfAgent
    dpi: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{1,3}dpi$")]
    resolution: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{2,4}x[1-9][0-9]{2,4}$")]
    manufacturer: OfAgent
    device: OfAgent
    model: OfAgent
    cpu: OfAgent


class Authorization(_Part):
    ds_user_id: UserId
    sessionid: SessionId
    should_use_header_over_cookies: bool = True


class Cookies(_Part):
    sessionid: SessionId | None = None
    ds_user_id: UserId | None = None
    csrftoken: Plain | None = None
    mid: Plain | None = None
    rur: Plain | None = None
    ig_did: Plain | None = None


def _signing_key(text: str) -> str:
    """Refuse everything but a key of the curve that the app signs with: a client with another fails at each request."""
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("no key of P-256")
    return text


class Usdid(_Part):
    usdid: Uuid
    kid: Plain
    private_key: Annotated[str, StringConstraints(max_length=2000, pattern=_PEM), AfterValidator(_signing_key)]
    registered: bool = False


class BroughtSession(_Part):
    """The keys of instagrapi's settings that are taken."""

    uuids: Uuids | None = None
    device_settings: Hardware | None = None
    usdid: Usdid | None = None
    authorization_data: Authorization | None = None
    cookies: Cookies | None = None
    mid: Plain | None = None
    ig_u_rur: Plain | None = None
    ig_www_claim: Plain | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    country_code: Annotated[int, Field(ge=1, le=9999)] | None = None
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}_[A-Z]{2}$")] | None = None
    timezone_offset: Annotated[int, Field(ge=-_DAY, le=_DAY)] | None = None
    timezone_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+\-/:]{0,64}$")] | None = None
    push_disabled: bool | None = None
    last_login: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


def read_session(text: str) -> dict[str, Any]:
    """Return the known part of the text as instagrapi's settings. Raises INVALID_INPUT without the text."""
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise invalid(FIELD, "This is larger than 64 KB, so it is no session.")
    typed = text.lstrip("\ufeff").strip()
    return _of_settings(typed) if typed.startswith("{") else _of_cookie(typed)


def account_of(settings: dict[str, Any]) -> str:
    """Return the id of the account that the session claims."""
    return str(settings["authorization_data"]["ds_user_id"])


def _of_cookie(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"(?:sessionid=)?\"?([^;\"\s]+)\"?;?", text)
    if found is None or not re.fullmatch(_COOKIE, found[1]):
        raise invalid(FIELD, _NOT_JSON)
    return _with_session({}, found[1])


def _of_settings(text: str) -> dict[str, Any]:
    try:
        brought = BroughtSession.model_validate(_plain(json.loads(text)))
    except ValidationError as error:
        raise invalid(FIELD, f"“{_place(error)}” in it is not what instagrapi writes.") from None
    except (ValueError, RecursionError):
        raise invalid(FIELD, "This is not JSON. Copy the whole file, from the first { to the last }.") from None
    settings = brought.model_dump(exclude_none=True)
    sessionid = _sessionid_of(brought)
    if sessionid is None:
        raise invalid(FIELD, "These settings hold no session. Sign in with them first, then export them again.")
    return _with_session(settings, sessionid)


def _plain(value: Any) -> Any:
    """Return the value without empty parts, and with ids as text: some files hold them as numbers."""
    if not isinstance(value, dict):
        return value
    read = {key: part for key, part in value.items() if part not in (None, "", {}, [])}
    for name in ("authorization_data", "cookies"):
        part = read.get(name)
        if isinstance(part, dict) and isinstance(part.get("ds_user_id"), int):
            read[name] = part | {"ds_user_id": str(part["ds_user_id"])}
    return read


def _sessionid_of(brought: BroughtSession) -> str | None:
    if brought.authorization_data:
        return brought.authorization_data.sessionid
    return brought.cookies.sessionid if brought.cookies else None


def _with_session(settings: dict[str, Any], sessionid: str) -> dict[str, Any]:
    account = re.split(r":|%3A", unquote(sessionid), maxsplit=1)[0]
    known = settings.get("authorization_data", {}).get("ds_user_id", account)
    if known != account:
        raise invalid(FIELD, "The session in it is of another account than it says.")
    given = {"ds_user_id": account, "sessionid": sessionid, "should_use_header_over_cookies": True}
    return settings | {
        "authorization_data": given,
        "cookies": settings.get("cookies", {}) | {"sessionid": sessionid, "ds_user_id": account},
    }


def _place(error: ValidationError) -> str:
    """Return the place of the first problem. It is a name of the schema: unknown keys are dropped."""
    return ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"])
