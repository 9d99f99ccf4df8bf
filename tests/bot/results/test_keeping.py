"""Kept numbers of closed days: they are told only while counting would tell the same."""

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import delete, func, select, update

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.config.runtime import now
from bot.contacts.forgetting import forget_person
from bot.results import keeping, kept, tallies
from bot.results.keeping import KEPT_DAYS, keep_days
from bot.results.periods import chosen_period
from bot.results.steps import results
from bot.results.tallies import spans_of
from bot.storage.models import (
    ActionTarget,
    Answer,
    BotSettings,
    BotStatus,
    Contact,
    Message,
    Person,
    Relation,
    ResultDay,
    new_id,
)
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import tenant
from tests.bot.results.test_measures import ACCOUNT, STOP, follow, link, read_inbox, wrote
from tests.bot.results.test_steps import add

GROUPINGS = ("day", "source", "action", "kind", "hour", "variant")


@pytest.fixture
def action(ready):
    link(ready, ACCOUNT)
    return follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)).action.id


@pytest.fixture
def lived(ready, clock, action):
    """Steps of some weeks with all that may come of them, and their days kept."""
    begin = clock.moment
    other = follow_hashtag(ready.id, FollowHashtag(hashtag="tea", amount=5)).action.id
    for day, relation in enumerate(({"back": 3}, {"no": 15}, {}, {"requested": 0, "accepted": 2}, {"requested": 0})):
        follow(ready, action, begin + timedelta(days=day), relation)
        wrote(ready, action, begin + timedelta(days=day, hours=2), {"answered": 3}, [(3, {})] if day % 2 else [])
        add(ready, other, "done", "failed", "unknown", "skipped", at=begin + timedelta(days=day, hours=5))
    clock.advance(days=20)
    read_inbox(ready, clock.moment)
    keep_days(ready.id)
    return ready


def told(user):
    """All that results tell of the user, by grouping."""
    found: dict[str, object] = {}
    for by in GROUPINGS:
        one = results(user.id, chosen_period(user.id, 60, None, None), by)
        found[by] = one.rows(by), one.before, one.changes
    one = results(user.id, chosen_period(user.id, 60, None, None), "source", detailed=True)
    found["detailed"] = one.rows("source"), one.by_day, one.variants
    return found


def counted(user):
    """All that results tell without any kept number, which are there again after that."""
    with tenant(user.id) as session:
        session.execute(update(ResultDay).values(basis=ResultDay.basis + "x"))
        session.commit()
    found = told(user)
    with tenant(user.id) as session:
        basis = func.substr(ResultDay.basis, 1, func.length(ResultDay.basis) - 1)
        session.execute(update(ResultDay).values(basis=basis))
        session.commit()
    return found


def good_days(user):
    period = chosen_period(user.id, 30, None, None)
    with tenant(user.id, reading=True) as session:
        return len(kept.kept(session, spans_of(period.midnights("UTC"))))


def change(model, **values):
    def of(session, chance):
        row = chance.choice(session.scalars(select(model).order_by(model.id)).all())
        for name, value in values.items():
            setattr(row, name, value(row) if callable(value) else value)

    return of


def hours_after(column, hours):
    return lambda row: (getattr(row, column) or now()) + timedelta(hours=hours)


def again(session, chance):
    """The account does for a person what it has done before, or on an earlier day than it did."""
    done = select(ActionTarget).where(ActionTarget.person_id.is_not(None)).order_by(ActionTarget.id)
    first = chance.choice(session.scalars(done).all())
    name, days = new_id(), chance.choice([-2, 1, 2])
    row = ActionTarget(user_id=first.user_id, action_id=first.action_id, position=1, target=name, person=name)
    row.created_at = row.claimed_at = row.finished_at = first.claimed_at + timedelta(days=days)
    row.step_kind, row.status, row.account_id = first.step_kind, TargetStatus.DONE, first.account_id
    row.person_id = first.person_id
    session.add(row)


def drop(model):
    def of(session, chance):
        session.delete(chance.choice(session.scalars(select(model).order_by(model.id)).all()))

    return of


def answer(session, chance):
    contact = chance.choice(session.scalars(select(Contact).order_by(Contact.instagram_id)).all())
    values = {"sort": "text", "thread_id": "t", "item_id": new_id(), **chance.choice([{}, STOP])}
    at = contact.written_at + timedelta(days=chance.randrange(1, 16))
    session.add(Answer(user_id=contact.user_id, instagram_id=contact.instagram_id, at=at, **values))


def variant(session, chance):
    done = session.scalars(select(ActionTarget).where(ActionTarget.step_kind == "message")).all()
    row = chance.choice(sorted(done, key=lambda row: row.id))
    if session.scalars(select(Message).where(Message.target_id == row.id)).first() is None:
        about = {"text": "", "digest": "", "token": "", "created_at": row.claimed_at}
        session.add(Message(user_id=row.user_id, target_id=row.id, variant=chance.choice("12"), **about))


CHANGES = {
    "a follow-back is seen": change(Relation, back_at=hours_after("followed_at", 30), no_until=None),
    "someone is gone": change(Relation, gone_at=hours_after("back_at", 50)),
    "absence is proven": change(Relation, no_until=lambda _: now(), no_since=None),
    "the proof is void": change(Relation, no_until=None),
    "a request is accepted": change(Relation, accepted_at=lambda _: now() - timedelta(days=3)),
    "a request is declined": change(Relation, declined_at=lambda _: now()),
    "someone stayed": change(Relation, seen_until=lambda _: now()),
    "they followed before": change(Relation, followed_us_before=True),
    "a relation goes": drop(Relation),
    "a step is refuted": change(ActionTarget, status=TargetStatus.FAILED),
    "a step came late": change(ActionTarget, status=TargetStatus.DONE),
    "a step was a request": change(ActionTarget, reason="requested"),
    "a step goes": drop(ActionTarget),
    "a step is another day's": change(ActionTarget, claimed_at=hours_after("claimed_at", 25)),
    "a skip is another day's": change(ActionTarget, finished_at=hours_after("finished_at", 25)),
    "another step for a person": again,
    "someone answers": answer,
    "an answer is another's": change(Answer, account_id="4712"),
    "an answer asks to stop": change(Answer, mark="opted_out", mark_by="rule"),
    "an answer is of a group": change(Answer, in_group=True),
    "an answer goes": drop(Answer),
    "a contact stops": change(Contact, stopped_at=hours_after("written_at", 20), stopped=True),
    "a contact has more to read": change(Contact, unread={"cursor": "c"}),
    "a contact answered": change(Contact, answered_at=hours_after("written_at", 20)),
    "a text is of a variant": variant,
    "a person goes": drop(Person),
}


@pytest.mark.parametrize("what", CHANGES)
def test_after_each_change_results_are_those_of_counting(lived, what):
    chance = Random(what)  # noqa: S311
    for _ in range(2):
        with tenant(lived.id) as session:
            CHANGES[what](session, chance)
            session.commit()
        assert told(lived) == counted(lived)
    keep_days(lived.id)
    assert told(lived) == counted(lived)


@pytest.mark.parametrize("seed", range(4))
def test_results_are_those_of_counting_whatever_happens(lived, clock, seed):
    """Changes, moments that pass, and keeping, in any order."""
    chance = Random(seed)  # noqa: S311
    for _ in range(12):
        what = chance.choice([*CHANGES, "time", "time", "keep", "keep", "inbox"])
        if what == "time":
            clock.advance(hours=chance.randrange(1, 60))
        elif what == "keep":
            keep_days(lived.id)
        elif what == "inbox":
            read_inbox(lived, clock.moment - timedelta(days=chance.randrange(3)))
        else:
            # Nothing may be left of the rows that it is about.
            with suppress(IndexError), tenant(lived.id) as session:
                CHANGES[what](session, chance)
                session.commit()
        assert told(lived) == counted(lived), what


def test_numbers_that_time_alone_changes_are_kept_up_to_that_moment(ready, clock, action):
    follow(ready, action, clock.moment, {"no": 60})
    clock.advance(days=6)
    keep_days(ready.id)
    assert told(ready) == counted(ready)
    for _ in range(4):
        clock.advance(hours=12)
        assert told(ready) == counted(ready)


def test_a_person_who_is_forgotten_leaves_the_kept_numbers(lived):
    with tenant(lived.id, reading=True) as session:
        done = select(ActionTarget.person_id).where(ActionTarget.step_kind == "follow", ActionTarget.status == "done")
        person_id = session.scalars(done.where(ActionTarget.person_id.is_not(None))).first()
    before = told(lived)
    forget_person(lived.id, person_id)
    assert told(lived) == counted(lived) != before


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
def test_days_of_another_time_zone_are_not_told(lived, zone):
    with tenant(lived.id) as session:
        session.execute(update(BotSettings).values(timezone=zone))
        session.commit()
    assert told(lived) == counted(lived)
    keep_days(lived.id)
    assert told(lived) == counted(lived)
    with tenant(lived.id, reading=True) as session:
        assert session.scalars(select(func.count()).select_from(ResultDay)).one() == KEPT_DAYS


def test_messages_are_told_by_the_account_that_is_linked(lived):
    link(lived, "4712")
    assert told(lived) == counted(lived)


def test_what_is_kept_is_not_counted_again(lived, monkeypatch):
    asked = []
    count = tallies.step_tallies

    def counting(session, spans, **more):
        asked.append(len(spans))
        return count(session, spans, **more)

    monkeypatch.setattr(tallies, "step_tallies", counting)
    results(lived.id, chosen_period(lived.id, 90, None, None))
    assert asked == [1]
    assert keep_days(lived.id) == 0


def test_other_rules_of_counting_let_all_be_counted_again(lived, monkeypatch):
    before = good_days(lived)
    monkeypatch.setattr(kept, "rules", lambda: "others")
    assert (before, good_days(lived)) == (29, 0)


def test_a_change_meanwhile_leaves_the_day_to_the_next_time(lived, monkeypatch):
    with tenant(lived.id) as session:
        session.execute(delete(ResultDay))
        session.commit()
    count, late = tallies.outcome_tallies, []

    def counting(session, spans, **more):
        yield from count(session, spans, **more)
        late.append(spans)

    real = keeping._lock

    def changed(session):
        if late:
            late.clear()
            session.execute(update(Relation).values(back_at=now() - timedelta(days=2)))
        real(session)

    monkeypatch.setattr(tallies, "outcome_tallies", counting)
    monkeypatch.setattr(keeping, "_lock", changed)
    keep_days(lived.id)
    assert told(lived) == counted(lived)
    assert 0 < KEPT_DAYS - keep_days(lived.id) < KEPT_DAYS


def test_a_user_without_steps_has_no_days(ready):
    assert keep_days(ready.id) == 0
    with tenant(ready.id, reading=True) as session:
        assert session.scalars(select(ResultDay.id)).first() is None


def test_older_days_go(lived, clock):
    clock.advance(days=3)
    keep_days(lived.id)
    with tenant(lived.id, reading=True) as session:
        days = session.execute(select(func.count(), func.min(ResultDay.begins))).one()
    assert days[0] == KEPT_DAYS
    assert days[1] >= now() - timedelta(days=KEPT_DAYS + 1)


def test_a_reading_of_the_inbox_up_to_a_day_changes_only_that_day(lived, clock):
    before = good_days(lived)
    with tenant(lived.id) as session:
        session.execute(update(BotStatus).values(replies_read_at=clock.moment + timedelta(minutes=20)))
        session.commit()
    assert before - good_days(lived) <= 1
