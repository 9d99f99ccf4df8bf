"""The one function that decides what a bot does next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decision import (
    Act,
    BotState,
    Chore,
    Do,
    Halt,
    LeaveOut,
    LimitState,
    LookUp,
    OpenAction,
    Rest,
    Wait,
    acts_at,
    decide,
    looks_at,
)
from bot.hours import Hours, local_midnight, open_at

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SOON, LATER = NOON + timedelta(minutes=1), NOON + timedelta(hours=1)
ALL_DAY = Hours("UTC", ((0, 1440),) * 7)
KINDS = ("follow", "message")


def limit(kind="follow", used=0, effective=10, **more):
    return LimitState(kind, used, effective, "default", NOON + timedelta(hours=12), **more)


def order(name="a", status="running", kind="follow", **more):
    return OpenAction(name, kind, status, NOON - timedelta(hours=1), **more)


READY = BotState(
    running=True,
    session_valid=True,
    halt_reason=None,
    hours=ALL_DAY,
    next_step_at=None,
    actions=[order()],
    limits={kind: limit(kind) for kind in KINDS},
)


def test_a_bot_with_work_and_nothing_in_its_way_acts():
    assert decide(READY, NOON) == Act("a", "follow")


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"session_valid": False}, Halt("SESSION_INVALID")),
        ({"session_valid": False, "halt_reason": "INSTAGRAM_CHALLENGE"}, Halt("INSTAGRAM_CHALLENGE")),
        ({"running": False}, Halt("BOT_STOPPED")),
        ({"running": False, "stop_reason": "BLOCKED_AGAIN"}, Halt("BLOCKED_AGAIN")),
        ({"actions": []}, Halt("NO_WORK")),
        ({"actions": [order(status="paused")]}, Halt("ALL_PAUSED")),
        ({"hours": Hours("UTC", (None,) * 7)}, Halt("NO_WORKING_HOURS")),
        ({"actions": [order(start_at=LATER)]}, Wait(LATER, "STARTS_LATER", rule="start_at")),
        ({"hours": Hours("UTC", ((13 * 60, 21 * 60),) * 7)}, Wait(LATER, "OUTSIDE_HOURS", rule="working_hours")),
        ({"next_step_at": SOON}, Wait(SOON, "BETWEEN_STEPS", rule="delay")),
        ({"paces": {"follow": SOON}}, Wait(SOON, "BETWEEN_STEPS", "follow", "delay")),
        (
            {"limits": {"follow": limit(used=10)}},
            Wait(NOON + timedelta(hours=12), "LIMIT_REACHED", "follow", "default"),
        ),
        (
            {"limits": {"follow": limit(used=3, used_hour=3, per_hour=3, hour_ends=SOON)}},
            Wait(SOON, "LIMIT_REACHED", "follow", "per_hour"),
        ),
        (
            {"rests": [Rest("follow", LATER, "E-BOT-E-0002")]},
            Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E-BOT-E-0002"),
        ),
        (
            {"rests": [Rest("*", LATER, "E-BOT-W-0003")]},
            Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E-BOT-W-0003"),
        ),
        ({"actions": [order(look_up_at=NOON)]}, LookUp("a", "follow")),
        (
            {"actions": [order(look_up_at=SOON, only_look_ups=True)]},
            Wait(SOON, "LOOKING_UP", "follow", "look_up"),
        ),
        ({"actions": [order(look_up_at=SOON)]}, Act("a", "follow")),
        ({"actions": [order(person="ann")], "untouchable": frozenset({"ann"})}, LeaveOut("a", "follow", "ann")),
        ({"actions": [order(person="ann")], "untouchable": frozenset({"ben"})}, Act("a", "follow")),
        ({"chores": [Chore("read_replies", NOON, in_hours=True)]}, Do("read_replies")),
        ({"chores": [Chore("read_replies", SOON, in_hours=True)]}, Act("a", "follow")),
        ({"chores": [Chore("test_session", NOON, in_hours=False)], "actions": []}, Do("test_session")),
    ],
)
def test_each_obstacle_has_its_verdict(changes, verdict):
    assert decide(replace(READY, **changes), NOON) == verdict


def test_orders_take_turns():
    first = order("first", last_step_at=NOON - timedelta(seconds=10))
    second = order("second", last_step_at=NOON - timedelta(seconds=20))
    assert decide(replace(READY, actions=[first, second]), NOON) == Act("second", "follow")


def test_each_kind_goes_at_its_own_pace():
    both = replace(READY, actions=[order("f"), order("m", kind="message")], paces={"follow": SOON})
    assert decide(both, NOON) == Act("m", "message")
    assert decide(replace(both, paces={"follow": SOON, "message": LATER}), NOON).until == SOON


def test_a_kind_that_rests_does_not_hold_up_another():
    both = replace(READY, actions=[order("f"), order("m", kind="message")], rests=[Rest("follow", LATER, "E")])
    assert decide(both, NOON) == Act("m", "message")


def test_nothing_is_looked_up_while_everything_rests():
    resting = replace(READY, actions=[order(look_up_at=NOON)], rests=[Rest("*", LATER, "E")])
    assert decide(resting, NOON).reason == "COOL_DOWN"
    assert decide(replace(resting, chores=[Chore("read_replies", NOON, in_hours=True)]), NOON).reason == "COOL_DOWN"


def test_a_session_is_tested_outside_the_working_hours_too_and_answers_are_not_read_there():
    closed = replace(READY, hours=Hours("UTC", ((13 * 60, 21 * 60),) * 7))
    chores = [Chore("read_replies", NOON, in_hours=True), Chore("test_session", NOON, in_hours=False)]
    assert decide(replace(closed, chores=chores), NOON) == Do("test_session")
    assert decide(replace(closed, chores=chores[:1]), NOON).reason == "OUTSIDE_HOURS"


def test_a_rest_that_is_over_is_no_obstacle():
    over = Rest("follow", NOON, "E-BOT-E-0002")
    assert decide(replace(READY, rests=[over]), NOON) == Act("a", "follow")


def test_the_next_step_is_told_over_all_rules_that_follow_one_another():
    closed = Hours("UTC", ((9 * 60, 12 * 60 + 30),) * 7)
    state = replace(READY, hours=closed, rests=[Rest("follow", LATER, "E")])
    assert decide(state, NOON).until == LATER
    assert acts_at(state, NOON) == datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
    assert acts_at(replace(state, running=False), NOON) is None


def test_a_lane_looks_again_for_a_chore_even_without_work():
    idle = replace(READY, actions=[], chores=[Chore("test_session", LATER, in_hours=False)])
    assert looks_at(idle, NOON) == LATER
    assert looks_at(replace(idle, running=False), NOON) is None
    assert looks_at(replace(idle, chores=[]), NOON) is None


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
spans = st.tuples(st.integers(0, 1439), st.integers(0, 1440))
PEOPLE = ("ann", "ben")
CHORES = (("read_replies", True), ("test_session", False))


@st.composite
def states(draw):
    moment = draw(moments)

    def near():
        return moment + timedelta(seconds=draw(st.integers(-90_000, 90_000)))

    def maybe(value):
        return value if draw(st.booleans()) else None

    hours = Hours(draw(zones), tuple(draw(st.none() | spans) for _ in range(7)), draw(st.none() | spans))

    def use(kind):
        day_ends = local_midnight(moment, hours.timezone, days=1)
        per_hour, hour_ends = (
            draw(st.none() | st.integers(0, 3)),
            moment + timedelta(seconds=draw(st.integers(1, 3600))),
        )
        used, most = draw(st.integers(0, 5)), draw(st.integers(0, 5))
        return LimitState(kind, used, most, "own", day_ends, draw(st.integers(0, 4)), per_hour, hour_ends)

    def opened(number):
        return OpenAction(
            f"a{number}",
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(["queued", "running", "paused"])),
            near(),
            maybe(near()),
            maybe(near()),
            maybe(near()),
            draw(st.booleans()),
            draw(st.sampled_from([None, *PEOPLE])),
        )

    state = BotState(
        running=draw(st.integers(0, 9)) > 0,
        session_valid=draw(st.integers(0, 9)) > 0,
        halt_reason=None,
        hours=hours,
        next_step_at=maybe(near()),
        actions=[opened(number) for number in range(draw(st.integers(0, 3)))],
        limits={kind: use(kind) for kind in KINDS},
        rests=[Rest(draw(st.sampled_from((*KINDS, "*"))), near(), "E") for _ in range(draw(st.integers(0, 2)))],
        paces={kind: near() for kind in KINDS if draw(st.booleans())},
        untouchable=frozenset(person for person in PEOPLE if draw(st.booleans())),
        chores=[Chore(name, near(), in_hours) for name, in_hours in CHORES if draw(st.booleans())],
    )
    return state, moment


@settings(max_examples=400)
@given(states())
def test_it_never_acts_against_a_rule(drawn):
    state, moment = drawn
    verdict = decide(state, moment)
    assert decide(state, moment) == verdict
    if not isinstance(verdict, Wait | Halt):
        assert state.running
        assert state.session_valid
        assert not [rest for rest in state.rests if rest.kind == "*" and rest.until > moment]
    if isinstance(verdict, Act | LookUp | LeaveOut):
        action = next(action for action in state.actions if action.id == verdict.action_id)
        assert action.status != "paused"
        assert action.start_at is None or action.start_at <= moment
        assert open_at(state.hours, moment) == moment
        assert not [rest for rest in state.rests if rest.kind == verdict.kind and rest.until > moment]
        assert state.next_step_at is None or state.next_step_at <= moment
    if isinstance(verdict, Act):
        use = state.limits[verdict.kind]
        assert use.used < use.effective
        assert use.per_hour is None or use.used_hour < use.per_hour
        assert state.paces.get(verdict.kind, moment) <= moment
        assert action.person not in state.untouchable


@settings(max_examples=400)
@given(states())
def test_a_wait_names_a_time_to_come_at_which_the_verdict_changes(drawn):
    state, moment = drawn
    verdict = decide(state, moment)
    if isinstance(verdict, Wait):
        assert verdict.until > moment
        assert decide(state, verdict.until) != verdict
        assert looks_at(state, moment) <= verdict.until
    if not isinstance(verdict, Halt):
        assert acts_at(state, moment) is None or acts_at(state, moment) >= moment
