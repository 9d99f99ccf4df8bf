"""The way of people through a plan: what follows a step, when, and for whom no more."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions import control
from bot.actions.candidates import add_candidates
from bot.actions.targets import Candidate, Search
from bot.automation.status import bot_report
from bot.contacts.answers import Reply
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.contacts.replies import store_replies
from bot.plans import moving_on
from bot.plans.aliases import plan_of
from bot.plans.facts import learn_facts
from bot.plans.nodes import Node, is_drawn
from bot.plans.placing import NewPlan, place
from bot.plans.steps.story import Story
from bot.steps.outcomes import Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage import target_states
from bot.storage.models import Action, ActionTarget, Contact, Person, Relation
from bot.storage.tenancy import tenant
from tests.bot.driving import claimed, do_step, id_of, work_of


def hello(text="Hello {username}", **more):
    return {"do": "message", "text": text, **more}


def planned(user, *steps, names=("ann",), amount=None):
    """The id of a plan whose source has found these people."""
    source = [{"kind": "followers", "of": ["roaster"]}]
    asked = NewPlan.model_validate({"source": source, "steps": steps, "amount": amount or len(names)})
    action = place(user.id, asked).action
    people = [Candidate(name, name, id_of(name)) for name in names]
    search = Search(action.id, action.kind, steps[0]["do"], action.params, None, False)
    add_candidates(user.id, search, people, None, skip_if_handled=False)
    return action.id


def rows(user, action_id):
    """(node, nth, person, status) of all rows, in the order of the plan."""
    query = select(ActionTarget).where(ActionTarget.action_id == action_id)
    with tenant(user.id, reading=True) as session:
        found = session.scalars(query.order_by(ActionTarget.node, ActionTarget.nth, ActionTarget.position))
        return [(row.node, row.nth, row.person, str(row.status)) for row in found]


def one(user, action_id, node, person="ann", nth=0):
    query = select(ActionTarget).where(ActionTarget.action_id == action_id, ActionTarget.node == node)
    with tenant(user.id, reading=True) as session:
        return session.scalars(query.where(ActionTarget.person == person, ActionTarget.nth == nth)).one()


def status_of(user, action_id):
    return control.get_action(user.id, action_id).action.status


def relate(user, clock, person="ann", **known):
    with tenant(user.id) as session:
        row = session.scalars(select(Person).where(Person.instagram_id == id_of(person))).one()
        account = session.scalars(select(ActionTarget.account_id).where(ActionTarget.person_id == row.id)).first()
        session.add(Relation(user_id=user.id, account_id=account, person_id=row.id, **known))
        session.commit()


def test_a_later_step_comes_when_it_is_due_and_the_action_ends_with_the_last(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1d"}, names=("ann", "ben"))
    do_step(ready, clock)
    assert rows(ready, action) == [(0, 0, "ann", "done"), (0, 0, "ben", "pending"), (1, 0, "ann", "pending")]
    due = one(ready, action, 1).due_at
    do_step(ready, clock)
    waiting = next_work(ready.id)
    assert isinstance(waiting, Nothing)
    shown = bot_report(ready.id).verdict
    assert (shown.reason, shown.until) == ("NEXT_STEP_LATER", due)
    assert control.get_action(ready.id, action).done == 2
    clock.moment = due
    work = work_of(ready)
    assert (work.step_kind, work.place, [target.person for target in work.pending]) == ("story", 1, ["ann"])
    do_step(ready, clock)
    clock.advance(days=1)
    assert status_of(ready, action) == "running"
    do_step(ready, clock)
    assert status_of(ready, action) == "succeeded"
    assert {status for *_, status in rows(ready, action)} == {"done"}


def test_whoever_has_begun_is_served_before_new_people(ready, clock):
    planned(ready, {"do": "follow"}, {"do": "story"}, names=("ann", "ben"))
    kinds = []
    for _ in range(4):
        kinds.append(work_of(ready).step_kind)
        do_step(ready, clock)
    assert kinds == ["follow", "story", "follow", "story"]


def test_no_more_people_begin_than_were_asked_for(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1h"}, names=("ann", "ben"), amount=1)
    do_step(ready, clock)
    assert isinstance(next_work(ready.id), Nothing)
    clock.advance(hours=1)
    do_step(ready, clock)
    assert status_of(ready, action) == "succeeded"
    assert (0, 0, "ben", "pending") in rows(ready, action)


def test_several_posts_of_one_person_are_several_calls(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "like", "posts": 2})
    do_step(ready, clock)
    for post in ("11_id-ann", "12_id-ann"):
        work = work_of(ready)
        (target,) = work.pending
        assert (target.instagram_id, target.owner_id) == (None, id_of("ann"))
        step = Step(ready.id, work)
        taken = step.claim(type(target)(**{**vars(target), "instagram_id": post}))
        clock.moment = step.finish(taken, Outcome())
    assert [row for row in rows(ready, action) if row[0]] == [(1, 0, "ann", "done"), (1, 1, "ann", "done")]
    assert status_of(ready, action) == "succeeded"


BACK = {"do": "story", "when": "follows_back", "within": "3d", "after": "1h"}


def test_a_fact_that_becomes_known_lets_the_person_go_on(ready, clock):
    action = planned(ready, {"do": "follow"}, BACK)
    do_step(ready, clock)
    row = one(ready, action, 1)
    assert (row.awaits, row.due_at - row.created_at) == ("follows_back", timedelta(days=3))
    assert bot_report(ready.id).verdict.reason == "WAITING_FOR_FACT"
    assert learn_facts(ready.id) == 0
    relate(ready, clock, back_at=clock.moment)
    assert learn_facts(ready.id) == 1
    row = one(ready, action, 1)
    assert (row.awaits, row.due_at - row.created_at) == (None, timedelta(hours=1))
    clock.moment = row.due_at
    assert do_step(ready, clock).person == "ann"
    assert status_of(ready, action) == "succeeded"


def test_a_person_who_followed_the_account_before_is_not_waited_for(ready, clock):
    action = planned(ready, {"do": "follow"}, BACK, names=("ann", "ben"))
    do_step(ready, clock)
    clock.advance(hours=1)
    do_step(ready, clock)
    with tenant(ready.id) as session:
        for row in session.scalars(select(ActionTarget).where(ActionTarget.node == 0)):
            row.followed_us = row.person == "ann"
        session.commit()
    assert learn_facts(ready.id) == 1
    assert (one(ready, action, 1).awaits, one(ready, action, 1, "ben").awaits) == (None, "follows_back")


def test_a_follow_that_sees_them_follow_waits_for_nothing(ready, clock):
    action = planned(ready, {"do": "follow"}, BACK)
    work = work_of(ready)
    target = claimed(ready, work)
    with tenant(ready.id) as session:
        session.scalars(select(ActionTarget)).one().followed_us = True
        session.commit()
    Step(ready.id, work).finish(target, Outcome())
    assert one(ready, action, 1).awaits is None


@pytest.mark.parametrize("known", [True, False])
def test_at_the_end_of_its_time_the_fact_is_asked_for_once(ready, clock, known):
    action = planned(ready, {"do": "follow"}, BACK | {"otherwise": [{"do": "like", "posts": 1}]})
    do_step(ready, clock)
    clock.advance(days=3)
    work = work_of(ready)
    assert (work.checks, work.place) == (True, 1)
    Reconciliation(ready.id, work).note_fact(work.pending[0], known=known)
    clock.advance(minutes=1)
    assert work_of(ready).step_kind == ("story" if known else "like")
    if not known:
        assert (one(ready, action, 1).status, one(ready, action, 1).reason) == ("skipped", "did_not_happen")


def test_without_an_otherwise_the_person_is_through(ready, clock):
    action = planned(ready, {"do": "follow"}, BACK)
    do_step(ready, clock)
    clock.advance(days=3)
    work = work_of(ready)
    Reconciliation(ready.id, work).note_fact(work.pending[0], known=False)
    assert status_of(ready, action) == "succeeded"


def test_an_answer_ends_a_plan_that_does_not_wait_for_one(ready, clock):
    quiet = planned(ready, {"do": "follow"}, {"do": "story", "after": "1d"})
    do_step(ready, clock)
    answer(ready, clock)
    assert (one(ready, quiet, 1).status, one(ready, quiet, 1).reason) == ("skipped", "answered")


def test_a_plan_that_waits_for_an_answer_goes_on_by_it(ready, clock):
    action = planned(ready, hello(), {"do": "story", "when": "answered"})
    do_step(ready, clock)
    answer(ready, clock)
    assert learn_facts(ready.id) == 1
    assert do_step(ready, clock).person == "ann"
    assert status_of(ready, action) == "succeeded"


def answer(user, clock, text="Hello!"):
    """Ann answers. The bot may have written to her before."""
    with tenant(user.id) as session:
        if session.scalars(select(Contact)).first() is None:
            about = {"instagram_id": id_of("ann"), "username": "ann", "written_at": clock.moment - timedelta(days=1)}
            session.add(Contact(user_id=user.id, **about))
            session.commit()
    clock.advance(seconds=5)
    store_replies(user.id, [Reply(f"item {clock.moment}", id_of("ann"), text, clock.moment)])


def test_nobody_is_touched_after_asking_to_be_left_alone(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story"}, names=("ann", "ben"))
    do_step(ready, clock)
    add_own(ready.id, LeaveAlone(username="ann"))
    work = work_of(ready)
    claimed_by = Step(ready.id, work).claim(work.pending[0])
    assert type(claimed_by).__name__ == "SkipTarget"
    assert one(ready, action, 1).reason == "do_not_contact"


@pytest.mark.parametrize(("reason", "waits"), [(None, None), ("came_late", None), ("requested", "accepted")])
def test_a_follow_of_a_public_person_is_accepted_at_once(ready, clock, reason, waits):
    action = planned(ready, {"do": "follow"}, {"do": "story", "when": "accepted", "within": "2d"})
    work = work_of(ready)
    Step(ready.id, work).finish(claimed(ready, work), Outcome(reason))
    assert one(ready, action, 1).awaits == waits


def test_what_is_there_already_is_no_reason_to_stop(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story"}, {"do": "like", "posts": 1})
    do_step(ready, clock)
    work = work_of(ready)
    Step(ready.id, work).skip(work.pending[0], "no_story")
    assert (2, 0, "ann", "pending") in rows(ready, action)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_share_is_the_part_of_people_and_the_same_each_time(share):
    node = Node(1, "steps.1", Story(share=share))
    drawn = [is_drawn("action", f"person{number}", node) for number in range(2000)]
    assert abs(sum(drawn) / 2000 - share) < 0.05
    assert drawn == [is_drawn("action", f"person{number}", node) for number in range(2000)]


def test_a_person_who_is_not_drawn_goes_on_with_what_follows(ready, clock, monkeypatch):
    monkeypatch.setattr(moving_on, "is_drawn", lambda _action, _person, node: node.step.share == 1)
    action = planned(ready, {"do": "follow"}, {"do": "story", "share": 0.5}, {"do": "like", "posts": 1})
    do_step(ready, clock)
    assert [row[0] for row in rows(ready, action)] == [0, 2]


def test_two_posts_of_one_person_lead_to_one_further_step(ready, clock):
    source = [{"kind": "hashtag", "tags": ["coffee"]}]
    asked = {"source": source, "steps": [{"do": "like"}, {"do": "follow"}], "amount": 2}
    action = place(ready.id, NewPlan.model_validate(asked)).action
    posts = [Candidate(f"{number}_{id_of('ann')}", "ann", f"{number}_{id_of('ann')}") for number in (1, 2)]
    search = Search(action.id, action.kind, "like", action.params, None, False)
    add_candidates(ready.id, search, posts, None, skip_if_handled=False)
    assert [do_step(ready, clock).person for _ in range(3)] == ["ann"] * 3
    assert sorted(row[0] for row in rows(ready, action.id)) == [0, 0, 1]
    assert status_of(ready, action.id) == "succeeded"


def test_no_claim_takes_a_person_who_is_waited_for(ready, clock):
    action = planned(ready, {"do": "follow"}, BACK)
    do_step(ready, clock)
    row = one(ready, action, 1)
    known = target_states.Known(row.instagram_id, None, "own", None, None)
    with tenant(ready.id) as session:
        assert not target_states.claim(session, row.id, known, clock.moment)


def test_people_whose_time_has_not_come_are_not_taken_with_the_others(ready, clock):
    planned(ready, {"do": "follow"}, {"do": "story", "after": "1h"}, names=("ann", "ben"))
    do_step(ready, clock)
    clock.advance(minutes=50)
    do_step(ready, clock)
    clock.advance(minutes=15)
    assert [target.person for target in work_of(ready).pending] == ["ann"]


def test_only_people_that_the_plan_has_followed_are_unfollowed(ready, clock):
    action = planned(ready, {"do": "story"}, {"do": "follow"}, {"do": "unfollow"}, names=("ann", "ben"))
    for _ in range(2):
        do_step(ready, clock)
        work = work_of(ready)
        if work.pending[0].person == "ann":
            Step(ready.id, work).skip(work.pending[0], "already_followed")
        else:
            do_step(ready, clock)
    assert [row[2] for row in rows(ready, action) if row[0] == 2] == ["ben"]


def test_a_like_is_waited_for_with_the_id_of_its_person(ready, clock):
    planned(ready, {"do": "follow"}, {"do": "like", "posts": 1, "when": "follows_back", "within": "1d"})
    do_step(ready, clock)
    clock.advance(days=1)
    work = work_of(ready)
    assert (work.checks, work.pending[0].owner_id, work.pending[0].instagram_id) == (True, id_of("ann"), None)


@pytest.mark.parametrize("reason", ["no_post", "did_not_happen"])
def test_after_a_like_that_was_not_made_the_person_is_still_known(ready, clock, reason):
    gate = {"when": "follows_back", "within": "1d"} if reason == "did_not_happen" else {}
    like = {"do": "like", "posts": 1, "otherwise": [{"do": "unfollow"}] if gate else [], **gate}
    action = planned(ready, {"do": "follow"}, like, {"do": "story"})
    do_step(ready, clock)
    clock.advance(days=1)
    work = work_of(ready)
    if gate:
        Reconciliation(ready.id, work).note_fact(work.pending[0], known=False)
    else:
        Step(ready.id, work).skip(work.pending[0], reason)
    assert one(ready, action, 2 if not gate else 3).instagram_id == id_of("ann")


def test_a_canceled_plan_adds_no_further_step(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story"})
    work = work_of(ready)
    target = claimed(ready, work)
    control.cancel(ready.id, action)
    Step(ready.id, work).finish(target, Outcome())
    assert rows(ready, action) == [(0, 0, "ann", "done")]


def test_a_stored_plan_reads_as_it_was_said(ready):
    steps = [{"do": "follow"}, BACK | {"share": 0.5, "otherwise": [{"do": "like", "posts": 2, "after": "2d"}]}]
    asked = NewPlan.model_validate({"source": [{"kind": "own_followers"}], "steps": steps, "amount": 1})
    action = place(ready.id, asked).action
    with tenant(ready.id, reading=True) as session:
        stored = session.scalars(select(Action.params).where(Action.id == action.id)).one()
    assert plan_of("plan", stored).steps == asked.steps
    assert stored["steps"][1]["otherwise"][0]["after"] == "2d"
