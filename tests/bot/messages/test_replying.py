"""Replies that a user types: once per form, to people who have written, before all actions, within their own limit."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import func, select

from bot.actions import control
from bot.actions.control import list_actions
from bot.actions.search import ActionSearch
from bot.automation import lifecycle
from bot.automation.kill_switch import StopAll, release_all, stop_all
from bot.config.runtime import now
from bot.contacts.answers import Reply
from bot.contacts.conversations import get_conversation
from bot.contacts.do_not_contact import LeaveAlone, add_global
from bot.contacts.people import leave_alone
from bot.contacts.replies import store_answers, store_replies
from bot.core.errors import BotException
from bot.decision.decide import decide
from bot.decision.snapshot import load
from bot.decision.verdicts import PerformStep
from bot.messages import replying
from bot.messages.replying import MAX_UNANSWERED, Typed
from bot.messages.undecided import undecided_messages
from bot.settings.preferences import DAYS, Settings, TimeSpan, Week, change_settings
from bot.steps.decisions import Decision, resolve
from bot.steps.outcomes import Outcome
from bot.steps.step import Step
from bot.storage.models import Action, ActionTarget, CoolDown, Message, ReplyText
from bot.storage.tenancy import tenant
from tests.bot.contacts.test_people import known
from tests.bot.driving import (
    claim,
    claimed,
    count,
    do_step,
    find_nothing,
    follow_action,
    id_of,
    message_action,
    refuse_step,
    signed_in,
    target_of,
    work_of,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CANARY = "canary of alice: 20 euros, on Friday"
FORM = "5f2b6a52-2a0e-4f7e-8df5-000000000001"


@pytest.fixture
def answered(ready, clock):
    """Alice's bot has written to ann, who has answered."""
    message_action(ready, "ann")
    do_step(ready, clock)
    clock.advance(minutes=5)
    hear(ready, clock, "How much?")
    return ready


def hear(user, clock, text, name="ann", **more):
    clock.advance(seconds=1)
    store_replies(user.id, [Reply(f"{name}-{clock.moment}", id_of(name), text, clock.moment, **more)])


def person(user, name="ann"):
    return known(user, id_of(name)).id


def reply(user, text=CANARY, form=FORM, name="ann"):
    return replying.reply(user.id, person(user, name), Typed(text=text), form)


def refusal(work, *arguments, **named):
    with pytest.raises(BotException) as raised:
        work(*arguments, **named)
    return raised.value.name


def shown(user, name="ann"):
    """The reply as its conversation shows it."""
    return next(one for one in get_conversation(user.id, person(user, name), 50, None).spoken.items if one.by_hand)


def verdict(user):
    with tenant(user.id, reading=True) as session:
        return decide(replace(load(session, now()).state, chores=()), now())


def rows(user, model):
    with tenant(user.id, reading=True) as session:
        return session.scalar(select(func.count()).select_from(model))


def test_it_is_sent_as_it_was_typed_and_shown_in_the_conversation(answered, clock):
    placed = reply(answered, f" {CANARY} {{Hi|Ho}} \n")
    waiting = shown(answered)
    assert (waiting.text, waiting.status, waiting.is_over) == (f"{CANARY} {{Hi|Ho}}", "pending", False)
    assert waiting.waits.state == "acting"
    work = work_of(answered)
    target = claimed(answered, work)
    assert (work.action_id, target.text, target.instagram_id) == (placed.action_id, waiting.text, id_of("ann"))
    Step(answered.id, work).finish(target, Outcome(item_id="item", thread_id="t", at=now()))
    sent = shown(answered)
    assert (sent.status, sent.is_over, sent.waits, sent.mine) == ("done", True, None, True)
    assert control.get_action(answered.id, placed.action_id).action.status == "succeeded"


def test_the_same_form_is_one_reply_for_good(answered, clock):
    first = reply(answered)
    assert reply(answered).replayed
    do_step(answered, clock)
    clock.advance(days=3)
    lifecycle.stop(answered.id)
    again = reply(answered)
    assert (again.action_id, again.target_id, again.replayed) == (first.action_id, first.target_id, True)
    assert rows(answered, Action) == 2


def test_the_same_form_with_other_words_or_for_another_person_is_refused(answered, clock):
    message_action(answered, "ben")
    do_step(answered, clock)
    clock.advance(minutes=5)
    hear(answered, clock, "Yes?", "ben")
    reply(answered)
    assert refusal(reply, answered, "Something else") == "IDEMPOTENCY_KEY_REUSED"
    assert refusal(reply, answered, name="ben") == "IDEMPOTENCY_KEY_REUSED"


def test_a_form_of_another_user_is_another_reply(answered, bob):
    assert str(uuid5(UUID(bob.id), FORM)) != reply(answered).action_id


def test_new_forms_may_send_again_but_at_most_three_without_an_answer(answered, clock):
    for number in range(MAX_UNANSWERED):
        reply(answered, f"{number}", form=None)
    assert refusal(reply, answered, form=None) == "REPLIES_UNANSWERED"
    for _ in range(MAX_UNANSWERED):
        do_step(answered, clock)
    assert refusal(reply, answered, form=None) == "REPLIES_UNANSWERED"
    hear(answered, clock, "Fine")
    assert not reply(answered, form=None).replayed


def test_a_canceled_one_does_not_count_and_is_not_sent(answered, clock):
    placed = []
    for number in range(MAX_UNANSWERED):
        clock.advance(seconds=1)
        placed.append(reply(answered, f"{number}", form=None))
    assert refusal(replying.cancel_reply, answered.id, person(answered), "no-such-action") == "ACTION_NOT_FOUND"
    replying.cancel_reply(answered.id, person(answered), placed[-1].action_id)
    spoken = get_conversation(answered.id, person(answered), 50, None).spoken.items
    assert [one.is_over for one in spoken if one.action_id == placed[-1].action_id] == [True]
    assert not reply(answered, form=None).replayed
    assert refusal(replying.cancel_reply, answered.id, person(answered), placed[-1].action_id) == "ACTION_NOT_RUNNING"


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "x" * 1001])
def test_nothing_is_sent_that_is_empty_or_too_long(ready, text):
    with pytest.raises(ValueError, match="text"):
        Typed(text=text)


def test_who_has_not_answered_gets_no_reply(answered, clock):
    message_action(answered, "ben")
    do_step(answered, clock)
    assert refusal(reply, answered, name="ben") == "CONVERSATION_NOT_FOUND"
    assert refusal(replying.reply, answered.id, FORM, Typed(text="Hi"), None) == "PERSON_NOT_FOUND"


def stopped(user, clock, ada):
    hear(user, clock, "stop")


def stopped_in_a_group(user, clock, ada):
    hear(user, clock, "stop", in_group=True)


def stopped_in_an_odd_item(user, clock, ada):
    hear(user, clock, "stop", dated=False)


def listed(user, clock, ada):
    leave_alone(user.id, person(user))


def listed_for_all(user, clock, ada):
    add_global(signed_in(ada), LeaveAlone(username="ann"))


STOPS = [stopped, stopped_in_a_group, stopped_in_an_odd_item, listed, listed_for_all]


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_refuses_it(answered, clock, ada, stop):
    stop(answered, clock, ada)
    assert refusal(reply, answered) == "REPLY_NOT_ALLOWED"
    assert rows(answered, ReplyText) == 0
    found = get_conversation(answered.id, person(answered), 50, None)
    assert not replying.may_reply(found)


@pytest.mark.parametrize("stop", STOPS)
def test_a_stop_that_comes_while_it_waits_keeps_it_back(answered, clock, ada, stop):
    placed = reply(answered)
    work = work_of(answered)
    stop(answered, clock, ada)
    claim(answered, work)
    assert count(answered, placed.action_id, "skipped") == 1
    assert (shown(answered).reason, shown(answered).is_over) == ("do_not_contact", True)


def test_one_that_waits_comes_after_what_was_written_since(answered, clock):
    placed = reply(answered)
    hear(answered, clock, "Are you there?")
    newest, *_ = get_conversation(answered.id, person(answered), 50, None).spoken.items
    assert newest.action_id == placed.action_id
    clock.advance(seconds=1)
    do_step(answered, clock)
    hear(answered, clock, "Thanks!")
    newest, before, *_ = get_conversation(answered.id, person(answered), 50, None).spoken.items
    assert (newest.text, before.action_id) == ("Thanks!", placed.action_id)


def test_a_stop_in_the_answer_to_it_ends_everything(answered, clock):
    reply(answered)
    do_step(answered, clock)
    hear(answered, clock, "stop")
    assert refusal(reply, answered, form=None) == "REPLY_NOT_ALLOWED"
    action_id = message_action(answered, "ann", again=True)
    assert target_of(answered, action_id, "ann").reason == "do_not_contact"


def test_it_ends_the_messages_that_actions_still_have_for_the_person(answered, clock):
    later = message_action(answered, "ann", "ben", again=True, start_at=now() + timedelta(days=2))
    paused = message_action(answered, "ann", "cleo", message="Again, {username}", again=True)
    control.pause(answered.id, paused)
    follow_action(answered, people=1)
    reply(answered)
    for action_id in (later, paused):
        assert target_of(answered, action_id, "ann").reason == "replied_by_hand"
        assert count(answered, action_id, "pending") == 1


def test_it_goes_before_all_actions_and_at_any_hour(answered, clock):
    message_action(answered, "ben")
    follow_action(answered, people=3)
    day = TimeSpan(start="09:00", end="18:00")
    change_settings(answered.id, Settings(week=Week(**dict.fromkeys(DAYS, day))))
    placed = reply(answered)
    assert verdict(answered) == PerformStep(placed.action_id, "reply")
    clock.moment = clock.moment.replace(hour=3) + timedelta(days=1)
    assert verdict(answered) == PerformStep(placed.action_id, "reply")
    do_step(answered, clock)
    assert verdict(answered).reason == "OUTSIDE_HOURS"


def test_it_counts_against_its_own_limit_and_not_against_that_of_messages(answered, clock):
    placed = reply(answered)
    with tenant(answered.id, reading=True) as session:
        limits = load(session, now()).state.limits
    assert (limits["reply"].effective, limits["reply"].used) == (15, 0)
    do_step(answered, clock)
    with tenant(answered.id, reading=True) as session:
        limits = load(session, now()).state.limits
    assert (limits["reply"].used, limits["message"].used) == (1, 1)
    assert count(answered, placed.action_id, "done") == 1


@pytest.mark.parametrize("kind", ["message", "reply", "*"])
def test_a_rest_of_the_same_call_holds_it_with_the_reason(answered, clock, kind):
    reply(answered)
    blocked = BotException("INSTAGRAM_ACTION_BLOCKED")
    with tenant(answered.id) as session:
        until, moment = now() + timedelta(hours=24), now()
        session.add(CoolDown(user_id=answered.id, kind=kind, until=until, error_code=blocked.code, created_at=moment))
        session.commit()
    work_of_nothing = verdict(answered)
    assert (work_of_nothing.reason, work_of_nothing.until) == ("COOL_DOWN", until)
    assert (shown(answered).waits.reason, shown(answered).waits.until) == ("COOL_DOWN", until)


def test_the_halt_of_all_bots_lets_it_wait_and_a_bot_that_is_off_refuses_it(answered, ada):
    stop_all(signed_in(ada), StopAll(reason="Checks"))
    reply(answered)
    assert (shown(answered).waits.state, shown(answered).waits.reason) == ("halted", "KILL_SWITCH")
    release_all(signed_in(ada))
    assert shown(answered).waits.state == "acting"
    lifecycle.stop(answered.id)
    assert refusal(reply, answered, form=None) == "BOT_STOPPED"


def test_a_call_that_surely_did_not_arrive_is_tried_again_with_its_token(answered, clock):
    placed = reply(answered)
    first = refuse_step(answered, clock, "INSTAGRAM_UNREACHABLE")
    again = claimed(answered, work_of(answered))
    assert (again.token, again.text) == (first.token, CANARY)
    assert count(answered, placed.action_id, "working") == 1


def test_one_that_may_have_arrived_is_looked_up_and_then_left_to_the_user(answered, clock):
    placed = reply(answered)
    refuse_step(answered, clock, "INSTAGRAM_TIMEOUT", delivered="maybe")
    assert (shown(answered).status, shown(answered).is_over) == ("unknown", False)
    for _ in range(2):
        clock.advance(minutes=15)
        work = work_of(answered)
        assert [(target.text, bool(target.token)) for target in work.in_doubt] == [(CANARY, True)]
        find_nothing(answered, work)
    assert shown(answered).is_over
    assert [one.action_id for one in undecided_messages(answered.id)] == [placed.action_id]
    resolve(answered.id, placed.action_id, placed.target_id, Decision(outcome="send_again"))
    assert claimed(answered, work_of(answered)).text == CANARY


def test_a_worker_that_died_in_the_call_sends_it_no_second_time(answered, clock):
    reply(answered)
    claimed(answered, work_of(answered))
    clock.advance(minutes=5)
    assert [one.text for one in work_of(answered).in_doubt] == [CANARY]


def test_what_the_look_before_it_reads_is_stored_and_a_stop_in_it_holds(answered, clock):
    reply(answered)
    work = work_of(answered)
    clock.advance(seconds=5)
    store_answers(answered.id, [Reply("late", id_of("ann"), "STOP please", clock.moment, username="ann")])
    claim(answered, work)
    assert shown(answered).reason == "do_not_contact"


def test_replies_are_in_no_list_of_actions_unless_they_are_asked_for(answered):
    placed = reply(answered)
    assert placed.action_id not in {one.action.id for one in list_actions(answered.id, 50, None).items}
    (found,) = list_actions(answered.id, 50, None, ActionSearch(kind="reply")).items
    assert (found.action.id, found.action.kind) == (placed.action_id, "reply")


def test_the_digest_of_its_message_tells_nothing_of_its_text(answered, clock):
    placed = reply(answered)
    do_step(answered, clock)
    with tenant(answered.id, reading=True) as session:
        message = session.scalars(select(Message).where(Message.target_id == placed.target_id)).one()
        target = session.scalars(select(ActionTarget).where(ActionTarget.id == placed.target_id)).one()
    assert (message.text, message.digest) == ("", message.id)
    assert (target.recipient, target.purpose) == (id_of("ann"), placed.action_id)
