"""The one function that decides what a bot does next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decision import (
    Act,
    BotState,
    Halt,
    Hours,
    LimitState,
    OpenAction,
    Rest,
    Wait,
    decide,
    hours_open_at,
    local_midnight,
)

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ALL_DAY = Hours("UTC", 0, 1440)


def limit(used=0, effective=10, **more):
    return LimitState("follow", used, effective, "default", NOON + timedelta(hours=12), **more)


def order(name="a", status="running", **more):
    return OpenAction(name, "follow", status, NOON - timedelta(hours=1), **more)


READY = BotState(
    running=True,
    session_valid=True,
    halt_reason=None,
    hours=ALL_DAY,
    next_step_at=None,
    actions=[order()],
    limits={"follow": limit()},
)


def test_a_bot_with_work_and_nothing_in_its_way_acts():
    assert decide(READY, NOON) == Act("a", "follow")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"session_valid": False}, Halt("SESSION_INVALID")),
        ({"session_valid": False, "halt_reason": "INSTAGRAM_CHALLENGE"}, Halt("INSTAGRAM_CHALLENGE")),
        ({"running": False}, Halt("BOT_STOPPED")),
        ({"actions": []}, Wait(None, "NO_WORK")),
        ({"actions": [order(status="paused")]}, Wait(None, "ALL_PAUSED")),
        (
            {"hours": Hours("UTC", 13 * 60, 21 * 60)},
            Wait(NOON + timedelta(hours=1), "OUTSIDE_HOURS", rule="working_hours"),
        ),
        (
            {"next_step_at": NOON + timedelta(seconds=5)},
            Wait(NOON + timedelta(seconds=5), "BETWEEN_STEPS", rule="delay"),
        ),
        ({"limits": {"follow": limit(10)}}, Wait(NOON + timedelta(hours=12), "LIMIT_REACHED", "follow", "default")),
        (
            {"limits": {"follow": limit(3, used_hour=3, per_hour=3, hour_ends=NOON + timedelta(minutes=9))}},
            Wait(NOON + timedelta(minutes=9), "LIMIT_REACHED", "follow", "per_hour"),
        ),
        (
            {"rests": [Rest("follow", NOON + timedelta(hours=24), "E-BOT-E-0002")]},
            Wait(NOON + timedelta(hours=24), "COOL_DOWN", "follow", "cool_down", "E-BOT-E-0002"),
        ),
        (
            {"rests": [Rest("*", NOON + timedelta(hours=1), "E-BOT-W-0003")]},
            Wait(NOON + timedelta(hours=1), "COOL_DOWN", "follow", "cool_down", "E-BOT-W-0003"),
        ),
    ],
)
def test_each_obstacle_has_its_verdict(changes, verdict):
    assert decide(replace(READY, **changes), NOON) == verdict


def test_orders_take_turns():
    first = order("first", last_step_at=NOON - timedelta(seconds=10))
    second = order("second", last_step_at=NOON - timedelta(seconds=20))
    assert decide(replace(READY, actions=[first, second]), NOON) == Act("second", "follow")


def test_a_rest_that_is_over_is_no_obstacle():
    over = Rest("follow", NOON, "E-BOT-E-0002")
    assert decide(replace(READY, rests=[over]), NOON) == Act("a", "follow")


def test_hours_that_pass_over_midnight():
    night = Hours("UTC", 22 * 60, 6 * 60)
    assert hours_open_at(night, NOON) == NOON.replace(hour=22)
    late = NOON.replace(hour=2)
    assert hours_open_at(night, late) == late


def test_hours_follow_the_users_zone_when_clocks_change():
    berlin = Hours("Europe/Berlin", 9 * 60, 21 * 60)
    saturday_night = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert hours_open_at(berlin, saturday_night) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


def test_an_hour_that_does_not_exist_opens_when_the_clocks_have_jumped():
    berlin = Hours("Europe/Berlin", 2 * 60 + 30, 4 * 60)
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    opens = hours_open_at(berlin, before)
    assert before < opens <= datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert hours_open_at(berlin, opens) == opens


def test_a_day_begins_at_midnight_of_the_user():
    assert local_midnight(NOON, "Asia/Tokyo") == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert local_midnight(NOON, "Asia/Tokyo", days=1) == datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])


@st.composite
def states(draw):
    moment = draw(moments)

    def near():
        return moment + timedelta(seconds=draw(st.integers(-90_000, 90_000)))

    hours = Hours(draw(zones), draw(st.integers(0, 1439)), draw(st.integers(0, 1440)))
    used, effective = draw(st.integers(0, 5)), draw(st.integers(0, 5))
    per_hour = draw(st.none() | st.integers(0, 3))
    state = BotState(
        running=draw(st.booleans()),
        session_valid=draw(st.booleans()),
        halt_reason=None,
        hours=hours,
        next_step_at=draw(st.none() | st.just(near())),
        actions=[
            OpenAction(f"a{number}", "follow", draw(st.sampled_from(["queued", "running", "paused"])), moment)
            for number in range(draw(st.integers(0, 3)))
        ],
        limits={
            "follow": LimitState(
                "follow",
                used,
                effective,
                "default",
                local_midnight(moment, hours.timezone, days=1),
                draw(st.integers(0, 4)),
                per_hour,
                moment + timedelta(seconds=draw(st.integers(1, 3600))),
            )
        },
        rests=[
            Rest(draw(st.sampled_from(["follow", "*", "like"])), near(), "E-BOT-E-0002")
            for _ in range(draw(st.integers(0, 2)))
        ],
    )
    return state, moment


@given(states())
def test_it_never_acts_against_a_rule_and_a_wait_names_a_time_at_which_something_changes(drawn):
    state, moment = drawn
    verdict = decide(state, moment)
    assert decide(state, moment) == verdict
    if isinstance(verdict, Act):
        limits = state.limits["follow"]
        assert state.running
        assert state.session_valid
        assert limits.used < limits.effective
        assert limits.per_hour is None or limits.used_hour < limits.per_hour
        assert not [rest for rest in state.rests if rest.kind in ("follow", "*") and rest.until > moment]
        assert hours_open_at(state.hours, moment) == moment
        assert state.next_step_at is None or state.next_step_at <= moment
    elif isinstance(verdict, Wait) and verdict.until is not None:
        assert verdict.until > moment
        if verdict.reason != "LIMIT_REACHED":
            assert decide(state, verdict.until) != verdict
