"""The mark of what pages show is another one after each change, and the same while nothing changes."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.actions import control, names, schedules, targets
from bot.actions.changes import mark_of_changes
from bot.actions.names import Rename
from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.actions.recurrence import Repeat
from bot.actions.schedules import Schedule
from bot.automation import client_versions, kill_switch, lifecycle
from bot.automation.kill_switch import StopAll
from bot.config.runtime import now
from bot.contacts.answers import Reply
from bot.contacts.replies import store_replies
from bot.core.errors import BotException
from bot.decision.pushback import apply
from bot.linking.unlinking import unlink
from bot.settings.ceilings import DefaultLimit, UserCeiling, change_ceilings, change_defaults
from bot.settings.preferences import OwnLimit, Pace, Settings, change_limits, change_settings
from bot.steps import decisions, restores
from bot.steps.decisions import Decision
from bot.steps.step import Step
from bot.storage.models import InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.driving import (
    act,
    claim,
    claimed,
    do_step,
    follow_action,
    found,
    id_of,
    message_action,
    signed_in,
    target_of,
    work_of,
)
from tests.support.people import give_valid_session, set_running
from tests.support.statements import statements


@pytest.fixture
def followed(ready):
    """The id of an action of alice, with people to follow."""
    return follow_action(ready, people=3)


def skip(user):
    work = work_of(user)
    targets.skip(user.id, work, work.pending[0], "private")


def place(user, **more):
    follow_hashtag(user.id, FollowHashtag(hashtag="tea", amount=1, **more))


def push_back(user, name):
    with tenant(user.id) as session:
        apply(session, BotException(name), "follow")
        session.commit()


def ask_for_a_code(user):
    with tenant(user.id) as session:
        waiting = {"verification_kind": "two_factor", "verification_expires_at": now() + timedelta(minutes=10)}
        session.execute(update(InstagramCredentials).values(**waiting))
        session.commit()


def refuse_client():
    client_versions.note_started("2.0", "200.0")
    refused = BotException("INSTAGRAM_CLIENT_OUTDATED", delivered="no", refused_client="2.0", refused_app="200.0")
    client_versions.hold_if_refused(refused)


# Each takes the user, the id of the action, and an administrator.
CHANGES = {
    "a step begins": lambda user, action_id, ada: claim(user),
    "a step is done": lambda user, action_id, ada: act(user),
    "a step is refused": lambda user, action_id, ada: act(user, "INSTAGRAM_PERSON_NOT_FOUND"),
    "a step is in doubt": lambda user, action_id, ada: act(user, "INSTAGRAM_TIMEOUT", "maybe"),
    "Instagram pushes back": lambda user, action_id, ada: act(user, "INSTAGRAM_ACTION_BLOCKED"),
    "a person is skipped": lambda user, action_id, ada: skip(user),
    "people are found": lambda user, action_id, ada: found(user, action_id, ["dora"]),
    "an action is placed": lambda user, action_id, ada: place(user),
    "one for later is placed": lambda user, action_id, ada: place(user, start_at=now() + timedelta(days=1)),
    "messages are placed": lambda user, action_id, ada: message_action(user, "mia"),
    "it is paused": lambda user, action_id, ada: control.pause(user.id, action_id),
    "it is canceled": lambda user, action_id, ada: control.cancel(user.id, action_id),
    "it is renamed": lambda user, action_id, ada: names.rename(user.id, action_id, Rename(name="Coffee people")),
    "it is rescheduled": lambda user, action_id, ada: schedules.reschedule(
        user.id, action_id, Schedule(repeat=Repeat(every_days=7))
    ),
    "own limit": lambda user, action_id, ada: change_limits(user.id, {"follow": OwnLimit(per_day=3)}),
    "own pace": lambda user, action_id, ada: change_settings(
        user.id, Settings(pace={"follow": Pace(delay_min=500, delay_max=600)})
    ),
    "time zone": lambda user, action_id, ada: change_settings(user.id, Settings(timezone="Asia/Kolkata")),
    "warm-up": lambda user, action_id, ada: change_settings(user.id, Settings(warm_up=False)),
    "the admin's maximum": lambda user, action_id, ada: change_ceilings(
        signed_in(ada), user.id, {"follow": UserCeiling(ceiling=2)}
    ),
    "the default limit": lambda user, action_id, ada: change_defaults(
        signed_in(ada), {"follow": DefaultLimit(per_day=2)}
    ),
    "it is turned off": lambda user, action_id, ada: lifecycle.stop(user.id),
    "Instagram signs it out": lambda user, action_id, ada: push_back(user, "INSTAGRAM_LOGGED_OUT"),
    "a code is needed": lambda user, action_id, ada: ask_for_a_code(user),
    "it is unlinked": lambda user, action_id, ada: unlink(user.id),
    "an admin stops all bots": lambda user, action_id, ada: kill_switch.stop_all(signed_in(ada), StopAll(reason="Why")),
    "a restore holds all bots": lambda user, action_id, ada: restores.hold_all("found"),
    "the app's version is refused": lambda user, action_id, ada: refuse_client(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_brings_another_mark(ready, followed, ada, change):
    before = mark_of_changes(ready.id)
    assert mark_of_changes(ready.id) == before
    CHANGES[change](ready, followed, ada)
    assert mark_of_changes(ready.id) != before


OF_MESSAGES = {
    "they answer": lambda user, action_id: store_replies(user.id, [Reply("1", id_of("mia"), "Thanks!", now())]),
    "the user decides": lambda user, action_id: decisions.resolve(
        user.id, action_id, target_of(user, action_id, "otto").id, Decision(outcome="sent")
    ),
}


@pytest.mark.parametrize("change", OF_MESSAGES)
def test_what_becomes_of_messages_brings_another_mark(ready, clock, change):
    action_id = message_action(ready, "mia", "otto")
    do_step(ready, clock)
    work = work_of(ready)
    target = claimed(ready, work)
    Step(ready.id, work).fail(target, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))
    clock.advance(hours=1)
    before = mark_of_changes(ready.id)
    OF_MESSAGES[change](ready, action_id)
    assert mark_of_changes(ready.id) != before


def test_a_bot_that_is_off_hears_of_new_defaults_too(ready, ada):
    lifecycle.stop(ready.id)
    before = mark_of_changes(ready.id)
    change_defaults(signed_in(ada), {"like": DefaultLimit(per_day=2)})
    assert mark_of_changes(ready.id) != before


def test_an_ended_action_that_is_renamed_brings_another_mark(ready, followed):
    control.cancel(ready.id, followed)
    before = mark_of_changes(ready.id)
    names.rename(ready.id, followed, Rename(name="Coffee people"))
    assert mark_of_changes(ready.id) != before


def test_what_others_do_changes_no_mark(ready, followed, bob):
    before = mark_of_changes(ready.id)
    give_valid_session(bob.id)
    set_running(bob.id)
    follow_action(bob, people=2)
    act(bob)
    assert mark_of_changes(ready.id) == before


def test_it_costs_few_statements_whatever_there_is_to_show(ready):
    def cost():
        with statements() as executed:
            mark_of_changes(ready.id)
        return len(executed)

    few = cost()
    follow_action(ready, people=50)
    assert cost() == few
    assert few <= 6
