"""Phone and place of an account: what is the default, what is kept, and what is refused."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from bot.core.errors import BotException
from bot.linking import outcomes, requests, session_imports, unlinking
from bot.linking.claimed import claim
from bot.linking.link_forms import ImportSession, Link
from bot.phones.choice import ChosenPhone, PhoneFields, choose_phone, keep_place
from bot.phones.devices import keep_device, kept_phone, place_for
from bot.phones.hardware import hardware_of
from bot.phones.places import Place
from bot.phones.report import phone_report
from bot.settings import preferences
from bot.settings.preferences import Settings
from bot.storage.models import BotSettings, InstagramDevice
from bot.storage.tenancy import tenant

pytestmark = pytest.mark.usefixtures("base_app")
NAME, PROXY = "insta.name", "http://somebody:secret@127.0.0.1:8080"
BERLIN, NEW_YORK = Place("DE", "de", "Europe/Berlin"), Place("US", "en", "America/New_York")
SUMMER = datetime(2026, 7, 15, 12, tzinfo=UTC)
COOKIE = "41000000017%3AAbCdEfGhIjKlMnOp%3A12%3AAYcanary"


def live_in(user, zone):
    with tenant(user.id) as session:
        session.execute(update(BotSettings).values(timezone=zone))
        session.commit()


def choose(user, *, proxy="none", brought=None, **typed):
    with tenant(user.id, reading=True) as session:
        return choose_phone(session, NAME, PhoneFields(**typed), proxy=proxy, brought=brought)


def known(user, place=None, device="{}", proxy_country=None):
    keep_device(user.id, NAME, device)
    if place:
        keep_place(user.id, NAME, ChosenPhone(place, None, proxy_country))


@pytest.mark.parametrize(
    ("zone", "typed", "place"),
    [
        ("UTC", {}, NEW_YORK),
        ("EST", {}, NEW_YORK),
        ("Etc/GMT+5", {}, NEW_YORK),
        ("Europe/Berlin", {}, Place("DE", "en", "Europe/Berlin")),
        ("US/Eastern", {}, Place("US", "en", "US/Eastern")),
        ("Europe/Berlin", {"language": "de"}, BERLIN),
        ("Europe/Berlin", {"country": "fr"}, Place("FR", "en", "Europe/Paris")),
        ("Europe/Berlin", {"proxy_country": "FR"}, Place("FR", "en", "Europe/Paris")),
        ("Europe/Berlin", {"proxy_country": "FR", "country": "DE"}, Place("DE", "en", "Europe/Berlin")),
        ("America/Chicago", {"country": "US"}, Place("US", "en", "America/Chicago")),
        ("UTC", {"country": "BR", "language": "pt"}, Place("BR", "pt", "America/Sao_Paulo")),
        ("UTC", {"country": "BR", "timezone": "America/Manaus"}, Place("BR", "en", "America/Manaus")),
        ("UTC", {"timezone": "Asia/Tokyo"}, Place("JP", "en", "Asia/Tokyo")),
    ],
)
def test_a_new_account_is_where_its_owner_says_else_at_the_proxy_else_in_the_own_zone(alice, zone, typed, place):
    live_in(alice, zone)
    proxy = "new" if "proxy_country" in typed else "none"
    chosen = choose(alice, proxy=proxy, **typed)
    assert (chosen.place, chosen.hardware, chosen.proxy_country) == (place, None, typed.get("proxy_country"))


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ({}, BERLIN),
        ({"language": "fr"}, Place("DE", "fr", "Europe/Berlin")),
        ({"country": "AT"}, Place("AT", "de", "Europe/Vienna")),
        ({"country": "DE"}, BERLIN),
    ],
)
def test_a_place_stays_with_its_account_until_its_owner_says_otherwise(alice, typed, place):
    live_in(alice, "America/New_York")
    known(alice, BERLIN)
    assert choose(alice, **typed).place == place


def test_an_account_from_before_there_was_a_choice_stays_as_it_is(alice):
    live_in(alice, "Europe/Berlin")
    known(alice)
    assert choose(alice).place == NEW_YORK
    assert choose(alice, country="DE").place == Place("DE", "en", "Europe/Berlin")


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"locale": "de_DE", "country": "DE", "timezone_offset": 7200}, BERLIN),
        ({"locale": "en_US", "country": "US", "country_code": 1, "timezone_offset": -14400}, NEW_YORK),
        ({"locale": "zz_ZZ", "country": "DE", "timezone_offset": 86400}, NEW_YORK),
    ],
)
def test_a_device_without_a_stored_place_is_where_its_settings_say_and_stays_there(alice, settings, place):
    live_in(alice, "Asia/Tokyo")
    known(alice, device=json.dumps(settings))
    with tenant(alice.id, reading=True) as session:
        assert place_for(session, NAME) == kept_phone(session, NAME).place == place
    assert choose(alice).place == place
    keep_device(alice.id, NAME, "{}")
    with tenant(alice.id, reading=True) as session:
        assert place_for(session, NAME) == place


def test_a_device_whose_key_is_lost_is_at_the_default_place(alice):
    known(alice)
    with tenant(alice.id) as session:
        session.execute(update(InstagramDevice).values(device_encrypted=b"lost"))
        session.commit()
    with tenant(alice.id, reading=True) as session:
        assert place_for(session, NAME) == NEW_YORK


def test_the_country_of_the_proxy_stays_as_long_as_the_proxy(alice):
    known(alice, BERLIN, proxy_country="FR")
    assert choose(alice, proxy="kept").proxy_country == "FR"
    assert choose(alice, proxy="kept", proxy_country="DE").proxy_country == "DE"
    assert choose(alice, proxy="new").proxy_country is None
    assert choose(alice).proxy_country is None


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"country": "DE", "timezone": "Europe/Paris"}, "timezone"),
        ({"language": "de"}, "country"),
        ({"proxy_country": "DE"}, "proxy_country"),
        ({"phone": "pixel_7", "own_phone": "x"}, "own_phone"),
        ({"own_phone": "x"}, "own_phone"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(alice, typed, field):
    with pytest.raises(BotException, match="INVALID_INPUT") as caught:
        choose(alice, **typed)
    assert caught.value.meta["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "typed", [{"country": "XX"}, {"country": "Germany"}, {"language": "xx"}, {"phone": "nokia"}, {"timezone": "Mars"}]
)
def test_what_is_in_no_list_is_refused(typed):
    with pytest.raises(ValidationError):
        PhoneFields(**typed)


def test_a_phone_is_new_only_if_it_is_another_than_before(alice):
    known(alice, device=json.dumps({"device_settings": hardware_of("pixel_7") | {"app_version": "1"}}))
    assert choose(alice).hardware is None
    assert choose(alice, phone="pixel_7").hardware is None
    assert choose(alice, phone="galaxy_s23").hardware == hardware_of("galaxy_s23")


@pytest.mark.parametrize(
    ("brought", "place"),
    [
        ({"locale": "de_AT", "timezone_offset": 7200}, Place("AT", "de", "Europe/Vienna")),
        ({"locale": "en_US", "timezone_offset": -25200}, Place("US", "en", "America/Los_Angeles")),
        ({"locale": "en_US"}, NEW_YORK),
        ({"locale": "en_US", "country": "DE", "timezone_offset": 3600}, Place("DE", "en", "Europe/Berlin")),
        ({"locale": "zz_ZZ", "country": "DE", "timezone_offset": 86400}, Place("JP", "en", "Asia/Tokyo")),
        ({"locale": "xx_US"}, Place("JP", "en", "Asia/Tokyo")),
        ({}, Place("JP", "en", "Asia/Tokyo")),
    ],
)
def test_the_place_of_an_imported_session_is_the_accounts(alice, brought, place):
    live_in(alice, "Asia/Tokyo")
    chosen = choose(alice, brought=brought).place
    assert (chosen.country, chosen.language) == (place.country, place.language)
    assert chosen.settings(SUMMER)["timezone_offset"] == place.settings(SUMMER)["timezone_offset"]


def test_an_imported_session_with_a_phone_takes_no_other(alice):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        choose(alice, brought={"device_settings": hardware_of("pixel_7")}, phone="pixel_6")


def linked(user, **more):
    answer = requests.link(user.id, Link(username=NAME, password="secret", **more), wait=0)
    taken = claim(user.id, answer.id)
    if taken.device is None:
        keep_device(user.id, NAME, json.dumps({"device_settings": taken.chosen.hardware}))
    keep_place(user.id, NAME, taken.chosen)
    outcomes.linked(user.id, taken, session_data="{}", instagram_id="7", username=NAME)
    return taken


def test_a_link_hands_the_choice_to_the_worker_and_it_outlasts_unlinking(alice):
    taken = linked(alice, proxy=PROXY, proxy_country="FR", country="DE", language="de", phone="galaxy_s23")
    assert (taken.place, taken.device) == (BERLIN, None)
    report = phone_report(alice.id)
    assert (report.country, report.phone, report.proxy_country) == ("DE", "Samsung Galaxy S23", "FR")
    assert report.proxy_is_elsewhere
    unlinking.unlink(alice.id)
    again = linked(alice)
    assert (again.place, again.chosen.hardware, again.chosen.proxy_country) == (BERLIN, None, None)
    assert phone_report(alice.id).phone == "Samsung Galaxy S23"


def test_an_import_hands_the_choice_to_the_worker(alice):
    answer = session_imports.import_session(
        alice.id, ImportSession(session=COOKIE, country="DE", phone="pixel_6"), wait=0
    )
    taken = claim(alice.id, answer.id)
    assert taken.place == Place("DE", "en", "Europe/Berlin")
    assert taken.chosen.hardware == hardware_of("pixel_6")


def test_another_proxy_in_the_settings_has_a_country_of_its_own(alice):
    linked(alice, proxy=PROXY, proxy_country="FR", country="FR", phone="pixel_6")
    changed = preferences.change_settings(alice.id, Settings(proxy_country="DE")).phone
    assert (changed.proxy_country, changed.proxy_is_elsewhere) == ("DE", True)
    assert preferences.change_settings(alice.id, Settings(proxy="http://127.0.0.1:9")).phone.proxy_country is None
    assert preferences.change_settings(alice.id, Settings(proxy=None)).phone.proxy_country is None
    with pytest.raises(BotException, match="INVALID_INPUT"):
        preferences.change_settings(alice.id, Settings(proxy_country="DE"))


def test_without_a_place_the_client_is_in_the_united_states(alice):
    report = phone_report(alice.id)
    assert (report.country, report.default_country, report.phone, report.proxy_is_elsewhere) == (
        "US",
        "US",
        None,
        False,
    )
    live_in(alice, "Europe/Berlin")
    assert phone_report(alice.id).default_country == "DE"


def test_a_strangers_phone_is_not_seen(alice, bob):
    known(alice, BERLIN)
    with tenant(bob.id, reading=True) as session:
        assert kept_phone(session, NAME) is None
        assert session.scalars(select(InstagramDevice)).all() == []
