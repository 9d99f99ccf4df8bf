"""Country, language and time zone of a phone fit together, in every country and season."""

from datetime import UTC, datetime

import pytest

from bot.inputs.time_zones import known_zones
from bot.phones.places import Place, calling_codes, countries, country_of, lies_in, main_zone, zones

WINTER, SUMMER = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)


def test_each_country_has_a_name_a_zone_and_a_calling_code():
    assert set(countries()) == set(zones()) == set(calling_codes())
    assert list(countries().values()) == sorted(countries().values())
    assert {zone for names in zones().values() for zone in names} <= set(known_zones().values())


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
    ],
)
def test_a_zone_tells_its_country_under_any_of_its_names(zone, country):
    assert country_of(zone) == country


@pytest.mark.parametrize(
    ("place", "winter", "summer"),
    [
        (Place("DE", "de", "Europe/Berlin"), 3600, 7200),
        (Place("US", "en", "America/New_York"), -18000, -14400),
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
