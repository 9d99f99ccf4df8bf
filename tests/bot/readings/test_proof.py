"""Which ends of windows a reading answers that does not find a person."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.readings.plan import GRACE, WINDOWS
from bot.readings.proof import Absence, absent

BEGINS = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHORT, LONG = (BEGINS + window for window in WINDOWS)
READINGS = {
    "every day": (range(1, 16), True, True),
    "at each end": ((7, 14), True, True),
    "late, within the day": ((7.9, 14.9), True, True),
    "not to an end": ((1, 6.9), False, False),
    "the first end alone": ((7.5, 13), True, False),
    "the second end alone": ((14.1,), False, True),
    "a gap over the first end": ((3, 8.1, 10, 13.5, 14.5), False, True),
    "a gap over the first end, and none at the second": ((3, 10, 13), False, False),
    "a gap over the second end": ((7.5, 13, 15.5), True, False),
    "a gap over both": ((3, 16, 20), False, False),
    "once, long after": ((40,), False, False),
    "long after, and the first end was answered": ((7.1, 40), True, False),
    "once between the ends": ((9,), False, False),
}


def read(days, begins=BEGINS):
    known = Absence()
    for day in days:
        known = absent(known, begins, BEGINS + timedelta(days=day))
    return known


@pytest.mark.parametrize(("days", "short", "long"), READINGS.values(), ids=READINGS)
def test_a_reading_answers_the_end_of_a_window_up_to_a_day_after_it_and_no_earlier_one(days, short, long):
    known = read(days)
    assert (known.answers(SHORT), known.answers(LONG)) == (short, long)


def test_of_all_single_readings_those_within_a_day_after_an_end_answer_it_and_no_others():
    for hours in range(24 * 20):
        at = BEGINS + timedelta(hours=hours)
        known = read([hours / 24])
        assert [known.answers(end) for end in (SHORT, LONG)] == [end <= at <= end + GRACE for end in (SHORT, LONG)]


def test_no_reading_takes_back_an_answer():
    for first in range(24 * 16):
        before = read([first / 24])
        for later in range(first, 24 * 17, 5):
            after = absent(before, BEGINS, BEGINS + timedelta(hours=later))
            assert all(after.answers(end) for end in (SHORT, LONG) if before.answers(end)), (first, later)


def test_a_person_whose_request_is_open_is_kept_as_absent_until_it_is_accepted():
    waiting = read([3, 30], begins=None)
    assert waiting == Absence(None, BEGINS + timedelta(days=30))
    accepted = BEGINS + timedelta(days=31)
    known = absent(waiting, accepted, accepted + timedelta(days=9))
    assert not known.answers(accepted + WINDOWS[0])
    known = absent(known, accepted, accepted + WINDOWS[1])
    assert known.answers(accepted + WINDOWS[1])
