"""Orders: accepted, listed, paused, resumed, cancelled, and their targets."""

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot import actions, bots, steps
from bot.actions import Filters, FollowHashtag
from bot.decision import Wait
from bot.errors import BotException
from bot.models import ActionTarget, Activity
from bot.queue import planned
from bot.runtime import runtime
from bot.scope import tenant
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.usefixtures("base_app")
ORDER = FollowHashtag(hashtag="#Coffee", amount=2)


@pytest.fixture
def ready(alice):
    """Alice with a valid session and a running bot."""
    give_valid_session(alice.id)
    set_running(alice.id)
    return alice


def begin(user):
    """An order with three candidates found."""
    progress = actions.follow_hashtag(user.id, ORDER)
    work = steps.next_work(user.id)
    steps.add_candidates(user.id, work, [("ann", "1"), ("ben", "2"), ("cid", "3")], None)
    return progress.action.id, steps.next_work(user.id)


def test_an_order_needs_a_valid_session(alice):
    with pytest.raises(BotException, match="SESSION_INVALID"):
        actions.follow_hashtag(alice.id, ORDER)
    assert actions.list_actions(alice.id, 10, None).items == []


def test_an_order_needs_a_running_bot(alice):
    give_valid_session(alice.id)
    with pytest.raises(BotException, match="BOT_STOPPED"):
        actions.follow_hashtag(alice.id, ORDER)


def test_an_order_is_written_and_its_lane_rung(ready):
    progress = actions.follow_hashtag(ready.id, ORDER)
    assert (progress.action.status, progress.pending, progress.action.params["hashtag"]) == ("queued", 2, "coffee")
    assert planned(runtime().redis, [ready.id])[ready.id] is not None


def test_the_same_idempotency_key_gives_the_same_order(ready):
    first = actions.follow_hashtag(ready.id, ORDER, "key-1")
    second = actions.follow_hashtag(ready.id, ORDER, "key-1")
    assert first.action.id == second.action.id
    assert len(actions.list_actions(ready.id, 10, None).items) == 1


def test_a_stranger_does_not_find_the_order(ready, bob):
    order = actions.follow_hashtag(ready.id, ORDER)
    for call in (actions.get_action, actions.cancel, actions.pause):
        with pytest.raises(BotException, match="ACTION_NOT_FOUND"):
            call(bob.id, order.action.id)
    assert actions.get_action(ready.id, order.action.id).action.status == "queued"


@pytest.mark.parametrize("hashtag", ["", "#", "two words", "a/b", "<script>", "x" * 101, "nul\0"])
def test_a_bad_hashtag_is_refused(hashtag):
    with pytest.raises(ValidationError):
        FollowHashtag(hashtag=hashtag, amount=1)


@pytest.mark.parametrize("amount", [0, -1, 201, 10**30, True, "many"])
def test_a_bad_amount_is_refused(amount):
    with pytest.raises(ValidationError):
        FollowHashtag.model_validate({"hashtag": "x", "amount": amount})


def test_filters_must_leave_somebody():
    with pytest.raises(ValidationError, match="followers_min"):
        Filters(followers_min=10, followers_max=5)


def test_pause_resume_and_cancel_change_what_the_bot_does_next(ready):
    order = actions.follow_hashtag(ready.id, ORDER).action.id
    assert actions.pause(ready.id, order).action.status == "paused"
    assert steps.next_work(ready.id).reason == "ALL_PAUSED"
    assert actions.resume(ready.id, order).action.status == "running"
    assert steps.next_work(ready.id).action_id == order
    cancelled = actions.cancel(ready.id, order)
    assert (cancelled.action.status, cancelled.pending) == ("cancelled", 2)
    for call in (actions.pause, actions.resume, actions.cancel):
        with pytest.raises(BotException, match="ACTION_NOT_RUNNING"):
            call(ready.id, order)


def test_a_target_is_claimed_once(ready):
    _, work = begin(ready)
    assert isinstance(steps.claim(ready.id, work, work.pending[0]), steps.Target)
    assert isinstance(steps.claim(ready.id, work, work.pending[0]), Wait)


def test_nothing_is_claimed_once_the_bot_is_stopped(ready):
    _, work = begin(ready)
    bots.stop(ready.id)
    assert steps.claim(ready.id, work, work.pending[0]).reason == "BOT_STOPPED"
    with tenant(ready.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def test_an_order_ends_when_its_amount_is_done(ready, clock):
    order, work = begin(ready)
    for target in work.pending[:2]:
        next_at = steps.finish(ready.id, work, steps.claim(ready.id, work, target), "done")
        clock.moment = next_at
    progress = actions.get_action(ready.id, order)
    assert (progress.action.status, progress.done, progress.pending) == ("succeeded", 2, 0)


def test_somebody_followed_by_another_order_is_skipped_with_the_reason(ready, clock):
    _, work = begin(ready)
    clock.moment = steps.finish(ready.id, work, steps.claim(ready.id, work, work.pending[0]), "done")
    second = actions.follow_hashtag(ready.id, ORDER).action.id
    work = steps.Work(second, "follow-hashtag", "follow", {}, None, False, [], [])
    fresh = steps.add_candidates(ready.id, work, [("ann", "1"), ("dan", "4")], None)
    assert [target.username for target in fresh] == ["dan"]
    skipped = actions.list_targets(ready.id, second, 10, None).items
    assert [(row.target, row.status, row.reason) for row in skipped] == [("ann", "skipped", "already_handled")]


def test_a_page_that_names_somebody_twice_adds_them_once(ready):
    _, work = begin(ready)
    assert steps.add_candidates(ready.id, work, [("ann", "1"), ("eve", "5")], None)[0].username == "eve"
    with tenant(ready.id) as session:
        assert len(session.scalars(select(ActionTarget)).all()) == 4


def test_an_order_without_anybody_fails_and_says_so(ready):
    order = actions.follow_hashtag(ready.id, ORDER).action.id
    steps.exhausted(ready.id, steps.next_work(ready.id))
    action = actions.get_action(ready.id, order).action
    assert (action.status, action.error_code) == ("failed", BotException("HASHTAG_EMPTY").code)


def refuse(user, work, name, delivered):
    target = steps.claim(user.id, work, work.pending[0])
    return steps.fail(user.id, work, target, BotException(name, delivered=delivered))


def test_a_call_that_may_have_arrived_is_unknown_until_it_is_looked_up(ready, clock):
    order, work = begin(ready)
    clock.moment = refuse(ready, work, "INSTAGRAM_TIMEOUT", "maybe")
    again = steps.next_work(ready.id)
    assert [target.status for target in again.unsettled] == ["unknown"]
    assert actions.get_action(ready.id, order).unknown == 1
    steps.finish(ready.id, again, again.unsettled[0], "done")
    assert actions.get_action(ready.id, order).unknown == 0


def test_a_call_that_did_not_arrive_is_open_again(ready):
    _, work = begin(ready)
    refuse(ready, work, "INSTAGRAM_UNREACHABLE", "no")
    with tenant(ready.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def test_failures_back_off_and_end_the_order(ready, clock):
    order, _ = begin(ready)
    pauses = []
    for _ in range(steps.MOST_FAILURES):
        before, work = clock.moment, steps.next_work(ready.id)
        clock.moment = refuse(ready, work, "INSTAGRAM_SERVER_ERROR", "no")
        pauses.append((clock.moment - before).total_seconds())
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    action = actions.get_action(ready.id, order).action
    assert (action.status, action.error_code) == ("failed", BotException("TOO_MANY_FAILURES").code)


def test_the_counts_add_up_to_the_amount_however_an_order_ends(ready):
    order, work = begin(ready)
    refuse(ready, work, "INSTAGRAM_TIMEOUT", "maybe")
    progress = actions.cancel(ready.id, order)
    assert progress.done + progress.failed + progress.unknown + progress.pending == progress.action.total
    shown = actions.list_targets(ready.id, order, 10, None).items
    assert [(row.target, row.status) for row in shown] == [("ann", "unknown")]


def test_every_end_of_a_step_is_in_the_activity_with_its_code(ready):
    _, work = begin(ready)
    refuse(ready, work, "INSTAGRAM_ACTION_BLOCKED", "no")
    with tenant(ready.id) as session:
        row = session.scalars(select(Activity).where(Activity.action == "follow")).one()
    assert (row.status, row.target, row.error_code) == ("failed", "ann", BotException("INSTAGRAM_ACTION_BLOCKED").code)
    assert {"error_code", "stack_trace", "file", "line"} <= row.details.keys()


def test_the_same_key_with_another_order_is_refused(ready):
    actions.follow_hashtag(ready.id, ORDER, "key-1")
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        actions.follow_hashtag(ready.id, FollowHashtag(hashtag="tea", amount=2), "key-1")


def test_open_orders_are_bounded(ready):
    for _ in range(actions.MOST_OPEN):
        actions.follow_hashtag(ready.id, ORDER)
    with pytest.raises(BotException, match="TOO_MANY_OPEN_ACTIONS"):
        actions.follow_hashtag(ready.id, ORDER)


def test_a_step_that_lost_its_lane_changes_nothing_that_another_recorded(ready, clock):
    order, work = begin(ready)
    late = work.pending[0]
    claimed = steps.claim(ready.id, work, late)
    clock.moment = steps.finish(ready.id, work, claimed, "done")
    steps.skip(ready.id, work, late, "already_followed")
    steps.release(ready.id, work, claimed)
    steps.fail(ready.id, work, claimed, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))
    assert actions.get_action(ready.id, order).done == 1
    with tenant(ready.id) as session:
        assert session.get(ActionTarget, late.id).status == "done"


def test_a_cancelled_order_stays_cancelled_whatever_its_last_step_records(ready):
    order, work = begin(ready)
    claimed = steps.claim(ready.id, work, work.pending[0])
    actions.cancel(ready.id, order)
    steps.add_candidates(ready.id, work, [("zoe", "9")], None)
    steps.finish(ready.id, work, claimed, "done")
    steps.exhausted(ready.id, work)
    progress = actions.get_action(ready.id, order)
    assert (progress.action.status, progress.done, progress.unknown) == ("cancelled", 1, 0)


def test_somebody_for_whom_instagram_refuses_does_not_stop_the_order_for_all(ready):
    order, work = begin(ready)
    steps.fail(ready.id, work, work.pending[0], BotException("INSTAGRAM_REFUSED", delivered="no"))
    shown = actions.list_targets(ready.id, order, 10, None).items
    assert [(row.target, row.status, row.reason) for row in shown] == [("ann", "skipped", "refused")]
    assert actions.get_action(ready.id, order).action.status == "running"
