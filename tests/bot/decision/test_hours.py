"""Working hours, in the time zone of the user."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decision.hours import Hours, local_midnight, local_time, next_change, open_at, opens_on

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)  # a Tuesday
NIGHT = (22 * 60, 6 * 60)


def every_day(start, end, zone="UTC", pause=None):
    return Hours(zone, ((start, end),) * 7, pause)


def test_within_the_hours_it_is_now():
    assert open_at(every_day(9 * 60, 21 * 60), NOON) == NOON


def test_hours_that_pass_over_midnight():
    night = every_day(*NIGHT)
    assert open_at(night, NOON) == NOON.replace(hour=22)
    late = NOON.replace(hour=2)
    assert open_at(night, late) == late


def test_each_weekday_has_its_own_hours():
    week = (None, (600, 660), None, None, None, None, (480, 540))
    hours = Hours("UTC", week)
    assert open_at(hours, NOON) == datetime(2026, 3, 15, 8, 0, tzinfo=UTC)
    assert open_at(hours, NOON.replace(hour=10)) == NOON.replace(hour=10)
    assert (opens_on(hours, date(2026, 3, 10)), opens_on(hours, date(2026, 3, 11))) == (600, None)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (every_day(9 * 60, 21 * 60), NOON.replace(hour=21)),
        (every_day(13 * 60, 21 * 60), NOON.replace(hour=13)),
        (every_day(9 * 60, 21 * 60, pause=(720, 780)), NOON.replace(hour=13)),
        (every_day(9 * 60, 21 * 60, pause=(800, 900)), NOON.replace(hour=13, minute=20)),
        (every_day(*NIGHT), NOON.replace(hour=22)),
        (every_day(9 * 60, 19 * 60, zone="Asia/Kolkata"), NOON.replace(hour=13, minute=30)),
        (Hours("UTC", (None,) * 6 + ((600, 660),)), datetime(2026, 3, 15, 10, 0, tzinfo=UTC)),
        (Hours("UTC", (None,) * 7), None),
    ],
)
def test_the_next_change_is_the_next_begin_or_end(hours, expected):
    assert next_change(hours, NOON) == expected


@given(st.integers(0, 1439), st.integers(0, 1440), st.integers(0, 2880))
def test_between_two_changes_it_stays_open_or_closed(start, end, minutes):
    hours = every_day(start, end)
    moment = NOON + timedelta(minutes=minutes)
    change = next_change(hours, moment)
    is_open = open_at(hours, moment) == moment
    last = change - timedelta(seconds=1)
    assert (open_at(hours, last) == last) == is_open


def test_the_pause_is_out_of_the_hours_of_every_night():
    always = every_day(0, 1440, pause=NIGHT)
    assert open_at(always, NOON.replace(hour=23)) == NOON.replace(day=11, hour=6)
    assert open_at(always, NOON.replace(hour=5)) == NOON.replace(hour=6)
    assert open_at(always, NOON) == NOON


@pytest.mark.parametrize("hours", [Hours("UTC", (None,) * 7), every_day(600, 660, pause=(540, 720))])
def test_hours_without_a_minute_never_open(hours):
    assert open_at(hours, NOON) is None


def test_hours_follow_the_users_zone_when_clocks_change():
    berlin = every_day(9 * 60, 21 * 60, "Europe/Berlin")
    saturday_night = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert open_at(berlin, saturday_night) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


def test_an_hour_that_does_not_exist_opens_when_the_clocks_have_jumped():
    berlin = every_day(2 * 60 + 30, 4 * 60, "Europe/Berlin")
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    opens = open_at(berlin, before)
    assert before < opens <= datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert open_at(berlin, opens) == opens


def test_of_an_hour_that_comes_twice_the_first_counts():
    berlin = ZoneInfo("Europe/Berlin")
    assert local_time(date(2026, 10, 25), 150, berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_begins_at_midnight_of_the_user():
    assert local_midnight(NOON, "Asia/Tokyo") == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert local_midnight(NOON, "Asia/Tokyo", days=1) == datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
spans = st.tuples(st.integers(0, 1439), st.integers(0, 1440))


@given(moments, zones, st.lists(st.none() | spans, min_size=7, max_size=7), st.none() | spans)
def test_what_opens_is_open_and_nothing_opens_before(moment, zone, week, pause):
    hours = Hours(zone, tuple(week), pause)
    opens = open_at(hours, moment)
    if opens is None:
        return
    assert opens >= moment
    assert open_at(hours, opens) == opens
    between = moment + (opens - moment) / 2
    if moment < between < opens:
        assert open_at(hours, between) == opens
    assert opens - moment <= timedelta(days=15)
