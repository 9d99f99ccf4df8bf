from datetime import date, timedelta

import pytest
from sqlalchemy import update

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.automation.analytics import daily
from bot.storage.models import ActionTarget, BotSettings
from bot.storage.tenancy import tenant


@pytest.fixture
def placed(ready):
    return follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)).action.id


def add(user, action_id, name, status, *, kind="follow", claimed_at=None, finished_at=None):
    with tenant(user.id) as session:
        times = {"created_at": claimed_at or finished_at, "claimed_at": claimed_at, "finished_at": finished_at}
        row = ActionTarget(user_id=user.id, action_id=action_id, position=1, target=name, person=name, **times)
        row.step_kind, row.status = kind, status
        session.add(row)
        session.commit()


def test_it_counts_by_day_kind_and_result(alice, clock, placed):
    add(alice, placed, "one", "done", claimed_at=clock.moment)
    add(alice, placed, "two", "done", claimed_at=clock.moment)
    add(alice, placed, "three", "failed", kind="like", claimed_at=clock.moment - timedelta(days=1))
    add(alice, placed, "four", "skipped", finished_at=clock.moment - timedelta(days=1))
    add(alice, placed, "five", "pending", finished_at=clock.moment)
    yesterday, today = daily(alice.id, 2)
    assert (yesterday.date, today.date) == (date(2026, 3, 9), date(2026, 3, 10))
    assert today.counts == {("follow", "done"): 2}
    assert yesterday.counts == {("like", "failed"): 1, ("follow", "skipped"): 1}
    assert (yesterday.of("skipped"), yesterday.of("done")) == (1, 0)


def test_a_day_is_one_of_the_users_time_zone(alice, clock, placed):
    add(alice, placed, "one", "done", claimed_at=clock.moment.replace(hour=0, minute=30))
    with tenant(alice.id) as session:
        session.execute(update(BotSettings).values(timezone="America/New_York"))
        session.commit()
    assert [day.of("done") for day in daily(alice.id, 3)] == [0, 1, 0]


def test_what_is_older_is_left_out(alice, clock, placed):
    add(alice, placed, "one", "done", claimed_at=clock.moment - timedelta(days=2))
    assert [day.counts.total() for day in daily(alice.id, 2)] == [0, 0]


def test_nobody_counts_what_others_did(alice, bob, clock, placed):
    add(alice, placed, "one", "done", claimed_at=clock.moment)
    assert daily(bob.id, 1)[0].counts == {}
