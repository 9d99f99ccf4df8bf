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
from bot.decision.decide import SkipTarget
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.settings.preferences import DAYS, OwnLimit, Settings, TimeSpan, Week, change_limits, change_settings
from bot.steps.work import Nothing
from bot.storage import bot_lock
from bot.storage.tenancy import tenant
from tests.bot.actions.test_placing import statements_of
from tests.bot.driving import chores_done, claim, do_step, follow_order, signed_in, target_of, work_of

EVENING = Settings(week=Week(**dict.fromkeys(DAYS, TimeSpan(start="20:00", end="21:00"))))


def block(user):
    with tenant(user.id) as session:
        bot_lock.locked_status(session)
        pushback.apply(session, BotException("INSTAGRAM_ACTION_BLOCKED"), "follow")
        session.commit()


CHANGES = {
    "stopped": lambda user, _admin, _order: lifecycle.stop(user.id),
    "paused": lambda user, _admin, order: control.pause(user.id, order),
    "cancelled": lambda user, _admin, order: control.cancel(user.id, order),
    "own limit": lambda user, _admin, _order: change_limits(user.id, {"follow": OwnLimit(per_day=1)}),
    "own ceiling": lambda user, admin, _order: change_ceilings(admin, user.id, {"follow": UserCeiling(ceiling=1)}),
    "limit of all": lambda _user, admin, _order: change_defaults(admin, {"follow": DefaultLimit(per_day=1)}),
    "hours": lambda user, _admin, _order: change_settings(user.id, EVENING),
    "pushed back": lambda user, _admin, _order: block(user),
}


@pytest.fixture
def begun(ready, clock):
    """An order with one step done and another begun: its work, as it was read."""
    order = follow_order(ready)
    do_step(ready, clock)
    return order, work_of(ready)


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_no_more_be_done_is_not_claimed(ready, ada, begun, change):
    order, work = begun
    CHANGES[change](ready, signed_in(ada), order)
    assert isinstance(claim(ready, work), Nothing)
    assert target_of(ready, order, work.pending[0].target).status == "pending"


@pytest.mark.parametrize("everywhere", [False, True])
def test_who_asks_meanwhile_is_left_alone(ready, ada, begun, everywhere):
    order, work = begun
    person = work.pending[0].person
    if everywhere:
        add_global(signed_in(ada), LeaveAlone(username=person))
    else:
        do_not_contact.add_own(ready.id, LeaveAlone(username=person))
    assert claim(ready, work) == SkipTarget(order, "follow", person)


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
