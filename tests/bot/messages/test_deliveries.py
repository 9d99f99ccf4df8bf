"""The intent of a message: one person is written to once for one purpose, whatever happens on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.actions import control
from bot.actions.targets import Work
from bot.automation.status import bot_report
from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.core.errors import BotException
from bot.decision.verdicts import RunChore, SkipTarget
from bot.messages import deliveries, sending
from bot.messages.sending import SendMessages, recipients_of
from bot.messages.templates import variant_text
from bot.settings.preferences import Pace, Settings, change_settings
from bot.steps import decisions
from bot.steps.outcomes import MAX_FAILURES, Outcome
from bot.steps.step import Step
from bot.steps.work import Nothing, next_work
from bot.storage.models import Contact, Message
from bot.storage.tenancy import tenant
from tests.bot.driving import (
    chores_done,
    claim,
    claimed,
    count,
    do_step,
    find_nothing,
    id_of,
    message_action,
    refuse_step,
    target_of,
    work_of,
    work_off,
)

MAYBE, SURELY_NOT = ("INSTAGRAM_TIMEOUT", "maybe"), ("INSTAGRAM_UNREACHABLE", "no")


def answer(user, clock, name, text="Thanks!", at=None):
    clock.advance(seconds=1)
    moment = at or clock.moment
    replies.store_replies(user.id, [Reply(f"answer {moment.isoformat()}", id_of(name), text, moment)])
    clock.advance(seconds=1)


def skip_next(user):
    """Why the next person is skipped when the step is about to begin."""
    work = work_of(user)
    assert isinstance(claim(user, work), SkipTarget)
    return target_of(user, work.action_id, work.pending[0].target).reason


def resolve(user, action_id, name, outcome):
    said = decisions.Decision(outcome=outcome)
    return decisions.resolve(user.id, action_id, target_of(user, action_id, name).id, said)


def test_a_person_is_written_to_once_over_all_actions(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    message_action(ready, "ann")
    assert skip_next(ready) == "already_messaged"


def test_an_answer_opens_one_more_message_and_only_one(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    answer(ready, clock, "ann")
    second = message_action(ready, "ann")
    assert do_step(ready, clock).person == "ann"
    assert count(ready, second, "done") == 1
    message_action(ready, "ann")
    assert skip_next(ready) == "already_messaged"


def test_an_action_that_says_again_writes_again_and_to_each_once(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    again = message_action(ready, "ann", again=True)
    do_step(ready, clock)
    assert count(ready, again, "done") == 1
    assert do_step_of(ready, clock, message_action(ready, "ann", again=True)) == 1


def do_step_of(user, clock, action_id):
    do_step(user, clock)
    return count(user, action_id, "done")


def test_a_message_that_was_sent_again_also_keeps_the_next_action_from_writing(ready, clock):
    work_off(ready, clock, message_action(ready, "ann", again=True))
    message_action(ready, "ann")
    assert skip_next(ready) == "already_messaged"


def test_after_an_answer_a_message_sent_again_is_the_one_that_the_answer_opened(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    answer(ready, clock, "ann")
    work_off(ready, clock, message_action(ready, "ann", again=True))
    message_action(ready, "ann")
    assert skip_next(ready) == "already_messaged"


@pytest.mark.parametrize("dies", [True, False])
def test_the_next_message_keeps_its_distance_though_the_worker_died_in_the_call(ready, clock, dies):
    message_action(ready, "ann", "ben")
    change_settings(ready.id, Settings(pace={"message": Pace(delay_min=300, delay_max=600)}))
    began, first = clock.moment, claimed(ready, work := work_of(ready))
    if dies:
        clock.advance(seconds=30)
        find_nothing(ready, work_of(ready))
    else:
        Step(ready.id, work).fail(first, BotException("INSTAGRAM_TIMEOUT", delivered="maybe"))
    while not isinstance(found := next_work(ready.id), Work) or found.in_doubt:
        if isinstance(found, RunChore):
            chores_done(ready)
        elif isinstance(found, Nothing):
            clock.moment = found.at
        else:
            find_nothing(ready, found)
    assert claimed(ready, found).person == "ben"
    assert clock.moment - began >= timedelta(seconds=300)


def test_two_names_of_one_person_are_one_person(ready, clock):
    message_action(ready, "ann", "ann.new")
    work = work_of(ready)
    first = Step(ready.id, work).claim(replaced(work.pending[0], "1"))
    clock.moment = Step(ready.id, work).finish(first, Outcome(item_id="i", thread_id="t", at=clock.moment))
    assert isinstance(Step(ready.id, work).claim(replaced(work.pending[1], "1")), SkipTarget)


def replaced(target, instagram_id):
    return replace(target, instagram_id=instagram_id)


def test_the_database_itself_refuses_a_second_message_for_one_purpose(ready, clock):
    first, second = message_action(ready, "ann"), message_action(ready, "ann")
    for action_id in (first, second):
        row = target_of(ready, action_id, "ann")
        with tenant(ready.id) as session:
            row = session.merge(row)
            row.recipient, row.purpose = "1", "first"
            if action_id == second:
                with pytest.raises(IntegrityError):
                    session.flush()
            else:
                session.commit()


def test_a_try_that_surely_did_not_arrive_is_made_again_with_the_same_words_and_token(ready, clock):
    action_id = message_action(ready, "ann", message="{Hi|Hello|Hey} {full_name}")
    first = refuse_step(ready, clock, *SURELY_NOT)
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.recipient, row.purpose, row.claimed_at) == ("pending", None, None, None)
    second = do_step(ready, clock)
    assert (second.text, second.token) == (first.text, first.token)
    assert second.attempts == 2


@pytest.mark.parametrize("name", ["ann", "ben", "zoe"])
def test_a_message_keeps_which_variant_it_is_and_a_retry_changes_none(ready, clock, name):
    template = "{Hi|Hello|Hey} {username}, {nice|great} shots"
    action_id = message_action(ready, name, message=template)
    refuse_step(ready, clock, *SURELY_NOT)
    with tenant(ready.id, reading=True) as session:
        tried = session.scalars(select(Message.variant)).one()
    do_step(ready, clock)
    [result] = sending.list_results(ready.id, action_id, 50, None).items
    assert result.variant == tried
    assert variant_text(template, result.variant).replace("{username}", name) == result.text


def test_a_person_set_free_may_be_taken_by_another_action_and_then_not_by_the_first(ready, clock):
    message_action(ready, "ann")
    refuse_step(ready, clock, *SURELY_NOT)
    clock.advance(seconds=1)
    second = message_action(ready, "ann")
    control.pause(ready.id, work_of(ready).action_id)
    do_step(ready, clock)
    assert count(ready, second, "done") == 1
    first = control.list_actions(ready.id, 10, None).items[1].action.id
    control.resume(ready.id, first)
    assert skip_next(ready) == "already_messaged"


def test_what_is_sent_again_by_the_user_has_a_token_of_its_own(ready, clock):
    action_id = message_action(ready, "ann")
    first = refuse_step(ready, clock, *MAYBE)
    resolve(ready, action_id, "ann", "send_again")
    clock.advance(minutes=10)
    second = do_step(ready, clock)
    assert second.token != first.token
    assert second.text == first.text
    with tenant(ready.id, reading=True) as session:
        assert session.scalars(select(Message.token)).all() == [second.token]


def test_a_token_is_a_number_as_instagrams_own_app_makes_it(ready, clock):
    message_action(ready, *[f"person{number}" for number in range(3)])
    tokens = {do_step(ready, clock).token for _ in range(3)}
    assert len(tokens) == 3
    assert all(token.isdigit() and len(token) == 19 and token[0] != "0" for token in tokens)


def test_the_intent_stands_in_the_database_before_the_call(ready, clock):
    action_id = message_action(ready, "ann")
    target = claimed(ready, work_of(ready))
    with tenant(ready.id, reading=True) as session:
        message = session.scalars(select(Message)).one()
    assert (message.text, message.token, message.target_id) == (target.text, target.token, target.id)
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.recipient, row.purpose) == ("working", id_of("ann"), "first")


@pytest.mark.parametrize("ending", [MAYBE, ("INSTAGRAM_UNREADABLE", "maybe"), None])
def test_what_may_have_arrived_is_looked_up_and_never_sent_by_itself(ready, clock, ending):
    action_id = message_action(ready, "ann")
    if ending:
        refuse_step(ready, clock, *ending)
        clock.advance(minutes=1)
    else:
        claimed(ready, work_of(ready))
    for _ in range(deliveries.MAX_RECONCILIATIONS + (0 if ending else 1)):
        clock.moment = bot_report(ready.id).next_step_at
        work = work_of(ready)
        assert [target.target for target in work.in_doubt] == ["ann"]
        assert work.in_doubt[0].token
        assert work.in_doubt[0].text == "Hello ann"
        assert work.pending == []
        find_nothing(ready, work)
        if target_of(ready, action_id, "ann").look_up_at is None:
            break
    assert target_of(ready, action_id, "ann").status == "unknown"
    work = work_of(ready)
    assert (work.in_doubt, work.pending) == ([], [])
    Step(ready.id, work).exhaust()
    progress = control.get_action(ready.id, action_id)
    assert (progress.unknown, progress.pending, progress.action.status) == (1, 0, "succeeded")


def test_a_message_found_in_its_thread_is_sent(ready, clock):
    action_id = message_action(ready, "ann")
    refuse_step(ready, clock, *MAYBE)
    clock.advance(minutes=1)
    work = work_of(ready)
    found_at = clock.moment - timedelta(seconds=50)
    Step(ready.id, work).finish(work.in_doubt[0], Outcome(item_id="i", thread_id="t", at=found_at))
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.look_up_at, row.error_code) == ("done", None, None)
    with tenant(ready.id, reading=True) as session:
        message, contact = session.scalars(select(Message)).one(), session.scalars(select(Contact)).one()
    assert (message.item_id, message.thread_id, contact.written_at) == ("i", "t", found_at)


def test_while_a_message_is_to_be_looked_up_its_action_goes_on(ready, clock):
    action_id = message_action(ready, "ann", "ben")
    refuse_step(ready, clock, *MAYBE)
    with tenant(ready.id) as session:
        session.merge(target_of(ready, action_id, "ann")).look_up_at = clock.moment + timedelta(minutes=5)
        session.commit()
    assert do_step(ready, clock).person == "ben"
    work = next_work(ready.id)
    assert isinstance(work, Nothing)
    assert control.get_action(ready.id, action_id).action.status == "running"


def test_the_same_words_go_to_a_few_people_only(ready, clock):
    names = [f"person{number}" for number in range(deliveries.MAX_ALIKE)]
    for name in names:
        work_off(ready, clock, message_action(ready, name, message="Come to our shop"))
        clock.advance(hours=9)
    late = message_action(ready, "zoe", message="come to our SHOP")
    assert skip_next(ready) == "identical_text"
    row = target_of(ready, late, "zoe")
    assert (row.recipient, row.purpose, row.claimed_at, row.status) == (None, None, None, "skipped")
    with tenant(ready.id, reading=True) as session:
        assert session.scalars(select(Message).where(Message.target_id == row.id)).all() == []
    clock.advance(days=30)
    Step(ready.id, work_of(ready)).exhaust()
    message_action(ready, "zoe", message="Come to our shop")
    assert do_step(ready, clock).person == "zoe"


def test_an_action_of_too_many_texts_alike_is_refused_when_it_is_made(ready):
    names = [f"person{number}" for number in range(deliveries.MAX_ALIKE + 1)]
    with pytest.raises(BotException, match="TEXTS_ALIKE") as raised:
        message_action(ready, *names, message="Hello")
    assert raised.value.meta["errors"][0]["field"] == "message"
    assert message_action(ready, *names[:-1], message="Hello")
    assert message_action(ready, *names, message="{Hello|Hi}")
    assert message_action(ready, *names, message="Hello {username}")
    assert len(control.list_actions(ready.id, 10, None).items) == 3


def test_what_is_shown_before_is_what_is_sent(ready, clock):
    params = SendMessages(
        usernames=[f"person{number}" for number in range(4)], message="{Hi|Hello|Hey} {username}, {nice|great|fine} day"
    )
    shown = sending.dry_run_messages(ready.id, params, recipients_of(params))
    sending.send_messages(ready.id, params, recipients_of(params))
    sent = {}
    for _ in range(4):
        target = do_step(ready, clock)
        sent[target.person] = target.text
    assert sent == {one.username: one.text for one in shown.previews}


def test_who_answered_after_an_action_was_made_is_left_out_of_it(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    action_id = message_action(ready, "ann", again=True)
    work = work_of(ready)
    answer(ready, clock, "ann")
    assert isinstance(claim(ready, work), Nothing | SkipTarget)
    assert target_of(ready, action_id, "ann").reason == "answered"


def test_an_answer_under_another_name_ends_the_message_at_its_claim(ready, clock):
    work_off(ready, clock, message_action(ready, "ann"))
    message_action(ready, "ann.new")
    answer(ready, clock, "ann")
    assert isinstance(Step(ready.id, work := work_of(ready)).claim(replaced(work.pending[0], id_of("ann"))), SkipTarget)
    assert target_of(ready, work.action_id, "ann.new").reason == "answered"


def test_people_who_take_no_messages_keep_nobody_else_from_theirs(ready, clock):
    closed = [f"person{number}" for number in range(MAX_FAILURES + 1)]
    action_id = message_action(ready, *closed, "zoe")
    for _ in closed:
        refuse_step(ready, clock, "INSTAGRAM_MESSAGES_CLOSED")
        clock.advance(hours=7)
    progress = control.get_action(ready.id, action_id)
    assert (progress.failed, progress.action.failures, progress.action.status) == (len(closed), 0, "running")
    assert bot_report(ready.id).last_error_code is None
    row = target_of(ready, action_id, closed[0])
    assert (row.error_code, row.recipient) == (BotException("INSTAGRAM_MESSAGES_CLOSED").code, None)
    assert do_step(ready, clock).person == "zoe"


def test_a_refusal_of_one_person_sets_them_free_and_the_action_goes_on(ready, clock):
    action_id = message_action(ready, "ann", "ben")
    refuse_step(ready, clock, "INSTAGRAM_PERSON_NOT_FOUND", "no")
    row = target_of(ready, action_id, "ann")
    assert (row.status, row.recipient) == ("failed", None)
    clock.advance(minutes=10)
    do_step(ready, clock)
    assert count(ready, action_id, "done") == 1
