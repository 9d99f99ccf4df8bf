"""The inbox after a restore: what it shows as sent is sent, whatever the person has answered since."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.contacts.replies import Unread
from bot.messages.deliveries import find_message
from bot.messages.exclusions import skip_reasons
from bot.steps import catching_up
from bot.steps.catching_up import SentThread
from bot.steps.doubts import SentMessage
from bot.storage.models import Contact
from bot.storage.models.values import TargetStatus
from bot.storage.tenancy import tenant
from tests.bot.driving import claimed, id_of, message_action, target_of, work_of

pytestmark = pytest.mark.usefixtures("ready")

NAME = "ann"


def shown(clock, text, *, seconds, token="", name=NAME):
    """A message of the account, as the conversation with somebody shows it."""
    at = clock.moment + timedelta(seconds=seconds)
    return SentMessage(f"item {seconds}", f"thread {name}", text, token, at)


def answered(clock, text, *, seconds, name=NAME):
    return Reply(f"answer {seconds}", id_of(name), text, clock.moment + timedelta(seconds=seconds))


def catch_up(user, sent, heard, *, left=(), name=NAME):
    """The database was put back, and the inbox shows one conversation."""
    catching_up.begin_catching_up(user.id)
    catching_up.reading(user.id)
    times = [one.at for one in sent]
    writing = SentThread(id_of(name), name, min(times), max(times), sent)
    catching_up.store_inbox(user.id, [writing], heard, left, None, 1)


def end_of(user, action, name=NAME):
    row = target_of(user, action, name)
    return row.status, row.reason


@pytest.mark.parametrize("answer", ["Thanks!", "STOP"])
def test_a_message_that_was_answered_counts_as_sent(ready, clock, answer):
    action = message_action(ready, NAME, "ben")
    catch_up(ready, [shown(clock, "Hello ann", seconds=10)], [answered(clock, answer, seconds=20)])
    assert end_of(ready, action) == ("done", "found_sent")
    assert end_of(ready, action, "ben") == ("pending", None)
    row = target_of(ready, action, NAME)
    assert (row.claimed_at, row.recipient) == (clock.moment + timedelta(seconds=10), id_of(NAME))
    with tenant(ready.id, reading=True) as session:
        message, contact = find_message(session, row), session.scalars(select(Contact)).one()
        assert (message.item_id, message.thread_id, message.text) == ("item 10", "thread ann", "Hello ann")
        assert (contact.answered_at, contact.stopped) == (clock.moment + timedelta(seconds=20), answer == "STOP")


def test_a_message_that_nobody_answered_counts_as_sent_too(ready, clock):
    action = message_action(ready, NAME)
    catch_up(ready, [shown(clock, "Hello ann", seconds=10)], [])
    assert end_of(ready, action) == ("done", "found_sent")


def test_a_message_is_known_by_its_token_whatever_its_text_looks_like(ready, clock):
    action = message_action(ready, NAME)
    work = work_of(ready)
    token = claimed(ready, work).token
    with tenant(ready.id) as session:
        row = target_of(ready, action, NAME)
        row.status, row.claimed_at = TargetStatus.PENDING, None
        session.merge(row)
        session.commit()
    catch_up(ready, [shown(clock, "Hello", seconds=10, token=token)], [answered(clock, "Hi", seconds=20)])
    assert end_of(ready, action) == ("done", "found_sent")


def test_what_another_text_was_answered_with_ends_what_was_still_to_be_sent(ready, clock):
    action = message_action(ready, NAME)
    catch_up(ready, [shown(clock, "Something else", seconds=10)], [answered(clock, "Hi", seconds=20)])
    assert end_of(ready, action) == ("skipped", "answered")


def test_one_message_is_the_end_of_one_target_and_an_answer_opens_the_next(ready, clock):
    """The first was answered, and the second, of an action that was there already, was sent after the answer."""
    first = message_action(ready, NAME)
    clock.advance(seconds=60)
    sent = [shown(clock, "Hello ann", seconds=-30), shown(clock, "Good day ann", seconds=10)]
    second = message_action(ready, NAME, message="Good day {username}")
    catch_up(ready, sent, [answered(clock, "Hi", seconds=-20)])
    assert (end_of(ready, first), end_of(ready, second)) == (("done", "found_sent"),) * 2
    purposes = {target_of(ready, action, NAME).purpose for action in (first, second)}
    assert purposes == {"first", "answer:answer -20"}


def test_two_actions_of_the_same_text_share_no_message(ready, clock):
    first = message_action(ready, NAME)
    clock.advance(seconds=1)
    second = message_action(ready, NAME)
    catch_up(ready, [shown(clock, "Hello ann", seconds=10)], [])
    assert end_of(ready, first) == ("done", "found_sent")
    assert end_of(ready, second) == ("pending", None)
    with tenant(ready.id, reading=True) as session:
        assert skip_reasons(session, [NAME], {}, again=False, starts=clock.moment) == {NAME: "already_messaged"}


def test_a_conversation_that_is_not_read_to_its_end_ends_nothing_yet(ready, clock):
    action = message_action(ready, NAME)
    place = Unread(id_of(NAME), "thread ann", "older", clock.moment)
    heard = [answered(clock, "Hi", seconds=20)]
    catch_up(ready, [shown(clock, "Something else", seconds=30)], heard, left=[place])
    assert end_of(ready, action) == ("pending", None)
    clock.advance(minutes=5)
    replies.store_replies(ready.id, [answered(clock, "Earlier", seconds=-290)])
    assert end_of(ready, action) == ("pending", None)
