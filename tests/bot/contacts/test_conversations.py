"""A conversation: both sides merged by time, unread, marks by hand, and what is done."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.contacts import conversations, inbox
from bot.contacts.answers import Reply
from bot.contacts.conversations import Marked, count_unread, get_conversation, mark_done, mark_read
from bot.contacts.do_not_contact import remove_own
from bot.contacts.replies import store_replies
from bot.core.errors import BotException
from bot.storage.models import Answer
from bot.storage.tenancy import tenant
from tests.bot.contacts.test_people import known
from tests.bot.driving import do_step, id_of, message_action


@pytest.fixture
def written(ready, clock):
    """Alice's bot has written to ann and ben."""
    message_action(ready, "ann", "ben")
    for _ in range(2):
        do_step(ready, clock)
    clock.advance(minutes=1)
    return ready


def hear(user, clock, *texts, name="ann", **of_reply):
    for text in texts:
        clock.advance(seconds=1)
        store_replies(user.id, [Reply(f"{name}-{clock.moment}", id_of(name), text, clock.moment, **of_reply)])


def person(user, name="ann"):
    return known(user, id_of(name)).id


def opened(user, name="ann", limit=50, cursor=None):
    return get_conversation(user.id, person(user, name), limit, cursor)


def refused(work):
    with pytest.raises(BotException) as raised:
        work()
    return raised.value.name


def in_list(user, **which):
    return [one.person.username for one in inbox.list_answers(user.id, 50, None, **which).items]


def test_both_sides_are_shown_by_time(written, clock):
    hear(written, clock, "Who are you?", "Hello?")
    message_action(written, "ann", again=True)
    clock.advance(minutes=5)
    do_step(written, clock)
    found = opened(written).spoken.items
    assert [(one.mine, one.text) for one in reversed(found)] == [
        (True, "Hello ann"),
        (False, "Who are you?"),
        (False, "Hello?"),
        (True, "Hello ann"),
    ]
    assert found[0].action_id
    assert found[0].status == "done"


def test_a_long_conversation_comes_in_pages_without_a_gap(written, clock):
    hear(written, clock, *(f"text {number}" for number in range(7)))
    seen, cursor = [], None
    while True:
        page = opened(written, limit=3, cursor=cursor).spoken
        seen += [one.text for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"text {number}" for number in reversed(range(7))] + ["Hello ann"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202egnirts\u202c \u2066x\u2069", "gnirts x"),
        ("a\u0000b\u0007c\u001b[31md", "abc[31md"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("tab\tand\u00a0space", "tab and space"),
        ("<b>bold</b> https://example.org", "<b>bold</b> https://example.org"),
        ("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم"),
        ("\u202e\u200f", None),
    ],
)
def test_signs_that_control_the_display_are_not_shown(written, clock, text, shown):
    hear(written, clock, text)
    assert opened(written).spoken.items[0].text == (shown or "")


def test_unread_answers_are_counted_until_they_are_read_here(written, bob, clock):
    hear(written, clock, "one", "two")
    hear(written, clock, "three", name="ben")
    assert (count_unread(written.id), count_unread(bob.id)) == (3, 0)
    assert opened(written).state.unread == 2
    assert mark_read(written.id, person(written)) == 2
    assert mark_read(written.id, person(written)) == 0
    assert (count_unread(written.id), in_list(written, state="unread")) == (1, ["ben"])


def test_an_answer_that_came_after_what_was_read_stays_unread(written, clock):
    hear(written, clock, "one")
    seen_until = clock.moment
    hear(written, clock, "two")
    assert mark_read(written.id, person(written), until=seen_until) == 1
    assert opened(written).state.unread == 1


def test_what_is_done_comes_back_with_a_new_answer(written, clock):
    hear(written, clock, "one", "two")
    state = mark_done(written.id, person(written), done=True)
    assert (state.is_done, state.unread) == (True, 0)
    assert in_list(written, state="open") == []
    hear(written, clock, "three")
    assert in_list(written, state="open") == ["ann"]
    mark_done(written.id, person(written), done=True)
    assert not mark_done(written.id, person(written), done=False).is_done


def test_a_mark_by_hand_is_one_and_can_be_removed(written, clock):
    hear(written, clock, "How much is a kilo?")
    first = conversations.mark(written.id, person(written), Marked(mark="question"))
    assert (first.mark, first.marked_by) == ("question", "hand")
    hear(written, clock, "Yes, please send it")
    assert opened(written).state.mark == "question"
    assert conversations.mark(written.id, person(written), Marked(mark="interested")).mark == "interested"
    with tenant(written.id, reading=True) as session:
        assert session.scalars(select(Answer.mark).order_by(Answer.at)).all() == [None, "interested"]
    assert conversations.mark(written.id, person(written), Marked(mark=None)).mark is None


def test_a_person_who_opted_out_keeps_that_mark_until_contact_is_allowed(written, clock):
    hear(written, clock, "can't stop smiling")
    assert opened(written).state.mark == "opted_out"
    interested = Marked(mark="interested")
    assert refused(lambda: conversations.mark(written.id, person(written), interested)) == "CONVERSATION_OPTED_OUT"
    remove_own(written.id, "ann")
    assert conversations.mark(written.id, person(written), interested).mark == "interested"


def test_a_person_who_has_not_answered_has_nothing_to_mark(written, clock):
    who = person(written, "ben")
    assert refused(lambda: conversations.mark(written.id, who, Marked(mark="question"))) == "CONVERSATION_NOT_FOUND"
    assert refused(lambda: mark_done(written.id, who, done=True)) == "CONVERSATION_NOT_FOUND"
    assert [one.text for one in opened(written, "ben").spoken.items] == ["Hello ben"]


def test_nobody_reaches_the_conversation_of_another_user(written, bob, clock):
    hear(written, clock, "only for alice")
    who = person(written)
    for work in (
        lambda: get_conversation(bob.id, who, 10, None),
        lambda: mark_read(bob.id, who),
        lambda: mark_done(bob.id, who, done=True),
        lambda: conversations.mark(bob.id, who, Marked(mark="question")),
    ):
        assert refused(work) == "PERSON_NOT_FOUND"
    assert opened(written).state.unread == 1


def test_a_stop_in_a_group_is_in_the_inbox_and_nothing_else_of_the_group(written, clock):
    hear(written, clock, "lunch?", in_group=True)
    assert in_list(written) == []
    hear(written, clock, "stop writing me", in_group=True)
    assert in_list(written, opted_out=True) == ["ann"]
    (answer, _) = opened(written).spoken.items
    assert (answer.text, answer.in_group) == ("stop writing me", True)


def test_the_list_shows_the_newest_answer_of_each(written, clock):
    hear(written, clock, "first of ann")
    hear(written, clock, "only of ben", name="ben")
    hear(written, clock, "last of ann")
    clock.moment += timedelta(minutes=1)
    found = inbox.list_answers(written.id, 50, None).items
    assert [(one.person.username, one.state.latest.text, one.state.unread) for one in found] == [
        ("ann", "last of ann", 2),
        ("ben", "only of ben", 1),
    ]
