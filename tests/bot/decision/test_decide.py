"""The one function that decides what a bot does next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.decision.decide import BotState, Chore, LimitState, OpenAction, Rest, decide, next_step_time, next_wakeup_time
from bot.decision.hours import Hours
from bot.decision.verdicts import Halt, PerformStep, Reconcile, RunChore, SkipTarget, Wait

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SOON, LATER = NOON + timedelta(minutes=1), NOON + timedelta(hours=1)
ALL_DAY = Hours("UTC", ((0, 1440),) * 7)
KINDS = ("follow", "message")


def limit(kind="follow", used=0, effective=10, **more):
    return LimitState(kind, used, effective, "default", NOON + timedelta(hours=12), **more)


def action(name="a", status="running", kind="follow", **more):
    return OpenAction(name, kind, status, NOON - timedelta(hours=1), **more)


READY = BotState(
    running=True,
    session_valid=True,
    halt_reason=None,
    hours=ALL_DAY,
    next_step_at=None,
    actions=[action()],
    limits={kind: limit(kind) for kind in KINDS},
)


def test_a_bot_with_work_and_nothing_in_its_way_acts():
    assert decide(READY, NOON) == PerformStep("a", "follow")


MEASURE = Chore("measure", NOON, in_hours=True, last=True)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"session_valid": False}, Halt("SESSION_INVALID")),
        ({"session_valid": False, "halt_reason": "INSTAGRAM_CHALLENGE"}, Halt("INSTAGRAM_CHALLENGE")),
        ({"running": False}, Halt("BOT_STOPPED")),
        ({"running": False, "stop_reason": "BLOCKED_AGAIN"}, Halt("BLOCKED_AGAIN")),
        ({"actions": []}, Halt("NO_WORK")),
        ({"actions": [action(status="paused")]}, Halt("ALL_PAUSED")),
        ({"hours": Hours("UTC", (None,) * 7)}, Halt("NO_WORKING_HOURS")),
        ({"actions": [action(start_at=LATER)]}, Wait(LATER, "STARTS_LATER", "follow", "start_at")),
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
        ({"limits": {"follow": limit(effective=0)}}, Halt("LIMIT_ZERO", "follow", "default")),
        (
            {"rests": [Rest("follow", LATER, "E-BOT-E-0002")]},
            Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E-BOT-E-0002"),
        ),
        (
            {"rests": [Rest("*", LATER, "E-BOT-W-0003")]},
            Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E-BOT-W-0003"),
        ),
        ({"actions": [action(reconcile_at=NOON)]}, Reconcile("a", "follow")),
        (
            {"actions": [action(reconcile_at=SOON, only_reconciles=True)]},
            Wait(SOON, "LOOKING_UP", "follow", "look_up"),
        ),
        ({"actions": [action(reconcile_at=SOON)]}, PerformStep("a", "follow")),
        ({"actions": [action("b", "succeeded", reconcile_at=NOON, only_reconciles=True)]}, Reconcile("b", "follow")),
        (
            {"actions": [action("b", "cancelled", reconcile_at=SOON, only_reconciles=True)]},
            Wait(SOON, "LOOKING_UP", "follow", "look_up"),
        ),
        (
            {"actions": [action("b", "succeeded", reconcile_at=NOON, only_reconciles=True)], "running": False},
            Halt("BOT_STOPPED"),
        ),
        (
            {
                "actions": [action("b", "succeeded", reconcile_at=NOON, only_reconciles=True)],
                "rests": [Rest("follow", LATER, "E")],
            },
            Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E"),
        ),
        ({"actions": [action(status="paused", reconcile_at=NOON, only_reconciles=True)]}, Halt("ALL_PAUSED")),
        ({"actions": [action(person="ann")], "untouchable": frozenset({"ann"})}, SkipTarget("a", "follow", "ann")),
        ({"actions": [action(person="ann")], "untouchable": frozenset({"ben"})}, PerformStep("a", "follow")),
        ({"chores": [Chore("read_replies", NOON, in_hours=True)]}, RunChore("read_replies")),
        ({"chores": [Chore("read_replies", SOON, in_hours=True)]}, PerformStep("a", "follow")),
        ({"chores": [Chore("test_session", NOON, in_hours=False)], "actions": []}, RunChore("test_session")),
        ({"chores": [MEASURE]}, PerformStep("a", "follow")),
        ({"chores": [MEASURE], "actions": []}, RunChore("measure")),
        ({"chores": [MEASURE], "next_step_at": SOON}, RunChore("measure")),
        ({"chores": [MEASURE], "limits": {"follow": limit(effective=0)}}, RunChore("measure")),
        ({"chores": [MEASURE, Chore("read_replies", NOON, in_hours=True)]}, RunChore("read_replies")),
        ({"chores": [MEASURE], "running": False}, Halt("BOT_STOPPED")),
        ({"chores": [MEASURE], "blocked_reason": "KILL_SWITCH"}, Halt("KILL_SWITCH")),
        ({"chores": [MEASURE], "rests": [Rest("*", LATER, "E")]}, Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E")),
        (
            {"chores": [MEASURE], "next_step_at": SOON, "trouble": "INSTAGRAM_TIMEOUT"},
            Wait(SOON, "INSTAGRAM_TIMEOUT", rule="failure"),
        ),
    ],
)
def test_each_obstacle_has_its_verdict(changes, verdict):
    assert decide(replace(READY, **changes), NOON) == verdict


def test_actions_take_turns():
    first = action("first", last_turn_at=NOON - timedelta(seconds=10))
    second = action("second", last_turn_at=NOON - timedelta(seconds=20))
    assert decide(replace(READY, actions=[first, second]), NOON) == PerformStep("second", "follow")


def test_each_kind_goes_at_its_own_pace():
    both = replace(READY, actions=[action("f"), action("m", kind="message")], paces={"follow": SOON})
    assert decide(both, NOON) == PerformStep("m", "message")
    assert decide(replace(both, paces={"follow": SOON, "message": LATER}), NOON).until == SOON


def test_a_kind_that_rests_does_not_hold_up_another():
    both = replace(READY, actions=[action("f"), action("m", kind="message")], rests=[Rest("follow", LATER, "E")])
    assert decide(both, NOON) == PerformStep("m", "message")


def test_a_limit_of_nothing_does_not_hold_up_another_kind():
    both = replace(
        READY, actions=[action("f"), action("m", kind="message")], limits={**READY.limits, "follow": limit(effective=0)}
    )
    assert decide(both, NOON) == PerformStep("m", "message")
    assert decide(replace(both, paces={"message": SOON}), NOON) == Wait(SOON, "BETWEEN_STEPS", "message", "delay")
    look_up = replace(both, actions=[action(reconcile_at=SOON)])
    assert (decide(look_up, NOON).reason, next_wakeup_time(look_up, NOON)) == ("LIMIT_ZERO", SOON)
    assert decide(look_up, SOON) == Reconcile("a", "follow")


def test_an_action_waits_for_the_last_of_what_holds_it_up():
    soon, later = action("soon", start_at=SOON), action("later", start_at=LATER)
    blocked = replace(READY, actions=[soon, later], rests=[Rest("follow", LATER, "E")])
    assert decide(blocked, NOON) == Wait(LATER, "COOL_DOWN", "follow", "cool_down", "E")
    used_up = {"follow": limit(used=10), "message": limit("message")}
    assert decide(replace(blocked, limits=used_up), NOON).reason == "LIMIT_REACHED"
    tomorrow = NOON + timedelta(hours=25)
    resting = replace(blocked, limits=used_up, rests=[Rest("follow", tomorrow, "E")])
    assert decide(resting, NOON) == Wait(tomorrow, "COOL_DOWN", "follow", "cool_down", "E")
    closed = replace(resting, hours=Hours("UTC", ((13 * 60, 21 * 60),) * 7))
    assert decide(closed, NOON).until == tomorrow


def test_a_lane_looks_again_for_a_look_up_while_a_limit_waits_for_midnight():
    used_up = replace(READY, actions=[action(reconcile_at=SOON)], limits={"follow": limit(used=10)})
    assert decide(used_up, NOON).until == NOON + timedelta(hours=12)
    assert next_wakeup_time(used_up, NOON) == SOON
    assert next_wakeup_time(replace(used_up, rests=[Rest("*", LATER, "E")]), NOON) == LATER


def test_nothing_is_looked_up_while_everything_rests():
    resting = replace(READY, actions=[action(reconcile_at=NOON)], rests=[Rest("*", LATER, "E")])
    assert decide(resting, NOON).reason == "COOL_DOWN"
    assert decide(replace(resting, chores=[Chore("read_replies", NOON, in_hours=True)]), NOON).reason == "COOL_DOWN"


def test_a_session_is_tested_outside_the_working_hours_too_and_answers_are_not_read_there():
    closed = replace(READY, hours=Hours("UTC", ((13 * 60, 21 * 60),) * 7))
    chores = [Chore("read_replies", NOON, in_hours=True), Chore("test_session", NOON, in_hours=False)]
    assert decide(replace(closed, chores=chores), NOON) == RunChore("test_session")
    assert decide(replace(closed, chores=chores[:1]), NOON).reason == "OUTSIDE_HOURS"


def test_a_last_chore_is_done_within_the_hours_and_wakes_the_lane_when_its_time_has_come():
    closed = replace(READY, hours=Hours("UTC", ((13 * 60, 21 * 60),) * 7), actions=[], chores=[MEASURE])
    assert decide(closed, NOON) == Halt("NO_WORK")
    assert next_wakeup_time(closed, NOON) == NOON + timedelta(hours=1)
    in_trouble = replace(READY, chores=[MEASURE], next_step_at=SOON, trouble="INSTAGRAM_TIMEOUT")
    assert next_wakeup_time(in_trouble, NOON) == SOON
    later = replace(READY, actions=[], chores=[replace(MEASURE, at=LATER)])
    assert next_wakeup_time(later, NOON) == LATER


def test_a_rest_that_is_over_is_no_obstacle():
    over = Rest("follow", NOON, "E-BOT-E-0002")
    assert decide(replace(READY, rests=[over]), NOON) == PerformStep("a", "follow")


def test_the_next_step_is_told_over_all_rules_that_follow_one_another():
    closed = Hours("UTC", ((9 * 60, 12 * 60 + 30),) * 7)
    state = replace(READY, hours=closed, rests=[Rest("follow", LATER, "E")])
    assert decide(state, NOON).until == LATER
    assert next_step_time(state, NOON) == datetime(2026, 3, 11, 9, 0, tzinfo=UTC)
    assert next_step_time(replace(state, running=False), NOON) is None


def test_a_lane_looks_again_for_a_chore_even_without_work():
    idle = replace(READY, actions=[], chores=[Chore("test_session", LATER, in_hours=False)])
    assert next_wakeup_time(idle, NOON) == LATER
    assert next_wakeup_time(replace(idle, running=False), NOON) is None
    assert next_wakeup_time(replace(idle, chores=[]), NOON) is None
