"""The preview of messages names the people that the action skips, as its steps do later."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions import control
from bot.actions.targets import Target, Work
from bot.config.runtime import now
from bot.contacts.do_not_contact import LeaveAlone, add_own
from bot.decision.verdicts import RunChore
from bot.messages import sending
from bot.messages.sending import SendMessages, recipients_of
from bot.recipients.reading import parse_csv
from bot.settings.preferences import Settings, change_settings
from bot.steps import work
from bot.steps.outcomes import Outcome
from bot.steps.reconciliation import Reconciliation
from bot.steps.step import Step
from bot.storage.models import ActionTarget, Contact, InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.actions.test_placing import statements_of
from tests.bot.driving import chores_done, count, do_step, id_of, message_action, refuse_step, target_of, work_off
from tests.bot.messages.test_deliveries import MAYBE, answer, skip_next

OWN = "insta.name"
HELLO = "Hello {username}"


def preview(user, *names, message=HELLO, **more):
    params = SendMessages(usernames=list(names), message=message, **more)
    return sending.dry_run_messages(user.id, params, recipients_of(params))


def own_id(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(InstagramCredentials.instagram_id)).one()


def next_work(user, clock):
    """The work that is due after what the bot waits for."""
    while not isinstance(due := work.next_work(user.id), Work):
        if isinstance(due, RunChore):
            chores_done(user)
        else:
            clock.moment = due.at
    return due


def send_and_compare(user, clock, shown, *names, **more):
    """Send what the preview showed, and check that exactly its skips happen, for the same reasons."""
    clock.advance(seconds=1)
    action_id, own = message_action(user, *names, **more), own_id(user)
    while count(user, action_id, "pending"):
        due = next_work(user, clock)
        if due.in_doubt:
            # A message of the canceled action, which its look-up does not find.
            Reconciliation(user.id, due).keep_unknown(due.in_doubt[0])
            continue
        target = due.pending[0]
        known = replace(target, instagram_id=own if target.person == OWN else id_of(target.person))
        claimed = Step(user.id, due).claim(known)
        if isinstance(claimed, Target):
            outcome = Outcome(item_id=f"item-{target.id}"[:60], thread_id="t", at=now())
            clock.moment = Step(user.id, due).finish(claimed, outcome)
    rows = {name: target_of(user, action_id, name) for name in names}
    assert {name: row.reason for name, row in rows.items() if row.status == "skipped"} == shown.reasons
    assert count(user, action_id, "done") == len(names) - len(shown.left_out)


@pytest.fixture
def ready(ready):
    """A bot that no warm-up holds back."""
    change_settings(ready.id, Settings(warm_up=False))
    return ready


@pytest.fixture
def met(ready, clock):
    """Alice's bot has written to some, who answered, asked to be left alone or did not; ben's may have arrived."""
    work_off(ready, clock, message_action(ready, "ann", "cid", "dan"))
    answer(ready, clock, "cid")
    answer(ready, clock, "dan", "Please stop")
    message_action(ready, "ben")
    refuse_step(ready, clock, *MAYBE)
    add_own(ready.id, LeaveAlone(username="eve"))
    clock.advance(seconds=1)
    return ready


EVERYBODY = ("ann", "ben", "cid", "dan", "eve", "fay", OWN)
LISTED = {"dan": "do_not_contact", "eve": "do_not_contact", OWN: "own_account"}


def test_the_preview_leaves_out_whom_the_action_leaves_out(met, clock):
    control.cancel(met.id, control.list_actions(met.id, 1, None).items[0].action.id)
    shown = preview(met, *EVERYBODY)
    assert shown.reasons == {"ann": "already_messaged", "ben": "in_another_order", **LISTED}
    assert shown.skipped_by_reason == {
        "do_not_contact": ["dan", "eve"],
        "already_messaged": ["ann"],
        "in_another_order": ["ben"],
        "own_account": [OWN],
    }
    send_and_compare(met, clock, shown, *EVERYBODY)
    after = preview(met, *EVERYBODY)
    assert after.left_out == sorted(EVERYBODY)


def test_an_action_that_writes_again_leaves_out_only_who_must_not_be_written_to(met, clock):
    control.cancel(met.id, control.list_actions(met.id, 1, None).items[0].action.id)
    shown = preview(met, *EVERYBODY, again=True)
    assert shown.reasons == LISTED | {"ben": "in_another_order"}
    send_and_compare(met, clock, shown, *EVERYBODY, again=True)


def test_what_is_looked_up_before_an_action_starts_keeps_nobody_from_it(met, clock):
    control.cancel(met.id, control.list_actions(met.id, 1, None).items[0].action.id)
    later = clock.moment + timedelta(days=1)
    assert preview(met, "ben", start_at=later).reasons == {"ben": "already_messaged"}
    assert preview(met, "ben", start_at=later, again=True).reasons == {}


def test_who_waits_in_an_earlier_action_is_left_to_it(ready, clock):
    message_action(ready, "ann", "xia", "yve", "ben")
    paused = message_action(ready, "cid")
    control.pause(ready.id, paused)
    message_action(ready, "dan", start_at=clock.moment + timedelta(days=1))
    clock.advance(seconds=1)
    names = ("ben", "cid", "dan")
    shown = preview(ready, *names)
    assert shown.reasons == {"ben": "in_another_order"}
    assert preview(ready, *names, again=True).reasons == {}
    later = preview(ready, *names, start_at=clock.moment + timedelta(days=2))
    assert later.reasons == {"ben": "in_another_order", "dan": "in_another_order"}
    send_and_compare(ready, clock, shown, *names)


def test_the_earlier_action_writes_to_who_was_left_to_it(ready, clock):
    first = message_action(ready, "ann", "ben")
    clock.advance(seconds=1)
    second = message_action(ready, "ben")
    clock.advance(seconds=1)
    assert do_step(ready, clock).person == "ann"
    assert skip_next(ready) == "in_another_order"
    control.cancel(ready.id, second)
    work_off(ready, clock, first)
    assert target_of(ready, first, "ben").status == "done"


def test_texts_that_too_many_got_lately_are_seen_before_they_are_sent(ready, clock):
    work_off(ready, clock, message_action(ready, "ann", "ben", "cid", message="Hello"))
    names = ("dan", "eve", "fay", "gus")
    shown = preview(ready, *names, message="hello")
    assert shown.reasons == {"fay": "identical_text", "gus": "identical_text"}
    send_and_compare(ready, clock, shown, *names, message="hello")


def test_a_name_that_is_looked_up_later_says_nothing_of_the_text(alice):
    rows = "".join(f"ann{number},Ann Lee\n" for number in range(7)) + "".join(f"ben{number},\n" for number in range(7))
    people = parse_csv(f"username,full_name\n{rows}".encode())
    params = SendMessages(usernames=["x"], message="Hi {first_name|you}")
    assert sending.dry_run_messages(alice.id, params, people).reasons == {
        "ann5": "identical_text",
        "ann6": "identical_text",
    }


def test_what_another_user_has_done_leaves_nobody_out(met, bob):
    assert preview(bob, "ann", "ben", "dan", "eve").reasons == {}


def test_thousands_of_people_are_judged_by_as_many_queries_as_two(ready):
    action_id = message_action(ready, "ann")
    names = [f"a.person.named.{number:04}" for number in range(2_000)]
    write_to_all(ready, action_id, names[:1000])
    shown = []
    for_two = statements_of(lambda: preview(ready, names[0], names[-1]))
    for_all = statements_of(lambda: shown.append(preview(ready, *names)))
    assert len(for_all) == len(for_two)
    assert len(shown[0].left_out) == 1000


def write_to_all(user, action_id, names):
    """As if the action had written to all of them."""
    with tenant(user.id) as session:
        for number, name in enumerate(names, 2):
            person = {"user_id": user.id, "instagram_id": id_of(name)}
            taken = {"recipient": id_of(name), "purpose": "first", "status": "done", "claimed_at": now()}
            place = {"action_id": action_id, "step_kind": "message", "position": number, "created_at": now()}
            session.add(ActionTarget(**person, **place, **taken, target=name, person=name))
            session.add(Contact(**person, username=name, written_at=now()))
        session.commit()
