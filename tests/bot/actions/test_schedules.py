"""When an action starts and how it comes again."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.actions import control, placing, schedules
from bot.actions.placing import FollowHashtag
from bot.actions.recurrence import Repeat
from bot.actions.schedules import MAX_WITHOUT_SOURCE, Schedule, reschedule
from bot.automation.status import bot_report
from bot.core.errors import BotException
from bot.history.activity import list_activity
from bot.inputs.validation import checked_json
from bot.settings import preferences
from bot.settings.preferences import Settings, TimeSpan
from bot.steps.outcomes import MAX_FAILURES
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from tests.bot.driving import do_step, found, message_action, refuse_step, work_of
from tests.support.people import give_valid_session, set_running

DAILY = Repeat(every_days=1)


def place(user, amount=1, **more):
    return placing.follow_hashtag(user.id, FollowHashtag(hashtag="coffee", amount=amount, **more)).action


def all_actions(user):
    return [progress.action for progress in control.list_actions(user.id, 50, None).items]


def next_of(user):
    """The one action that has not begun."""
    return next(action for action in all_actions(user) if action.status == "queued")


def succeed(user, clock, action):
    found(user, action.id, ["ann"])
    do_step(user, clock)


def exhaust(user, clock, action):
    found(user, action.id, [])
    Step(user.id, work_of(user)).exhaust()


def fail(user, clock, action):
    """Fails so often that the action ends, whatever rests come between."""
    found(user, action.id, ["ann"])
    for _ in range(MAX_FAILURES):
        clock.moment = bot_report(user.id).next_step_at
        refuse_step(user, clock, "INSTAGRAM_SERVER_ERROR")


@pytest.mark.parametrize(
    ("end", "status"),
    [(succeed, "succeeded"), (exhaust, "failed"), (fail, "failed")],
    ids=["done", "nobody", "failing"],
)
def test_an_action_that_repeats_is_followed_by_one_more_however_it_ends(ready, clock, end, status):
    first = place(ready, repeat=Repeat(every_days=2, at="09:30"))
    end(ready, clock, first)
    following = next_of(ready)
    assert len(all_actions(ready)) == 2
    assert control.get_action(ready.id, first.id).action.status == status
    assert (following.status, following.kind, following.params, following.total) == (
        "queued",
        first.kind,
        first.params,
        first.total,
    )
    assert (following.series, following.repeat) == (first.id, first.repeat)
    assert following.start_at == datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    assert control.get_action(ready.id, following.id).done == 0


def test_a_series_whose_source_is_missing_three_times_in_a_row_ends_and_says_why(ready, clock):
    run = place(ready, repeat=DAILY)
    for _ in range(MAX_WITHOUT_SOURCE - 1):
        exhaust(ready, clock, run)
        run = next_of(ready)
        clock.moment = run.start_at
    exhaust(ready, clock, run)
    assert [action.status for action in all_actions(ready)] == ["failed"] * MAX_WITHOUT_SOURCE
    ended = next(line for line in list_activity(ready.id, 50, None).items if line.action == "repeat_ended")
    assert (ended.action_id, ended.error_code) == (run.id, BotException("HASHTAG_EMPTY").code)
    assert "#coffee" in ended.error_message


def test_a_run_that_found_its_source_lets_the_series_go_on(ready, clock):
    run = place(ready, repeat=DAILY)
    for end in (exhaust, exhaust, succeed, exhaust, exhaust):
        end(ready, clock, run)
        run = next_of(ready)
        clock.moment = run.start_at


def test_a_step_recorded_after_the_end_brings_no_second_follower(ready, clock):
    first = place(ready, repeat=DAILY)
    found(ready, first.id, ["ann"])
    work = work_of(ready)
    do_step(ready, clock)
    for _ in range(2):
        Step(ready.id, work).exhaust()
        Step(ready.id, work).fail(None, BotException("INSTAGRAM_SERVER_ERROR", delivered="no"))
    assert sorted(action.status for action in all_actions(ready)) == ["queued", "succeeded"]


def test_a_cancelled_action_is_followed_by_none(ready, clock):
    first = place(ready, repeat=DAILY)
    found(ready, first.id, ["ann"])
    work = work_of(ready)
    control.cancel(ready.id, first.id)
    Step(ready.id, work).exhaust()
    assert [action.status for action in all_actions(ready)] == ["cancelled"]


def test_an_action_that_does_not_repeat_is_followed_by_none(ready, clock):
    succeed(ready, clock, place(ready))
    assert len(all_actions(ready)) == 1


def test_a_series_keeps_its_name_and_its_days(ready, clock):
    first = place(ready, repeat=Repeat(every_days=3, at="12:00"))
    succeed(ready, clock, first)
    second = next_of(ready)
    clock.moment = second.start_at + timedelta(hours=1)
    found(ready, second.id, ["ben"])
    do_step(ready, clock)
    third = next_of(ready)
    assert (second.series, third.series) == (first.id, first.id)
    assert (third.start_at - second.start_at, third.start_at.day) == (timedelta(days=3), 16)


def test_runs_that_were_missed_are_not_made_up_for(ready, clock):
    first = place(ready, repeat=Repeat(every_days=2, at="12:00"))
    clock.advance(days=7)
    succeed(ready, clock, first)
    assert next_of(ready).start_at == datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


def test_without_a_time_it_comes_again_when_the_working_hours_begin(ready, clock):
    hours = TimeSpan(start="10:15", end="20:00")
    week = dict.fromkeys(preferences.DAYS, hours) | {"wednesday": None}
    preferences.change_settings(ready.id, Settings(week=week))
    succeed(ready, clock, place(ready, repeat=DAILY))
    assert next_of(ready).start_at == datetime(2026, 3, 12, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("began", "at", "comes_again"),
    [
        ("2026-03-28T12:00+00:00", "09:30", "2026-03-29T07:30+00:00"),
        ("2026-03-28T12:00+00:00", "02:30", "2026-03-29T01:30+00:00"),
        ("2026-10-24T12:00+00:00", "09:30", "2026-10-25T08:30+00:00"),
        ("2026-10-24T12:00+00:00", "02:30", "2026-10-25T00:30+00:00"),
    ],
)
def test_it_comes_again_at_the_same_local_time_over_a_change_of_the_clocks(ready, clock, began, at, comes_again):
    preferences.change_settings(ready.id, Settings(timezone="Europe/Berlin"))
    clock.moment = datetime.fromisoformat(began)
    succeed(ready, clock, place(ready, repeat=Repeat(every_days=1, at=at)))
    assert next_of(ready).start_at == datetime.fromisoformat(comes_again)


@pytest.mark.parametrize(
    ("moment", "at", "zone", "planned"),
    [
        ("2026-03-10T12:00+00:00", "09:30", "America/New_York", "2026-03-11T13:30+00:00"),
        ("2026-03-28T12:00+00:00", "09:30", "Europe/Berlin", "2026-03-29T07:30+00:00"),
        ("2026-03-28T12:00+00:00", "02:30", "Europe/Berlin", "2026-03-29T01:30+00:00"),
        ("2026-10-24T12:00+00:00", "02:30", "Europe/Berlin", "2026-10-25T00:30+00:00"),
        ("2026-03-10T12:00+00:00", "00:30", "Asia/Tokyo", "2026-03-10T15:30+00:00"),
        ("2026-03-10T23:00+00:00", "05:00", "Asia/Tokyo", "2026-03-11T20:00+00:00"),
    ],
    ids=["west", "clocks forward", "skipped hour", "hour that comes twice", "east", "over there"],
)
def test_another_time_zone_moves_what_repeats_at_a_local_time(ready, clock, moment, at, zone, planned):
    clock.moment = datetime.fromisoformat(moment)
    succeed(ready, clock, place(ready, repeat=Repeat(every_days=1, at=at)))
    preferences.change_settings(ready.id, Settings(timezone=zone))
    following = next_of(ready)
    assert following.start_at == datetime.fromisoformat(planned)
    assert bot_report(ready.id).next_step_at == following.start_at


def test_after_a_change_of_the_zone_a_series_goes_on_at_its_local_time_and_pace(ready, clock):
    succeed(ready, clock, place(ready, repeat=Repeat(every_days=3, at="23:30")))
    preferences.change_settings(ready.id, Settings(timezone="Asia/Tokyo"))
    second = next_of(ready)
    clock.moment = second.start_at
    succeed(ready, clock, second)
    third = next_of(ready)
    assert second.start_at == datetime(2026, 3, 13, 14, 30, tzinfo=UTC)
    assert third.start_at - second.start_at == timedelta(days=3)


def test_another_time_zone_leaves_a_start_that_was_chosen_as_a_moment(ready, clock):
    start = clock.moment + timedelta(hours=7)
    chosen = place(ready, start_at=start)
    apart = place(ready, start_at=start, repeat=Repeat(every_days=1, at="09:30"))
    by_hours = place(ready, start_at=start, repeat=DAILY)
    at_once = place(ready, repeat=Repeat(every_days=1, at="09:30"))
    preferences.change_settings(ready.id, Settings(timezone="Asia/Tokyo"))
    starts = [control.get_action(ready.id, one.id).action.start_at for one in (chosen, apart, by_hours, at_once)]
    assert starts == [start, start, start, None]


def test_settings_that_are_refused_move_nothing(ready, clock):
    succeed(ready, clock, place(ready, repeat=Repeat(every_days=1, at="09:30")))
    planned = next_of(ready).start_at
    with pytest.raises(BotException, match="NO_WORKING_HOURS"):
        preferences.change_settings(ready.id, Settings(timezone="Asia/Tokyo", week=dict.fromkeys(preferences.DAYS)))
    assert next_of(ready).start_at == planned


@pytest.mark.parametrize("ahead", [timedelta(minutes=-6), timedelta(days=367)])
def test_a_start_that_cannot_be_meant_is_refused(ready, clock, ahead):
    action = place(ready)
    with pytest.raises(BotException) as raised:
        reschedule(ready.id, action.id, Schedule(start_at=clock.moment + ahead))
    assert [problem["field"] for problem in raised.value.meta["errors"]] == ["start_at"]
    assert control.get_action(ready.id, action.id).action.start_at is None


def test_an_action_that_has_begun_keeps_its_start_when_its_repeat_changes(ready, clock):
    start = clock.moment + timedelta(seconds=30)
    action = place(ready, amount=2, start_at=start, repeat=DAILY)
    clock.advance(days=1)
    changed = reschedule(ready.id, action.id, Schedule(start_at=start.replace(second=0))).action
    assert changed.repeat is None


def test_an_action_waits_for_its_start_while_others_go_on(ready, clock):
    later = place(ready, start_at=clock.moment + timedelta(hours=3))
    now = place(ready)
    assert work_of(ready).action_id == now.id
    control.pause(ready.id, now.id)
    work = next_work(ready.id)
    assert work == Nothing(later.start_at) or work.at < later.start_at
    shown = bot_report(ready.id)
    assert (shown.verdict.reason, shown.verdict.until) == ("STARTS_LATER", later.start_at)
    clock.moment = later.start_at
    assert work_of(ready).action_id == later.id


def test_a_start_outside_the_working_hours_waits_for_them(ready, clock):
    preferences.change_settings(
        ready.id, Settings(week=dict.fromkeys(preferences.DAYS, TimeSpan(start="09:00", end="13:00")))
    )
    place(ready, start_at=clock.moment + timedelta(hours=8))
    assert bot_report(ready.id).next_step_at == datetime(2026, 3, 11, 9, 0, tzinfo=UTC)


def test_an_open_action_can_be_put_off_and_brought_forward(ready, clock):
    action = place(ready)
    later = clock.moment + timedelta(days=2)
    changed = reschedule(ready.id, action.id, Schedule(start_at=later, repeat=DAILY)).action
    assert (changed.start_at, changed.repeat) == (later, {"every_days": 1, "at": None})
    assert bot_report(ready.id).next_step_at == later
    changed = reschedule(ready.id, action.id, Schedule()).action
    assert (changed.start_at, changed.repeat) == (None, None)
    assert work_of(ready).action_id == action.id


def test_a_running_action_that_is_put_off_stops_until_then(ready, clock):
    action = place(ready, amount=3)
    found(ready, action.id, ["ann", "ben"])
    do_step(ready, clock)
    work = work_of(ready)
    reschedule(ready.id, action.id, Schedule(start_at=clock.moment + timedelta(hours=1)))
    claimed = Step(ready.id, work).claim(work.pending[0])
    assert isinstance(claimed, Nothing)


@pytest.mark.parametrize("end", [succeed, exhaust])
def test_an_action_that_has_ended_is_not_rescheduled(ready, clock, end):
    action = place(ready)
    end(ready, clock, action)
    with pytest.raises(BotException, match="ACTION_NOT_RUNNING"):
        reschedule(ready.id, action.id, Schedule(repeat=DAILY))
    assert len(all_actions(ready)) == 1


def test_messages_are_put_off_but_never_repeated(ready, clock):
    written = message_action(ready, "ann")
    later = clock.moment + timedelta(days=1)
    with pytest.raises(BotException, match="REPEAT_NOT_ALLOWED"):
        reschedule(ready.id, written, Schedule(start_at=later, repeat=DAILY))
    assert control.get_action(ready.id, written).action.start_at is None
    assert reschedule(ready.id, written, Schedule(start_at=later)).action.start_at == later


def test_a_stranger_reschedules_nothing(ready, bob, clock):
    action = place(ready)
    give_valid_session(bob.id)
    set_running(bob.id)
    with pytest.raises(BotException, match="ACTION_NOT_FOUND"):
        reschedule(bob.id, action.id, Schedule(start_at=clock.moment + timedelta(days=1)))
    assert control.get_action(ready.id, action.id).action.start_at is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"start_at": "soon"}', ("start_at", "WRONG_FORM")),
        ('{"start_at": "2026-03-11T12:00:00"}', ("start_at", "WRONG_FORM")),
        ('{"repeat": {"every_days": 31}}', ("repeat.every_days", "ABOVE_MAXIMUM")),
        ('{"repeat": {"every_days": true}}', ("repeat.every_days", "WRONG_TYPE")),
        ('{"repeat": {"every_days": 1, "at": "9:30"}}', ("repeat.at", "WRONG_FORM")),
        ('{"repeat": "daily"}', ("repeat", "WRONG_TYPE")),
        ('{"again": 1}', ("again", "UNKNOWN_FIELD")),
    ],
)
def test_a_bad_schedule_is_refused_with_its_field(text, problem):
    with pytest.raises(BotException) as raised:
        checked_json(schedules.Schedule, text)
    assert problem in [(one["field"], one["code"]) for one in raised.value.meta["errors"]]
