"""The forecast against the life that follows: in a world without surprises each day and each end comes as it says."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions import control
from bot.actions.recurrence import Repeat
from bot.automation import lifecycle
from bot.automation.status import bot_report
from bot.config.runtime import now, runtime
from bot.decision.hours import local_date
from bot.decision.limit_rules import DEFAULTS
from bot.decision.verdicts import RunChore
from bot.forecast import run_ahead
from bot.forecast.forecast import Wanted, forecast
from bot.settings.preferences import DAYS, OwnLimit, Settings, TimeSpan, Week, change_limits, change_settings
from bot.steps.work import Nothing, next_work
from bot.storage.models import Action, ActionTarget, BotStatus
from bot.storage.tenancy import tenant
from tests.bot.driving import chores_done, do_step, follow_action, message_action, refuse_step

ZONE = "Europe/Berlin"
OFFICE = Week(**dict.fromkeys(DAYS[:5], TimeSpan(start="09:00", end="17:00")), saturday=None, sunday=None)


def live(user, clock, *, days):
    """Let the bot do what it decides until nothing is left to do or the days are over."""
    end = clock.moment + timedelta(days=days)
    while clock.moment < end:
        work = next_work(user.id)
        if isinstance(work, RunChore):
            chores_done(user)
        elif not isinstance(work, Nothing):
            do_step(user, clock)
        elif (at := bot_report(user.id).next_step_at) is None:
            return
        else:
            clock.moment = at


def days_of(user):
    query = select(ActionTarget.step_kind, ActionTarget.claimed_at).where(ActionTarget.claimed_at.is_not(None))
    with tenant(user.id, reading=True) as session:
        return Counter((local_date(at, ZONE), kind) for kind, at in session.execute(query))


def ends_of(user):
    query = select(Action.id, Action.finished_at).where(Action.finished_at.is_not(None))
    with tenant(user.id, reading=True) as session:
        return {row.id: row.finished_at for row in session.execute(query)}


def revision_of(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(BotStatus.revision)).one()


def reasons_of(user):
    return [one.reason for one in forecast(user.id).actions]


@pytest.mark.parametrize(("delay", "edge", "count"), [(min, "earliest", "high"), (max, "latest", "low")])
def test_each_end_comes_when_the_forecast_says_so(ready, clock, delay, edge, count):
    runtime().uniform = delay
    change_settings(ready.id, Settings(timezone=ZONE, week=OFFICE))
    change_limits(ready.id, {"message": OwnLimit(per_day=4, per_hour=2)})
    message_action(ready, *(f"friend{number}" for number in range(9)))
    follow_action(ready, 60, 34)
    follow_action(ready, 60, 5, start_at=now() + timedelta(days=2))
    before = revision_of(ready)
    told = forecast(ready.id)
    assert revision_of(ready) == before
    assert len({one.day for one in told.days}) >= 4
    live(ready, clock, days=30)
    assert ends_of(ready) == {one.id: getattr(one, edge) for one in told.actions}
    assert [one.reason for one in told.actions] == [None] * 3
    assert days_of(ready).total() == 9 + 34 + 5
    # Nothing is on the edge of a day here, so both runs have the same days.
    assert days_of(ready) == {(one.day, one.kind): getattr(one, count) for one in told.days}


def test_steps_that_were_made_today_count(ready, clock):
    follow_action(ready, 60, 12)
    for _ in range(4):
        do_step(ready, clock)
    told = forecast(ready.id)
    assert [one.low for one in told.days] == [DEFAULTS["follow"].first_week - 4, 12 - DEFAULTS["follow"].first_week]
    assert [one.left for one in told.actions] == [8]


def test_an_action_that_repeats_brings_its_next_runs(ready, clock):
    change_settings(ready.id, Settings(timezone=ZONE, warm_up=False))
    action_id = follow_action(ready, 3, 3, repeat=Repeat(every_days=7, at="09:30"))
    told = forecast(ready.id)
    assert [one.low for one in told.days] == [3] * 5
    assert [(later.day - one.day).days for one, later in zip(told.days, told.days[1:], strict=False)] == [7] * 4
    assert [one.id for one in told.actions if one.latest] == [action_id]


def test_a_wanted_action_is_told_beside_those_that_are_there(ready, clock):
    follow_action(ready, 60, 10)
    clock.advance(minutes=1)
    alone = forecast(ready.id).actions
    told = forecast(ready.id, Wanted("follow-hashtag", 10)).actions
    assert [one.id for one in told] == [alone[0].id, None]
    # They share the first day's limit.
    assert [[one.low for one in action.days] for action in told] == [[5, 5], [5, 5]]
    assert told[0].latest > alone[0].latest
    assert told[1].latest > alone[0].latest + timedelta(hours=11)
    later = forecast(ready.id, Wanted("like-hashtag", 1, now() + timedelta(days=3))).actions[1]
    assert later.earliest == later.latest == now() + timedelta(days=3)


def test_a_bot_that_is_off_is_told_as_if_it_were_on(ready):
    follow_action(ready, 60, 3)
    lifecycle.stop(ready.id)
    told = forecast(ready.id)
    assert told.as_if_on
    assert told.actions[0].latest is not None
    lifecycle.start(ready.id)
    assert not forecast(ready.id).as_if_on


def test_what_never_ends_says_why(ready, clock):
    action_id = follow_action(ready, 60, 3)
    control.pause(ready.id, action_id)
    assert reasons_of(ready) == ["ALL_PAUSED"]
    control.resume(ready.id, action_id)
    change_limits(ready.id, {"follow": OwnLimit(per_day=0)})
    assert reasons_of(ready) == ["LIMIT_ZERO"]
    change_limits(ready.id, {"follow": OwnLimit(per_day=1)})
    clock.advance(minutes=1)
    follow_action(ready, 60, 60)
    assert reasons_of(ready) == [None, "HORIZON"]
    with tenant(ready.id) as session:
        session.scalars(select(BotStatus)).one().session_valid = False
        session.commit()
    assert reasons_of(ready) == ["SESSION_INVALID"] * 2
    assert forecast(ready.id).days == []


def test_it_tells_no_day_that_it_did_not_reach_the_end_of(ready, clock, monkeypatch):
    follow_action(ready, 60, 60)
    later = Wanted("like-hashtag", 1, now() + timedelta(days=20))
    assert forecast(ready.id, later).actions[1].earliest == later.start_at
    monkeypatch.setattr(run_ahead, "MAX_ROUNDS", 26)
    told = forecast(ready.id, later)
    assert told.until.date() == now().date() + timedelta(days=2)
    assert [one.low for one in told.days] == [DEFAULTS["follow"].first_week] * 2
    assert [(one.latest, one.reason) for one in told.actions] == [(None, "HORIZON")] * 2


def test_a_rest_of_instagram_is_waited_for(ready, clock):
    follow_action(ready, 60, 3)
    refuse_step(ready, clock, "INSTAGRAM_ACTION_BLOCKED")
    told = forecast(ready.id)
    assert told.actions[0].earliest > now() + timedelta(hours=1)


def test_who_refused_is_made_up_for_unless_the_people_are_listed(ready, clock):
    action_id = follow_action(ready, 60, 5)
    for _ in range(3):
        refuse_step(ready, clock, "INSTAGRAM_TARGET_REFUSED")
        clock.advance(minutes=1)
        do_step(ready, clock)
    (told,) = forecast(ready.id).actions
    assert told.left == 2
    live(ready, clock, days=1)
    assert control.get_action(ready.id, action_id).done == 5
    message_action(ready, "ann", "ben")
    refuse_step(ready, clock, "INSTAGRAM_TARGET_REFUSED")
    assert [one.left for one in forecast(ready.id).actions] == [1]


def test_what_is_to_be_looked_up_counts_as_done(ready, clock):
    action_id = follow_action(ready, 60, 2)
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    told = forecast(ready.id)
    assert [one.id for one in told.actions] == [action_id]
    assert sum(one.low for one in told.days) == 1


def test_nothing_to_do_is_no_day(ready):
    told = forecast(ready.id)
    assert (told.days, told.actions) == ([], [])


def test_whether_a_search_decides_is_told(ready):
    follow_action(ready, 60, 3)
    message_action(ready, "ann")
    assert {one.searched for one in forecast(ready.id).actions} == {True, False}
    assert forecast(ready.id, Wanted("unfollow", 1)).actions[-1].searched
