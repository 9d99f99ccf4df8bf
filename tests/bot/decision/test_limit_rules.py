"""The day of a limit: whose midnight, what changes then, and what a change of the time zone makes of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.automation.status import bot_report
from bot.config.runtime import now
from bot.decision.limit_rules import DEFAULTS, Rule, ramp
from bot.decision.limits import limit_reports
from bot.decision.verdicts import RunChore
from bot.settings.preferences import Settings, change_settings
from bot.steps.work import Nothing, next_work
from bot.storage.models import BotSettings, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.decision.test_limits import own, report, rest, use
from tests.bot.driving import chores_done, count, do_step, follow_action, message_action, refuse_step


def test_the_ramp_is_flat_for_a_week_and_full_after_three():
    follow = DEFAULTS["follow"]
    assert [ramp("follow", day) for day in (0, 6, 7)] == [follow.first_week] * 3
    assert ramp("follow", 21) == ramp("follow", 400) == follow.per_day
    days = [ramp("follow", day) for day in range(30)]
    assert days == sorted(days)


def test_after_a_block_half_is_left_for_a_week_after_the_rest_and_until_midnight(ready, clock):
    change_settings(ready.id, Settings(warm_up=False))
    own(ready, per_day=21)
    follow_action(ready)
    began = clock.moment
    refuse_step(ready, clock, "INSTAGRAM_ACTION_BLOCKED")
    for days, effective, binding in [(0, 11, "cool_down"), (8.49, 11, "cool_down"), (8.5, 21, "own")]:
        clock.moment = began + timedelta(days=days)
        assert (report(ready).rule.effective, report(ready).rule.binding) == (effective, binding)
    assert report(ready, "like").rule.binding == "default"


def test_no_rule_changes_within_a_day_so_that_what_is_told_of_midnight_holds(ready, clock):
    change_settings(ready.id, Settings(timezone="Asia/Kathmandu"))
    with tenant(ready.id) as session:
        session.scalars(select(InstagramCredentials)).one().linked_at = clock.moment - timedelta(days=7, hours=3)
        rest(session, "like", "INSTAGRAM_ACTION_BLOCKED", ended=timedelta(days=5))
        session.commit()
    follow_action(ready)
    before: list[Rule] = []
    changed = []
    for _ in range(24 * 4):
        clock.advance(hours=1)
        rules = [made.rule for made in limit_reports(ready.id)]
        if rules != before and before:
            changed.append(clock.moment.astimezone(ZoneInfo("Asia/Kathmandu")).hour)
        before = rules
    assert changed == [0, 0, 0]


@pytest.mark.parametrize(
    ("zone", "moment", "midnight"),
    [
        ("UTC", "2026-03-10T12:00+00:00", "2026-03-11T00:00+00:00"),
        ("Asia/Kathmandu", "2026-03-10T12:00+00:00", "2026-03-10T18:15+00:00"),
        # The clocks go forward at 02:00: a day of 23 hours.
        ("Europe/Berlin", "2026-03-28T23:30+00:00", "2026-03-29T22:00+00:00"),
        # The clocks go back at 03:00: a day of 25 hours.
        ("Europe/Berlin", "2026-10-24T22:30+00:00", "2026-10-25T23:00+00:00"),
        # Here midnight itself is skipped: the day begins at one.
        ("Africa/Cairo", "2026-04-23T12:00+00:00", "2026-04-23T22:00+00:00"),
        # Here midnight comes twice: the day begins the first time.
        ("America/Havana", "2026-10-31T12:00+00:00", "2026-11-01T04:00+00:00"),
    ],
)
def test_a_limit_is_free_again_at_midnight_of_the_user(ready, clock, zone, moment, midnight):
    clock.moment = datetime.fromisoformat(moment)
    lived_there_for_long(ready, zone)
    change_settings(ready.id, Settings(warm_up=False))
    own(ready, per_day=2)
    action_id = follow_action(ready)
    chores_done(ready)
    do_step(ready, clock)
    do_step(ready, clock)
    shown = bot_report(ready.id)
    assert shown.next_step_at == datetime.fromisoformat(midnight)
    assert count(ready, action_id, "done") == 2
    clock.moment = shown.next_step_at
    chores_done(ready)
    do_step(ready, clock)
    assert use(ready).used == 1
    do_step(ready, clock)
    # Readings of the account may be due by then, and no step.
    assert isinstance(next_work(ready.id), Nothing | RunChore)
    assert count(ready, action_id, "done") == 4


def lived_there_for_long(user, zone):
    change_settings(user.id, Settings(timezone=zone))
    with tenant(user.id) as session:
        session.scalars(select(BotSettings)).one().timezone_changed_at = now() - timedelta(days=1)
        session.commit()


def work_until(user, clock, until):
    """Does all that may be done before then."""
    while not isinstance(work := next_work(user.id), Nothing) or (work.at and work.at < until):
        if isinstance(work, RunChore):
            chores_done(user)
        elif isinstance(work, Nothing):
            clock.moment = work.at
        else:
            do_step(user, clock)


def test_a_change_of_the_time_zone_brings_no_new_day(ready, clock):
    action_id = message_action(ready, *[f"p{number}" for number in range(60)])
    began = clock.moment
    for hour in range(12, 20):
        clock.moment = datetime(2026, 3, 10, hour, tzinfo=UTC)
        # There midnight has just passed.
        change_settings(ready.id, Settings(timezone=f"Etc/GMT{'+' if hour <= 12 else '-'}{min(hour, 24 - hour)}"))
        chores_done(ready)
        work_until(ready, clock, clock.moment + timedelta(minutes=10))
    assert (count(ready, action_id, "done"), use(ready, "message").used) == (4, 4)
    shown = bot_report(ready.id)
    assert shown.verdict.reason == "LIMIT_REACHED"
    assert shown.verdict.until == began + timedelta(days=1)
    clock.moment = shown.verdict.until - timedelta.resolution
    chores_done(ready)
    assert isinstance(next_work(ready.id), Nothing)
    clock.moment = shown.verdict.until
    chores_done(ready)
    do_step(ready, clock)


def test_a_day_after_a_change_of_the_time_zone_its_midnight_holds(ready, clock):
    change_settings(ready.id, Settings(warm_up=False))
    own(ready, per_day=2)
    follow_action(ready)
    clock.moment = datetime(2026, 3, 10, 14, tzinfo=UTC)
    do_step(ready, clock)
    change_settings(ready.id, Settings(timezone="Asia/Tokyo"))
    clock.moment = datetime(2026, 3, 10, 18, tzinfo=UTC)
    do_step(ready, clock)
    assert bot_report(ready.id).verdict.until == datetime(2026, 3, 11, 14, tzinfo=UTC)
    assert report(ready).used == use(ready).used == 2
    clock.moment = datetime(2026, 3, 11, 14, tzinfo=UTC)
    assert (report(ready).used, use(ready).used) == (1, 1)
    clock.moment = datetime(2026, 3, 11, 15, tzinfo=UTC)
    assert (report(ready).used, use(ready).day_ends) == (0, datetime(2026, 3, 12, 15, tzinfo=UTC))
