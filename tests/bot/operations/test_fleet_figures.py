"""Figures over all users: they add up what every user did, and name no user but where that is asked."""

from datetime import date, timedelta

import pytest

from bot.automation.activity_counts import own_days
from bot.core.errors import BotException
from bot.history.activity import record
from bot.operations.fleet_figures import failures, failures_by_user, fleet_days
from bot.storage.models import BotSettings
from bot.storage.tenancy import tenant

PLEASE_WAIT, AWAY = BotException("INSTAGRAM_PLEASE_WAIT"), BotException("INSTAGRAM_UNREACHABLE")
TODAY = date(2026, 3, 10)


def add(user, *lines):
    with tenant(user.id) as session:
        for action, status, error in lines:
            record(session, action, status, error=error)
        session.commit()


def test_all_users_are_counted_together_by_day(alice, bob, clock):
    add(alice, ("follow", "done", None), ("follow", "done", None), ("like", "failed", PLEASE_WAIT))
    add(bob, ("follow", "done", None))
    clock.advance(days=1)
    add(bob, ("follow", "done", None))
    first, second = fleet_days(2)
    assert (first.date, second.date) == (TODAY, TODAY + timedelta(days=1))
    assert first.counts == {("follow", "done"): 3, ("like", "failed"): 1}
    assert second.counts == {("follow", "done"): 1}
    assert (first.active_users, second.active_users) == (2, 1)
    assert (first.sign_ins, first.signed_in_users, second.sign_ins) == (2, 2, 0)


def test_days_of_all_users_are_days_in_utc(alice, clock):
    clock.advance(hours=11, minutes=59)
    add(alice, ("follow", "done", None))
    clock.advance(minutes=1)
    add(alice, ("like", "done", None))
    assert [day.counts for day in fleet_days(2)] == [{("follow", "done"): 1}, {("like", "done"): 1}]
    assert [day.counts for day in fleet_days(1)] == [{("like", "done"): 1}]


def test_own_days_are_of_the_own_time_zone_and_of_nobody_else(alice, bob, clock):
    with tenant(alice.id) as session:
        session.query(BotSettings).update({"timezone": "Pacific/Auckland"})
        session.commit()
    add(alice, ("follow", "done", None))
    add(bob, ("like", "done", None))
    before, today = own_days(alice.id, 2)
    assert (before.date, today.date) == (TODAY, TODAY + timedelta(days=1))
    assert (today.counts, before.counts) == ({("follow", "done"): 1}, {})
    assert (today.active_users, today.sign_ins, today.signed_in_users) == (1, 1, 1)


def test_failures_are_grouped_by_code_with_users_and_days(alice, bob, clock):
    add(alice, ("follow", "failed", PLEASE_WAIT), ("follow", "failed", AWAY), ("follow", "skipped", None))
    begun = clock.moment
    clock.advance(days=1)
    add(bob, ("like", "failed", PLEASE_WAIT), ("like", "failed", PLEASE_WAIT), ("like", "resting", AWAY))
    first, second = failures(2)
    assert (first.known.entry.name, first.count, first.users) == ("INSTAGRAM_PLEASE_WAIT", 3, 2)
    assert (first.first_at, first.last_at) == (begun, clock.moment)
    assert first.days == {TODAY: 1, TODAY + timedelta(days=1): 2}
    assert (second.known.entry.name, second.count, second.users) == ("INSTAGRAM_UNREACHABLE", 1, 1)
    assert [one.count for one in failures(1)] == [2]


def test_what_was_not_foreseen_is_grouped_by_its_own_code(alice):
    add(alice, ("step", "failed", ZeroDivisionError()))
    (found,) = failures(1)
    assert (found.known.module, found.known.severity, found.known.entry.name) == (
        "BOT",
        "critical",
        "ZeroDivisionError",
    )


def test_users_who_met_a_code_are_listed_by_how_often(alice, bob, clock):
    add(alice, ("follow", "failed", PLEASE_WAIT))
    add(bob, ("like", "failed", PLEASE_WAIT), ("like", "failed", PLEASE_WAIT), ("like", "failed", AWAY))
    found = failures_by_user(PLEASE_WAIT.code, 1)
    assert [(one.username, one.count) for one in found] == [("bob", 2), ("alice", 1)]
    assert {one.last_at for one in found} == {clock.moment}
    clock.advance(days=2)
    assert failures_by_user(PLEASE_WAIT.code, 1) == []


def test_refused_requests_are_told_apart_from_failures(alice, bob):
    add(alice, ("request", "failed", PLEASE_WAIT), ("request", "failed", PLEASE_WAIT), ("link", "failed", PLEASE_WAIT))
    add(bob, ("request", "failed", PLEASE_WAIT))
    (one,) = failures(1)
    assert (one.count, one.users, one.refused, one.failed, one.failed_users) == (4, 2, 3, 1, 1)
    assert one.for_operator
    users = {user.username: (user.count, user.refused) for user in failures_by_user(PLEASE_WAIT.code, 1)}
    assert users == {"alice": (3, 2), "bob": (1, 1)}


def test_a_code_that_was_never_seen_is_refused(alice):
    with pytest.raises(BotException) as refused:
        failures_by_user("E-BOT-C-F00D", 1)
    assert refused.value.name == "NOT_FOUND"
