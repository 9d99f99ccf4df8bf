"""How many people are at each place of a plan, and what they wait for."""

from datetime import timedelta
from functools import partial

from bot.actions import control
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.plans.progress import list_people, next_people, plan_progress
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from tests.bot.driving import claim, do_step, work_of
from tests.bot.plans.test_moving_on import BACK, hello, one, planned

SPENT = ("done", "up_next", "later", "awaiting", "left", "unknown", "failed", "skipped")


def counts(user, action_id):
    """The counts of each place that are not 0."""
    places = plan_progress(user.id, action_id).places
    return [{name: getattr(place, name) for name in SPENT if getattr(place, name)} for place in places]


def test_people_are_counted_at_the_place_that_they_have_come_to(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1d"}, BACK, names=("ann", "ben", "cleo"))
    assert counts(ready, action) == [{"up_next": 3}, {}, {}]
    do_step(ready, clock)
    do_step(ready, clock)
    assert counts(ready, action) == [{"done": 2, "up_next": 1}, {"later": 2}, {}]
    waiting = plan_progress(ready.id, action).places[1]
    assert (waiting.next_at, waiting.last_at) == tuple(one(ready, action, 1, name).due_at for name in ("ann", "ben"))
    clock.moment = waiting.next_at
    do_step(ready, clock)
    assert counts(ready, action) == [{"done": 2, "up_next": 1}, {"done": 1, "later": 1}, {"awaiting": 1}]
    fact = plan_progress(ready.id, action).places[2]
    assert (fact.awaits, fact.next_at) == ("follows_back", one(ready, action, 2).due_at)


def test_a_person_with_several_calls_at_a_place_is_one_person(ready, clock):
    action = planned(ready, {"do": "story"}, {"do": "like", "posts": 2}, names=("ann",))
    do_step(ready, clock)
    assert counts(ready, action) == [{"done": 1}, {"up_next": 1}]
    like(ready, clock, "11_id-ann")
    assert counts(ready, action) == [{"done": 1}, {"up_next": 1}]
    like(ready, clock, "12_id-ann")
    assert counts(ready, action) == [{"done": 1}, {"done": 1}]
    assert plan_progress(ready.id, action).calls["done"] == 3


def like(user, clock, post):
    """Like a post of the next person."""
    work = work_of(user)
    step = Step(user.id, work)
    taken = step.claim(type(work.pending[0])(**{**vars(work.pending[0]), "instagram_id": post}))
    clock.moment = step.finish(taken, Outcome())


like_first, like_second = partial(like, post="11_id-ann"), partial(like, post="12_id-ann")


def test_skipped_people_are_counted_by_reason(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1d"}, names=("ann", "ben"))
    do_step(ready, clock)
    add_own(ready.id, LeaveAlone(username="ann"))
    clock.advance(days=1)
    claim(ready, work_of(ready))
    assert counts(ready, action) == [{"done": 1, "up_next": 1}, {"skipped": 1}]
    assert plan_progress(ready.id, action).places[1].skips == {"do_not_contact": 1}


def test_no_one_waits_in_a_plan_that_has_ended(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1d"}, names=("ann", "ben"))
    do_step(ready, clock)
    assert control.get_action(ready.id, action).going_on == 1
    control.cancel(ready.id, action)
    assert counts(ready, action) == [{"done": 1, "left": 1}, {"left": 1}]
    assert [(one.next_at, one.last_at) for one in plan_progress(ready.id, action).places] == [(None, None)] * 2
    assert control.get_action(ready.id, action).going_on == 0


def test_people_who_are_not_through_go_on(ready, clock):
    action = planned(ready, {"do": "story"}, {"do": "like", "posts": 2}, names=("ann",))
    seen = []
    for do in (do_step, like_first, like_second):
        do(ready, clock)
        seen.append(control.get_action(ready.id, action).going_on)
    assert seen == [1, 1, 0]


def test_those_who_have_begun_are_next_and_those_who_wait_are_not(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1h"}, names=("ann", "ben"))
    do_step(ready, clock)
    assert [target.person for target in next_people(ready.id, action, 5)] == ["ben"]
    clock.advance(hours=1)
    assert [(target.person, target.node) for target in next_people(ready.id, action, 5)] == [("ann", 1), ("ben", 0)]


def test_people_are_listed_with_the_texts_of_their_messages(ready, clock):
    action = planned(ready, hello("Hello {username}"), {"do": "story", "after": "1d"})
    do_step(ready, clock)
    (sent,) = list_people(ready.id, action, 10, None, "done").items
    (waits,) = list_people(ready.id, action, 10, None, "pending").items
    assert (sent.text, sent.target.node) == ("Hello ann", 0)
    assert (waits.text, waits.target.node, waits.target.due_at - waits.target.created_at) == (
        None,
        1,
        timedelta(days=1),
    )
