"""Country, language and time zone of a phone fit together, in every country and season."""

from datetime import UTC, datetime

import pytest

from bot.inputs.time_zones import known_zones
from bot.phones.places import (
    Place,
    calling_codes,
    countries,
    country_of,
    default_place,
    lies_in,
    main_zone,
    place_in,
    zones,
)

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)


def test_each_country_has_a_name_a_zone_and_a_calling_code():
    assert set(countries()) == set(zones()) == set(calling_codes())
    assert {zone for names in zones().values() for zone in names} <= set(known_zones().values())


def test_countries_are_in_the_order_of_their_names_with_accents_or_without():
    names = list(countries().values())
    assert names[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    assert names.index("Côte d’Ivoire") == names.index("Costa Rica") + 1
    assert names[-1] == "Zimbabwe"


@pytest.mark.parametrize("country", sorted(zones()))
def test_the_main_zone_of_a_country_lies_in_it(country):
    assert lies_in(main_zone(country), country)


@pytest.mark.parametrize(
    ("country", "code"),
    [("US", 1), ("CA", 1), ("DE", 49), ("IN", 91), ("BR", 55), ("ID", 62), ("UA", 380)],
)
def test_calling_codes_are_those_of_the_country(country, code):
    assert calling_codes()[country] == code


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Berlin", "DE"),
        ("US/Eastern", "US"),
        ("Asia/Calcutta", "IN"),
        ("Europe/Kiev", "UA"),
        ("Europe/Oslo", "NO"),
        ("Europe/Amsterdam", "NL"),
        ("America/Buenos_Aires", "AR"),
        ("UTC", None),
        ("Etc/GMT+5", None),
        ("EST5EDT", None),
        ("EST", None),
        ("MST", None),
        ("HST", None),
        ("CET", None),
        ("WET", None),
        ("Iceland", None),
    ],
)
def test_a_zone_tells_its_country_under_any_of_its_names(zone, country):
    assert country_of(zone) == country


@pytest.mark.parametrize(
    ("place", "winter", "summer"),
    [
        (Place("DE", "de", "Europe/Berlin"), 3600, 7200),
        (Place("US", "en", "America/New_York"), -18000, -14400),
        (default_place(), -18000, -14400),
        (Place("AU", "en", "Australia/Sydney"), 39600, 36000),
        (Place("IN", "en", "Asia/Kolkata"), 19800, 19800),
        (Place("CA", "fr", "America/St_Johns"), -12600, -9000),
    ],
)
def test_the_offset_follows_summer_time(place, winter, summer):
    assert (place.offset(WINTER), place.offset(SUMMER)) == (winter, summer)


def test_a_client_gets_one_place_of_one_piece():
    assert Place("BR", "pt", "America/Manaus").settings(WINTER) == {
        "country": "BR",
        "country_code": 55,
        "locale": "pt_BR",
        "timezone_offset": -14400,
    }


def told(locale, country=None, offset=None, **more):
    return {"locale": locale, "country": country, "timezone_offset": offset} | more


@pytest.mark.parametrize(
    ("settings", "moment", "place"),
    [
        (told("de_AT", "AT", 3600), WINTER, Place("AT", "de", "Europe/Vienna")),
        (told("de_AT", "AT", 7200), WINTER, Place("AT", "de", "Europe/Vienna")),
        (told("en_US", "DE", 3600, country_code=49), SUMMER, Place("DE", "en", "Europe/Berlin")),
        (told("de_DE", offset=3600), SUMMER, Place("DE", "de", "Europe/Berlin")),
        (told("", "DE", 3600), WINTER, Place("DE", "en", "Europe/Berlin")),
        (told("de_DE", "ZZ"), WINTER, Place("DE", "de", "Europe/Berlin")),
        (told("en_US", "US", -14400), WINTER, default_place()),
        (told("en_US", "US", -25200), SUMMER, Place("US", "en", "America/Los_Angeles")),
        (told("en_US", "US", -28800), WINTER, Place("US", "en", "America/Los_Angeles")),
        (told("en_US", "US", -25200), WINTER, Place("US", "en", "America/Denver")),
        (told("pt_BR", "BR", -14400), WINTER, Place("BR", "pt", "America/Manaus")),
        (told("de_DE", "DE", -14400), WINTER, Place("DE", "de", "Europe/Berlin")),
        (told("zz_ZZ", "DE", 86400), WINTER, None),
        (told("zz_DE", "DE", 3600), WINTER, None),
        (told("en_ZZ", "ZZ", 3600), WINTER, None),
        (told("en_ZZ"), WINTER, None),
        ({"timezone_offset": 3600}, WINTER, None),
        ({}, WINTER, None),
    ],
)
def test_settings_speak_of_one_place_or_of_none(settings, moment, place):
    found = place_in(settings, moment)
    assert (found is None) == (place is None)
    if found and place:
        assert found.settings(WINTER) == place.settings(WINTER)
        assert found.settings(SUMMER) == place.settings(SUMMER)
