"""Which parts of a session that somebody imports are taken, and what is refused."""

import json
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.core.errors import BotException
from bot.inputs.instagram_sessions import MAX_BYTES, account_of, read_session
from tests.support.harmful_settings import HARMFUL

COOKIE = "41000000017%3AAbCdEfGhIjKlMnOp%3A12%3AAYcanary"
ID = "41000000017"


def pem(key: Any) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


UUID = "6f9a2b1c-0d3e-4f5a-8b7c-112233445566"
PHONE = {
    "app_version": "1.0.0",
    "version_code": "1",
    "bloks_versioning_id": "x",
    "android_version": 34,
    "android_release": "14",
    "dpi": "480dpi",
    "resolution": "1080x2340",
    "manufacturer": "samsung",
    "device": "dm1q",
    "model": "SM-S911B",
    "cpu": "qcom",
}
SETTINGS: dict[str, Any] = {
    "uuids": {"phone_id": UUID, "uuid": UUID, "android_device_id": "android-0123456789abcdef"},
    "device_settings": PHONE,
    "usdid": {"usdid": UUID, "kid": "a-kid", "private_key": pem(ec.generate_private_key(ec.SECP256R1()))},
    "authorization_data": {"ds_user_id": ID, "sessionid": COOKIE, "should_use_header_over_cookies": True},
    "cookies": {"csrftoken": "token"},
    "mid": "mid",
    "locale": "de_DE",
    "country": "DE",
    "country_code": 49,
    "timezone_offset": 3600,
    "last_login": 1764000000.5,
}


def changed(path: str, value: object) -> str:
    """The settings with one value changed; `path` is key or key.key."""
    settings = json.loads(json.dumps(SETTINGS))
    *parts, last = path.split(".")
    into = settings
    for part in parts:
        into = into.setdefault(part, {})
    into[last] = value
    return json.dumps(settings)


def refusal(text: str) -> str:
    with pytest.raises(BotException, match="INVALID_INPUT") as caught:
        read_session(text)
    assert COOKIE not in repr(caught.value) + str(caught.value.meta)
    (problem,) = caught.value.meta["errors"]
    assert problem["field"] == "session"
    return str(problem["message"])


@pytest.mark.parametrize(
    "typed",
    [COOKIE, f"sessionid={COOKIE}", f' sessionid="{COOKIE}"; ', f"\ufeff{COOKIE}\r\n", COOKIE.replace("%3A", ":")],
)
def test_a_sessionid_is_taken_however_a_browser_shows_it(typed):
    read = read_session(typed)
    assert account_of(read) == ID
    assert set(read) == {"authorization_data", "cookies"}
    assert read["authorization_data"]["sessionid"].replace(":", "%3A") == COOKIE


def test_the_known_keys_of_settings_are_taken_as_they_are():
    read = read_session(json.dumps(SETTINGS))
    hardware = {key: PHONE[key] for key in PHONE if key not in ("app_version", "version_code", "bloks_versioning_id")}
    assert read["device_settings"] == hardware
    for key in ("uuids", "mid", "locale", "country", "country_code", "timezone_offset", "last_login"):
        assert read[key] == SETTINGS[key]
    assert read["authorization_data"] == SETTINGS["authorization_data"]
    assert read["cookies"] == {"csrftoken": "token", "sessionid": COOKIE, "ds_user_id": ID}


@pytest.mark.parametrize("key", HARMFUL)
def test_a_key_that_could_hurt_is_dropped(key):
    assert key not in read_session(changed(key, HARMFUL[key]))


@pytest.mark.parametrize("part", ["device_settings", "uuids", "cookies", "authorization_data", "usdid"])
def test_unknown_keys_inside_a_part_are_dropped(part):
    assert "anything" not in read_session(changed(f"{part}.anything", "else"))[part]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("uuids.uuid", "not an id"),
        ("uuids.android_device_id", "android-xyz"),
        ("uuids", 1),
        ("device_settings.android_version", "34"),
        ("device_settings.android_version", 10**9),
        ("device_settings.model", "x; evil)"),
        ("device_settings.model", "Phone \U0001f600"),
        ("device_settings.model", "line\nbreak"),
        ("device_settings.manufacturer", "m" * 65),
        ("device_settings.resolution", "huge"),
        ("device_settings.resolution", "000x000"),
        ("mid", "line\r\nX-Evil: 1"),
        ("mid", "m" * 513),
        ("ig_u_rur", 7),
        ("ig_www_claim", ["a"]),
        ("cookies.csrftoken", "a; sessionid=other"),
        ("authorization_data.sessionid", "short"),
        ("authorization_data.sessionid", COOKIE + ";evil=1"),
        ("authorization_data.ds_user_id", "alice"),
        ("usdid.private_key", "no key"),
        ("country", "Germany"),
        ("country_code", "49"),
        ("locale", "German"),
        ("timezone_offset", 90_000),
        ("timezone_offset", "3600"),
        ("push_disabled", "yes"),
    ],
)
def test_a_known_key_of_another_form_is_refused_by_its_name(path, value):
    assert path.partition(".")[0] in refusal(changed(path, value))


@pytest.mark.parametrize(
    "other", [ed25519.Ed25519PrivateKey.generate, partial(ec.generate_private_key, ec.SECP384R1())]
)
def test_a_key_that_the_client_could_not_sign_with_is_refused(other):
    assert "usdid.private_key" in refusal(changed("usdid.private_key", pem(other())))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1"])
def test_a_time_that_is_no_number_is_refused(number):
    assert "last_login" in refusal(json.dumps(SETTINGS).replace("1764000000.5", number))


@pytest.mark.parametrize("number", [ID, int(ID)])
def test_ids_may_be_numbers(number):
    assert account_of(read_session(changed("authorization_data.ds_user_id", number))) == ID


def test_empty_parts_are_as_good_as_none():
    text = json.dumps(SETTINGS | {"usdid": {}, "mid": "", "ig_u_rur": None, "device_settings": {}})
    assert {"usdid", "mid", "ig_u_rur", "device_settings"}.isdisjoint(read_session(text))


def test_settings_of_which_the_session_is_another_accounts_are_refused():
    assert "another account" in refusal(changed("authorization_data.ds_user_id", "42"))


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "hello", "null", '{"mid": "a"}', '{"a":' * 5000, "x" * (MAX_BYTES + 1), "\ud800", "{} {}"],
    ids=["cut", "list", "word", "null", "no session", "deep", "large", "half a character", "two"],
)
def test_what_is_no_session_is_refused(text):
    assert refusal(text)


def test_the_limit_counts_bytes():
    assert "64 KB" in refusal("é" * (MAX_BYTES // 2 + 1))
    assert read_session(changed("anything", "a" * 60_000))
