"""Results of a period: what counts, on which day, for which source, and what of the period before is told."""

import csv
from collections import Counter
from datetime import date, timedelta
from itertools import count
from unittest.mock import ANY

import pytest
from sqlalchemy import select, update

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
from bot.messages.sending import SendMessages, recipients_of, send_messages
from bot.results.downloads import results_csv
from bot.results.measures import MEASURES, Measure
from bot.results.periods import DEFAULT_PERIOD, MAX_PERIOD, PERIODS, Period, chosen_period
from bot.results.rates import Rate, needed
from bot.results.sources import Source, source_of
from bot.results.steps import Comparison, Key, Row, first_day, results
from bot.storage.models import Action, ActionTarget, BotSettings, BotStatus, Contact, Message
from bot.storage.models.values import StepKind, TargetStatus
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
NUMBERS = ["done", "failed", "unknown", "skipped", *MEASURED]
TWO_OPEN = ["0", "0", "0", "2"] * 2 + ["0"] * 8 + [""] * 8


ORIGIN = ["first_week", "last_week", "filters_differ", "weeks_differ"]
ALONE = ["2026-03-09", "2026-03-09", "no", "no"]


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
    found = results(ready.id, chosen_period(ready.id, 7, None, None), by)
    head, line = csv.reader("".join(results_csv(found, by)).lstrip("\ufeff").splitlines())
    more = {"kind": [f"{name}_before" for name in NUMBERS], "source": ORIGIN, "action": ORIGIN}.get(by, [])
    assert head == [*key, "kind", *NUMBERS, *more]
    nothing_before = ["0"] * 4 + [""] * len(MEASURED)
    told = {"kind": nothing_before, "source": ALONE, "action": ALONE}.get(by, [])
    assert line == [*key.values(), "follow", "2", "0", "0", "1", *TWO_OPEN, *told]


def test_the_csv_by_kind_has_the_period_before(ready, clock, hashtag):
    add(ready, hashtag, "done", at=clock.moment)
    add(ready, hashtag, "done", "done", "failed", at=clock.moment - timedelta(days=9))
    found = results(ready.id, chosen_period(ready.id, 7, None, None), "kind")
    head, line = csv.reader("".join(results_csv(found, "kind")).lstrip("\ufeff").splitlines())
    told = dict(zip(head, line, strict=True))
    names = ("done", "done_before", "failed_before", "follow_back_7_open", "follow_back_7_unsure_before")
    assert [told[name] for name in names] == ["1", "2", "1", "1", "2"]


@pytest.fixture
def write(ready, clock):
    """Adds messages of a variant of a text, some of whose people answered, whose days are over."""

    def add(message, variant, done=0, answered=0):
        ids = [str(next(NAMES)) for _ in range(done)]
        placed = SendMessages(usernames=["somebody"], message=message)
        with tenant(ready.id) as session:
            action = session.scalars(select(Action).where(Action.kind == "send-messages")).all()
        same = [one.id for one in action if one.params["message"] == message]
        action_id = same[0] if same else send_messages(ready.id, placed, recipients_of(placed)).action.id
        at = clock.moment - timedelta(days=20)
        with tenant(ready.id) as session:
            for number, instagram_id in enumerate(ids):
                times = dict.fromkeys(("created_at", "claimed_at", "finished_at"), at)
                name = f"person{instagram_id}"
                row = ActionTarget(user_id=ready.id, action_id=action_id, position=1, target=name, person=name, **times)
                row.step_kind, row.status, row.account_id = StepKind.MESSAGE, TargetStatus.DONE, "4711"
                row.recipient, row.purpose = instagram_id, "first"
                session.add(row)
                session.flush()
                written = {"text": "", "digest": "", "token": "", "created_at": at, "variant": variant}
                session.add(Message(user_id=ready.id, target_id=row.id, **written))
                contact = Contact(user_id=ready.id, instagram_id=instagram_id, username=name, written_at=at)
                contact.answered_at = at + timedelta(days=1) if number < answered else None
                session.add(contact)
            session.execute(update(BotStatus).values(replies_read_at=clock.moment))
            session.commit()

    return add


HELLO, BYE = "{Hi|Hello} {first_name|there}", "{Bye|See you} {first_name|there}"


def variants(user):
    rows = results(user.id, chosen_period(user.id, 30, None, None), "variant").rows("variant")
    return {(row.key.message, row.key.variant): row for row in rows}


def test_variants_are_counted_apart_for_each_message(ready, write):
    write(HELLO, "1", 3, 1)
    write(HELLO, "2", 4)
    write(HELLO, None, 1)
    write(BYE, "1", 2, 2)
    found = variants(ready)
    told = {of: (row.counts["done"], row.measures["answered"].yes) for of, row in found.items()}
    assert told == {(HELLO, None): (1, 0), (HELLO, "1"): (3, 1), (HELLO, "2"): (4, 0), (BYE, "1"): (2, 2)}


def test_detailed_results_have_the_outcomes_of_each_variant(ready, write):
    write(HELLO, "1", 3, 1)
    write(HELLO, "2", 4)
    write(HELLO, None, 1)
    write(BYE, "1", 2, 2)
    period = chosen_period(ready.id, 30, None, None)
    found = results(ready.id, period, "source", detailed=True)
    apart = results(ready.id, period, "variant").rows("variant")
    assert [(row.key, row.measures) for row in found.variants] == [(row.key, row.measures) for row in apart]
    assert found.rows("kind") == results(ready.id, period).rows("kind")


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        # The intervals are apart, and half as large again would need 117 people a side to be seen.
        ((60, 40), (60, 10), "too_few"),
        ((130, 70), (130, 25), "better"),
        ((130, 25), (130, 70), "worse"),
        ((200, 70), (200, 66), "no_difference_seen"),
    ],
)
def test_no_variant_wins_before_as_many_as_its_comparison_needs(first, second, verdict):
    def row(message, variant, people, answered):
        answers = Measure(answered, people - answered)
        return Row(Key(message=message, variant=variant), StepKind.MESSAGE, Counter(), {"answered": answers})

    one, other = row(HELLO, "1", *first), row(HELLO, "2", *second)
    old, stranger = row(HELLO, None, 500, 0), row(BYE, "1", 500, 500)
    comparison = Comparison([one, other, old, stranger])
    pooled = Rate(first[1] + second[1], first[0] + second[0])
    assert comparison.verdict(one, "answered") == (verdict, needed(pooled))
    assert comparison.verdict(old, "answered") == ("too_few", None)
    assert comparison.verdict(stranger, "answered")[0] == "too_few"


def test_variants_come_as_csv(ready, write):
    write(HELLO, "2", 4, 1)
    found = results(ready.id, chosen_period(ready.id, 30, None, None), "variant")
    head, line = csv.reader("".join(results_csv(found, "variant")).lstrip("\ufeff").splitlines())
    assert head[:4] == ["message", "variant", "kind", "done"]
    assert line[:4] == [HELLO, "2", "message", "4"]
    assert dict(zip(head, line, strict=True))["answered_yes"] == "1"


@pytest.mark.parametrize("by", ["source", "action", "kind"])
def test_results_of_any_grouping_can_count_their_days_too(ready, clock, hashtag, by):
    add(ready, hashtag, "done", "failed", at=clock.moment)
    add(ready, hashtag, "done", "skipped", at=clock.moment - timedelta(days=3))
    add(ready, hashtag, "done", at=clock.moment - timedelta(days=9))
    period = chosen_period(ready.id, 7, None, None)
    by_day, found = results(ready.id, period), results(ready.id, period, by, detailed=True)
    assert (found.by_day, len(found.by_day)) == (by_day.by_day, 2)
    assert found.rows(by) == by_day.rows(by) == results(ready.id, period, by).rows(by)
    assert (found.before, found.changes) == (by_day.before, by_day.changes)
