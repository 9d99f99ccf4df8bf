"""When an action comes again."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.actions.recurrence import Repeat, next_run

BERLIN = "Europe/Berlin"
TUESDAY = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


def at_nine(day: date):
    return 540


def on_weekdays(day: date):
    return 540 if day.weekday() < 5 else None


def utc(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("repeat", "previous", "moment", "run"),
    [
        (Repeat(every_days=1), utc(10, 8), utc(10, 8), utc(11, 8)),
        (Repeat(every_days=1), utc(10, 8), utc(10, 20), utc(11, 8)),
        (Repeat(every_days=1), utc(10, 8), utc(11, 7, 59), utc(11, 8)),
        (Repeat(every_days=1), utc(10, 8), utc(11, 8), utc(12, 8)),
        (Repeat(every_days=1, at="23:45"), utc(10, 8), utc(10, 20), utc(11, 22, 45)),
        (Repeat(every_days=1, at="00:00"), utc(10, 8), utc(10, 20), utc(10, 23)),
        (Repeat(every_days=3), utc(10, 8), utc(11, 8), utc(13, 8)),
        (Repeat(every_days=3), utc(1, 8), utc(11, 8), utc(13, 8)),
        (Repeat(every_days=7, at="10:00"), utc(3, 9), utc(10, 9), utc(17, 9)),
    ],
)
def test_it_comes_again_after_so_many_days(repeat, previous, moment, run):
    assert next_run(repeat, previous, moment, BERLIN, at_nine) == run


def test_days_are_those_of_the_time_zone():
    late = utc(10, 23, 30)
    assert next_run(Repeat(every_days=1), late, late, BERLIN, at_nine) == utc(12, 8)
    assert next_run(Repeat(every_days=1), late, late, "UTC", at_nine) == utc(11, 9)


@pytest.mark.parametrize("at", [None, "09:00"])
def test_on_a_day_off_it_waits_for_the_next_day_that_is_none(at):
    daily, weekly = Repeat(every_days=1, at=at), Repeat(every_days=4, at=at)
    friday, saturday, monday = utc(13, 8), utc(14, 12), utc(16, 8)
    assert next_run(daily, friday, friday, BERLIN, on_weekdays) == monday
    assert next_run(weekly, utc(10, 8), friday, BERLIN, on_weekdays) == monday
    assert next_run(weekly, utc(10, 8), saturday, BERLIN, on_weekdays) == monday


def test_a_run_that_waited_does_not_move_the_days_after_it():
    assert next_run(Repeat(every_days=4), utc(10, 8), utc(16, 8), BERLIN, on_weekdays) == utc(18, 8)


def test_the_hours_of_each_day_are_its_own():
    def opens(day: date):
        return 60 * day.weekday()

    assert next_run(Repeat(every_days=1), TUESDAY, TUESDAY, "UTC", opens) == utc(11, 2)
    assert next_run(Repeat(every_days=2), TUESDAY, TUESDAY, "UTC", opens) == utc(12, 3)


def test_the_local_time_stays_when_the_clocks_change():
    assert next_run(Repeat(every_days=1), utc(28, 8), utc(28, 8), BERLIN, at_nine) == utc(29, 7)


def test_a_time_that_is_skipped_is_the_time_it_jumps_to():
    assert next_run(Repeat(every_days=1, at="02:30"), utc(28, 8), utc(28, 8), BERLIN, at_nine) == utc(29, 1, 30)


def test_a_time_that_comes_twice_is_the_first():
    eve, first = datetime(2026, 10, 24, 8, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_run(Repeat(every_days=1, at="02:30"), eve, eve, BERLIN, at_nine) == first


def test_a_previous_run_in_the_future_is_followed_by_a_later_one():
    assert next_run(Repeat(every_days=2), utc(20, 8), utc(10, 8), BERLIN, at_nine) == utc(22, 8)


def test_where_every_day_is_a_day_off_there_is_no_next_run():
    with pytest.raises(ValueError, match="every day is a day off"):
        next_run(Repeat(every_days=1), TUESDAY, TUESDAY, BERLIN, lambda day: None)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
zones = st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"])
weeks = st.lists(st.none() | st.integers(0, 1439), min_size=7, max_size=7).filter(lambda week: set(week) != {None})
times = st.none() | st.times().map(lambda time: f"{time:%H:%M}")


@given(st.integers(1, 30), times, moments, moments, zones, weeks)
def test_the_next_run_is_later_on_a_working_day_and_at_its_time(every, at, previous, moment, timezone, week):
    repeat = Repeat(every_days=every, at=at)
    run = next_run(repeat, previous, moment, timezone, lambda day: week[day.weekday()])
    assert run.tzinfo is UTC
    assert moment < run < max(previous, moment) + timedelta(days=every + 9)
    assert next_run(repeat, previous, run - timedelta(microseconds=1), timezone, lambda day: week[day.weekday()]) == run
    local = run.astimezone(ZoneInfo(timezone))
    assert week[local.weekday()] is not None
    wanted = week[local.weekday()] if at is None else int(at[:2]) * 60 + int(at[3:])
    assert (local.hour * 60 + local.minute - wanted) % 1440 in (0, 30, 60)


@given(st.integers(1, 30), moments, moments, zones)
def test_without_days_off_the_days_are_counted_from_the_previous_run(every, previous, moment, timezone):
    zone = ZoneInfo(timezone)
    run = next_run(Repeat(every_days=every), previous, moment, timezone, at_nine)
    days = (run.astimezone(zone).date() - previous.astimezone(zone).date()).days
    assert days > 0
    assert days % every == 0
    assert days == every or run - timedelta(days=every, hours=2) <= moment


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"every_days": 0},
        {"every_days": 31},
        {"every_days": True},
        {"every_days": 1, "at": "24:00"},
        {"every_days": 1, "at": "9:00"},
        {"every_days": 1, "at": "09:60"},
        {"every_days": 1, "at": "09:00\n"},
        {"every_days": 1, "at": "٠٩:٠٠"},
        {"every_days": 1, "at": ""},
        {"every_days": 1, "until": "2026-03-10"},
    ],
)
def test_it_refuses_what_is_no_repeat(fields):
    with pytest.raises(ValidationError):
        Repeat.model_validate(fields)
