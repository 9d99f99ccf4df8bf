"""The only place that makes instagrapi clients, and their state that is kept between jobs."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from instagrapi import Client
from requests.adapters import HTTPAdapter

from bot.core.errors import BotException
from jobs.instagram.app_version import with_own_app
from jobs.instagram.endpoint import Endpoint
from jobs.instagram.refusals import Call, Refusal, meaning_of
from jobs.instagram.translate import translate
from jobs.instagram.transport import CurlTransport
from jobs.instagram.wire import Deadline, Wire

Settings = dict[str, Any]

# Settings of the phone that Instagram sees. The rest of the kept settings is the sign-in on it.
_DEVICE_KEYS = (
    "uuids",
    "device_settings",
    "user_agent",
    "locale",
    "country",
    "country_code",
    "timezone_offset",
    "timezone_name",
    "push_disabled",
    "mid",
    "usdid",
)
# Nothing else is restored: saved transport, retry, timeout and TLS settings would override the factory's own.
_SESSION_KEYS = (*_DEVICE_KEYS, "ig_u_rur", "ig_www_claim", "authorization_data", "cookies", "last_login")

# instagrapi logs whole replies at DEBUG and broken ones at ERROR, and the proxy with its password at INFO. Whatever
# matters leaves as an exception, and its catcher logs it once.
for _name in ("instagrapi", "private_request", "public_request", "graphql_request"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


# Failures that pass without action. Nothing of them is kept with the sign-in.
_PASSING = ("INSTAGRAM_TIMEOUT", "INSTAGRAM_SERVER_ERROR", "INSTAGRAM_UNREADABLE", "INSTAGRAM_UNREACHABLE")


_KEY_URL = "https://i.instagram.com/api/v1/qe/sync/"


class AppRun(NamedTuple):
    """The state that the app keeps from its start to its end: its number, and the signed word on its device."""

    number: str
    device_word: str
    device_word_ends: int


class QuietClient(Client):  # type: ignore[misc]  # instagrapi has no types
    """instagrapi's client, made for one sign-in at most, that never prompts and never prints.

    It continues `run`, the app run of an earlier client of the same account.
    """

    _signed_in_once = False

    def __init__(self, run: AppRun | None = None, **options: Any) -> None:
        self._run = run
        # The refusal of the first pages after a sign-in.
        self.trouble: BotException | None = None
        self.entry_context = ""
        super().__init__(**options)

    def set_usdid_settings(self, settings: Settings | None = None) -> bool:
        known = bool(super().set_usdid_settings(settings))
        if self._run is not None:
            self._pigeon_session_id, self._usdid_header_cache, self._usdid_header_expires_at = self._run
        return known

    def _configure_private_session_retry(self, private_transport: str | None = None) -> None:
        """Do nothing. `new_client` mounts the transport; instagrapi would make one for each client."""

    def bloks_caa_login(self, *args: Any, **kwargs: Any) -> Settings:
        """Submit the password, once. After a wrong one instagrapi would call this again with the same."""
        if self._signed_in_once:
            return {"logged_in": False, "two_step_verification_context": ""}
        self._signed_in_once = True
        return cast(Settings, super().bloks_caa_login(*args, **kwargs))

    def bloks_ap_two_step_verification_entrypoint(self, context_data: str, *args: Any, **kwargs: Any) -> Settings:
        """Open the question for a code by mail, and remember how: the code may be wanted once more."""
        self.entry_context = context_data
        return cast(Settings, super().bloks_ap_two_step_verification_entrypoint(context_data, *args, **kwargs))

    def password_publickeys(self) -> tuple[int, str]:
        """Ask for the key that the password is encrypted with. instagrapi does not look at the status of the reply."""
        found: requests.Response = self.public.get(_KEY_URL)
        number, key = (found.headers.get(f"ig-set-password-encryption-{part}", "") for part in ("key-id", "pub-key"))
        if number.isdecimal() and key:
            return int(number), key
        said = meaning_of(Refusal(Call("sign_in"), found.status_code, {}))
        raise BotException(said.name if said else "INSTAGRAM_SIGN_IN_CHANGED", delivered="no")

    def login_flow(self) -> bool:
        """Load the first pages, as the app does after a sign-in. A failure of theirs loses no session: `trouble`."""
        try:
            return bool(super().login_flow())
        except Exception as error:
            trouble = translate(error, reply=self.last_response)
            self.trouble = None if trouble.name in _PASSING else trouble
            return False

    def take_authorization(self) -> bool:
        """Take over the session that the last reply brought. Return whether it brought one."""
        header = self.last_response.headers.get("ig-set-authorization")
        found = self.parse_authorization(header) if header else {}
        if not found:
            return False
        self.authorization_data = found
        return True

    def challenge_code_or_raised(self, *_args: Any, **_kwargs: Any) -> str:
        """Stop if a code is needed. instagrapi's method prints the code that it is given."""
        raise CodeNeeded

    def _usdid_sign(self, message: str) -> bytes:
        """Sign by OpenSSL, with the same result. In Python it is four fifths of the cost of a restored client."""
        key = cast(ec.EllipticCurvePrivateKey, load_pem_private_key(self.usdid_private_key.encode(), None))
        return key.sign(message.encode(), ec.ECDSA(SHA256()))


class CodeNeeded(Exception):
    """Instagram has sent a code. `client.last_json` is the form that it goes into."""


@contextmanager
def client_for(endpoint: Endpoint, settings: Settings, timeout: float) -> Iterator[QuietClient]:
    """Yield a client and close it at the end; see new_client."""
    client = new_client(endpoint, settings, Deadline(timeout))
    try:
        yield client
    finally:
        close(client)


def new_client(
    endpoint: Endpoint,
    settings: Settings,
    deadline: Deadline,
    run: AppRun | None = None,
    *,
    own_app: bool = False,
) -> QuietClient:
    """Return a client restored from kept settings; an empty dict makes a new device. Sends nothing.

    `own_app` gives the account's phone the version of the app that the client is made for.
    """
    client = QuietClient(
        run,
        settings=with_own_app(settings) if own_app else settings,
        proxy=endpoint.proxy,
        tls_verify=endpoint.ca_file or True,
        request_timeout=0,  # A sleep before each request, not a timeout
        session_retry_total=0,
        with_challenge_flow=False,
    )
    if own_app:
        # Only now with the language of the account.
        client.set_user_agent()
    _mount(client.private, CurlTransport(endpoint.authorities), endpoint, deadline)
    for session in (client.public, client.graphql):
        _mount(session, session.get_adapter("https://i.instagram.com"), endpoint, deadline)
    return client


def working_client(
    endpoint: Endpoint, settings: Settings, deadline: Deadline, run: AppRun | None, *, own_app: bool
) -> QuietClient:
    """Return a client that cannot sign in, without the HTTP sessions that only a sign-in needs."""
    client = new_client(endpoint, settings, deadline, run, own_app=own_app)
    for session in (client.public, client.graphql):
        session.close()
    del client.public, client.graphql
    return client


def run_of(client: QuietClient) -> AppRun:
    return AppRun(client._pigeon_session_id, client._usdid_header_cache, client._usdid_header_expires_at)


def close_private(client: QuietClient) -> None:
    """Close the connections of a client that `working_client` made."""
    client.private.close()


def _mount(
    session: requests.Session, inner: CurlTransport | HTTPAdapter, endpoint: Endpoint, deadline: Deadline
) -> None:
    # Otherwise REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE would override the sandbox's certificate.
    session.trust_env = not endpoint.ca_file
    session.max_redirects = 0
    wire = Wire(inner, deadline, own_proxy=endpoint.own)
    session.mount("https://", wire)
    session.mount("http://", wire)


def close(client: Client) -> None:
    for session in (client.private, client.public, client.graphql):
        session.close()


def settings_of(client: Client) -> Settings:
    """Return all settings of a client that are kept."""
    return _only(client.get_settings(), _SESSION_KEYS)


def session_of(client: Client) -> str:
    """Return the state for the next job on the same account and device: JSON, a secret, about 2 KB."""
    return json.dumps(settings_of(client), separators=(",", ":"))


def device_of(client: Client) -> str:
    """Return the state for the next sign-in from the same device: JSON, a secret (it holds a private key)."""
    return json.dumps(_only(client.get_settings(), _DEVICE_KEYS), separators=(",", ":"))


def session_settings(session: str) -> Settings:
    """Return the settings of a dumped session. Raises INSTAGRAM_LOGGED_OUT if it is not one."""
    settings = _load(session, _SESSION_KEYS)
    if not settings or not (settings.get("authorization_data") or settings.get("cookies")):
        raise BotException("INSTAGRAM_LOGGED_OUT", delivered="no", cause="no session")
    return settings


def with_place(settings: Settings, place: Settings | None) -> Settings:
    """Return kept settings as of a phone at that place: `country`, `country_code`, `locale` and `timezone_offset`.

    The name of the zone and, in another language, the user agent are made again from them.
    """
    if not place:
        return settings
    stale = ("timezone_name", "user_agent") if settings.get("locale") != place["locale"] else ("timezone_name",)
    return {name: value for name, value in settings.items() if name not in stale} | place


def device_settings(device: str | None) -> Settings:
    """Return the device's settings of a dumped session or device; empty, which makes a new device, if there is none."""
    return _load(device, _DEVICE_KEYS) if device else {}


def _load(text: str, keys: tuple[str, ...]) -> Settings:
    try:
        settings = json.loads(text)
    except ValueError:
        return {}
    return _only(settings, keys) if isinstance(settings, dict) else {}


def _only(settings: Settings, keys: tuple[str, ...]) -> Settings:
    return {key: settings[key] for key in keys if key in settings}
