"""What push-back of Instagram does: how long it rests what, and when it stops the bot."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.automation import lifecycle as bots
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.storage.models import ActionTarget
from bot.storage.tenancy import tenant
from tests.bot.driving import act, follow_order


@pytest.fixture
def working(ready):
    """Alice's bot with an order and candidates."""
    follow_order(ready)
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
    bots.start(working.id)
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
