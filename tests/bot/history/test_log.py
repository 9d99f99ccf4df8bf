"""The log: activity by day, one entry for each run."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BotException
from bot.history.activity import record
from bot.history.log import MAX_TARGETS, Line, grouped, read_log
from bot.storage.tenancy import tenant
from tests.support.statements import statements

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
FOLLOWS, LIKES = "1" * 32, "2" * 32


def line(minutes, action="follow", target="ann", action_id=FOLLOWS, status="done", code=None, reason=None):
    at = NINE + timedelta(minutes=minutes)
    return Line(at, str(UUID(int=minutes)), action, status, target, action_id, code, None, reason)


def told(*lines, zone=UTC):
    return [(run.action, run.count) for run in grouped(reversed(lines), zone)]


def test_the_steps_of_one_action_and_day_are_one_entry():
    steps = [line(minutes, target=f"person{minutes}") for minutes in range(0, 317, 15)]
    (run,) = grouped(reversed(steps), UTC)
    assert (run.count, run.first_at, run.last_at) == (22, NINE, NINE + timedelta(minutes=315))
    assert run.targets == [f"person{minutes}" for minutes in range(315, 315 - 15 * MAX_TARGETS, -15)]


def test_actions_that_take_turns_are_an_entry_each():
    turns = [line(0), line(1, "like", "post", LIKES), line(2), line(3, "like", "post", LIKES), line(4)]
    assert told(*turns) == [("follow", 3), ("like", 2)]


def test_two_actions_of_one_kind_are_an_entry_each():
    assert told(line(0), line(1, action_id=LIKES), line(2)) == [("follow", 2), ("follow", 1)]


def test_results_are_an_entry_each_and_reasons_are_counted():
    runs = grouped(
        [
            line(4, status="skipped", reason="private"),
            line(3),
            line(2, status="failed", code="E-NET-W-0001"),
            line(1, status="skipped", reason="verified"),
            line(0, status="skipped", reason="private"),
        ],
        UTC,
    )
    assert [(run.status, run.count) for run in runs] == [("skipped", 3), ("done", 1), ("failed", 1)]
    assert runs[0].reasons == {"private": 2, "verified": 1}


def test_a_day_ends_at_midnight_of_the_zone():
    evening = 14 * 60 - 1  # 22:59 UTC, one minute to midnight in Berlin
    assert told(line(evening), line(evening + 1), zone=BERLIN) == [("follow", 1), ("follow", 1)]
    assert told(line(evening), line(evening + 1), zone=UTC) == [("follow", 2)]


def test_an_act_is_one_entry_until_another_one_comes_between():
    off_and_on = [line(0, "bot_start"), line(1, "bot_stop"), line(2, "bot_start")]
    assert told(*off_and_on) == [("bot_start", 1), ("bot_stop", 1), ("bot_start", 1)]
    assert told(line(0, "settings"), line(1), line(2, "settings")) == [("settings", 2), ("follow", 1)]


LINES = st.lists(
    st.builds(
        line,
        st.integers(0, 5000),
        st.sampled_from(["follow", "like", "reply", "settings", "bot_start"]),
        st.sampled_from(["ann", "ben", None]),
        st.sampled_from([FOLLOWS, LIKES, None]),
        st.sampled_from(["done", "failed", "skipped"]),
        st.sampled_from([None, "E-NET-W-0001"]),
        st.sampled_from([None, "private"]),
    ),
    max_size=60,
).map(lambda lines: sorted(lines, key=lambda one: one.at, reverse=True))


@given(LINES, st.sampled_from([UTC, BERLIN, ZoneInfo("Pacific/Kiritimati")]))
def test_the_entries_hold_every_line_once(lines, zone):
    runs = grouped(lines, zone)

    def totals(items, count):
        found: Counter[tuple[object, ...]] = Counter()
        for item, day in items:
            found[day, item.action, item.status, item.action_id, item.error_code] += count(item)
        return found

    of_lines = totals(((one, one.at.astimezone(zone).date()) for one in lines), lambda _: 1)
    assert totals(((run, run.day) for run in runs), lambda run: run.count) == of_lines
    assert sum((run.reasons for run in runs), Counter()) == Counter(one.reason for one in lines if one.reason)
    assert [run.last_at for run in runs] == sorted((run.last_at for run in runs), reverse=True)
    for run in runs:
        assert run.first_at.astimezone(zone).date() == run.last_at.astimezone(zone).date() == run.day
        assert len(set(run.targets)) == len(run.targets) <= min(run.count, MAX_TARGETS)


def write(user, clock, count, action="follow", every=60, **more):
    with tenant(user.id) as session:
        for number in range(count):
            clock.advance(seconds=every)
            record(session, action, "done", target=f"person{number}", **more)
        session.commit()


@pytest.mark.usefixtures("base_app")
def test_a_page_ends_at_the_end_of_a_day_and_the_next_one_goes_on(alice, clock):
    for count in (4, 3, 6):
        write(alice, clock, count)
        clock.advance(days=1)
    first = read_log(alice.id, UTC, rows=10)
    second = read_log(alice.id, UTC, first.next, rows=10)
    assert [run.count for run in first.items + second.items] == [6, 3, 4]
    assert ([run.count for run in first.items], second.next) == ([6, 3], None)


@pytest.mark.usefixtures("base_app")
def test_a_day_with_too_many_lines_is_told_in_parts_that_lose_none(alice, clock):
    write(alice, clock, 25, every=1)
    counts, cursor = [], None
    for _ in range(3):
        found = read_log(alice.id, UTC, cursor, rows=10)
        counts.append(sum(run.count for run in found.items))
        cursor = found.next
    assert (counts, cursor) == ([10, 10, 5], None)


@pytest.mark.usefixtures("base_app")
def test_it_is_narrowed_by_person_action_and_time(alice, clock):
    write(alice, clock, 3, action_id=FOLLOWS)
    middle = clock.moment
    write(alice, clock, 2, action_id=LIKES)

    def counts(**wanted):
        return [run.count for run in read_log(alice.id, UTC, **wanted).items]

    assert counts() == [2, 3]
    assert counts(target="person2") == [1]
    assert counts(action_id=FOLLOWS) == [3]
    assert counts(since=middle) == [2, 1]
    assert counts(until=middle) == [2]
    assert counts(status="failed") == []


@pytest.mark.usefixtures("base_app")
def test_a_failure_keeps_its_words(alice):
    with tenant(alice.id) as session:
        record(session, "follow", "failed", target="ann", error=BotException("INSTAGRAM_TIMEOUT"))
        session.commit()
    (run,) = read_log(alice.id, UTC).items
    assert (run.error_code, run.message) == ("E-NET-W-0001", "Instagram did not answer in time.")


@pytest.mark.usefixtures("base_app")
def test_five_hundred_lines_cost_the_same_statements_as_one(alice, clock):
    write(alice, clock, 1)
    with statements() as few:
        read_log(alice.id, UTC)
    write(alice, clock, 499, every=1)
    with statements() as many:
        assert sum(run.count for run in read_log(alice.id, UTC).items) == 500
    assert len(many) == len(few)
