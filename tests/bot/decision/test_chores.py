"""Work of a running bot without an action: reading answers and testing the session."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import runtime
from bot.contacts import replies
from bot.core.errors import BotException
from bot.decision import chores
from bot.decision.hours import Hours
from bot.decision.snapshot import load
from bot.decision.verdicts import RunChore
from bot.linking import outcomes
from bot.settings import preferences
from bot.settings.preferences import Settings, TimeSpan
from bot.steps.work import Nothing, next_work
from bot.storage.models import BotStatus, CoolDown
from bot.storage.tenancy import tenant
from tests.bot.driving import chores_done, do_step, follow_action, message_action

ALL_DAY = ((0, 1440),) * 7


@pytest.fixture
def real(monkeypatch, ready):
    """The delays of a real place instead of those of the demo."""
    monkeypatch.setattr(runtime(), "config", runtime().config.model_copy(update={"instagram_sandbox": False}))
    return ready


def due(user, name, moment, *, last=False):
    """When the chore is due as things stand, among all work or after all else; None for never."""
    with tenant(user.id, reading=True) as session:
        chores_of_bot = load(session, moment).state.chores
    found = [chore for chore in chores_of_bot if (chore.name, chore.last) == (name, last)]
    assert len(found) <= 1
    return found[0].at if found else None


def test_answers_are_read_a_while_after_the_first_message_and_then_again_and_again(real, clock):
    assert due(real, "read_replies", clock.moment) is None
    written_at = clock.moment
    message_action(real, "ann")
    do_step(real, clock)
    assert due(real, "read_replies", clock.moment) == written_at + chores.READ_INTERVAL
    clock.moment = written_at + chores.READ_INTERVAL
    assert next_work(real.id) == RunChore("read_replies")
    replies.store_replies(real.id, [])
    assert due(real, "read_replies", clock.moment) == clock.moment + chores.READ_INTERVAL


def test_a_reading_that_failed_is_tried_again_later_and_leaves_nothing_unread(real, clock):
    written_at = clock.moment
    message_action(real, "ann")
    do_step(real, clock)
    clock.moment = written_at + chores.READ_INTERVAL
    replies.store_replies(real.id, [])
    read_at = clock.moment
    for _ in range(3):
        clock.moment = due(real, "read_replies", clock.moment)
        outcomes.chore_failed(real.id, "read_replies", BotException("INSTAGRAM_SERVER_ERROR"))
        assert due(real, "read_replies", clock.moment) == clock.moment + chores.READ_INTERVAL
    assert clock.moment == read_at + 3 * chores.READ_INTERVAL
    _, since = replies.awaited(real.id)
    assert since <= read_at


def test_a_bot_that_keeps_writing_still_reads_answers(real, clock):
    began = clock.moment
    message_action(real, *[f"person{number}" for number in range(3)])
    for _ in range(3):
        do_step(real, clock)
        assert due(real, "read_replies", clock.moment) == began + chores.READ_INTERVAL
        clock.advance(minutes=5)


def test_after_a_reading_the_next_one_comes_soon_after_the_next_message(real, clock):
    message_action(real, "ann", "ben")
    do_step(real, clock)
    clock.advance(minutes=30)
    replies.store_replies(real.id, [])
    clock.advance(minutes=10)
    chores_done(real)
    clock.advance(minutes=3)
    written_at = clock.moment
    do_step(real, clock)
    assert due(real, "read_replies", clock.moment) == written_at + chores.READ_INTERVAL


def test_answers_are_awaited_for_two_weeks(real, clock):
    message_action(real, "ann")
    do_step(real, clock)
    for days, awaited in ((13, True), (15, False)):
        moment = clock.moment + timedelta(days=days)
        assert (due(real, "read_replies", moment) is not None) == awaited


def test_requests_of_strangers_are_read_once_a_day_after_the_first_week_and_after_all_else(real, clock):
    begins = clock.moment + chores.MEASURED_AFTER
    assert due(real, "read_replies", clock.moment, last=True) == begins
    clock.moment = begins
    replies.store_replies(real.id, [])
    assert due(real, "read_replies", clock.moment, last=True) == begins + chores.REQUESTS_INTERVAL
    clock.moment = begins + chores.REQUESTS_INTERVAL
    outcomes.chore_failed(real.id, "read_replies", BotException("INSTAGRAM_SERVER_ERROR"))
    assert due(real, "read_replies", clock.moment, last=True) == clock.moment + chores.REQUESTS_INTERVAL


def test_answers_are_read_in_the_working_hours_and_sessions_tested_outside_them(ready, clock):
    message_action(ready, "ann")
    do_step(ready, clock)
    hours = TimeSpan(start="09:00", end="13:00")
    preferences.change_settings(ready.id, Settings(week=dict.fromkeys(preferences.DAYS, hours)))
    clock.moment = clock.moment.replace(hour=20)
    with tenant(ready.id, reading=True) as session:
        state = load(session, clock.moment).state
    assert [(chore.name, chore.in_hours, chore.last) for chore in state.chores] == [
        ("test_session", False, False),
        ("read_replies", True, False),
        ("measure", True, True),
    ]
    assert isinstance(next_work(ready.id), Nothing)
    clock.moment = clock.moment.replace(day=11, hour=8)
    assert next_work(ready.id) == RunChore("test_session")


def test_a_chore_is_in_the_status_as_what_the_bot_does_now(ready, clock):
    message_action(ready, "ann")
    do_step(ready, clock)
    clock.advance(minutes=1)
    shown = bot_report(ready.id).verdict
    assert (shown.state, shown.reason, shown.message) == (
        "acting",
        "ACTING",
        "Your bot is reading what people answered.",
    )


def test_only_a_running_bot_with_a_session_has_chores(ready, clock):
    clock.advance(days=2)
    assert next_work(ready.id) == RunChore("test_session")
    lifecycle.stop(ready.id)
    assert next_work(ready.id) == Nothing(None)
    lifecycle.start(ready.id)
    with tenant(ready.id) as session:
        session.scalars(select(BotStatus)).one().session_valid = False
        session.commit()
    assert next_work(ready.id) == Nothing(None)


def test_nothing_is_due_while_everything_rests(ready, clock):
    follow_action(ready)
    clock.advance(days=2)
    until = clock.moment + timedelta(hours=1)
    with tenant(ready.id) as session:
        code = BotException("INSTAGRAM_PLEASE_WAIT").code
        session.add(CoolDown(user_id=ready.id, kind="*", until=until, error_code=code, created_at=clock.moment))
        session.commit()
    assert next_work(ready.id) == Nothing(until)
    clock.moment = until
    assert next_work(ready.id) == RunChore("test_session")


def test_a_kind_that_rests_holds_up_no_chore(ready, clock):
    clock.advance(days=2)
    with tenant(ready.id) as session:
        until = clock.moment + timedelta(days=1)
        session.add(CoolDown(user_id=ready.id, kind="follow", until=until, error_code="E", created_at=clock.moment))
        session.commit()
    assert next_work(ready.id) == RunChore("test_session")


def next_test(user_id, tested, zone="UTC"):
    return chores._next_test(user_id, tested, Hours(zone, ALL_DAY), datetime(2026, 3, 10, 12, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_sessions_are_tested_once_a_night_whatever_the_clocks_do(zone):
    tested = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for _ in range(366):
        at = next_test("somebody", tested, zone)
        assert timedelta(hours=6) <= at - tested <= timedelta(hours=30)
        local = at.astimezone(ZoneInfo(zone))
        assert 2 <= local.hour <= 5
        tested = at + timedelta(seconds=7)
    assert tested.year == 2027


def test_a_session_tested_in_the_evening_waits_for_the_night_and_one_of_the_night_for_the_next():
    at = next_test("somebody", datetime(2026, 3, 10, 12, tzinfo=UTC))
    late = at - timedelta(hours=1)
    assert next_test("somebody", late) == at + timedelta(days=1)
    assert next_test("somebody", at - timedelta(hours=7)) == at


def test_a_test_that_was_missed_is_made_up_for():
    tested = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert next_test("somebody", tested) < datetime(2026, 3, 3, tzinfo=UTC)


def test_sessions_of_many_users_are_spread_over_the_night():
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    minutes = [(next_test(f"user {number}", noon) - noon).total_seconds() / 60 for number in range(1800)]
    quarters = [sum(begin <= minute < begin + 15 for minute in minutes) for begin in range(14 * 60, 17 * 60, 15)]
    assert sum(quarters) == 1800
    assert min(quarters) > 90
    assert max(quarters) < 220


def test_the_hour_of_a_user_is_the_same_every_night():
    noon = datetime(2026, 3, 10, 12, tzinfo=UTC)
    first = next_test("somebody", noon)
    assert next_test("somebody", first) == first + timedelta(days=1)
