"""Messages as steps of plans: the text of each place, once for a purpose, and none that an answer has overtaken."""

import pytest
from sqlalchemy import select

from bot.contacts.answers import Reply
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.contacts.forgetting import forget_person
from bot.contacts.replies import store_replies
from bot.core.errors import BotException
from bot.decision.chores import read_interval
from bot.decision.verdicts import RunChore
from bot.plans.facts import learn_facts
from bot.plans.placing import NewPlan, place
from bot.steps import decisions
from bot.steps.decisions import Decision
from bot.steps.outcomes import Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import Message
from bot.storage.tenancy import tenant
from tests.bot.driving import chores_done, claimed, do_step, find_nothing, id_of, refuse_step, work_of
from tests.bot.plans.test_moving_on import answer, hello, one, planned, rows, status_of

AGAIN = {"again": True}


def written(user):
    """The texts that were sent, in their order."""
    with tenant(user.id, reading=True) as session:
        return list(session.scalars(select(Message.text).order_by(Message.created_at)))


def skip_due(user):
    """Why the step that is due is skipped at the last moment."""
    work = work_of(user)
    target = work.pending[0]
    assert type(Step(user.id, work).claim(target)).__name__ == "SkipTarget"
    return one(user, work.action_id, work.place or 0).reason


def test_each_place_has_its_own_text(ready, clock):
    second = hello("Thank you, {username}", when="answered", otherwise=[hello("Still there?", **AGAIN)])
    action = planned(ready, hello(), second)
    do_step(ready, clock)
    answer(ready, clock)
    assert learn_facts(ready.id) == 1
    do_step(ready, clock)
    assert written(ready) == ["Hello ann", "Thank you, ann"]
    assert status_of(ready, action) == "succeeded"


def test_without_an_answer_the_other_text_is_sent_if_the_plan_says_so(ready, clock):
    planned(ready, hello(), hello("Thank you", when="answered", otherwise=[hello("Still there?", **AGAIN)]))
    do_step(ready, clock)
    clock.advance(days=7)
    work = work_of(ready)
    assert work.checks
    Reconciliation(ready.id, work).note_fact(work.pending[0], known=False)
    clock.advance(minutes=2)
    do_step(ready, clock)
    assert written(ready) == ["Hello ann", "Still there?"]


def test_each_place_may_write_to_someone_who_was_written_to_before(ready, clock):
    planned(ready, hello(**AGAIN), hello("And once more", after="3d", **AGAIN))
    do_step(ready, clock)
    clock.advance(days=3)
    do_step(ready, clock)
    assert written(ready) == ["Hello ann", "And once more"]


def test_two_plans_write_to_a_person_once(ready, clock):
    planned(ready, hello())
    clock.advance(seconds=1)
    planned(ready, {"do": "follow"}, hello("From the other"))
    do_step(ready, clock)
    do_step(ready, clock)
    assert skip_due(ready) == "already_messaged"
    assert written(ready) == ["Hello ann"]


@pytest.mark.parametrize("listens", [True, False])
def test_an_answer_ends_a_message_that_did_not_wait_for_it(ready, clock, listens):
    gate = [{"do": "story", "when": "answered"}] if listens else []
    action = planned(ready, hello(), hello("Still there?", after="3d", **AGAIN), *gate)
    do_step(ready, clock)
    clock.advance(days=1)
    answer(ready, clock)
    clock.advance(days=2)
    if listens:
        assert skip_due(ready) == "answered"
        # The way to the step that waits for the answer goes on.
        assert work_of(ready).step_kind == "story"
    else:
        assert one(ready, action, 1).reason == "answered"
    assert written(ready) == ["Hello ann"]


def test_each_wait_is_for_an_answer_to_the_last_message(ready, clock):
    action = planned(ready, hello(), hello("Second", when="answered"), hello("Third", when="answered"))
    do_step(ready, clock)
    answer(ready, clock)
    learn_facts(ready.id)
    do_step(ready, clock)
    assert one(ready, action, 2).awaits == "answered"
    assert learn_facts(ready.id) == 0
    clock.advance(hours=1)
    answer(ready, clock)
    assert learn_facts(ready.id) == 1
    do_step(ready, clock)
    assert written(ready) == ["Hello ann", "Second", "Third"]


def test_a_message_after_one_that_waited_is_ended_by_a_new_answer(ready, clock):
    planned(ready, hello(), hello("Second", when="answered"), hello("Third", after="3d", **AGAIN))
    do_step(ready, clock)
    answer(ready, clock)
    learn_facts(ready.id)
    do_step(ready, clock)
    clock.advance(hours=1)
    answer(ready, clock)
    clock.advance(days=3)
    assert skip_due(ready) == "answered"


def test_an_answer_counts_though_others_are_written_to_after_it(ready, clock):
    action = planned(ready, hello(), {"do": "story", "when": "answered", "within": "1d"}, names=("ann", "ben"))
    do_step(ready, clock)
    clock.advance(seconds=5)
    store_replies(ready.id, [Reply("item", id_of("ann"), "Yes!", clock.moment)])
    clock.advance(minutes=5)
    do_step(ready, clock)
    assert learn_facts(ready.id) == 1
    assert (one(ready, action, 1).awaits, one(ready, action, 1, "ben").awaits) == (None, "answered")


def test_a_decision_lets_the_last_person_go_on_though_the_plan_had_ended(ready, clock):
    action = planned(ready, hello(), {"do": "story"})
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    for _ in range(2):
        clock.advance(minutes=15)
        find_nothing(ready, work_of(ready))
    Step(ready.id, work_of(ready)).exhaust()
    assert status_of(ready, action) == "succeeded"
    decisions.resolve(ready.id, action, one(ready, action, 0).id, Decision(outcome="sent"))
    assert status_of(ready, action) == "running"
    assert do_step(ready, clock).person == "ann"
    assert status_of(ready, action) == "succeeded"


def test_after_a_stop_there_is_no_further_call(ready, clock):
    action = planned(ready, hello(), {"do": "story", "when": "answered"})
    do_step(ready, clock)
    answer(ready, clock, "STOP")
    assert learn_facts(ready.id) == 0
    assert (one(ready, action, 1).status, one(ready, action, 1).reason) == ("skipped", "do_not_contact")


def test_someone_who_answers_meanwhile_gets_no_next_place(ready, clock):
    action = planned(ready, {"do": "follow"}, {"do": "story", "after": "1d"})
    work = work_of(ready)
    target = claimed(ready, work)
    answer(ready, clock)
    Step(ready.id, work).finish(target, Outcome())
    assert rows(ready, action) == [(0, 0, "ann", "done")]


def test_someone_put_on_the_list_gets_no_next_place(ready, clock):
    action = planned(ready, hello(), {"do": "story", "after": "1d"})
    work = work_of(ready)
    target = claimed(ready, work)
    add_own(ready.id, LeaveAlone(username="ann"))
    Step(ready.id, work).finish(target, Outcome(item_id="item", thread_id="t", at=clock.moment))
    assert [row[0] for row in rows(ready, action)] == [0]


def test_the_inbox_is_read_once_more_before_it_counts_as_no_answer(ready, clock):
    action = planned(ready, hello(), {"do": "story", "when": "answered", "within": "1d"})
    do_step(ready, clock)
    deadline = one(ready, action, 1).due_at
    clock.moment = deadline - read_interval() / 2
    # The next reading is not due by then.
    chores_done(ready)
    clock.moment = deadline
    waiting = next_work(ready.id)
    assert isinstance(waiting, Nothing)
    assert waiting.at > deadline
    clock.moment = waiting.at
    assert next_work(ready.id) == RunChore("read_replies")
    # `work_of` reads it.
    assert work_of(ready).checks


def test_a_message_that_arrived_after_all_lets_the_person_go_on(ready, clock):
    action = planned(ready, hello(), {"do": "story"})
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    assert [row[0] for row in rows(ready, action)] == [0]
    clock.advance(minutes=5)
    work = work_of(ready)
    assert (work.in_doubt[0].text, work.step_kind) == ("Hello ann", "message")
    Step(ready.id, work).finish(work.in_doubt[0], Outcome(item_id="item", thread_id="t", at=clock.moment))
    assert (1, 0, "ann", "pending") in rows(ready, action)


@pytest.mark.parametrize("outcome", ["sent", "not_sent", "send_again"])
def test_the_users_decision_lets_the_person_go_on_or_not(ready, clock, outcome):
    action = planned(ready, {"do": "follow"}, hello(), {"do": "story"})
    do_step(ready, clock)
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    for _ in range(2):
        clock.advance(minutes=15)
        find_nothing(ready, work_of(ready))
    decisions.resolve(ready.id, action, one(ready, action, 1).id, Decision(outcome=outcome))
    expected = {"sent": [0, 1, 2], "not_sent": [0, 1], "send_again": [0, 1]}
    assert [row[0] for row in rows(ready, action)] == expected[outcome]


def test_a_text_without_enough_variants_is_refused_with_its_code(ready):
    asked = {"source": [{"kind": "own_followers"}], "amount": 6, "steps": [{"do": "follow"}, hello("Hello")]}
    with pytest.raises(BotException) as refused:
        place(ready.id, NewPlan.model_validate(asked))
    assert [problem["code"] for problem in refused.value.meta["errors"]] == ["TEXTS_ALIKE"]
    place(ready.id, NewPlan.model_validate(asked | {"amount": 5}))


def test_whoever_is_forgotten_gets_no_further_step(ready, clock):
    action = planned(ready, hello(), {"do": "story", "after": "1d"})
    do_step(ready, clock)
    forget_person(ready.id, one(ready, action, 0).person_id)
    clock.advance(days=2)
    with tenant(ready.id, reading=True):
        assert getattr(next_work(ready.id), "pending", []) == []
