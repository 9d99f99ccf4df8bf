"""What a reading leaves about each person: proof, or nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions.changes import mark_of_changes
from bot.config.runtime import now
from bot.readings.follower_list import Pages
from bot.readings.plan import BROKEN, STAYED, WINDOWS, Reading
from bot.readings.records import record_followers, record_shown
from bot.readings.state import Begun, watched_of
from bot.storage.models import AccountDay, FollowerRead, Person, Relation
from bot.storage.tenancy import tenant

ACCOUNT = "4711"
OLD = [f"old{number}" for number in range(30)]


@pytest.fixture
def follows(ready, clock):
    """Follow people with these Instagram ids now."""

    def follow(*people, **known):
        with tenant(ready.id) as session:
            for one in people:
                person = Person(user_id=ready.id, instagram_id=one, username=f"name.{one}", seen_at=now())
                session.add(person)
                session.flush()
                about = {"followed_us_before": False, "followed_at": now()} | known
                session.add(Relation(user_id=ready.id, account_id=ACCOUNT, person_id=person.id, **about))
            session.commit()

    return follow


@pytest.fixture
def reads(ready, clock):
    """Read a list of a large account some hours later. Return the finding."""

    def read(*people, ended=False, count=5_000):
        clock.advance(hours=8)
        newest = of_list(ready)
        day = now().date()
        keep_day(ready, day)
        begun = Begun(ready.id, ACCOUNT, day, Reading("followers"), newest.newest if newest else None, count)
        return record_followers(begun, Pages().and_page(people, ended=ended, limited=False))

    return read


def keep_day(user, day):
    with tenant(user.id) as session:
        if session.scalars(select(AccountDay).where(AccountDay.day == day)).first() is None:
            session.add(AccountDay(user_id=user.id, account_id=ACCOUNT, day=day))
            session.commit()


def of_list(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(FollowerRead)).one_or_none()


def relation(user, instagram_id):
    with tenant(user.id, reading=True) as session:
        query = select(Relation).join(Person, Person.id == Relation.person_id)
        return session.scalars(query.where(Person.instagram_id == instagram_id)).one()


def test_a_list_that_never_shows_anybody_new_proves_nothing(ready, follows, reads):
    """An order of Instagram's own hides new followers on later pages, and looks like one without any."""
    reads(*OLD)
    follows("1", "2")
    for _ in range(9):
        assert reads(*OLD).proof == "unbroken"
    assert relation(ready, "1").no_until is None


def test_a_list_that_shows_new_followers_first_proves_who_is_not_among_them(ready, follows, reads):
    reads(*OLD)
    follows("1", "2")
    reads(*OLD)
    reads("2", *OLD)
    assert (relation(ready, "2").back_at, relation(ready, "1").no_until) == (now(), now())
    reads("2", *OLD)
    assert relation(ready, "1").no_until == now()


def test_somebody_new_who_is_not_among_the_first_shows_another_order(ready, follows, reads):
    reads(*OLD)
    follows("1", "2")
    finding = reads(*OLD[:25], "2", *OLD[25:])
    assert (finding.proof, finding.in_order, of_list(ready).broken) == ("broken", False, BROKEN + 1)
    assert relation(ready, "2").back_at == now()
    assert relation(ready, "1").no_until is None


def test_a_whole_list_in_another_order_still_proves_what_it_shows(ready, follows, reads):
    reads(*OLD, ended=True, count=30)
    follows("1", "2")
    finding = reads(*OLD[:25], "2", *OLD[25:], ended=True, count=31)
    assert (finding.proof, finding.in_order, of_list(ready).broken) == ("whole", False, BROKEN + 1)
    assert relation(ready, "1").no_until == now()


@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_a_person_missing_from_a_list_that_may_hide_some_is_not_taken_for_gone(ready, follows, reads, hidden):
    """Instagram may cut two of a hundred without a word. They are asked about alone, or stay unknown."""
    follows("1", back_at=now(), back_by="list", seen_until=now())
    follows("2")
    everyone = [f"old{number}" for number in range(150)]
    reads(*everyone, ended=True, count=150 + hidden)
    kept = relation(ready, "1"), relation(ready, "2")
    assert (kept[0].gone_at, kept[1].no_until) == ((None, None) if hidden else (now(), now()))


def test_an_order_that_was_not_honored_counts_again_when_it_shows_new_followers_first(ready, follows, reads):
    reads(*OLD)
    follows("1")
    reads(*OLD[:25], "1", *OLD[25:])
    before = of_list(ready).broken
    reads(*OLD)
    assert of_list(ready).broken == before + 1
    reads("7", *OLD)
    assert of_list(ready).broken == 0


def test_who_followed_the_account_before_is_nobody_new(ready, follows, reads):
    reads(*OLD)
    follows("1", followed_us_before=True)
    assert reads(*OLD[:25], "1", *OLD[25:]).proof == "unbroken"


@pytest.mark.parametrize("stays", [True, False])
def test_a_late_question_about_who_stayed_counts_for_the_thirty_days_whatever_it_shows(ready, clock, follows, stays):
    """If only those who stay counted, everybody would."""
    back_at = now()
    follows("1", back_at=back_at, back_by="list", seen_until=back_at)
    keep_day(ready, now().date())
    clock.advance(days=32)
    keep_day(ready, now().date())
    watched = watched_of(relation(ready, "1"), "1")
    record_shown(Begun(ready.id, ACCOUNT, now().date(), Reading("stayed", (watched,)), None, None), watched, stays)
    kept = relation(ready, "1")
    assert (kept.seen_until, kept.gone_at) == ((now(), None) if stays else (back_at, back_at + STAYED))


def test_an_open_page_sees_each_reading(ready, follows, reads):
    """The time of the next reading is part of the mark by which a page asks for news."""
    follows("1")
    marks = {mark_of_changes(ready.id)}
    for number in range(2, 4):
        reads(*OLD)
        marks.add(mark_of_changes(ready.id))
        assert len(marks) == number


SEEN_AGAIN = {
    "before the end": (10, 29, "open"),
    "after it, and gone the day before it": (29.5, 31, "gone"),
    "after it, and not read since long before": (10, 31, "stayed"),
    "long after it": (10, 34, "unknown"),
}


@pytest.mark.parametrize(("gone", "seen", "told"), SEEN_AGAIN.values(), ids=SEEN_AGAIN)
def test_who_comes_again_was_gone_after_thirty_days_if_they_were_at_the_last_reading_before(
    ready, clock, follows, reads, gone, seen, told
):
    back_at = now()
    follows("1", back_at=back_at, back_by="list", seen_until=back_at)
    reads(*OLD)
    for day in {10, gone}:
        clock.moment = back_at + timedelta(days=day, hours=-8)
        reads(*OLD, ended=True, count=30)
        assert relation(ready, "1").gone_at == back_at + timedelta(days=10)
    clock.moment = back_at + timedelta(days=seen, hours=-8)
    reads("1", *OLD)
    kept = relation(ready, "1")
    stayed = kept.seen_until >= back_at + STAYED
    assert (kept.gone_at is not None, stayed) == (told == "gone", told == "stayed")


@pytest.mark.parametrize("days", [9, 40])
@pytest.mark.parametrize("whole", [True, False])
def test_a_list_long_after_the_end_of_a_window_does_not_answer_it(ready, clock, follows, reads, days, whole):
    """Those who had followed back by then and stayed are seen too late, and those who left are not seen at all."""
    begins, ended = now() + timedelta(hours=16), {"ended": True, "count": 31} if whole else {}
    reads(*OLD)
    reads("other", *OLD[:29])
    follows("1")
    follows("other", back_at=now() + timedelta(seconds=1), back_by="list", seen_until=now())
    clock.moment = begins + timedelta(days=days, hours=-8)
    assert reads("other", *OLD, **ended).proof == ("whole" if whole else "unbroken")
    kept = relation(ready, "1")
    assert (kept.back_at, kept.no_since) == (None, now() if days == 9 else None)
    assert kept.no_until == (now() if days == 9 else None)


def test_the_question_of_the_second_window_does_not_answer_the_first(ready, clock, follows):
    follows("1")
    clock.advance(days=14, hours=3)
    keep_day(ready, now().date())
    watched = watched_of(relation(ready, "1"), "1")
    record_shown(Begun(ready.id, ACCOUNT, now().date(), Reading("window", (watched,)), None, None), watched, False)
    kept = relation(ready, "1")
    assert (kept.no_since, kept.no_until) == (kept.followed_at + WINDOWS[1], now())


def test_a_person_seen_long_after_the_thirty_days_is_not_told_to_have_stayed(ready, clock, follows, reads):
    back_at = now()
    follows("1", back_at=back_at, back_by="list", seen_until=back_at)
    reads("1", *OLD)
    seen = relation(ready, "1").seen_until
    clock.advance(days=40)
    reads("1", *OLD)
    assert relation(ready, "1").seen_until == seen


@pytest.mark.parametrize("hides", [True, False])
def test_a_follower_that_a_check_finds_and_no_list_shows_ends_all_proof_by_silence(ready, clock, follows, reads, hides):
    """They follow since the last reading, or the list hides people. The next list tells which."""
    reads(*OLD)
    follows("1", "2", "3")
    reads("2", *OLD)
    before = relation(ready, "1").no_until
    assert before == relation(ready, "3").no_until == now()
    keep_day(ready, now().date())
    watched = watched_of(relation(ready, "3"), "3")
    record_shown(Begun(ready.id, ACCOUNT, now().date(), Reading("check", (watched,)), None, None), watched, True)
    found_at = now()
    for _ in range(3):
        reads(*(("2", *OLD) if hides else ("3", "2", *OLD)))
    kept = relation(ready, "3")
    assert (kept.back_at, kept.back_by) == (found_at, "check" if hides else "list")
    assert kept.no_until == (None if hides else before)
    assert relation(ready, "1").no_until == (before if hides else now())
