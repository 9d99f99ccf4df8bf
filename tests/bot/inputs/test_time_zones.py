import pytest

from bot.core.errors import BotException
from bot.inputs.time_zones import known_zones, read_zone
from bot.inputs.validation import checked_json
from bot.settings.preferences import Settings
from web.settings import zones


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (" Europe/Berlin ", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("\tAmerica/Argentina/Buenos_Aires\n", "America/Argentina/Buenos_Aires"),
        ("utc", "UTC"),
        # As older phones name themselves.
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_read_as_people_type_it(typed, name):
    assert read_zone(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        *("localtime", "Factory", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin", "build/etc/localtime"),
        *("", "Europe", "UTC+2", "+02:00", "Mars/Base", "../etc/localtime", "Europe/Berlin/", "zone.tab", "tzdata.zi"),
    ],
)
def test_what_means_the_servers_own_zone_or_none_is_refused(typed):
    with pytest.raises(BotException) as raised:
        checked_json(Settings, '{"timezone": "' + typed + '"}')
    problem = {"field": "timezone", "code": "INVALID"}
    words = "This time zone is not known. Type one like Europe/Berlin."
    assert raised.value.meta["errors"] == [problem | {"message": words}]


def test_every_zone_of_the_page_can_be_chosen():
    assert len(zones()) > 400
    assert all(read_zone(name) == name for name in zones())
    assert {read_zone(name) for name in known_zones().values()} == set(known_zones().values())
