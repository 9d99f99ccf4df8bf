"""Orders to send messages: what became of each, in lists and tables, and what the user decides about the unknown."""

import csv
import io

import pytest

from bot import actions, messages, steps
from bot.accounts import unlink
from bot.do_not_contact import LeaveAlone, leave_alone
from bot.errors import BotException
from bot.inputs import checked_json
from bot.messages import Decision, SendMessages, list_results, recipients_of, resolve, results_csv
from bot.models import Action
from bot.recipients import parse_csv
from bot.scope import tenant
from bot.steps import Outcome
from tests.bot.driving import (
    chores_done,
    claimed,
    count,
    do_step,
    message_order,
    refuse_step,
    target_of,
    work_of,
)
from tests.bot.test_intents import MAYBE, SURELY_NOT, answer, leave_out
from tests.support.people import give_valid_session, set_running

OUTCOMES = {"sent": "done", "not_sent": "failed", "send_again": "pending"}


def unknown(user, clock, *names):
    """An order whose first message may or may not have arrived."""
    order = message_order(user, *(names or ("ann",)))
    refuse_step(user, clock, *MAYBE)
    return order


def settle(user, order, name, outcome):
    return resolve(user.id, order, target_of(user, order, name).id, Decision(outcome=outcome))


def adds_up(user, order):
    one = actions.get_action(user.id, order)
    return one.done + one.pending + one.failed + one.skipped + one.unknown == one.action.total


def exhaust(user, clock):
    """Looks up what is not known until only the user can decide, and ends the order."""
    for _ in range(9):
        work = steps.next_work(user.id)
        if isinstance(work, steps.Nothing):
            if work.at is None or work.at <= clock.moment:
                return
            clock.moment = work.at
        elif not isinstance(work, steps.Work):
            chores_done(user)
        elif work.unsettled:
            steps.not_found(user.id, work, work.unsettled[0])
        else:
            steps.exhausted(user.id, work)
            return


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"usernames": ["ann"]}', ("message", "MISSING")),
        ('{"message": "Hi {username}"}', ("usernames", "MISSING")),
        ('{"message": "", "usernames": ["ann"]}', ("message", "TOO_SHORT")),
        ('{"message": "' + "x" * 2001 + '", "usernames": ["ann"]}', ("message", "TOO_LONG")),
        ('{"message": "' + "x" * 1500 + '", "usernames": ["ann"]}', ("message", "INVALID")),
        ('{"message": "Hi {nobody}", "usernames": ["ann"]}', ("message", "INVALID")),
        ('{"message": "Hi {", "usernames": ["ann"]}', ("message", "INVALID")),
        ('{"message": "Hi", "usernames": []}', ("usernames", "TOO_SHORT")),
        ('{"message": "Hi", "usernames": [1]}', ("usernames.0", "WRONG_TYPE")),
        ('{"message": "Hi", "usernames": ["ann"], "repeat": {"every_days": 1}}', ("repeat", "UNKNOWN_FIELD")),
        ('{"message": "Hi", "usernames": ["ann"], "again": 1}', ("again", "WRONG_TYPE")),
    ],
)
def test_bad_input_is_refused_with_its_field(text, problem):
    with pytest.raises(BotException) as raised:
        checked_json(SendMessages, text)
    assert problem in [(one["field"], one["code"]) for one in raised.value.meta["errors"]]


def test_an_order_to_nobody_is_refused(ready):
    params = SendMessages(usernames=["not a name!"], message="Hi {username}")
    with pytest.raises(BotException, match="RECIPIENTS_EMPTY"):
        messages.send_messages(ready.id, params, recipients_of(SendMessages(usernames=["!!!"], message="Hi")))
    with pytest.raises(BotException, match="RECIPIENTS_EMPTY"):
        recipients_of(SendMessages(usernames=[" "], message="Hi"))
    assert actions.list_actions(ready.id, 10, None).items == []


def test_everybody_named_is_a_target_once(ready):
    order = message_order(ready, "@Ann", "ann", "https://www.instagram.com/Ben/", "ben")
    progress = actions.get_action(ready.id, order)
    assert (progress.action.total, progress.pending) == (2, 2)
    assert progress.action.listed


def test_one_key_is_one_list_of_people_and_one_text(ready):
    first = message_order(ready, "ann", "ben", key="key")
    assert message_order(ready, "ben", "ann", key="key") == first
    for change in ({"message": "Bye {username}"}, {"again": True}):
        with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
            message_order(ready, "ann", "ben", key="key", **change)
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        message_order(ready, "ann", "cid", key="key")


def test_a_dry_run_shows_the_texts_and_who_is_left_out_and_orders_nothing(alice):
    leave_alone(alice.id, LeaveAlone(username="ben"))
    people = parse_csv(b"username,full_name\nann,Ann Lee\nben,\nbad name,\nann,\n")
    shown = messages.dry_run(alice.id, SendMessages(usernames=["x"], message="Hi {full_name}"), people)
    assert [(one.username, one.text) for one in shown.previews] == [("ann", "Hi Ann Lee"), ("ben", "Hi ben")]
    assert (shown.left_out, shown.names_are_looked_up) == (["ben"], True)
    assert (shown.recipients.rejected_count, shown.recipients.folded) == (1, 1)
    assert actions.list_actions(alice.id, 10, None).items == []


def test_the_counts_add_up_at_every_moment(ready, clock):
    leave_alone(ready.id, LeaveAlone(username="eve"))
    order = message_order(ready, "ann", "ben", "cid", "dan", "eve")
    assert adds_up(ready, order)
    do_step(ready, clock)
    assert adds_up(ready, order)
    claimed(ready, work_of(ready))
    assert adds_up(ready, order)
    clock.advance(seconds=1)
    work = work_of(ready)
    steps.not_found(ready.id, work, work.unsettled[0])
    assert (count(ready, order, "unknown"), adds_up(ready, order)) == (1, True)
    refuse_step(ready, clock, "INSTAGRAM_PERSON_NOT_FOUND")
    assert (count(ready, order, "failed"), adds_up(ready, order)) == (1, True)
    clock.advance(minutes=2)
    for outcome in OUTCOMES:
        with_unknown(ready, order, "ben")
        settle(ready, order, "ben", outcome)
        assert adds_up(ready, order)
    actions.cancel(ready.id, order)
    assert adds_up(ready, order)


def with_unknown(user, order, name):
    with tenant(user.id) as session:
        session.merge(target_of(user, order, name)).status = "unknown"
        session.commit()


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("state", ["open", "paused", "ended"])
def test_the_user_settles_what_is_unknown_in_an_order_of_any_state(ready, clock, outcome, state):
    order = unknown(ready, clock)
    if state == "paused":
        actions.pause(ready.id, order)
    if state == "ended":
        exhaust(ready, clock)
        assert actions.get_action(ready.id, order).action.status == "failed"
    result = settle(ready, order, "ann", outcome)
    row = target_of(ready, order, "ann")
    assert (row.status, row.look_up_at) == (OUTCOMES[outcome], None)
    assert result.status == {"sent": "sent", "not_sent": "failed", "send_again": "pending"}[outcome]
    assert (result.sent_at is None) == (outcome != "sent")
    assert adds_up(ready, order)
    after = actions.get_action(ready.id, order).action
    if state == "ended" and outcome != "send_again":
        assert (after.status, after.finished_at is None) == ("failed", False)
    else:
        assert (after.status, after.finished_at) == ("paused" if state == "paused" else "running", None)


@pytest.mark.parametrize("outcome", ["sent", "not_sent"])
def test_in_a_cancelled_order_it_can_be_settled_but_not_sent_again(ready, clock, outcome):
    order = message_order(ready, "ann", "ben")
    claimed(ready, work_of(ready))
    actions.cancel(ready.id, order)
    with pytest.raises(BotException, match="ACTION_NOT_RUNNING"):
        settle(ready, order, "ann", "send_again")
    assert target_of(ready, order, "ann").status == "unknown"
    settle(ready, order, "ann", outcome)
    progress = actions.get_action(ready.id, order)
    assert (progress.action.status, progress.unknown, progress.pending) == ("cancelled", 0, 1)


@pytest.mark.parametrize("first", OUTCOMES)
@pytest.mark.parametrize("second", OUTCOMES)
def test_what_was_settled_is_not_settled_again(ready, clock, first, second):
    order = unknown(ready, clock)
    settle(ready, order, "ann", first)
    before = target_of(ready, order, "ann")
    with pytest.raises(BotException, match="TARGET_NOT_UNKNOWN"):
        settle(ready, order, "ann", second)
    after = target_of(ready, order, "ann")
    assert (after.status, after.reason, after.finished_at) == (before.status, before.reason, before.finished_at)


def test_a_look_up_that_ends_after_the_user_decided_changes_nothing(ready, clock):
    order = unknown(ready, clock)
    clock.advance(minutes=1)
    work = work_of(ready)
    settle(ready, order, "ann", "send_again")
    found = Outcome(item_id="i", thread_id="t", at=clock.moment)
    steps.finish(ready.id, work, work.unsettled[0], "done", found)
    steps.not_found(ready.id, work, work.unsettled[0])
    assert target_of(ready, order, "ann").status == "pending"


def test_an_order_does_not_end_while_the_user_has_opened_a_message_again(ready, clock):
    order = unknown(ready, clock)
    clock.advance(minutes=1)
    work = work_of(ready)
    settle(ready, order, "ann", "send_again")
    steps.exhausted(ready.id, work)
    assert actions.get_action(ready.id, order).action.status != "failed"
    clock.advance(minutes=9)
    do_step(ready, clock)
    assert actions.get_action(ready.id, order).action.status == "succeeded"


def test_an_order_that_failed_too_often_begins_anew_with_a_message_sent_again(ready, clock):
    order = unknown(ready, clock, "ann", "ben")
    with tenant(ready.id) as session:
        action = session.get_one(Action, order)
        action.status, action.failures, action.error_code = "failed", 8, BotException("TOO_MANY_FAILURES").code
        session.commit()
    settle(ready, order, "ann", "send_again")
    after = actions.get_action(ready.id, order).action
    assert (after.status, after.failures, after.error_code) == ("running", 0, None)


def test_nothing_but_an_unknown_message_can_be_settled(ready, clock):
    order = message_order(ready, "ann", "ben")
    do_step(ready, clock)
    for name in ("ann", "ben"):
        with pytest.raises(BotException, match="TARGET_NOT_UNKNOWN"):
            settle(ready, order, name, "sent")
    with pytest.raises(BotException, match="TARGET_NOT_FOUND"):
        resolve(ready.id, order, "nobody", Decision(outcome="sent"))
    other = message_order(ready, "cid")
    with pytest.raises(BotException, match="TARGET_NOT_FOUND"):
        resolve(ready.id, other, target_of(ready, order, "ann").id, Decision(outcome="sent"))


def test_a_message_said_to_be_sent_keeps_the_person_from_the_next_order(ready, clock):
    settle(ready, unknown(ready, clock), "ann", "sent")
    clock.advance(minutes=5)
    message_order(ready, "ann")
    exhaust(ready, clock)
    assert leave_out(ready) == "already_messaged"


def test_a_message_said_not_to_be_sent_sets_the_person_free(ready, clock):
    settle(ready, unknown(ready, clock), "ann", "not_sent")
    clock.advance(minutes=5)
    exhaust(ready, clock)
    second = message_order(ready, "ann")
    do_step(ready, clock)
    assert count(ready, second, "done") == 1


def test_a_stranger_sees_and_settles_nothing(ready, bob, clock):
    order = unknown(ready, clock)
    target = target_of(ready, order, "ann").id
    give_valid_session(bob.id)
    set_running(bob.id)
    assert list_results(bob.id, None, 10, None).items == []
    for call in (
        lambda: list_results(bob.id, order, 10, None),
        lambda: results_csv(bob.id, order),
        lambda: resolve(bob.id, order, target, Decision(outcome="send_again")),
        lambda: messages.unknown_message(bob.id, order, target),
    ):
        with pytest.raises(BotException, match="ACTION_NOT_FOUND"):
            call()
    mine = message_order(bob, "ann")
    with pytest.raises(BotException, match="TARGET_NOT_FOUND"):
        resolve(bob.id, mine, target, Decision(outcome="sent"))
    assert target_of(ready, order, "ann").status == "unknown"


def everything(user, order, limit, status=None):
    found, cursor = [], None
    while True:
        page = list_results(user.id, order, limit, cursor, status)
        found += page.items
        if not (cursor := page.next):
            return found


def test_results_are_paged_without_gaps_and_doubles(ready, clock):
    names = [f"person{number}" for number in range(7)]
    first, second = message_order(ready, *names), message_order(ready, "zoe")
    do_step(ready, clock)
    for limit in (1, 3, 7, 100):
        assert [one.target.person for one in everything(ready, first, limit)] == names
    assert len(everything(ready, None, 3)) == 8
    assert [one.target.person for one in everything(ready, second, 3)] == ["zoe"]
    with pytest.raises(BotException, match="BAD_CURSOR"):
        list_results(ready.id, first, 3, "nonsense")


def test_results_are_narrowed_by_what_they_are_called(ready, clock):
    leave_alone(ready.id, LeaveAlone(username="eve"))
    order = message_order(ready, "ann", "ben", "cid", "eve")
    do_step(ready, clock)
    refuse_step(ready, clock, *MAYBE)
    for status, names in {
        "sent": ["ann"],
        "unknown": ["ben"],
        "pending": ["cid"],
        "skipped": ["eve"],
        "failed": [],
    }.items():
        assert [one.target.person for one in everything(ready, order, 10, status)] == names
        assert {one.status for one in everything(ready, order, 10, status)} <= {status}


def test_a_result_tells_text_time_and_whether_there_was_an_answer_to_it(ready, clock):
    began = clock.moment
    first = message_order(ready, "ann", "ben")
    do_step(ready, clock)
    answer(ready, clock, "ann")
    clock.advance(minutes=1)
    again = message_order(ready, "ann", again=True)
    actions.pause(ready.id, first)
    do_step(ready, clock)
    sent, waiting = list_results(ready.id, first, 10, None).items
    assert (sent.text, sent.status, sent.sent_at, sent.answered) == ("Hello ann", "sent", began, True)
    assert (waiting.text, waiting.status, waiting.sent_at, waiting.answered) == (None, "pending", None, False)
    assert not list_results(ready.id, again, 10, None).items[0].answered


def rows(user, order=None):
    text = "".join(results_csv(user.id, order))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_table_holds_every_message_and_no_formula(ready, clock):
    names = [f"person{number}" for number in range(120)]
    order = message_order(ready, *names, message='=HYPERLINK("http://x","{username}")\n"quoted", line')
    do_step(ready, clock)
    found = rows(ready, order)
    assert [row["username"] for row in found] == names
    assert found[0]["message"] == '\'=HYPERLINK("http://x","person0")\n"quoted", line'
    assert (found[0]["status"], found[0]["sent_at"]) == ("sent", "2026-03-10T12:00:00+00:00")
    assert {row["status"] for row in found[1:]} == {"pending"}


@pytest.mark.parametrize(
    "message", ["+1 {username}", "-1 {username}", "@{username}", "\t=1 {username}", "＝1 {username}"]
)
def test_no_cell_begins_like_a_formula(ready, clock, message):
    order = message_order(ready, "ann", message=message)
    do_step(ready, clock)
    assert rows(ready, order)[0]["message"].startswith("'") or not message.strip().startswith(tuple("=+-@＝"))


def test_a_try_that_did_not_arrive_shows_as_pending_with_its_text(ready, clock):
    order = message_order(ready, "ann")
    refuse_step(ready, clock, *SURELY_NOT)
    shown = list_results(ready.id, order, 10, None).items[0]
    assert (shown.status, shown.text, shown.sent_at) == ("pending", "Hello ann", None)


def test_an_account_that_is_unlinked_leaves_no_message_half_sent(ready, clock):
    order = message_order(ready, "ann", "ben")
    claimed(ready, work_of(ready))
    unlink(ready.id)
    progress = actions.get_action(ready.id, order)
    assert (progress.action.status, progress.unknown, progress.pending) == ("cancelled", 1, 1)
    settle(ready, order, "ann", "sent")
    assert adds_up(ready, order)
