"""Estimates: a forecast is kept as long as the plan is the same."""

import pytest

from bot.actions import control
from bot.automation.status import bot_report
from bot.forecast import estimates as kept
from bot.forecast.estimates import KEPT, estimates
from bot.forecast.forecast import forecast
from bot.settings.preferences import OwnLimit, change_limits
from bot.storage.models import OPEN
from tests.bot.driving import do_step, follow_action

pytestmark = pytest.mark.usefixtures("base_app")


@pytest.fixture
def computed(monkeypatch):
    """The users that a forecast was computed for."""
    users = []

    def compute(user_id):
        users.append(user_id)
        return forecast(user_id)

    monkeypatch.setattr(kept, "forecast", compute)
    return users


def look(user):
    found = control.list_actions(user.id, 50, None).items
    return estimates(user.id, bot_report(user.id), [one for one in found if one.action.status in OPEN])


def test_it_is_the_forecast(ready):
    follow_action(ready)
    assert look(ready) == forecast(ready.id)


def test_steps_that_go_as_planned_compute_nothing_again(ready, clock, computed):
    follow_action(ready)
    first = look(ready)
    clock.advance(seconds=KEPT.total_seconds() / 4)
    do_step(ready, clock)
    assert look(ready) == first
    assert computed == [ready.id]


@pytest.mark.parametrize(
    "change",
    [
        lambda user, action_id: follow_action(user),
        lambda user, action_id: control.pause(user.id, action_id),
        lambda user, action_id: control.cancel(user.id, action_id),
        lambda user, action_id: change_limits(user.id, {"follow": OwnLimit(per_day=3)}),
    ],
    ids=["another action", "a pause", "an end", "a limit"],
)
def test_a_change_of_the_plan_computes_it_again(ready, computed, change):
    action_id = follow_action(ready)
    look(ready)
    change(ready, action_id)
    assert look(ready) == forecast(ready.id)
    assert computed == [ready.id] * 2


def test_it_is_computed_again_after_minutes(ready, clock, computed):
    follow_action(ready)
    look(ready)
    clock.advance(seconds=KEPT.total_seconds())
    look(ready)
    assert computed == [ready.id] * 2


def test_no_user_gets_the_forecast_of_another(ready, bob):
    follow_action(ready)
    assert look(ready).actions
    assert look(bob).actions == []
