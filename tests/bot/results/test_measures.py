"""Outcomes of follows: who counts, when it is known, and what can never be concluded from it."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.config.runtime import now
from bot.results.measures import Measure
from bot.results.periods import chosen_period
from bot.results.rates import Rate
from bot.results.steps import results
from bot.storage.models import (
    ActionTarget,
    Answer,
    BotSettings,
    BotStatus,
    Contact,
    InstagramCredentials,
    Person,
    Relation,
    new_id,
)
from bot.storage.models.values import StepKind, TargetStatus
from bot.storage.tenancy import tenant

ACCOUNT = "4711"
NUMBERS = count(1)
BEFORE_READINGS = None
COLUMNS = {"no": "no_until", "seen": "seen_until", "since": "no_since", "followed_us_before": "followed_us_before"}


@pytest.fixture
def action(ready):
    link(ready, ACCOUNT)
    return follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)).action.id


def link(user, account):
    with tenant(user.id) as session:
        session.execute(update(InstagramCredentials).values(instagram_id=account))
        session.commit()


def follow(user, action_id, at, relation, person_id=None, account=ACCOUNT, **step):
    """Add a person who was followed at `at`. The times of the relation are days after it, `step` is what it saw."""
    with tenant(user.id) as session:
        if person_id is None:
            person = Person(user_id=user.id, instagram_id=str(next(NUMBERS)), username=f"person{next(NUMBERS)}")
            person.seen_at = at
            session.add(person)
            session.flush()
            person_id = person.id
        name = f"person{next(NUMBERS)}"
        row = ActionTarget(user_id=user.id, action_id=action_id, position=1, target=name, person=name, **step)
        row.created_at = row.claimed_at = row.finished_at = at
        row.step_kind, row.status = StepKind.FOLLOW, TargetStatus.DONE
        row.account_id, row.person_id = account, person_id
        session.add(row)
        if relation is not BEFORE_READINGS:
            known = (
                {"followed_us_before": False}
                if "requested" in relation
                else {
                    "followed_us_before": False,
                    "followed": 0,
                }
            )
            known |= relation
            values = {
                COLUMNS.get(name, f"{name}_at"): (
                    value if name == "followed_us_before" or value is None else at + timedelta(days=value)
                )
                for name, value in known.items()
            }
            session.add(Relation(user_id=user.id, account_id=account, person_id=person_id, **values))
        session.commit()
    return person_id


def measures(user, days=30):
    [row] = results(user.id, chosen_period(user.id, days, None, None)).rows("kind")
    return row.measures


def outcome(measure):
    """The outcome of the one person of a measure."""
    names = {name: getattr(measure, name) for name in ("yes", "no", "unsure", "so_far", "open")}
    return next((name for name, number in names.items() if number), "none")


FOLLOW_BACK = {
    "seen back in time": ({"back": 3}, 8, "yes"),
    "seen back on the last moment": ({"back": 7}, 8, "yes"),
    "proven not to be back": ({"no": 7}, 8, "no"),
    "proven not to be back, and back later": ({"no": 7, "back": 9}, 10, "no"),
    "back, gone since": ({"back": 2, "gone": 4}, 8, "yes"),
    "not asked to the end": ({"no": 5}, 8, "unsure"),
    "proven after a gap over the end": ({"no": 13, "since": 10}, 14, "unsure"),
    "proven after a gap up to the end": ({"no": 13, "since": 7}, 14, "no"),
    "seen back too late to tell when": ({"no": 5, "back": 9}, 10, "unsure"),
    "not over": ({"no": 5}, 6, "open"),
    "back before it is over": ({"back": 3}, 6, "so_far"),
    "followed the account before": ({"followed_us_before": True, "back": 0}, 8, "none"),
    "not known if they followed before": ({"followed_us_before": None, "back": 1}, 8, "unsure"),
    "not known if they followed before, and not over": ({"followed_us_before": None, "back": 1}, 6, "open"),
    "unfollowed before the end": ({"unfollowed": 5, "no": 5}, 8, "unsure"),
    "a request that waits": ({"requested": 0}, 8, "none"),
    "a request that was accepted, not over": ({"requested": 0, "accepted": 5}, 8, "open"),
    "a request that was accepted": ({"requested": 0, "accepted": 5, "back": 11}, 13, "yes"),
    "a request that was accepted, no": ({"requested": 0, "accepted": 5, "no": 12}, 13, "no"),
    "followed before readings": (BEFORE_READINGS, 8, "unsure"),
    "followed before readings, not over": (BEFORE_READINGS, 6, "open"),
}


@pytest.mark.parametrize(("relation", "days", "told"), FOLLOW_BACK.values(), ids=FOLLOW_BACK)
def test_a_follow_back_is_told_as_far_as_it_is_known(ready, clock, action, relation, days, told):
    follow(ready, action, clock.moment, relation)
    clock.advance(days=days, seconds=1)
    assert outcome(measures(ready)["follow_back_7"]) == told


ACCEPTANCE = {
    "accepted": ({"requested": 0, "accepted": 3}, 15, "yes"),
    "accepted before it is over": ({"requested": 0, "accepted": 3}, 4, "so_far"),
    "not over": ({"requested": 0}, 13, "open"),
    "declined": ({"requested": 0, "declined": 3}, 15, "no"),
    "not told": ({"requested": 0}, 15, "unsure"),
    "accepted too late to tell when": ({"requested": 0, "accepted": 20}, 21, "unsure"),
    "a public person": ({}, 15, "none"),
}


@pytest.mark.parametrize(("relation", "days", "told"), ACCEPTANCE.values(), ids=ACCEPTANCE)
def test_an_acceptance_is_told_as_far_as_it_is_known(ready, clock, action, relation, days, told):
    follow(ready, action, clock.moment, relation)
    clock.advance(days=days, seconds=1)
    assert outcome(measures(ready)["accepted"]) == told


STAYED = {
    "seen at the end": ({"back": 1, "seen": 32}, 33, "yes"),
    "gone before": ({"back": 1, "gone": 20}, 33, "no"),
    "gone later": ({"back": 1, "gone": 40, "seen": 32}, 41, "yes"),
    "not asked to the end": ({"back": 1, "seen": 20}, 33, "unsure"),
    "not over": ({"back": 1, "seen": 20}, 21, "open"),
    "never back": ({"no": 14}, 33, "none"),
    "followed the account before": ({"followed_us_before": True, "back": 0, "seen": 32}, 33, "none"),
}


@pytest.mark.parametrize(("relation", "days", "told"), STAYED.values(), ids=STAYED)
def test_it_is_told_who_stayed_as_far_as_it_is_known(ready, clock, action, relation, days, told):
    follow(ready, action, clock.moment, relation)
    clock.advance(days=days, seconds=1)
    assert outcome(measures(ready, 60)["stayed"]) == told


def test_a_person_counts_once_with_the_first_follow_of_the_account(ready, clock, action):
    again = follow_hashtag(ready.id, FollowHashtag(hashtag="tea", amount=5)).action.id
    person = follow(ready, action, clock.moment, {"back": 3})
    clock.advance(days=10)
    follow(ready, again, clock.moment, BEFORE_READINGS, person_id=person)
    clock.advance(days=8)
    found = results(ready.id, chosen_period(ready.id, 30, None, None))
    by_source = {row.key.source.name: row.measures["follow_back_7"] for row in found.rows("source") if row.measures}
    assert by_source == {"#coffee": Measure(yes=1)}


def test_another_account_of_the_user_has_its_own_cohort(ready, clock, action):
    person = follow(ready, action, clock.moment, {"back": 3})
    clock.advance(days=1)
    follow(ready, action, clock.moment, {"no": 8}, person_id=person, account="4712")
    clock.advance(days=10)
    assert measures(ready)["follow_back_7"] == Measure(yes=1, no=1)


def test_those_who_are_early_make_no_share(ready, clock, action):
    """Half have followed back on the first day, which tells nothing of the other half yet."""
    for number in range(40):
        follow(ready, action, clock.moment, {"back": 1} if number % 2 else {"no": 1})
    clock.advance(days=2)
    early = measures(ready)["follow_back_7"]
    assert (early.open, early.so_far, early.matured, early.rate.share) == (40, 20, 0, None)


def test_who_stops_following_those_who_do_not_follow_back_gets_no_better_share(ready, clock, action):
    """An unfollow on day 7 of all who are not back leaves only those who are: their share of 14 days is not 100 %."""
    for number in range(40):
        follow(ready, action, clock.moment, {"back": 2} if number < 10 else {"unfollowed": 7, "no": 7})
    clock.advance(days=15)
    found = measures(ready)
    assert (found["follow_back_7"].yes, found["follow_back_7"].no) == (10, 30)
    later = found["follow_back_14"]
    assert (later.yes, later.no, later.unsure) == (10, 0, 30)
    low, high = later.rate.interval
    assert low < 0.25 < high


def test_hours_are_those_of_the_local_day(ready, clock, action):
    moment = clock.moment
    for hour in (1, 1, 5):
        follow(ready, action, moment.replace(hour=hour), {"back": 1})
    clock.advance(days=9)
    found = results(ready.id, chosen_period(ready.id, 30, None, None), "hour")
    assert {row.key.hour: row.measures["follow_back_7"] for row in found.rows("hour")} == {
        1: Measure(yes=2),
        5: Measure(yes=1),
    }
    assert now() > moment


def wrote(user, action_id, at, contact=None, answers=(), recipient=None):
    """Add a person who got a message at `at`. All times are days after it."""
    recipient = recipient or str(next(NUMBERS))
    with tenant(user.id) as session:
        name = f"person{next(NUMBERS)}"
        person = Person(user_id=user.id, instagram_id=recipient, username=name, seen_at=at)
        session.add(person)
        session.flush()
        row = ActionTarget(user_id=user.id, action_id=action_id, position=1, target=name, person=name)
        row.created_at = row.claimed_at = row.finished_at = at
        row.step_kind, row.status = StepKind.MESSAGE, TargetStatus.DONE
        row.account_id, row.person_id, row.recipient, row.purpose = ACCOUNT, person.id, recipient, action_id
        session.add(row)
        times = {f"{name}_at": at + timedelta(days=days) for name, days in (contact or {}).items()}
        session.add(Contact(user_id=user.id, instagram_id=recipient, username=name, written_at=at, **times))
        for days, more in answers:
            known = {"sort": "text", "thread_id": "t", "item_id": new_id(), **more}
            session.add(Answer(user_id=user.id, instagram_id=recipient, at=at + timedelta(days=days), **known))
        session.commit()


STOP = {"mark": "opted_out", "mark_by": "rule"}
ANSWERED = {
    "answered": ({"answered": 3}, [(3, {})], 15, "yes", "no"),
    "answered before answers were kept": ({"answered": 3}, [], 15, "yes", "no"),
    "answered before it is over": ({"answered": 3}, [(3, {})], 4, "so_far", "open"),
    "no answer": ({}, [], 15, "no", "no"),
    "not over": ({}, [], 13, "open", "open"),
    "answered too late": ({"answered": 20}, [(20, {})], 21, "no", "no"),
    "answered too late, perhaps before": ({"answered": 20}, [], 21, "unsure", "no"),
    "asked to stop": ({"answered": 3, "stopped": 3}, [(3, STOP)], 15, "no", "yes"),
    "asked to stop before answers were kept": ({"answered": 3, "stopped": 3}, [], 15, "no", "yes"),
    "answered, and asked to stop": ({"answered": 5, "stopped": 5}, [(3, {}), (5, STOP)], 15, "yes", "yes"),
    "asked to stop in a group": ({"stopped": 3}, [(3, STOP | {"in_group": True})], 15, "no", "yes"),
    "asked to stop, and again too late": ({"answered": 20, "stopped": 20}, [(3, STOP), (20, STOP)], 21, "no", "yes"),
    "asked to stop too late": ({"answered": 20, "stopped": 20}, [(20, STOP)], 21, "no", "no"),
    "wrote before the message": ({"answered": -1}, [(-1, {})], 15, "no", "no"),
}


@pytest.mark.parametrize(("contact", "answers", "days", "told", "stopped"), ANSWERED.values(), ids=ANSWERED)
def test_an_answer_is_told_as_far_as_it_is_known(ready, clock, action, contact, answers, days, told, stopped):
    wrote(ready, action, clock.moment, contact, answers)
    clock.advance(days=days, seconds=1)
    read_inbox(ready, clock.moment)
    found = measures(ready)
    assert (outcome(found["answered"]), outcome(found["asked_to_stop"])) == (told, stopped)


def read_inbox(user, moment):
    with tenant(user.id) as session:
        session.execute(update(BotStatus).values(replies_read_at=moment))
        session.commit()


def test_without_a_reading_of_the_inbox_silence_is_no_answer(ready, clock, action):
    wrote(ready, action, clock.moment)
    read_inbox(ready, clock.moment + timedelta(days=10))
    clock.advance(days=15)
    found = measures(ready)
    assert (found["answered"], found["asked_to_stop"]) == (Measure(unsure=1), Measure(unsure=1))


def test_an_inbox_that_was_read_but_for_the_rest_of_a_conversation_is_no_proof_of_silence_there(ready, clock, action):
    wrote(ready, action, clock.moment)
    with tenant(ready.id) as session:
        place = {"thread_id": "t", "cursor": "c", "since": clock.moment.isoformat()}
        session.execute(update(Contact).values(unread=place))
        session.commit()
    wrote(ready, action, clock.moment)
    clock.advance(days=15)
    read_inbox(ready, clock.moment)
    found = measures(ready)
    assert (found["answered"], found["asked_to_stop"]) == (Measure(no=1, unsure=1), Measure(no=1, unsure=1))


def test_the_inbox_of_another_account_is_no_proof_of_silence(ready, clock, action):
    wrote(ready, action, clock.moment)
    clock.advance(days=15)
    read_inbox(ready, clock.moment)
    link(ready, "4712")
    found = measures(ready)
    assert (found["answered"], found["asked_to_stop"]) == (Measure(unsure=1), Measure(unsure=1))


@pytest.mark.parametrize(("account", "told"), [(ACCOUNT, "yes"), (None, "yes"), ("4712", "no")])
def test_what_a_person_writes_to_another_account_answers_no_message_of_this_one(ready, clock, action, account, told):
    said = [(3, {"account_id": account}), (4, STOP | {"account_id": account})]
    wrote(ready, action, clock.moment, {"answered": 4, "stopped": 4}, said)
    clock.advance(days=15)
    read_inbox(ready, clock.moment)
    found = measures(ready)
    assert (outcome(found["answered"]), outcome(found["asked_to_stop"])) == (told, told)


def test_all_messages_are_the_base_of_answers_and_not_only_those_that_were_seen(ready, clock, action):
    """Answers of those who opened a message are more, and tell nothing of the message."""
    for _ in range(29):
        wrote(ready, action, clock.moment)
    wrote(ready, action, clock.moment, {"answered": 3}, [(3, {})])
    clock.advance(days=15)
    read_inbox(ready, clock.moment)
    assert measures(ready)["answered"].rate == Rate(1, 30)


def test_a_move_to_another_time_zone_counts_each_step_once(ready, clock, action):
    at = clock.moment.replace(hour=0, minute=30)
    for hours in range(0, 72, 5):
        follow(ready, action, at - timedelta(hours=hours), {"back": 1})
    clock.advance(days=9)
    before = measures(ready)["follow_back_7"]
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata"):
        with tenant(ready.id) as session:
            session.execute(update(BotSettings).values(timezone=zone))
            session.commit()
        days = results(ready.id, chosen_period(ready.id, 30, None, None)).rows("day")
        assert measures(ready)["follow_back_7"] == before == Measure(yes=15)
        assert sum((row.measures["follow_back_7"] for row in days), Measure()) == before


def test_a_second_message_to_a_person_makes_no_second_chance(ready, clock, action):
    wrote(ready, action, clock.moment)
    clock.advance(days=15)
    again = follow_hashtag(ready.id, FollowHashtag(hashtag="tea", amount=5)).action.id
    with tenant(ready.id) as session:
        first = session.scalars(select(ActionTarget).where(ActionTarget.step_kind == "message")).one()
        second = ActionTarget(user_id=ready.id, action_id=again, position=1, target=first.target, person=first.person)
        second.created_at = second.claimed_at = second.finished_at = clock.moment
        second.step_kind, second.status = StepKind.MESSAGE, TargetStatus.DONE
        second.account_id, second.person_id = first.account_id, first.person_id
        second.recipient, second.purpose = first.recipient, again
        session.add(second)
        session.commit()
    clock.advance(days=1)
    assert measures(ready)["answered"].people == 1
