"""Actions: accepted, listed, paused, resumed, cancelled, and their targets."""

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from bot.actions import candidates, control, placing
from bot.actions.placing import FollowHashtag
from bot.actions.targets import Candidate, Search, Target, Work
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.decision import pushback
from bot.decision.verdicts import SkipTarget
from bot.history import idempotency
from bot.lanes.queue import planned
from bot.linking.stored_sessions import nightly_test_passed
from bot.operations.housekeeping import run_housekeeping
from bot.steps.outcomes import MAX_FAILURES, Outcome
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import ActionTarget, Activity
from bot.storage.tenancy import tenant
from tests.bot.driving import claim, follow_action, refuse_step, target_of, work_of
from tests.support.people import give_valid_session, set_running

pytestmark = pytest.mark.usefixtures("base_app")
FORM = FollowHashtag(hashtag="#Coffee", amount=2)


@pytest.fixture
def ready(alice):
    """Alice with a valid session and a running bot."""
    give_valid_session(alice.id)
    set_running(alice.id)
    return alice


def begin(user):
    """An action with three candidates found."""
    progress = placing.follow_hashtag(user.id, FORM)
    work = next_work(user.id)
    found(user, work, "ann", "ben", "cid")
    return progress.action.id, next_work(user.id)


def found(user, work, *names):
    people = [Candidate(name, name, f"id of {name}") for name in names]
    candidates.add_candidates(user.id, work, people, None, skip_if_handled=True)


def test_an_action_needs_a_valid_session(alice):
    with pytest.raises(BotException, match="SESSION_INVALID"):
        placing.follow_hashtag(alice.id, FORM)
    assert control.list_actions(alice.id, 10, None).items == []


def test_an_action_needs_a_running_bot(alice):
    give_valid_session(alice.id)
    with pytest.raises(BotException, match="BOT_STOPPED"):
        placing.follow_hashtag(alice.id, FORM)


def test_an_action_is_written_and_its_lane_rung(ready):
    progress = placing.follow_hashtag(ready.id, FORM)
    assert (progress.action.status, progress.pending, progress.action.params["hashtag"]) == ("queued", 2, "coffee")
    assert planned(runtime().redis, [ready.id])[ready.id] is not None


def test_the_same_idempotency_key_gives_the_same_action(ready):
    first = placing.follow_hashtag(ready.id, FORM, "key-1")
    second = placing.follow_hashtag(ready.id, FORM, "key-1")
    assert first.action.id == second.action.id
    assert (first.replayed, second.replayed) == (False, True)
    assert len(control.list_actions(ready.id, 10, None).items) == 1


def test_a_replay_needs_no_running_bot_and_shows_the_action_as_it_is_now(ready):
    first = placing.follow_hashtag(ready.id, FORM, "key-1")
    control.cancel(ready.id, first.action.id)
    lifecycle.stop(ready.id)
    assert placing.follow_hashtag(ready.id, FORM, "key-1").action.status == "cancelled"


def test_a_refused_action_takes_no_key(ready):
    lifecycle.stop(ready.id)
    with pytest.raises(BotException, match="BOT_STOPPED"):
        placing.follow_hashtag(ready.id, FORM, "key-1")
    lifecycle.start(ready.id)
    assert not placing.follow_hashtag(ready.id, FORM, "key-1").replayed


def test_a_key_is_an_actions_for_a_day(ready, clock):
    first = placing.follow_hashtag(ready.id, FORM, "key-1")
    clock.advance(seconds=idempotency.TTL.total_seconds())
    run_housekeeping()
    assert placing.follow_hashtag(ready.id, FORM, "key-1").action.id != first.action.id


def test_a_key_is_taken_by_one_request_of_any_sort(ready):
    idempotency.begin(ready.id, "key-1", ["/api/bot/login", {}])
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        placing.follow_hashtag(ready.id, FORM, "key-1")
    placing.follow_hashtag(ready.id, FORM, "key-2")
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        idempotency.begin(ready.id, "key-2", ["/api/bot/login", {}])


def test_a_stranger_does_not_find_the_action(ready, bob):
    progress = placing.follow_hashtag(ready.id, FORM)
    for call in (control.get_action, control.cancel, control.pause):
        with pytest.raises(BotException, match="ACTION_NOT_FOUND"):
            call(bob.id, progress.action.id)
    assert control.get_action(ready.id, progress.action.id).action.status == "queued"


@pytest.mark.parametrize("hashtag", ["", "#", "two words", "a/b", "<script>", "x" * 101, "nul\0"])
def test_a_bad_hashtag_is_refused(hashtag):
    with pytest.raises(ValidationError):
        FollowHashtag(hashtag=hashtag, amount=1)


@pytest.mark.parametrize("amount", [0, -1, 201, 10**30, True, "many"])
def test_a_bad_amount_is_refused(amount):
    with pytest.raises(ValidationError):
        FollowHashtag.model_validate({"hashtag": "x", "amount": amount})


def test_pause_resume_and_cancel_change_what_the_bot_does_next(ready):
    action_id = placing.follow_hashtag(ready.id, FORM).action.id
    assert control.pause(ready.id, action_id).action.status == "paused"
    assert bot_report(ready.id).verdict.reason == "ALL_PAUSED"
    assert control.resume(ready.id, action_id).action.status == "running"
    assert next_work(ready.id).action_id == action_id
    cancelled = control.cancel(ready.id, action_id)
    assert (cancelled.action.status, cancelled.pending) == ("cancelled", 2)
    for call in (control.pause, control.resume, control.cancel):
        with pytest.raises(BotException, match="ACTION_NOT_RUNNING"):
            call(ready.id, action_id)


def test_a_target_is_claimed_once(ready):
    _, work = begin(ready)
    assert isinstance(Step(ready.id, work).claim(work.pending[0]), Target)
    assert isinstance(Step(ready.id, work).claim(work.pending[0]), Nothing)


def test_nothing_is_claimed_once_the_bot_is_stopped(ready):
    _, work = begin(ready)
    lifecycle.stop(ready.id)
    assert Step(ready.id, work).claim(work.pending[0]) == Nothing(None)
    with tenant(ready.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def test_an_action_ends_when_its_amount_is_done(ready, clock):
    action_id, work = begin(ready)
    for target in work.pending[:2]:
        next_at = Step(ready.id, work).finish(Step(ready.id, work).claim(target), Outcome())
        clock.moment = next_at
    progress = control.get_action(ready.id, action_id)
    assert (progress.action.status, progress.done, progress.pending) == ("succeeded", 2, 0)


def test_somebody_followed_by_another_action_is_skipped_with_the_reason(ready, clock):
    _, work = begin(ready)
    clock.moment = Step(ready.id, work).finish(Step(ready.id, work).claim(work.pending[0]), Outcome())
    second = placing.follow_hashtag(ready.id, FORM).action.id
    found(ready, Search(second, "follow-hashtag", "follow", {}, None, False), "ann", "dan")
    skipped = control.list_targets(ready.id, second, 10, None).items
    assert [(row.target, row.status, row.reason) for row in skipped] == [("ann", "skipped", "already_handled")]


def test_what_another_action_is_still_to_look_up_is_not_done_a_second_time(ready, clock):
    actions_of_one = [follow_action(ready, people=1) for _ in range(2)]
    tried = refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", delivered="maybe")
    waiting, begun = sorted(actions_of_one, key=lambda action_id: target_of(ready, action_id, "person0").id == tried.id)
    control.pause(ready.id, begun)
    work = work_of(ready)
    assert work.action_id == waiting
    assert claim(ready, work) == SkipTarget(waiting, "follow", "person0")
    skipped = target_of(ready, waiting, "person0")
    assert (skipped.status, skipped.reason) == ("skipped", "in_another_order")


def test_a_page_that_names_somebody_twice_adds_them_once(ready):
    _, work = begin(ready)
    found(ready, work, "ann", "eve")
    with tenant(ready.id) as session:
        assert len(session.scalars(select(ActionTarget)).all()) == 4


def test_an_action_without_anybody_fails_and_says_so(ready):
    action_id = placing.follow_hashtag(ready.id, FORM).action.id
    Step(ready.id, next_work(ready.id)).exhaust()
    action = control.get_action(ready.id, action_id).action
    assert (action.status, action.error_code) == ("failed", BotException("HASHTAG_EMPTY").code)


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ([], "succeeded"),
        (["skipped"], "succeeded"),
        (["failed"], "failed"),
        (["failed", "unknown"], "succeeded"),
        (["failed", "done"], "succeeded"),
    ],
)
def test_an_action_that_comes_to_its_end_has_failed_where_it_only_tried(ready, clock, ends, status):
    action_id = placing.unfollow(ready.id, placing.Unfollow(amount=5)).action.id
    with tenant(ready.id) as session:
        for number, end in enumerate(ends):
            row = ActionTarget(action_id=action_id, user_id=ready.id, step_kind="unfollow", position=number, status=end)
            row.target = row.person = f"person{number}"
            row.created_at = clock.moment
            session.add(row)
        session.commit()
    Step(ready.id, next_work(ready.id)).exhaust()
    action = control.get_action(ready.id, action_id).action
    assert (action.status, action.error_code) == (status, BotException("CANDIDATES_EXHAUSTED").code)


def refuse(user, work, name, delivered):
    target = Step(user.id, work).claim(work.pending[0])
    return Step(user.id, work).fail(target, BotException(name, delivered=delivered))


def test_a_call_that_may_have_arrived_is_unknown_until_it_is_looked_up(ready, clock):
    action_id, work = begin(ready)
    clock.moment = refuse(ready, work, "INSTAGRAM_TIMEOUT", "maybe")
    again = next_work(ready.id)
    assert [target.status for target in again.in_doubt] == ["unknown"]
    assert control.get_action(ready.id, action_id).unknown == 1
    Step(ready.id, again).finish(again.in_doubt[0], Outcome())
    assert control.get_action(ready.id, action_id).unknown == 0


def test_a_call_that_did_not_arrive_is_open_again(ready):
    _, work = begin(ready)
    refuse(ready, work, "INSTAGRAM_UNREACHABLE", "no")
    with tenant(ready.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def fail_on(ready, clock):
    """One more failed step, when the bot is next ready for one; the seconds until it may try again."""
    while not isinstance(work := next_work(ready.id), Work):
        if isinstance(work, Nothing):
            clock.moment = work.at
        else:
            nightly_test_passed(ready.id, "", "")
    before = clock.moment
    clock.moment = refuse(ready, work, "INSTAGRAM_SERVER_ERROR", "no")
    return (clock.moment - before).total_seconds()


def test_failures_back_off_and_end_the_action(ready, clock):
    action_id, _ = begin(ready)
    pauses = [fail_on(ready, clock) for _ in range(MAX_FAILURES)]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    action = control.get_action(ready.id, action_id).action
    assert (action.status, action.error_code) == ("failed", BotException("TOO_MANY_FAILURES").code)


def test_a_kind_that_only_fails_rests_whatever_the_action(ready, clock):
    begin(ready)
    for _ in range(pushback.MAX_FAILURES):
        failed_at = clock.moment
        fail_on(ready, clock)
    verdict = bot_report(ready.id).verdict
    assert (verdict.reason, verdict.until) == ("COOL_DOWN", failed_at + pushback.FAILING_REST)
    assert bot_report(ready.id).last_error_code == BotException("KIND_FAILING").code


def test_the_counts_add_up_to_the_amount_however_an_action_ends(ready):
    action_id, work = begin(ready)
    refuse(ready, work, "INSTAGRAM_TIMEOUT", "maybe")
    progress = control.cancel(ready.id, action_id)
    assert progress.done + progress.failed + progress.unknown + progress.pending == progress.action.total
    shown = control.list_targets(ready.id, action_id, 10, None).items
    assert [(row.target, row.status) for row in shown] == [("ann", "unknown")]


def test_every_end_of_a_step_is_in_the_activity_with_its_code(ready):
    _, work = begin(ready)
    refuse(ready, work, "INSTAGRAM_ACTION_BLOCKED", "no")
    with tenant(ready.id) as session:
        row = session.scalars(select(Activity).where(Activity.action == "follow")).one()
    assert (row.status, row.target, row.error_code) == ("failed", "ann", BotException("INSTAGRAM_ACTION_BLOCKED").code)
    assert {"error_code", "stack_trace", "file", "line"} <= row.details.keys()


def test_the_same_key_with_another_action_is_refused(ready):
    placing.follow_hashtag(ready.id, FORM, "key-1")
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        placing.follow_hashtag(ready.id, FollowHashtag(hashtag="tea", amount=2), "key-1")


def test_open_actions_are_bounded(ready):
    for _ in range(placing.MAX_OPEN):
        placing.follow_hashtag(ready.id, FORM)
    with pytest.raises(BotException, match="TOO_MANY_OPEN_ACTIONS"):
        placing.follow_hashtag(ready.id, FORM)


def test_a_step_that_lost_its_lane_changes_nothing_that_another_recorded(ready, clock):
    action_id, work = begin(ready)
    late = work.pending[0]
    claimed = Step(ready.id, work).claim(late)
    clock.moment = Step(ready.id, work).finish(claimed, Outcome())
    Step(ready.id, work).skip(late, "already_followed")
    Step(ready.id, work).reopen(claimed)
    Step(ready.id, work).fail(claimed, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))
    assert control.get_action(ready.id, action_id).done == 1
    with tenant(ready.id) as session:
        assert session.get(ActionTarget, late.id).status == "done"


def test_a_cancelled_action_stays_cancelled_whatever_its_last_step_records(ready):
    action_id, work = begin(ready)
    claimed = Step(ready.id, work).claim(work.pending[0])
    control.cancel(ready.id, action_id)
    found(ready, work, "zoe")
    Step(ready.id, work).finish(claimed, Outcome())
    Step(ready.id, work).exhaust()
    progress = control.get_action(ready.id, action_id)
    assert (progress.action.status, progress.done, progress.unknown) == ("cancelled", 1, 0)


def test_somebody_for_whom_instagram_refuses_does_not_stop_the_action_for_all(ready):
    action_id, work = begin(ready)
    Step(ready.id, work).fail(work.pending[0], BotException("INSTAGRAM_REFUSED", delivered="no"))
    shown = control.list_targets(ready.id, action_id, 10, None).items
    assert [(row.target, row.status, row.reason) for row in shown] == [("ann", "skipped", "refused")]
    assert control.get_action(ready.id, action_id).action.status == "running"


def test_one_person_who_cannot_be_read_is_skipped_and_the_next_ones_are_kept(ready):
    action_id, work = begin(ready)
    ann, ben, _ = work.pending
    for target in (ann, ann, ann, ben, ben):
        Step(ready.id, work).fail(target, BotException("INSTAGRAM_UNREADABLE", delivered="maybe"))
    shown = {
        row.target: row.status for row in control.list_targets(ready.id, action_id, 10, None, status="skipped").items
    }
    assert shown == {"ann": "skipped"}
