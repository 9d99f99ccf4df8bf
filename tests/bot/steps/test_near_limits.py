"""The warning that most of a day's limit is used: once a day and kind, and never of a limit that is reached."""

from datetime import timedelta

from bot.core.errors import registry
from bot.history.activity import list_activity
from bot.settings.preferences import OwnLimit, Settings, change_limits, change_settings
from bot.steps.near_limits import is_near
from tests.bot.driving import chores_done, do_step, follow_action, message_action

NEAR = [(8, 10), (9, 10), (40, 50), (4, 5)]
NOT_NEAR = [(7, 10), (10, 10), (39, 50), (3, 4), (4, 4), (1, 1), (1, 0), (9, 3)]


def test_a_limit_is_near_from_four_fifths_on_while_something_is_left():
    assert [is_near(*one) for one in NEAR] == [True] * len(NEAR)
    assert [is_near(*one) for one in NOT_NEAR] == [False] * len(NOT_NEAR)


def warnings(user):
    page = list_activity(user.id, 200, None, status="warned")
    return [(row.action, row.error_message) for row in reversed(page.items)]


def test_it_is_recorded_once_a_day_and_kind_at_the_step_that_makes_it_near(ready, clock):
    change_settings(ready.id, Settings(warm_up=False))
    change_limits(ready.id, {"follow": OwnLimit(per_day=10)})
    action_id = follow_action(ready)
    for _ in range(7):
        do_step(ready, clock)
    assert warnings(ready) == []
    for _ in range(3):
        do_step(ready, clock)
    assert warnings(ready) == [("follow", "8 of today's 10 are used.")]

    clock.moment += timedelta(days=1)
    chores_done(ready)
    for _ in range(9):
        do_step(ready, clock)
    assert [action for action, _ in warnings(ready)] == ["follow", "follow"]

    (latest, *_) = list_activity(ready.id, 1, None, status="warned").items
    assert (latest.error_code, latest.action_id) == (registry()["LIMIT_NEAR"].code, action_id)
    meta = latest.details["meta"]
    assert (meta["used"], meta["limit"], meta["binding"]) == (8, 10, "own")


def test_each_kind_warns_of_its_own_limit(ready, clock):
    change_settings(ready.id, Settings(warm_up=False))
    change_limits(ready.id, {"message": OwnLimit(per_day=5)})
    message_action(ready, *[f"friend{number}" for number in range(5)])
    for _ in range(5):
        do_step(ready, clock)
    assert warnings(ready) == [("message", "4 of today's 5 are used.")]


def test_a_limit_that_is_raised_the_same_day_does_not_warn_again(ready, clock):
    change_settings(ready.id, Settings(warm_up=False))
    change_limits(ready.id, {"follow": OwnLimit(per_day=5)})
    follow_action(ready)
    for _ in range(4):
        do_step(ready, clock)
    change_limits(ready.id, {"follow": OwnLimit(per_day=10)})
    for _ in range(5):
        do_step(ready, clock)
    assert len(warnings(ready)) == 1
