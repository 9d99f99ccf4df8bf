"""Changes after the begin of a step count when its target is claimed."""

from datetime import timedelta

import pytest

from bot.actions import control
from bot.actions.targets import Target
from bot.automation import lifecycle
from bot.contacts import do_not_contact
from bot.contacts.do_not_contact import LeaveAlone, add_global
from bot.core.errors import BotException
from bot.decision import pushback
from bot.decision.verdicts import SkipTarget
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.settings.preferences import DAYS, OwnLimit, Settings, TimeSpan, Week, change_limits, change_settings
from bot.steps.work import Nothing
from bot.storage import bot_lock
from bot.storage.tenancy import tenant
from tests.bot.actions.test_placing import statements_of
from tests.bot.driving import chores_done, claim, do_step, follow_action, signed_in, target_of, work_of

EVENING = Settings(week=Week(**dict.fromkeys(DAYS, TimeSpan(start="20:00", end="21:00"))))


def block(user):
    with tenant(user.id) as session:
        bot_lock.locked_status(session)
        pushback.apply(session, BotException("INSTAGRAM_ACTION_BLOCKED"), "follow")
        session.commit()


CHANGES = {
    "stopped": lambda user, _admin, _action_id: lifecycle.stop(user.id),
    "paused": lambda user, _admin, place: control.pause(user.id, place),
    "cancelled": lambda user, _admin, place: control.cancel(user.id, place),
    "own limit": lambda user, _admin, _action_id: change_limits(user.id, {"follow": OwnLimit(per_day=1)}),
    "own ceiling": lambda user, admin, _action_id: change_ceilings(admin, user.id, {"follow": UserCeiling(ceiling=1)}),
    "limit of all": lambda _user, admin, _action_id: change_defaults(admin, {"follow": DefaultLimit(per_day=1)}),
    "hours": lambda user, _admin, _action_id: change_settings(user.id, EVENING),
    "pushed back": lambda user, _admin, _action_id: block(user),
}


@pytest.fixture
def begun(ready, clock):
    """An action with one step done and another begun: its work, as it was read."""
    action_id = follow_action(ready)
    do_step(ready, clock)
    return action_id, work_of(ready)


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_no_more_be_done_is_not_claimed(ready, ada, begun, change):
    action_id, work = begun
    CHANGES[change](ready, signed_in(ada), action_id)
    assert isinstance(claim(ready, work), Nothing)
    assert target_of(ready, action_id, work.pending[0].target).status == "pending"


@pytest.mark.parametrize("everywhere", [False, True])
def test_who_asks_meanwhile_is_left_alone(ready, ada, begun, everywhere):
    action_id, work = begun
    person = work.pending[0].person
    if everywhere:
        add_global(signed_in(ada), LeaveAlone(username=person))
    else:
        do_not_contact.add_own(ready.id, LeaveAlone(username=person))
    assert claim(ready, work) == SkipTarget(action_id, "follow", person)


def test_time_that_went_by_counts_too(ready, clock, begun):
    _, work = begun
    change_settings(ready.id, Settings(week=Week(**dict.fromkeys(DAYS, TimeSpan(start="09:00", end="17:00")))))
    work = work_of(ready)
    clock.moment += timedelta(hours=6)
    chores_done(ready)
    assert isinstance(claim(ready, work), Nothing)


def test_what_has_not_changed_is_not_read_again(ready, begun):
    _, work = begun
    assert len(statements_of(lambda: claim(ready, work))) <= 4


def test_what_has_changed_without_meaning_is_read_again_and_acted_on(ready, begun):
    _, work = begun
    change_settings(ready.id, Settings(stop_words=["enough"]))
    assert isinstance(claim(ready, work), Target)
