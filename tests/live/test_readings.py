"""What came of follows, read by the worker's own steps from a sandbox whose people follow back, accept and leave."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.automation import kill_switch, lifecycle
from bot.config.runtime import now
from bot.decision.chores import MEASURED_AFTER
from bot.decision.snapshot import load
from bot.decision.verdicts import RunChore
from bot.readings import state
from bot.readings.report import readings_report
from bot.steps.work import next_work
from bot.storage.models import AccountDay, BotStatus, FollowerRead, InstagramCredentials, Relation
from bot.storage.tenancy import tenant
from jobs.readings import measure
from tests.live.measuring import ACCOUNT, WORLD, asked, follows, measures, on_sqlite, only, relations, rows
from tests.live.measuring import app as app
from tests.live.measuring import clock as clock
from tests.live.measuring import passes as passes
from tests.live.measuring import user_id as user_id
from tests.live.test_steps import place


@on_sqlite
def test_counts_and_followers_are_read_once_a_day_and_three_times(user_id, sandbox, passes, clock):
    measures(user_id, clock)

    day = only(user_id, AccountDay)
    assert (day.followers, day.following, day.posts, day.reads) == (40, 0, 6, 2)
    assert (asked(sandbox, "user_info"), asked(sandbox, "followers")) == (1, 1)
    read = only(user_id, FollowerRead)
    assert (len(read.newest), read.broken, read.whole_at) == (20, 0, read.read_at)
    for _ in range(2):
        passes(hours=8)
        measures(user_id, clock)
    assert sum(one.reads for one in rows(user_id, AccountDay)) == asked(sandbox, "user_info") + asked(
        sandbox, "followers"
    )


@pytest.mark.parametrize("latest_first", [True, False])
def test_who_follows_back_accepts_and_leaves_is_known_from_then_on(user_id, sandbox, passes, clock, latest_first):
    sandbox.post("/lists", account=ACCOUNT, latest_first=latest_first)
    day = 86_400
    everybody = {"follow_back_after": 2 * day, "accept_after": day}
    sandbox.post("/scripts", username="*", follow_back=True, accept=True, leave_after=3 * day, **everybody)
    measures(user_id, clock)
    follows(user_id, clock)
    began = clock.moment
    passes(hours=9)
    measures(user_id, clock)
    known = relations(user_id)
    assert sorted(known) == sorted(sandbox.targets(ACCOUNT, "follow"))
    assert {one.followed_us_before for one in known.values()} == {False}
    assert {one.back_at for one in known.values()} == {None}
    private = {name for name in known if WORLD.named(name).is_private}
    assert {name for name, one in known.items() if one.requested_at} == private
    for _ in range(6):
        passes(days=1)
        measures(user_id, clock)

    for name, one in relations(user_id).items():
        assert timedelta(days=2) <= one.back_at - began <= timedelta(days=3, hours=1), name
        assert one.back_by == "list"
        assert one.gone_at is not None, name
        if name in private:
            assert timedelta(days=1) <= one.accepted_at - began <= timedelta(days=2, hours=1)


@on_sqlite
def test_the_end_of_a_window_is_asked_about_only_if_the_list_proves_nothing(user_id, sandbox, passes, clock):
    measures(user_id, clock)
    follows(user_id, clock)
    for _ in range(7):
        passes(days=1)
        measures(user_id, clock)
    public = [one for one in relations(user_id).values() if one.followed_at]
    assert public
    assert all(one.no_until >= one.followed_at + timedelta(days=6) for one in public)
    before = asked(sandbox, "friendship")

    sandbox.post("/lists", account=ACCOUNT, shown=0, told=False)
    passes(days=7)
    measures(user_id, clock, most=20)

    assert all(one.no_until == one.asked_at for one in relations(user_id).values() if one.followed_at)
    assert asked(sandbox, "friendship") - before >= len(public)


@on_sqlite
def test_somebody_who_left_instagram_is_asked_about_once_and_stays_unknown(user_id, sandbox, passes, clock):
    measures(user_id, clock)
    follows(user_id, clock, 1)
    sandbox.post("/lists", account=ACCOUNT, shown=0, told=False)
    passes(days=7)
    gone = {"status": 404, "body": {"message": "User not found", "status": "fail"}}
    sandbox.post("/faults", account=ACCOUNT, path="friendships/show/", reply=gone, count=1)
    with tenant(user_id) as session:
        session.execute(
            update(Relation).values(no_until=None, requested_at=None, followed_at=now() - timedelta(days=7))
        )
        session.commit()
    measures(user_id, clock, most=20)

    (one,) = relations(user_id).values()
    assert one.asked_at is not None
    assert (one.back_at, one.no_until) == (None, None)


@on_sqlite
def test_nothing_is_read_in_the_first_week_nor_while_all_bots_are_stopped_nor_while_it_rests(user_id, ada, sandbox):
    def reads():
        return next_work(user_id) == RunChore("measure")

    assert reads()
    lifecycle.stop(user_id)
    assert not reads()
    lifecycle.start(user_id)
    with tenant(user_id) as session:
        session.execute(update(InstagramCredentials).values(linked_at=now() - MEASURED_AFTER + timedelta(minutes=1)))
        session.commit()
    assert not reads()
    report = readings_report(user_id)
    assert (report.state, report.until) == ("first_week", now() + timedelta(minutes=1))


@on_sqlite
def test_steps_come_first_and_no_limit_counts_a_reading(user_id, sandbox, clock):
    place(user_id, 1)
    assert next_work(user_id) != RunChore("measure")
    with tenant(user_id, reading=True) as session:
        before = {kind: limit.used for kind, limit in load(session, now()).state.limits.items()}
    assert set(before.values()) == {0}
    measure_only(user_id)
    with tenant(user_id, reading=True) as session:
        assert {kind: limit.used for kind, limit in load(session, now()).state.limits.items()} == before
    assert only(user_id, BotStatus).next_step_at is None


def measure_only(user_id):
    """One reading, whatever else is due."""
    from jobs import tasks

    with tasks.instances().use(user_id) as bot:
        bot.refresh()
        measure(bot)


@on_sqlite
def test_another_account_keeps_its_own_relations_and_list(user_id, sandbox, clock):
    measures(user_id, clock)
    follows(user_id, clock, 1)
    begun = only(user_id, FollowerRead).account_id
    with tenant(user_id) as session:
        session.execute(update(InstagramCredentials).values(instagram_id="another"))
        session.execute(update(BotStatus).values(measure_at=None))
        session.commit()
    assert state.begin(user_id).account_id == "another"
    assert only(user_id, FollowerRead).account_id == "another" != begun
    assert relations(user_id) == {}


@on_sqlite
def test_it_does_not_read_under_the_kill_switch(user_id, ada):
    from bot.automation.kill_switch import StopAll
    from tests.bot.driving import signed_in

    assert next_work(user_id) == RunChore("measure")
    kill_switch.stop_all(signed_in(ada), StopAll(reason="a test"))
    assert next_work(user_id) != RunChore("measure")


@pytest.mark.parametrize("follows_back", [True, False])
def test_the_end_of_a_window_counts_for_the_window_whatever_it_shows(user_id, sandbox, passes, clock, follows_back):
    measures(user_id, clock)
    follows(user_id, clock, 1)
    sandbox.post("/lists", account=ACCOUNT, shown=0, told=False)
    (name,) = sandbox.targets(ACCOUNT, "follow")
    passes(days=7)
    with tenant(user_id) as session:
        begins = now() - timedelta(days=7, hours=1)
        session.execute(update(Relation).values(no_until=None, requested_at=None, followed_at=begins))
        session.commit()
    sandbox.post("/followers", account=ACCOUNT, username=name, follows=follows_back)
    measures(user_id, clock, most=20)

    (one,) = relations(user_id).values()
    end = one.followed_at + timedelta(days=7)
    assert (one.back_at, one.back_by) == ((end, "show") if follows_back else (None, None))
    assert (one.no_until or end) >= end


@on_sqlite
def test_nothing_more_is_kept_of_somebody_whom_the_bot_has_unfollowed(user_id, sandbox, passes, clock):
    measures(user_id, clock)
    follows(user_id, clock, 1)
    (name,) = sandbox.targets(ACCOUNT, "follow")
    passes(hours=9)
    measures(user_id, clock)
    with tenant(user_id) as session:
        session.execute(update(Relation).values(unfollowed_at=now()))
        session.commit()
    before = relations(user_id)[name].no_until
    sandbox.post("/followers", account=ACCOUNT, username=name, follows=True)
    passes(days=1)
    measures(user_id, clock)

    assert (relations(user_id)[name].back_at, relations(user_id)[name].no_until) == (None, before)
