"""The nightly count of the results of all users: it says what their own pages say, and forgets whom they forget."""

import csv
from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select, update

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.core.errors import BotException
from bot.fleet import counting
from bot.fleet.counting import ResultsCount, count_results
from bot.fleet.results import MAX_PERIOD, fleet_period, fleet_results, fleet_results_csv
from bot.results.measures import Measure
from bot.results.periods import chosen_period
from bot.results.steps import results
from bot.storage.models import PlatformDay, Relation, User
from bot.storage.tenancy import identity, tenant
from tests.bot.results.test_measures import follow
from tests.bot.results.test_steps import add
from tests.support.people import give_valid_session, set_running


@pytest.fixture
def two(ready, bob):
    """Two users with a bot each, and an action."""
    give_valid_session(bob.id)
    set_running(bob.id)
    return [
        (user, follow_hashtag(user.id, FollowHashtag(hashtag="coffee", amount=5)).action.id) for user in (ready, bob)
    ]


def counted(days=30):
    for _ in count_results():
        pass
    return fleet_results(fleet_period(days, None, None))


def test_it_is_the_sum_of_what_each_user_sees(two, clock):
    (alice, hers), (bob, his) = two
    for days in (1, 2, 9):
        add(alice, hers, "done", "failed", "skipped", at=clock.moment - timedelta(days=days))
    add(bob, his, "done", "unknown", "pending", at=clock.moment - timedelta(days=2))
    add(bob, his, "done", at=clock.moment - timedelta(days=3), kind="like")
    for user, _ in two:
        action = follow_hashtag(user.id, FollowHashtag(hashtag="tea", amount=5)).action.id
        follow(user, action, clock.moment - timedelta(days=20), {"back": 3})
        follow(user, action, clock.moment - timedelta(days=20), {"no": 16})
        follow(user, action, clock.moment - timedelta(days=5), {})
    found = counted()
    yesterday = clock.moment.date() - timedelta(days=1)
    own = [results(user.id, chosen_period(user.id, None, yesterday - timedelta(days=29), yesterday)) for user, _ in two]
    assert found.totals == own[0].totals + own[1].totals == Counter(done=11, failed=3, skipped=3, unknown=1)
    of_all = {kind.kind: kind for kind in found.kinds}
    for name in ("follow_back_7", "follow_back_14", "accepted", "stayed"):
        mine, theirs = (one.rows("kind")[0].measures[name] for one in own)
        assert of_all["follow"].measures.get(name, Measure()) == mine + theirs
    assert of_all["follow"].measures["follow_back_7"].yes == 2
    assert {kind: one.users for kind, one in of_all.items()} == {"follow": 2, "like": 1}
    day = {kind.kind: (kind.counts["done"], kind.users) for kind in found.days[yesterday - timedelta(days=1)]}
    assert day == {"follow": (2, 2)}


def test_today_is_counted_tomorrow(two, clock):
    (alice, hers), _ = two
    add(alice, hers, "done", at=clock.moment)
    assert counted().kinds == []
    clock.advance(days=1)
    assert counted().totals == {"done": 1}


def test_a_late_reading_comes_in_with_the_next_count(two, clock):
    (alice, hers), _ = two
    follow(alice, hers, clock.moment - timedelta(days=200), {"no": 3})
    assert counted(MAX_PERIOD).kinds[0].measures["follow_back_7"] == Measure(unsure=1)
    with tenant(alice.id) as session:
        session.execute(update(Relation).values(no_until=clock.moment))
        session.commit()
    clock.advance(days=1)
    assert counted(MAX_PERIOD).kinds[0].measures["follow_back_7"] == Measure(no=1)


def test_erased_users_leave_and_so_do_days_older_than_a_year(two, clock):
    (alice, hers), (bob, his) = two
    add(alice, hers, "done", at=clock.moment - timedelta(days=300))
    add(bob, his, "done", at=clock.moment - timedelta(days=2))
    assert counted(MAX_PERIOD).totals == {"done": 2}
    with identity(bob.id) as session:
        session.execute(delete(User).where(User.id == bob.id))
        session.commit()
    assert counted(MAX_PERIOD).totals == {"done": 1}
    clock.advance(days=67)
    assert counted(MAX_PERIOD).totals == {}
    with identity(reading=True) as session:
        assert session.scalars(select(PlatformDay.day)).all() == []


def test_it_counts_once_a_day_in_parts_and_writes_only_days_that_changed(two, clock, monkeypatch):
    (alice, hers), _ = two
    for days in range(1, 12):
        add(alice, hers, "done", at=clock.moment - timedelta(days=days), kind="like")
    written: list[date] = []
    write = counting._write

    def watched(day, found):
        written.append(day)
        write(day, found)

    monkeypatch.setattr(counting, "_write", watched)
    monkeypatch.setattr(counting, "ROUND", timedelta())
    count, rounds = ResultsCount(), 0
    while counting.counted_at() is None:
        count.go_on()
        rounds += 1
    today = clock.moment.date()
    assert written == [today - timedelta(days=back) for back in range(11, 0, -1)]
    # Each user and each day is one round.
    assert rounds == 2 + len(written) + 1
    count.go_on()
    assert len(written) == 11
    clock.advance(days=1)
    add(alice, hers, "done", at=clock.moment - timedelta(days=2), kind="like")
    monkeypatch.setattr(counting, "ROUND", timedelta(seconds=1))
    count.go_on()
    assert (written[11:], counting.counted_at()) == ([today - timedelta(days=1)], clock.moment)


def test_a_count_that_fails_begins_again(two, clock, monkeypatch):
    count, found = ResultsCount(), counting._of_user
    with monkeypatch.context() as broken:
        broken.setattr(counting, "_of_user", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            count.go_on()
    assert counting._of_user is found
    count.go_on()
    assert counting.counted_at() == clock.moment


@pytest.mark.parametrize(
    ("days", "since", "until", "field"),
    [
        (None, None, date(2026, 3, 10), "to"),
        (None, date(2026, 3, 9), date(2026, 3, 8), "from"),
        (None, date(2026, 3, 9) - timedelta(days=MAX_PERIOD), None, "from"),
        (7, date(2026, 3, 1), None, "days"),
    ],
)
def test_a_period_that_is_not_counted_is_refused(base_app, clock, days, since, until, field):
    with pytest.raises(BotException) as refused:
        fleet_period(days, since, until)
    assert [problem["field"] for problem in refused.value.meta["errors"]] == [field]


def test_the_days_come_as_csv(two, clock):
    (alice, hers), _ = two
    follow(alice, hers, clock.moment - timedelta(days=20), {"back": 3})
    period = counted().period
    head, line = csv.reader("".join(fleet_results_csv(period)).lstrip("\ufeff").splitlines())
    told = dict(zip(head, line, strict=True))
    assert (told["day"], told["kind"], told["users"], told["done"]) == ("2026-02-18", "follow", "1", "1")
    assert (told["follow_back_7_yes"], told["answered_yes"]) == ("1", "")
