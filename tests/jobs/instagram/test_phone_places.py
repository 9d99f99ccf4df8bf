"""What the real client says of phone and place, in each request: of one piece, in summer and in winter."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from instagrapi import Client, config

from bot.phones.hardware import CLIENT_PHONE, hardware_of
from bot.phones.places import CLIENT_COUNTRY, DEFAULT_LANGUAGE, Place, default_place, place_in
from jobs.instagram import InstagramAuth, InstagramClient, Linked
from tests.jobs.instagram.conftest import Sandbox

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
PLACES = [
    default_place(),
    Place("DE", "de", "Europe/Berlin"),
    Place("BR", "pt", "America/Sao_Paulo"),
    Place("IN", "en", "Asia/Kolkata"),
]


def signed_in(sandbox: Sandbox, name: str, place: Place, moment: datetime, phone: str) -> Linked:
    auth = InstagramAuth(sandbox.endpoint, place=place.settings(moment))
    linked = auth.login(name, sandbox.password(name), auth.new_device(hardware_of(phone)))
    assert isinstance(linked, Linked)
    return linked


def agrees(sandbox: Sandbox, name: str, place: Place, moment: datetime) -> None:
    """Every request of the account said the same, as the sandbox has heard it in headers, forms and user agent."""
    said, offset = sandbox.phone(name), place.offset(moment)
    settings = place.settings(moment)
    assert said["country"] == [place.country]
    assert said["locale"] == said["device_locale"] == [place.locale]
    assert said["timezone_offset"] == [str(offset)]
    assert said.get("country_code", [str(settings["country_code"])]) == [str(settings["country_code"])]
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
    assert said.get("timezone_name", []) in ([], [f"GMT{sign}{minutes // 60:02}:{minutes % 60:02}"])
    (agent,) = said["user_agent"]
    assert f"; {place.locale}; " in agent


@pytest.mark.parametrize("moment", [WINTER, SUMMER], ids=["winter", "summer"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.country)
def test_a_sign_in_and_the_work_after_it_come_from_one_place(sandbox, place, moment):
    linked = signed_in(sandbox, "plain_01", place, moment, "galaxy_s23")
    client = InstagramClient(linked.session, sandbox.endpoint, place=place.settings(moment))
    client.hashtag_page("coffee")
    client.close()
    InstagramAuth(sandbox.endpoint, place=place.settings(moment)).test_connection(linked.session)
    agrees(sandbox, "plain_01", place, moment)
    (agent,) = sandbox.phone("plain_01")["user_agent"]
    assert "SM-S911B; dm1q; qcom" in agent
    assert f"Instagram {config.DEFAULT_APP_VERSION} " in agent


def test_summer_time_moves_the_offset_of_a_session_and_nothing_else(sandbox):
    place = Place("DE", "de", "Europe/Berlin")
    linked = signed_in(sandbox, "plain_02", place, WINTER, "pixel_7")
    client = InstagramClient(linked.session, sandbox.endpoint, place=place.settings(SUMMER))
    client.hashtag_page("coffee")
    kept = json.loads(client.dump())
    client.close()
    assert (kept["timezone_offset"], kept["timezone_name"], kept["locale"]) == (7200, "GMT+02:00", "de_DE")
    said = sandbox.phone("plain_02")
    assert said["timezone_offset"] == ["3600", "7200"]
    assert all(len(said[name]) == 1 for name in ("country", "locale", "user_agent", "device_id", "android_id"))


def test_a_session_from_before_takes_the_place_that_its_owner_chose(sandbox):
    linked = InstagramAuth(sandbox.endpoint).login("plain_03", sandbox.password("plain_03"))
    assert isinstance(linked, Linked)
    client = InstagramClient(
        linked.session, sandbox.endpoint, place=Place("BR", "pt", "America/Sao_Paulo").settings(WINTER)
    )
    assert "; pt_BR; " in json.loads(client.dump())["user_agent"]
    assert json.loads(client.dump())["uuids"] == json.loads(linked.session)["uuids"]
    client.close()


ASTRAY = {
    "locale": "zz_ZZ",
    "country": "DE",
    "country_code": 1,
    "timezone_offset": 86400,
    "timezone_name": "Mars/Phobos",
}
MIXED = {"locale": "en_US", "country": "DE", "country_code": 49, "timezone_offset": 3600, "timezone_name": "GMT+01:00"}


@pytest.mark.parametrize("moment", [WINTER, SUMMER], ids=["winter", "summer"])
@pytest.mark.parametrize(
    ("brought", "place"),
    [(ASTRAY, default_place()), (MIXED, Place("DE", "en", "Europe/Berlin"))],
    ids=["no place", "two places"],
)
def test_a_brought_session_comes_from_one_place_whatever_its_settings_say(sandbox, brought, place, moment):
    found = place_in(brought, WINTER) or default_place()
    linked = signed_in_before(sandbox, "plain_04")
    auth = InstagramAuth(sandbox.endpoint, place=found.settings(moment))
    adopted = auth.adopt(json.dumps(linked | brought), auth.new_device())
    client = InstagramClient(adopted.session, sandbox.endpoint, place=found.settings(moment))
    client.hashtag_page("coffee")
    client.close()
    agrees(sandbox, "plain_04", place, moment)


def signed_in_before(sandbox: Sandbox, name: str) -> dict[str, Any]:
    """Return a session of an account that has sent nothing yet."""
    session = sandbox.post("/sessions", account=name)
    given = {"ds_user_id": session["id"], "sessionid": session["session"], "should_use_header_over_cookies": True}
    return {"authorization_data": given, "cookies": {}}


def test_a_client_that_is_told_nothing_is_the_one_we_say_it_is():
    assert (Client.country, Client.locale) == (CLIENT_COUNTRY, f"{DEFAULT_LANGUAGE}_{CLIENT_COUNTRY}")
    assert hardware_of(CLIENT_PHONE) == config.DEVICE_SETTINGS
