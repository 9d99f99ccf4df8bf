"""Actions to send messages: what became of each, in lists and tables, and what the user decides about the unknown."""

import csv
import io

import pytest

from bot.actions import control
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.core.errors import BotException
from bot.inputs.validation import checked_json
from bot.messages import sending
from bot.messages.sending import SendMessages, list_results, recipients_of, results_csv
from bot.recipients.reading import parse_csv
from bot.steps.decisions import Decision, resolve
from bot.steps.reconciliation import Reconciliation
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import tenant
from tests.bot.driving import (
    claimed,
    count,
    do_step,
    message_action,
    refuse_step,
    target_of,
    work_of,
)
from tests.bot.messages.test_deliveries import MAYBE, SURELY_NOT, answer
from tests.bot.messages.test_deliveries_unknown import OUTCOMES, adds_up, decide_outcome, unknown
from tests.support.people import give_valid_session, set_running


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


def test_an_action_to_nobody_is_refused(ready):
    params = SendMessages(usernames=["not a name!"], message="Hi {username}")
    with pytest.raises(BotException, match="RECIPIENTS_EMPTY"):
        sending.send_messages(ready.id, params, recipients_of(SendMessages(usernames=["!!!"], message="Hi")))
    with pytest.raises(BotException, match="RECIPIENTS_EMPTY"):
        recipients_of(SendMessages(usernames=[" "], message="Hi"))
    assert control.list_actions(ready.id, 10, None).items == []


def test_everybody_named_is_a_target_once(ready):
    action_id = message_action(ready, "@Ann", "ann", "https://www.instagram.com/Ben/", "ben")
    progress = control.get_action(ready.id, action_id)
    assert (progress.action.total, progress.pending) == (2, 2)
    assert progress.action.listed


def test_one_key_is_one_list_of_people_and_one_text(ready):
    first = message_action(ready, "ann", "ben", key="key")
    assert message_action(ready, "ben", "ann", key="key") == first
    for change in ({"message": "Bye {username}"}, {"again": True}):
        with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
            message_action(ready, "ann", "ben", key="key", **change)
    with pytest.raises(BotException, match="IDEMPOTENCY_KEY_REUSED"):
        message_action(ready, "ann", "cid", key="key")


def test_a_dry_run_shows_the_texts_and_who_is_left_out_and_places_nothing(alice):
    add_own(alice.id, LeaveAlone(username="ben"))
    people = parse_csv(b"username,full_name\nann,Ann Lee\nben,\nbad name,\nann,\n")
    shown = sending.dry_run_messages(alice.id, SendMessages(usernames=["x"], message="Hi {full_name}"), people)
    assert [(one.username, one.text) for one in shown.previews] == [("ann", "Hi Ann Lee"), ("ben", "Hi ben")]
    assert (shown.left_out, shown.names_are_looked_up) == (["ben"], True)
    assert (shown.recipients.rejected_count, shown.recipients.folded) == (1, 1)
    assert control.list_actions(alice.id, 10, None).items == []


def test_the_counts_add_up_at_every_moment(ready, clock):
    add_own(ready.id, LeaveAlone(username="eve"))
    action_id = message_action(ready, "ann", "ben", "cid", "dan", "eve")
    assert adds_up(ready, action_id)
    do_step(ready, clock)
    assert adds_up(ready, action_id)
    claimed(ready, work_of(ready))
    assert adds_up(ready, action_id)
    clock.advance(seconds=1)
    work = work_of(ready)
    Reconciliation(ready.id, work).keep_unknown(work.in_doubt[0])
    assert (count(ready, action_id, "unknown"), adds_up(ready, action_id)) == (1, True)
    clock.advance(seconds=1)
    refuse_step(ready, clock, "INSTAGRAM_PERSON_NOT_FOUND")
    assert (count(ready, action_id, "failed"), adds_up(ready, action_id)) == (1, True)
    clock.advance(minutes=2)
    for outcome in OUTCOMES:
        with_unknown(ready, action_id, "ben")
        decide_outcome(ready, action_id, "ben", outcome)
        assert adds_up(ready, action_id)
    control.cancel(ready.id, action_id)
    assert adds_up(ready, action_id)


def with_unknown(user, action_id, name):
    with tenant(user.id) as session:
        session.merge(target_of(user, action_id, name)).status = TargetStatus.UNKNOWN
        session.commit()


def test_a_stranger_sees_and_settles_nothing(ready, bob, clock):
    action_id = unknown(ready, clock)
    target = target_of(ready, action_id, "ann").id
    give_valid_session(bob.id)
    set_running(bob.id)
    assert list_results(bob.id, None, 10, None).items == []
    for call in (
        lambda: list_results(bob.id, action_id, 10, None),
        lambda: results_csv(bob.id, action_id),
        lambda: resolve(bob.id, action_id, target, Decision(outcome="send_again")),
        lambda: sending.unknown_message(bob.id, action_id, target),
    ):
        with pytest.raises(BotException, match="ACTION_NOT_FOUND"):
            call()
    mine = message_action(bob, "ann")
    with pytest.raises(BotException, match="TARGET_NOT_FOUND"):
        resolve(bob.id, mine, target, Decision(outcome="sent"))
    assert target_of(ready, action_id, "ann").status == "unknown"


def everything(user, action_id, limit, status=None):
    found, cursor = [], None
    while True:
        page = list_results(user.id, action_id, limit, cursor, status)
        found += page.items
        if not (cursor := page.next):
            return found


def test_results_are_paged_without_gaps_and_doubles(ready, clock):
    names = [f"person{number}" for number in range(7)]
    first, second = message_action(ready, *names), message_action(ready, "zoe")
    do_step(ready, clock)
    for limit in (1, 3, 7, 100):
        assert [one.target.person for one in everything(ready, first, limit)] == names
    assert len(everything(ready, None, 3)) == 8
    assert [one.target.person for one in everything(ready, second, 3)] == ["zoe"]
    with pytest.raises(BotException, match="BAD_CURSOR"):
        list_results(ready.id, first, 3, "nonsense")


def test_results_are_narrowed_by_what_they_are_called(ready, clock):
    add_own(ready.id, LeaveAlone(username="eve"))
    action_id = message_action(ready, "ann", "ben", "cid", "eve")
    do_step(ready, clock)
    refuse_step(ready, clock, *MAYBE)
    for status, names in {
        "sent": ["ann"],
        "unknown": ["ben"],
        "pending": ["cid"],
        "skipped": ["eve"],
        "failed": [],
    }.items():
        assert [one.target.person for one in everything(ready, action_id, 10, status)] == names
        assert {one.status for one in everything(ready, action_id, 10, status)} <= {status}


def test_a_result_tells_text_time_and_whether_there_was_an_answer_to_it(ready, clock):
    began = clock.moment
    first = message_action(ready, "ann", "ben")
    do_step(ready, clock)
    answer(ready, clock, "ann")
    clock.advance(minutes=1)
    again = message_action(ready, "ann", again=True)
    control.pause(ready.id, first)
    do_step(ready, clock)
    sent, waiting = list_results(ready.id, first, 10, None).items
    assert (sent.text, sent.status, sent.sent_at, sent.answered) == ("Hello ann", "sent", began, True)
    assert (waiting.text, waiting.status, waiting.sent_at, waiting.answered) == (None, "pending", None, False)
    assert not list_results(ready.id, again, 10, None).items[0].answered


def rows(user, action_id=None):
    text = "".join(results_csv(user.id, action_id))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_table_holds_every_message_and_no_formula(ready, clock):
    names = [f"person{number}" for number in range(120)]
    action_id = message_action(ready, *names, message='=HYPERLINK("http://x","{username}")\n"quoted", line')
    do_step(ready, clock)
    found = rows(ready, action_id)
    assert [row["username"] for row in found] == names
    assert found[0]["message"] == '\'=HYPERLINK("http://x","person0")\n"quoted", line'
    assert (found[0]["status"], found[0]["sent_at"]) == ("sent", "2026-03-10T12:00:00+00:00")
    assert {row["status"] for row in found[1:]} == {"pending"}


@pytest.mark.parametrize(
    "message", ["+1 {username}", "-1 {username}", "@{username}", "\t=1 {username}", "＝1 {username}"]
)
def test_no_cell_begins_like_a_formula(ready, clock, message):
    action_id = message_action(ready, "ann", message=message)
    do_step(ready, clock)
    assert rows(ready, action_id)[0]["message"].startswith("'") or not message.strip().startswith(tuple("=+-@＝"))


def test_a_try_that_did_not_arrive_shows_as_pending_with_its_text(ready, clock):
    action_id = message_action(ready, "ann")
    refuse_step(ready, clock, *SURELY_NOT)
    shown = list_results(ready.id, action_id, 10, None).items[0]
    assert (shown.status, shown.text, shown.sent_at) == ("pending", "Hello ann", None)
