"""Push-back of Instagram: what rests for how long, and when the bot stops."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.decision.pushback import MAX_FAILURES
from bot.steps.step import Step
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant
from tests.bot.driving import (
    act,
    chores_done,
    claimed,
    count,
    do_step,
    follow_action,
    message_action,
    refuse_step,
    work_of,
)


@pytest.fixture
def working(ready):
    """Alice's bot with an action and candidates."""
    follow_action(ready)
    return ready


def test_a_block_rests_the_kind_for_a_day(working, clock):
    act(working, "INSTAGRAM_ACTION_BLOCKED")
    report = bot_report(working.id)
    assert (report.verdict.reason, report.bot_running, report.session_valid) == ("COOL_DOWN", True, True)
    assert report.verdict.until == clock.moment + timedelta(hours=24)
    assert report.last_error_code == BotException("INSTAGRAM_ACTION_BLOCKED").code


def test_a_second_block_within_a_week_rests_three_days_and_asks_for_a_person(working, clock):
    act(working, "INSTAGRAM_ACTION_BLOCKED")
    clock.advance(hours=25)
    act(working, "INSTAGRAM_ACTION_BLOCKED")
    verdict = bot_report(working.id).verdict
    assert (verdict.state, verdict.reason, verdict.who) == ("halted", "BLOCKED_AGAIN", "user")
    lifecycle.start(working.id)
    assert bot_report(working.id).verdict.until == clock.moment + timedelta(hours=72)


@pytest.mark.parametrize("name", ["INSTAGRAM_PLEASE_WAIT", "INSTAGRAM_THROTTLED"])
def test_please_wait_rests_the_whole_bot_for_an_hour(working, clock, name):
    act(working, name)
    report = bot_report(working.id)
    assert (report.verdict.reason, report.verdict.until) == ("COOL_DOWN", clock.moment + timedelta(hours=1))


@pytest.mark.parametrize(
    "name", ["INSTAGRAM_LOGGED_OUT", "INSTAGRAM_CHALLENGE", "INSTAGRAM_CONSENT", "INSTAGRAM_SUSPENDED"]
)
def test_the_end_of_the_session_stops_the_bot_with_its_code(working, name):
    assert act(working, name) is None
    report = bot_report(working.id)
    assert (report.session_valid, report.bot_running) == (False, False)
    assert (report.verdict.state, report.verdict.reason) == ("halted", name)
    with tenant(working.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def test_a_block_that_names_its_end_rests_the_kind_until_then(working, clock):
    end = clock.moment + timedelta(days=5)
    fail_step(working, "INSTAGRAM_ACTION_BLOCKED", blocked_until=end.isoformat())
    assert bot_report(working.id).verdict.until == end


@pytest.mark.parametrize(
    ("meta", "length"),
    [
        ({"blocked_seconds": 72 * 3600.0}, timedelta(hours=72)),
        ({"blocked_seconds": 3600.0}, timedelta(hours=24)),
        ({"blocked_seconds": 9e9}, timedelta(days=60)),
        ({"blocked_until": "2020-01-01T00:00:00+00:00"}, timedelta(hours=24)),
        ({"blocked_until": "9999-12-31T00:00:00+00:00"}, timedelta(days=60)),
    ],
)
def test_a_named_end_never_shortens_the_rest_and_no_mistake_makes_it_endless(working, clock, meta, length):
    fail_step(working, "INSTAGRAM_ACTION_BLOCKED", **meta)
    assert bot_report(working.id).verdict.until == clock.moment + length


def test_a_refused_address_rests_the_whole_bot_and_stops_it_the_second_time(working, clock):
    act(working, "INSTAGRAM_ADDRESS_BLOCKED")
    report = bot_report(working.id)
    assert (report.verdict.reason, report.bot_running, report.session_valid) == ("COOL_DOWN", True, True)
    assert report.rests.keys() == {limit.kind for limit in report.limits}
    clock.moment = report.verdict.until
    act(working, "INSTAGRAM_ADDRESS_BLOCKED")
    verdict = bot_report(working.id).verdict
    assert (verdict.state, verdict.reason, verdict.who) == ("halted", "INSTAGRAM_ADDRESS_BLOCKED", "user")
    assert bot_report(working.id).session_valid


def test_a_full_list_rests_following_without_the_caution_of_a_block(working, clock):
    before = limit_of(working)
    for _ in range(2):
        act(working, "INSTAGRAM_FOLLOWS_FULL")
        report = bot_report(working.id)
        assert (report.verdict.reason, report.bot_running) == ("COOL_DOWN", True)
        assert report.verdict.until == clock.moment + timedelta(hours=24)
        clock.moment = report.verdict.until
        assert limit_of(working) == before


def limit_of(user):
    return next(limit.effective for limit in bot_report(user.id).limits if limit.kind == "follow")


def test_nobody_is_used_up_by_a_refusal_of_the_account(working, clock):
    for name in ("INSTAGRAM_FOLLOWS_FULL", "INSTAGRAM_ADDRESS_BLOCKED", "INSTAGRAM_ACTION_BLOCKED"):
        act(working, name)
        clock.advance(hours=25)
    with tenant(working.id) as session:
        assert set(session.scalars(select(ActionTarget.status))) == {"pending"}


def test_a_refused_target_fails_alone_and_the_next_is_tried_without_a_pause(working, clock):
    for _ in range(MAX_FAILURES + 1):
        work = work_of(working)
        Step(working.id, work).fail(claimed(working, work), refusal("INSTAGRAM_TARGET_REFUSED"))
        clock.advance(minutes=2)
    assert bot_report(working.id).rests == {}
    assert count(working, work.action_id, "failed") == MAX_FAILURES + 1
    act(working)


def test_three_messages_refused_in_a_row_rest_messages_and_one_more_does_so_again(ready, clock):
    action_id = message_action(ready, *(f"person{number}" for number in range(9)))
    for number in range(3):
        assert bot_report(ready.id).rests == {}, number
        refuse_step(ready, clock, "INSTAGRAM_MESSAGE_REFUSED")
        clock.advance(minutes=5)
    assert bot_report(ready.id).rests.keys() == {"message", "reply"}
    assert count(ready, action_id, "failed") == 3
    clock.moment = bot_report(ready.id).rests["message"]
    chores_done(ready)
    refuse_step(ready, clock, "INSTAGRAM_MESSAGE_REFUSED")
    assert bot_report(ready.id).rests.keys() == {"message", "reply"}
    assert bot_report(ready.id).bot_running


def test_a_message_that_goes_out_between_refused_ones_starts_the_count_again(ready, clock):
    message_action(ready, *(f"person{number}" for number in range(9)))
    for refused in (True, True, False, True):
        if refused:
            refuse_step(ready, clock, "INSTAGRAM_MESSAGE_REFUSED")
        else:
            do_step(ready, clock)
        clock.advance(minutes=30)
    assert bot_report(ready.id).rests == {}


def fail_step(user, name, **meta):
    work = work_of(user)
    return Step(user.id, work).fail(claimed(user, work), refusal(name, **meta))


def refusal(name, **meta):
    return BotException(name, delivered="no", **meta)
