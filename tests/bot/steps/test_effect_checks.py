"""Likes and story views, of which Instagram's answer says nothing: which are looked up, and what comes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions import control, placing
from bot.actions.placing import LikeHashtag
from bot.actions.targets import Target
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.decision.pushback import BLOCK_REST, NOT_DONE
from bot.linking.unlinking import unlink
from bot.steps.effect_checks import AFTER_PUSHBACK, RECONCILE_AFTER, is_checked
from bot.steps.outcomes import MAX_FAILURES, Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import ActionTarget, Activity, CoolDown
from bot.storage.tenancy import tenant
from tests.bot.driving import claimed, follow_action, found, refuse_step, work_of
from tests.support.people import Somebody

SERVER_ERROR = BotException("INSTAGRAM_SERVER_ERROR", delivered="maybe")


@pytest.fixture
def drawn(ready):
    """Sets what is drawn of 0 to 1, and of how many steps one is looked up."""

    def draw(share: float, one_in: int = 20) -> None:
        extension = runtime()
        extension.uniform = lambda low, high: share if (low, high) == (0.0, 1.0) else low
        extension.config = extension.config.model_copy(
            update={"effect_check_one_in": one_in, "instagram_sandbox": False}
        )

    return draw


def likes(user: Somebody, amount: int = 50) -> str:
    action = placing.like_hashtag(user.id, LikeHashtag(hashtag="coffee", amount=amount, order="top")).action.id
    found(user, action, [f"post{number}" for number in range(60)], kind="like-hashtag")
    return action


def like(user: Somebody, clock) -> Target:
    """One like that Instagram acknowledges; the clock goes on to when the next may come."""
    work = work_of(user)
    target = claimed(user, work)
    next_at = Step(user.id, work).finish(target, Outcome(), answered=True)
    clock.moment = next_at
    while isinstance(waiting := next_work(user.id), Nothing) and not to_look_up(user):
        clock.moment = waiting.at
    return target


def look_up(user: Somebody, clock, outcome: Outcome | None) -> Target:
    """The look-up that is due next, and what it shows."""
    clock.moment = max(clock.moment, min(row.look_up_at for row in to_look_up(user) if row.look_up_at))
    while isinstance(work := next_work(user.id), Nothing):
        clock.moment = work.at
    [target, *_] = work.in_doubt
    clock.moment = Reconciliation(user.id, work).note_looked_up(target, outcome)
    return target


def rows(user: Somebody, *conditions) -> list[ActionTarget]:
    with tenant(user.id, reading=True) as session:
        return list(session.scalars(select(ActionTarget).where(*conditions).order_by(ActionTarget.position)))


def to_look_up(user: Somebody) -> list[ActionTarget]:
    return rows(user, ActionTarget.look_up_at.is_not(None))


def row_of(user: Somebody, target: Target) -> ActionTarget:
    [row] = rows(user, ActionTarget.id == target.id)
    return row


def lines(user: Somebody) -> list[tuple[str, str | None]]:
    with tenant(user.id, reading=True) as session:
        query = select(Activity.status, Activity.target).where(Activity.action == "like")
        return [(status, target) for status, target in session.execute(query.order_by(Activity.at, Activity.id))]


def rests(user: Somebody) -> list[tuple[str, str, timedelta]]:
    with tenant(user.id, reading=True) as session:
        return [(one.kind, one.error_code, one.until - one.created_at) for one in session.scalars(select(CoolDown))]


@pytest.mark.parametrize(
    ("kind", "one_in", "share", "checked"),
    [
        ("like", 20, 0.94, False),
        ("like", 20, 0.95, True),
        ("story", 20, 0.95, True),
        ("story", 1, 0.0, True),
        ("like", 0, 0.999, False),
        ("follow", 1, 0.999, False),
        ("unfollow", 1, 0.999, False),
        ("message", 1, 0.999, False),
    ],
)
def test_a_share_of_the_steps_is_looked_up_whose_answer_says_nothing(ready, drawn, kind, one_in, share, checked):
    drawn(share, one_in)
    with tenant(ready.id, reading=True) as session:
        assert is_checked(session, kind) is checked


def test_what_is_looked_up_is_done_at_once_and_its_line_comes_with_the_look_up(ready, clock, drawn):
    drawn(0.0, one_in=1)
    action = likes(ready, amount=1)
    target = like(ready, clock)
    row = row_of(ready, target)
    assert (row.status, row.look_up_at, lines(ready)) == ("done", row.finished_at + RECONCILE_AFTER, [])
    assert control.get_action(ready.id, action).action.status == "running"
    assert isinstance(next_work(ready.id), Nothing)
    assert look_up(ready, clock, Outcome()).id == target.id
    row = row_of(ready, target)
    assert (row.status, row.reason, row.look_up_at) == ("done", "confirmed", None)
    assert lines(ready) == [("done", target.target)]
    assert control.get_action(ready.id, action).action.status == "succeeded"


def test_what_a_look_up_does_not_find_has_failed_and_another_is_done_in_its_place(ready, clock, drawn):
    drawn(0.0, one_in=1)
    action = likes(ready, amount=1)
    target = like(ready, clock)
    look_up(ready, clock, None)
    row = row_of(ready, target)
    assert (row.status, row.error_code, row.look_up_at) == ("failed", BotException(NOT_DONE).code, None)
    assert lines(ready) == [("failed", target.target)]
    assert rests(ready) == []
    other = like(ready, clock)
    look_up(ready, clock, Outcome())
    progress = control.get_action(ready.id, action)
    assert (progress.action.status, progress.done, progress.failed) == ("succeeded", 1, 1)
    assert other.id != target.id


def test_two_in_a_row_that_are_not_found_rest_the_kind_whatever_was_acknowledged_between(ready, clock, drawn):
    drawn(0.99)
    likes(ready)
    like(ready, clock)
    drawn(0.0)
    for _ in range(2):
        assert row_of(ready, like(ready, clock)).look_up_at is None
    look_up(ready, clock, None)
    assert rests(ready) == []
    like(ready, clock)
    look_up(ready, clock, None)
    assert rests(ready) == [("like", BotException(NOT_DONE).code, BLOCK_REST)]


def test_one_that_is_found_between_two_that_are_not_keeps_the_kind_from_resting(ready, clock, drawn):
    drawn(0.0, one_in=1)
    likes(ready)
    for outcome in (None, Outcome(), None):
        like(ready, clock)
        look_up(ready, clock, outcome)
    assert rests(ready) == []


def test_the_first_steps_of_a_kind_after_a_block_are_looked_up(ready, clock, drawn):
    drawn(0.0)
    likes(ready)
    refuse_step(ready, clock, "INSTAGRAM_ACTION_BLOCKED")
    clock.moment += BLOCK_REST
    checked = []
    for _ in range(AFTER_PUSHBACK + 2):
        row = row_of(ready, like(ready, clock))
        checked.append(row.look_up_at is not None)
        if row.look_up_at:
            look_up(ready, clock, Outcome())
    assert checked == [True] * AFTER_PUSHBACK + [False] * 2


def test_what_nothing_can_show_any_more_stays_as_it_was_answered(ready, clock, drawn):
    drawn(0.0, one_in=1)
    action = likes(ready, amount=1)
    target = like(ready, clock)
    clock.moment += RECONCILE_AFTER
    Reconciliation(ready.id, work_of(ready)).stop_looking_up(target_now(ready, target))
    row = row_of(ready, target)
    assert (row.status, row.reason, row.look_up_at) == ("done", None, None)
    assert lines(ready) == [("done", target.target)]
    assert control.get_action(ready.id, action).action.status == "succeeded"


def target_now(user: Somebody, target: Target) -> Target:
    row = row_of(user, target)
    return replace(target, status=row.status, attempts=row.attempts)


def test_a_call_that_may_have_arrived_and_that_nothing_can_show_any_more_stays_unknown(ready, clock):
    likes(ready)
    target = refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    clock.moment = Reconciliation(ready.id, work_of(ready)).leave_unknown(target_now(ready, target), "story_gone")
    row = row_of(ready, target)
    assert (row.status, row.reason, row.look_up_at) == ("unknown", "story_gone", None)
    assert lines(ready)[-1] == ("unknown", target.target)
    assert work_of(ready).in_doubt == []


def test_look_ups_that_fail_again_and_again_end_after_their_action(ready, clock, drawn):
    drawn(0.0, one_in=1)
    action = likes(ready, amount=1)
    target = like(ready, clock)
    clock.moment += RECONCILE_AFTER
    for _ in range(MAX_FAILURES):
        assert row_of(ready, target).look_up_at
        Step(ready.id, work_of(ready)).fail(None, SERVER_ERROR)
        clock.moment += timedelta(hours=7)
    assert control.get_action(ready.id, action).action.status == "failed"
    assert row_of(ready, target).look_up_at
    Step(ready.id, work_of(ready)).fail(None, SERVER_ERROR)
    assert (row_of(ready, target).status, row_of(ready, target).look_up_at) == ("done", None)
    assert ("done", target.target) in lines(ready)


def test_another_action_does_not_act_on_what_is_still_to_be_looked_up(ready, clock, drawn):
    drawn(0.0, one_in=1)
    first = likes(ready, amount=1)
    target = like(ready, clock)
    control.cancel(ready.id, first)
    likes(ready, amount=3)
    with tenant(ready.id, reading=True) as session:
        assert session.get(ActionTarget, target.id).look_up_at
    work = work_of(ready)
    same = next(one for one in work.pending if one.target == target.target)
    Step(ready.id, work).claim(replace(same, instagram_id=target.instagram_id))
    assert row_of(ready, same).reason == "in_another_order"


def test_an_account_that_is_unlinked_leaves_nothing_to_look_up(ready, clock, drawn):
    drawn(0.0, one_in=1)
    likes(ready, amount=1)
    target = like(ready, clock)
    unlink(ready.id)
    assert (row_of(ready, target).status, to_look_up(ready)) == ("done", [])
    assert lines(ready) == [("done", target.target)]


def test_the_demo_looks_up_within_seconds(ready, clock, drawn):
    drawn(0.0, one_in=1)
    extension = runtime()
    extension.config = extension.config.model_copy(update={"instagram_sandbox": True})
    likes(ready, amount=1)
    row = row_of(ready, like(ready, clock))
    assert row.look_up_at - row.finished_at < timedelta(seconds=10)


def test_a_failure_between_two_quiet_noes_does_not_keep_the_kind_from_resting(ready, clock, drawn):
    drawn(0.0)
    follow_action(ready)
    for name in (NOT_DONE, "INSTAGRAM_TARGET_REFUSED", NOT_DONE):
        assert rests(ready) == []
        refuse_step(ready, clock, name)
        clock.moment += timedelta(seconds=10)
    assert rests(ready) == [("follow", BotException(NOT_DONE).code, BLOCK_REST)]
