"""Which reading is next, within the budget, and never one too many."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.readings.plan import (
    BATCH,
    LOOK_AGAIN,
    MAX_CHECKS,
    MAX_SHOWS,
    MAX_STAYED,
    MEASURE_PER_DAY,
    Known,
    Reading,
    Watched,
    next_reading,
)

MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
NOON = MIDNIGHT + timedelta(hours=12)
TOMORROW = MIDNIGHT + timedelta(days=1)


def known(**more):
    usual = {"counted": True, "followers": 5_000, "list_read_at": NOON - timedelta(hours=1)}
    return Known(MIDNIGHT, TOMORROW, **(usual | more))


def days(number):
    return timedelta(days=number)


def person(begins, name="1", **more):
    return Watched(name, name, begins, **more)


def request(name="1", days_ago=2, **more):
    return Watched(name, name, None, NOON - days(days_ago), is_open=True, **more)


def kind_of(found):
    return found.kind if isinstance(found, Reading) else found


def test_the_counts_are_the_first_reading_of_a_day_and_the_list_the_second():
    assert next_reading(known(counted=False, list_read_at=None), NOON) == Reading("counts")
    assert next_reading(known(list_read_at=MIDNIGHT - timedelta(hours=1)), MIDNIGHT + timedelta(hours=1)) == Reading(
        "followers"
    )


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({"list_read_at": None}, Reading("followers")),
        ({"list_read_at": NOON - timedelta(hours=7)}, None),
        ({"list_read_at": NOON - timedelta(hours=9)}, Reading("followers")),
        # The order is not honored: a small account is read whole once a day, a large one is tried again in a week.
        ({"broken": 2, "followers": 900, "list_read_at": NOON - timedelta(hours=9)}, None),
        ({"broken": 2, "followers": 900, "list_read_at": NOON - days(1)}, Reading("followers", whole=True)),
        ({"broken": 2, "followers": 1_001, "list_read_at": NOON - days(6)}, None),
        ({"broken": 2, "followers": 1_001, "list_read_at": NOON - days(8)}, Reading("followers")),
        ({"broken": 1, "followers": 900, "list_read_at": NOON - days(1)}, Reading("followers")),
        # Its pages would not fit into what is left of the day.
        ({"reads": MEASURE_PER_DAY - 4, "list_read_at": None}, None),
    ],
)
def test_the_list_is_read_when_it_can_prove_something(case, expected):
    assert next_reading(known(**case), NOON) == (expected or NOON + LOOK_AGAIN)


def test_nothing_is_read_beyond_the_budget_until_the_next_day():
    everything = known(reads=MEASURE_PER_DAY, counted=False, list_read_at=None, watched=[request()])
    assert next_reading(everything, NOON) == TOMORROW


def test_the_next_look_is_no_later_than_the_next_day():
    late = TOMORROW - timedelta(minutes=5)
    assert next_reading(known(list_read_at=late), late) == TOMORROW


def test_open_requests_are_asked_about_once_a_day_fifty_at_a_time_the_longest_unasked_first():
    waiting = [request(str(one), asked_at=MIDNIGHT - timedelta(minutes=one + 1)) for one in range(60)]
    found = next_reading(known(watched=waiting), NOON)
    assert found == Reading("requests", tuple(reversed(waiting[10:])))
    assert len(found.people) == BATCH


@pytest.mark.parametrize(
    "no_longer_asked",
    [request(asked_at=NOON), request(days_ago=16), person(NOON - days(2), requested_at=NOON - days(3))],
)
def test_a_request_that_was_asked_about_today_or_is_over_is_not_asked_about(no_longer_asked):
    assert next_reading(known(watched=[no_longer_asked]), NOON) == NOON + LOOK_AGAIN


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({"begins": NOON - days(7)}, True),
        ({"begins": NOON - days(14)}, True),
        ({"begins": NOON - days(7.5)}, True),
        ({"begins": NOON - days(6.9)}, False),
        ({"begins": NOON - days(8.1)}, False),
        ({"begins": NOON - days(7), "no_until": NOON}, False),
        ({"begins": NOON - days(7), "no_until": NOON - timedelta(hours=5)}, True),
        ({"begins": NOON - days(7), "back_at": NOON - days(3), "seen_until": NOON}, False),
        ({"begins": NOON - days(7.1), "asked_at": NOON - timedelta(hours=1)}, False),
        ({"begins": NOON - days(14), "asked_at": NOON - days(7)}, True),
        ({"begins": NOON - days(7), "unfollowed_at": NOON - days(1)}, False),
        ({"begins": NOON - days(7), "followed_us_before": True}, False),
    ],
)
def test_only_those_still_unknown_at_the_end_of_a_window_are_asked_about(more, asked):
    one = person(**more)
    assert next_reading(known(watched=[one], whole_at=NOON), NOON) == (
        Reading("window", (one,)) if asked else NOON + LOOK_AGAIN
    )


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({"seen_until": NOON - days(2)}, True),
        ({"seen_until": NOON}, False),
        ({"gone_at": NOON - days(2)}, False),
        ({"asked_at": NOON - timedelta(minutes=1)}, False),
        ({"unfollowed_at": NOON - days(4)}, False),
    ],
)
def test_who_followed_back_is_looked_at_again_after_thirty_days(more, asked):
    one = person(NOON - days(32), back_at=NOON - days(30) - timedelta(hours=1), **more)
    assert next_reading(known(watched=[one]), NOON) == (Reading("stayed", (one,)) if asked else NOON + LOOK_AGAIN)


def test_the_window_that_ended_first_is_asked_about_first_whichever_it_is():
    long, short = person(NOON - days(14.1), "a"), person(NOON - days(7.5), "b")
    newer = person(NOON - days(7.05), "c")
    assert next_reading(known(watched=[long, short, newer]), NOON) == Reading("window", (short,))
    assert next_reading(known(watched=[long, newer]), NOON) == Reading("window", (long,))


@pytest.mark.parametrize(
    ("asked", "kind"), [(MAX_SHOWS - 1, "window"), (MAX_SHOWS, "stayed"), (MAX_SHOWS + MAX_STAYED, None)]
)
def test_only_so_many_single_people_are_asked_about_a_day(asked, kind):
    before = [person(NOON - days(20), str(one), asked_at=MIDNIGHT) for one in range(asked)]
    due = [person(NOON - days(7), "a"), person(NOON - days(33), "b", back_at=NOON - days(30))]
    found = next_reading(known(watched=[*before, *due]), NOON)
    assert kind_of(found) == (kind or NOON + LOOK_AGAIN)


CHECKS = {
    "not shown by a list": ({"no_until": NOON}, {}, True),
    "not shown by a list, at the end of the long window": ({"begins": NOON - days(14.5), "no_until": NOON}, {}, True),
    "long after the end": ({"begins": NOON - days(9), "no_until": NOON}, {}, False),
    "not shown by a whole list": ({"no_until": NOON}, {"whole_at": NOON - timedelta(hours=1)}, False),
    "not shown by a whole list before the end": ({"no_until": NOON}, {"whole_at": NOON - days(2)}, True),
    "asked about already": ({"no_until": NOON, "asked_at": NOON - timedelta(hours=1)}, {}, False),
    "asked about at the end before": (
        {"begins": NOON - days(14.5), "no_until": NOON, "asked_at": NOON - days(7)},
        {},
        True,
    ),
    "back": ({"no_until": NOON - days(3), "back_at": NOON - days(2)}, {}, False),
    "unfollowed": ({"no_until": NOON, "unfollowed_at": NOON - days(1)}, {}, False),
}


@pytest.mark.parametrize(("more", "about", "checked"), CHECKS.values(), ids=CHECKS)
def test_people_who_are_not_in_a_list_are_checked_at_the_end_of_a_window(more, about, checked):
    one = person(**({"begins": NOON - days(7.2)} | more))
    found = next_reading(known(watched=[one], **about), NOON)
    assert found == (Reading("check", (one,)) if checked else NOON + LOOK_AGAIN)


@pytest.mark.parametrize(("asked", "more"), [(MAX_CHECKS - 1, True), (MAX_CHECKS, False)])
def test_only_so_many_are_checked_a_day_and_questions_at_the_end_of_windows_count(asked, more):
    before = [person(NOON - days(10), str(one), asked_at=NOON - timedelta(hours=2)) for one in range(asked)]
    stayed = person(NOON - days(40), "s", back_at=NOON - days(30), asked_at=NOON, seen_until=NOON)
    one = person(NOON - days(7.2), "a", no_until=NOON)
    found = next_reading(known(watched=[*before, stayed, one]), NOON)
    assert found == (Reading("check", (one,)) if more else NOON + LOOK_AGAIN)


def test_a_question_that_a_list_leaves_open_comes_before_a_check():
    proven, unknown = person(NOON - days(7.9), "a", no_until=NOON), person(NOON - days(7.1), "b")
    assert next_reading(known(watched=[proven, unknown]), NOON) == Reading("window", (unknown,))
