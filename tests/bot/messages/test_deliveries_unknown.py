"""The user's decision about a message that may or may not have arrived."""

import pytest

from bot.actions import control
from bot.actions.targets import Work
from bot.core.errors import BotException
from bot.linking.unlinking import unlink
from bot.steps.decisions import Decision, resolve
from bot.steps.outcomes import Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import Action
from bot.storage.models.values import ActionStatus
from bot.storage.tenancy import tenant
from tests.bot.driving import (
    chores_done,
    claimed,
    count,
    do_step,
    id_of,
    message_action,
    refuse_step,
    target_of,
    work_of,
)
from tests.bot.messages.test_deliveries import MAYBE, skip_next

OUTCOMES = {"sent": "done", "not_sent": "failed", "send_again": "pending"}


def unknown(user, clock, *names):
    """An action whose first message may or may not have arrived."""
    action_id = message_action(user, *(names or ("ann",)))
    refuse_step(user, clock, *MAYBE)
    return action_id


def decide_outcome(user, action_id, name, outcome):
    return resolve(user.id, action_id, target_of(user, action_id, name).id, Decision(outcome=outcome))


def adds_up(user, action_id):
    one = control.get_action(user.id, action_id)
    return one.done + one.pending + one.failed + one.skipped + one.unknown == one.action.total


def exhaust(user, clock):
    """Looks up what is not known until only the user can decide, and ends the action."""
    for _ in range(9):
        work = next_work(user.id)
        if isinstance(work, Nothing):
            if work.at is None or work.at <= clock.moment:
                return
            clock.moment = work.at
        elif not isinstance(work, Work):
            chores_done(user)
        elif work.in_doubt:
            Reconciliation(user.id, work).keep_unknown(work.in_doubt[0])
        else:
            Step(user.id, work).exhaust()
            return


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("state", ["open", "paused", "ended"])
def test_the_user_settles_what_is_unknown_in_an_action_of_any_state(ready, clock, outcome, state):
    action_id = unknown(ready, clock)
    if state == "paused":
        control.pause(ready.id, action_id)
    if state == "ended":
        exhaust(ready, clock)
        assert control.get_action(ready.id, action_id).action.status == "succeeded"
    result = decide_outcome(ready, action_id, "ann", outcome)
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.look_up_at) == (OUTCOMES[outcome], None)
    assert result.status == {"sent": "sent", "not_sent": "failed", "send_again": "pending"}[outcome]
    assert (result.sent_at is None) == (outcome != "sent")
    assert adds_up(ready, action_id)
    after = control.get_action(ready.id, action_id).action
    if state == "ended" and outcome != "send_again":
        assert (after.status, after.finished_at is None) == ("succeeded", False)
    else:
        assert (after.status, after.finished_at) == ("paused" if state == "paused" else "running", None)


@pytest.mark.parametrize("outcome", ["sent", "not_sent"])
def test_in_a_cancelled_action_it_can_be_settled_but_not_sent_again(ready, clock, outcome):
    action_id = message_action(ready, "ann", "ben")
    claimed(ready, work_of(ready))
    control.cancel(ready.id, action_id)
    clock.advance(minutes=1)
    with pytest.raises(BotException, match="ACTION_NOT_RUNNING"):
        decide_outcome(ready, action_id, "ann", "send_again")
    assert target_of(ready, action_id, "ann").status == "unknown"
    decide_outcome(ready, action_id, "ann", outcome)
    progress = control.get_action(ready.id, action_id)
    assert (progress.action.status, progress.unknown, progress.pending) == ("cancelled", 0, 1)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_nobody_settles_a_message_while_its_call_may_still_be_running(ready, clock, outcome):
    action_id = message_action(ready, "ann", "ben")
    work = work_of(ready)
    target = claimed(ready, work)
    control.cancel(ready.id, action_id)
    with pytest.raises(BotException, match="STILL_SENDING"):
        decide_outcome(ready, action_id, "ann", outcome)
    found = Outcome(item_id="i", thread_id="t", at=clock.moment)
    Step(ready.id, work).finish(target, found)
    assert target_of(ready, action_id, "ann").status == "done"


def test_an_acknowledgement_that_comes_after_all_stands_against_the_user(ready, clock):
    action_id = message_action(ready, "ann")
    work = work_of(ready)
    target = claimed(ready, work)
    control.cancel(ready.id, action_id)
    clock.advance(minutes=5)
    decide_outcome(ready, action_id, "ann", "not_sent")
    Step(ready.id, work).finish(target, Outcome(item_id="i", thread_id="t", at=clock.moment))
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.reason, row.recipient, row.purpose) == ("done", None, id_of("ann"), "first")
    clock.advance(minutes=5)
    message_action(ready, "ann")
    assert skip_next(ready) == "already_messaged"


def test_an_acknowledgement_after_the_next_message_leaves_the_person_to_that_one(ready, clock):
    action_id = message_action(ready, "ann")
    work = work_of(ready)
    target = claimed(ready, work)
    control.cancel(ready.id, action_id)
    clock.advance(minutes=5)
    decide_outcome(ready, action_id, "ann", "not_sent")
    second = message_action(ready, "ann")
    do_step(ready, clock)
    Step(ready.id, work).finish(target, Outcome(item_id="i", thread_id="t", at=clock.moment))
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.recipient, target_of(ready, second, "ann").recipient) == ("done", None, id_of("ann"))


@pytest.mark.parametrize("first", OUTCOMES)
@pytest.mark.parametrize("second", OUTCOMES)
def test_what_was_settled_is_not_settled_again(ready, clock, first, second):
    action_id = unknown(ready, clock)
    decide_outcome(ready, action_id, "ann", first)
    before = target_of(ready, action_id, "ann")
    with pytest.raises(BotException, match="TARGET_NOT_UNKNOWN"):
        decide_outcome(ready, action_id, "ann", second)
    after = target_of(ready, action_id, "ann")
    assert (after.status, after.reason, after.finished_at) == (before.status, before.reason, before.finished_at)


def test_a_look_up_that_ends_after_the_user_decided_changes_nothing(ready, clock):
    action_id = unknown(ready, clock)
    clock.advance(minutes=1)
    work = work_of(ready)
    decide_outcome(ready, action_id, "ann", "send_again")
    found = Outcome(item_id="i", thread_id="t", at=clock.moment)
    Step(ready.id, work).finish(work.in_doubt[0], found)
    Reconciliation(ready.id, work).keep_unknown(work.in_doubt[0])
    assert target_of(ready, action_id, "ann").status == "pending"


def test_an_action_does_not_end_while_the_user_has_opened_a_message_again(ready, clock):
    action_id = unknown(ready, clock)
    clock.advance(minutes=1)
    work = work_of(ready)
    decide_outcome(ready, action_id, "ann", "send_again")
    Step(ready.id, work).exhaust()
    assert control.get_action(ready.id, action_id).action.status != "failed"
    clock.advance(minutes=9)
    do_step(ready, clock)
    assert control.get_action(ready.id, action_id).action.status == "succeeded"


def test_an_action_that_failed_too_often_begins_anew_with_a_message_sent_again(ready, clock):
    action_id = unknown(ready, clock, "ann", "ben")
    with tenant(ready.id) as session:
        action = session.get_one(Action, action_id)
        action.status, action.failures, action.error_code = (
            ActionStatus.FAILED,
            8,
            BotException("TOO_MANY_FAILURES").code,
        )
        session.commit()
    decide_outcome(ready, action_id, "ann", "send_again")
    after = control.get_action(ready.id, action_id).action
    assert (after.status, after.failures, after.error_code) == ("running", 0, None)


def test_nothing_but_an_unknown_message_can_be_settled(ready, clock):
    action_id = message_action(ready, "ann", "ben")
    do_step(ready, clock)
    for name in ("ann", "ben"):
        with pytest.raises(BotException, match="TARGET_NOT_UNKNOWN"):
            decide_outcome(ready, action_id, name, "sent")
    with pytest.raises(BotException, match="TARGET_NOT_FOUND"):
        resolve(ready.id, action_id, "nobody", Decision(outcome="sent"))
    other = message_action(ready, "cid")
    with pytest.raises(BotException, match="TARGET_NOT_FOUND"):
        resolve(ready.id, other, target_of(ready, action_id, "ann").id, Decision(outcome="sent"))


def test_a_message_said_to_be_sent_keeps_the_person_from_the_next_action(ready, clock):
    decide_outcome(ready, unknown(ready, clock), "ann", "sent")
    clock.advance(minutes=5)
    message_action(ready, "ann")
    exhaust(ready, clock)
    assert skip_next(ready) == "already_messaged"


def test_a_message_said_not_to_be_sent_sets_the_person_free(ready, clock):
    decide_outcome(ready, unknown(ready, clock), "ann", "not_sent")
    clock.advance(minutes=5)
    exhaust(ready, clock)
    second = message_action(ready, "ann")
    do_step(ready, clock)
    assert count(ready, second, "done") == 1


def test_an_account_that_is_unlinked_leaves_no_message_half_sent(ready, clock):
    action_id = message_action(ready, "ann", "ben")
    claimed(ready, work_of(ready))
    unlink(ready.id)
    clock.advance(minutes=1)
    progress = control.get_action(ready.id, action_id)
    assert (progress.action.status, progress.unknown, progress.pending) == ("cancelled", 1, 1)
    decide_outcome(ready, action_id, "ann", "sent")
    assert adds_up(ready, action_id)
