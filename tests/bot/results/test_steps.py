"""Results of a period: what counts, on which day, for which source, and what of the period before is told."""

import csv
from datetime import date, timedelta
from itertools import count
from unittest.mock import ANY

import pytest
from sqlalchemy import update

from bot.actions.placing import (
    FollowFollowers,
    FollowHashtag,
    LikeHashtag,
    Unfollow,
    follow_followers,
    follow_hashtag,
    like_hashtag,
    unfollow,
)
from bot.core.errors import BotException
from bot.results.downloads import results_csv
from bot.results.measures import MEASURES
from bot.results.periods import DEFAULT_PERIOD, MAX_PERIOD, PERIODS, Period, chosen_period
from bot.results.steps import Source, first_day, results, source_of
from bot.storage.models import ActionTarget, BotSettings
from bot.storage.tenancy import tenant

NAMES = count()
TODAY = date(2026, 3, 10)


@pytest.fixture
def hashtag(ready):
    return follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)).action.id


@pytest.fixture
def account(ready):
    return follow_followers(ready.id, FollowFollowers(account="thebarn", amount=5)).action.id


def add(user, action_id, *states, at, kind="follow"):
    """Add a target of each state. A skipped one never began."""
    with tenant(user.id) as session:
        for state in states:
            name = f"person{next(NAMES)}"
            times = {"created_at": at, "claimed_at": None if state == "skipped" else at, "finished_at": at}
            row = ActionTarget(user_id=user.id, action_id=action_id, position=1, target=name, person=name, **times)
            row.step_kind, row.status = kind, state
            session.add(row)
        session.commit()


def results_of(user, days=7):
    return results(user.id, chosen_period(user.id, days, None, None))


def test_it_counts_by_day_source_and_kind(ready, clock, hashtag, account):
    likes = like_hashtag(ready.id, LikeHashtag(hashtag="coffee", amount=5)).action.id
    add(ready, hashtag, "done", "done", "skipped", at=clock.moment)
    add(ready, account, "failed", "unknown", at=clock.moment - timedelta(days=1))
    add(ready, likes, "done", at=clock.moment, kind="like")
    found = results_of(ready)
    assert found.by_day == {
        (TODAY, "follow"): {"done": 2, "skipped": 1},
        (TODAY - timedelta(days=1), "follow"): {"failed": 1, "unknown": 1},
        (TODAY, "like"): {"done": 1},
    }
    assert {(row.key.source, row.kind): row.counts for row in found.rows("source")} == {
        (Source("hashtag", "#coffee"), "follow"): {"done": 2, "skipped": 1},
        (Source("hashtag", "#coffee"), "like"): {"done": 1},
        (Source("account", "@thebarn"), "follow"): {"failed": 1, "unknown": 1},
    }
    assert found.by_kind == {"follow": {"done": 2, "skipped": 1, "failed": 1, "unknown": 1}, "like": {"done": 1}}
    assert found.totals == {"done": 3, "skipped": 1, "failed": 1, "unknown": 1}


def test_targets_that_are_not_done_with_do_not_count(ready, clock, hashtag):
    add(ready, hashtag, "pending", "working", at=clock.moment)
    assert results_of(ready).totals == {}


def test_two_actions_of_one_source_count_together(ready, clock, hashtag):
    again = follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=9)).action.id
    for action in (hashtag, again):
        add(ready, action, "done", at=clock.moment)
    (row,) = results_of(ready).rows("source")
    assert (row.key.source, row.counts) == (Source("hashtag", "#coffee"), {"done": 2})


def test_the_period_before_is_as_long_and_apart(ready, clock, hashtag):
    for days in (0, 6, 7, 13, 14):
        add(ready, hashtag, "done", "skipped", at=clock.moment - timedelta(days=days))
    found = results_of(ready)
    assert found.period.before == Period(date(2026, 2, 25), date(2026, 3, 3))
    assert (found.totals["done"], found.totals_before["done"]) == (2, 2)
    assert found.before == {"follow": {"done": 2, "skipped": 2}}


def test_a_day_is_one_of_the_users_time_zone(ready, clock, hashtag):
    early = clock.moment.replace(hour=0, minute=30)
    add(ready, hashtag, "done", "skipped", at=early)
    with tenant(ready.id) as session:
        session.execute(update(BotSettings).values(timezone="America/New_York"))
        session.commit()
    assert list(results_of(ready).by_day) == [(TODAY - timedelta(days=1), "follow")]


def test_each_day_of_a_quarter_is_found_across_a_change_of_the_clocks(ready, clock, hashtag):
    with tenant(ready.id) as session:
        session.execute(update(BotSettings).values(timezone="Europe/Berlin"))
        session.commit()
    clock.moment = clock.moment.replace(month=4, day=20)
    later = chosen_period(ready.id, MAX_PERIOD, None, None)
    add(ready, hashtag, "done", at=clock.moment.replace(month=3, day=28, hour=22, minute=59))
    add(ready, hashtag, "done", at=clock.moment.replace(month=3, day=28, hour=23))
    add(ready, hashtag, "done", at=clock.moment.replace(month=3, day=29, hour=21, minute=59))
    add(ready, hashtag, "done", at=clock.moment.replace(month=3, day=29, hour=22))
    assert {day: counts["done"] for (day, _), counts in results(ready.id, later).by_day.items()} == {
        date(2026, 3, 28): 1,
        date(2026, 3, 29): 2,
        date(2026, 3, 30): 1,
    }
    assert later.days == MAX_PERIOD


def test_no_user_counts_what_others_did(ready, bob, clock, hashtag):
    add(ready, hashtag, "done", "skipped", at=clock.moment)
    assert results_of(bob).totals == {}
    assert (first_day(bob.id), first_day(ready.id)) == (None, TODAY)


def test_sources_come_by_their_number_done(ready, clock, hashtag, account):
    add(ready, hashtag, "skipped", "skipped", "skipped", "done", at=clock.moment)
    add(ready, account, "done", "done", at=clock.moment)
    assert [row.key.source.name for row in results_of(ready).rows("source")] == ["@thebarn", "#coffee"]


@pytest.mark.parametrize(
    ("params", "listed", "source"),
    [
        ({"hashtag": "coffee", "amount": 5}, False, Source("hashtag", "#coffee")),
        ({"account": "thebarn"}, False, Source("account", "@thebarn")),
        ({"usernames": ["ann"]}, True, Source("list")),
        ({"amount": 5}, False, Source("followed")),
    ],
)
def test_a_source_is_read_from_the_parameters(params, listed, source):
    assert source_of(params, listed) == source


def test_people_who_are_followed_already_are_a_source(ready, clock):
    action = unfollow(ready.id, Unfollow(amount=3)).action.id
    add(ready, action, "done", at=clock.moment, kind="unfollow")
    (row,) = results_of(ready).rows("source")
    assert (row.key.source, row.kind) == (Source("followed"), "unfollow")


@pytest.mark.parametrize("days", PERIODS)
def test_a_period_ends_today(ready, days):
    assert chosen_period(ready.id, days, None, None) == Period(TODAY - timedelta(days=days - 1), TODAY)


def test_a_period_may_be_chosen(ready):
    first, last = date(2026, 1, 5), date(2026, 2, 1)
    assert chosen_period(ready.id, None, first, last) == Period(first, last)
    assert chosen_period(ready.id, None, first, None) == Period(first, TODAY)
    assert chosen_period(ready.id, None, None, last).days == DEFAULT_PERIOD
    assert chosen_period(ready.id, None, None, None).days == DEFAULT_PERIOD


@pytest.mark.parametrize(
    ("days", "since", "until", "field"),
    [
        (7, date(2026, 3, 1), None, "days"),
        (None, None, date(2026, 3, 11), "to"),
        (None, date(2026, 3, 2), date(2026, 3, 1), "from"),
        (None, TODAY - timedelta(days=MAX_PERIOD), None, "from"),
    ],
)
def test_a_period_that_cannot_be_is_refused(ready, days, since, until, field):
    with pytest.raises(BotException) as refused:
        chosen_period(ready.id, days, since, until)
    assert [problem["field"] for problem in refused.value.meta["errors"]] == [field]


MEASURED = [f"{name}_{number}" for name in MEASURES for number in ("yes", "no", "unsure", "open")]
TWO_OPEN = ["0", "0", "0", "2"] * 2 + ["0"] * 8 + [""] * 8


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("day", {"day": "2026-03-10"}),
        ("hour", {"hour": "12"}),
        ("source", {"source_kind": "hashtag", "source": "#coffee"}),
        ("action", {"action_id": ANY, "source_kind": "hashtag", "source": "#coffee"}),
        ("kind", {}),
    ],
)
def test_the_rows_of_a_grouping_come_as_csv(ready, clock, hashtag, by, key):
    add(ready, hashtag, "done", "done", "skipped", at=clock.moment)
    found = results(ready.id, chosen_period(ready.id, 7, None, None), by_hour=by == "hour")
    head, line = csv.reader("".join(results_csv(found, by)).lstrip("\ufeff").splitlines())
    assert head == [*key, "kind", "done", "failed", "unknown", "skipped", *MEASURED]
    assert line == [*key.values(), "follow", "2", "0", "0", "1", *TWO_OPEN]
