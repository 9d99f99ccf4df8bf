"""Answers of people: they end messages to their authors, and list those who ask to be left alone."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions import control
from bot.contacts import replies
from bot.contacts.answers import Reply
from bot.contacts.conversations import count_unread, get_conversation
from bot.contacts.do_not_contact import list_people, remove_own
from bot.contacts.replies import Unread
from bot.core.errors import BotException
from bot.decision import chores
from bot.decision.records import read_bot
from bot.decision.snapshot import load
from bot.linking.outcomes import store_session
from bot.settings import preferences
from bot.settings.preferences import Settings
from bot.steps.step import Step
from bot.storage.models import Activity, Answer, Contact, Person
from bot.storage.tenancy import tenant
from tests.bot.driving import (
    claimed,
    count,
    do_step,
    follow_action,
    found,
    id_of,
    message_action,
    refuse_step,
    target_of,
    work_of,
)
from tests.support.people import give_valid_session, set_running


@pytest.fixture
def written(ready, clock):
    """Alice's bot has written to ann."""
    action_id = message_action(ready, "ann")
    do_step(ready, clock)
    assert count(ready, action_id, "done") == 1
    clock.advance(minutes=1)
    return ready


def reply(clock, text="Thanks!", name="ann", item="item-1", at=None):
    return Reply(item, id_of(name), text, at or clock.moment)


def read(user, *found):
    replies.store_replies(user.id, list(found))


def contact(user, name="ann"):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(Contact).where(Contact.username == name)).one_or_none()


def listed(user):
    return [row.username for row in list_people(user.id, 10, None).items]


def recorded(user, action="reply"):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(Activity.target).where(Activity.action == action)).all()


def test_an_answer_ends_what_was_asked_for_before_it_and_nothing_placed_after(written, clock):
    before = message_action(written, "ann", "ben", again=True)
    clock.advance(seconds=1)
    answered_at = clock.moment
    clock.advance(seconds=1)
    after = message_action(written, "ann", again=True)
    read(written, reply(clock, at=answered_at))
    row = target_of(written, before, "ann")
    assert (row.status, row.reason, row.finished_at) == ("skipped", "answered", clock.moment)
    assert target_of(written, before, "ben").status == "pending"
    assert target_of(written, after, "ann").status == "pending"
    assert control.get_action(written.id, before).skips == {"answered": 1}


def test_an_answer_ends_messages_only(written, clock):
    action_id = follow_action(written, people=0)
    found(written, action_id, ["ann"])
    clock.advance(seconds=1)
    read(written, reply(clock))
    assert target_of(written, action_id, "ann").status == "pending"


@pytest.mark.parametrize("text", ["STOP", "please unsubscribe me", "Stooop!!!"])
def test_who_asks_to_be_left_alone_is(written, clock, text):
    read(written, reply(clock, text))
    assert listed(written) == ["ann"]
    assert list_people(written.id, 10, None).items[0].source == "answer"
    assert recorded(written, "do_not_contact") == ["ann"]


def test_a_friendly_answer_puts_nobody_on_the_list(written, clock):
    read(written, reply(clock, "Yes, I would love to!"))
    assert listed(written) == []
    assert recorded(written) == ["ann"]


def test_words_of_ones_own_count_as_well(written, clock):
    preferences.change_settings(written.id, Settings(stop_words=["spargel"]))
    read(written, reply(clock, "Mehr Spargel bitte"))
    assert listed(written) == ["ann"]


def test_of_several_answers_each_is_read(written, clock):
    first, second = reply(clock, "Who are you?"), reply(clock, "stop", item="2", at=clock.moment + timedelta(seconds=9))
    read(written, second, first)
    assert listed(written) == ["ann"]
    assert (contact(written).answer_id, recorded(written)) == ("2", ["ann", "ann"])


def test_what_was_read_already_changes_nothing(written, clock):
    first = reply(clock)
    read(written, first)
    clock.advance(minutes=1)
    later = message_action(written, "ann")
    for _ in range(2):
        read(written, first, reply(clock, "stop", item="old", at=first.at - timedelta(seconds=1)))
    assert recorded(written) == ["ann"]
    assert target_of(written, later, "ann").status == "pending"
    assert contact(written).answered_at == first.at


def test_a_stop_that_is_read_late_counts_though_a_later_answer_is_known(written, clock):
    stop = reply(clock, "stop", item="1")
    read(written, reply(clock, "and more", item="2", at=stop.at + timedelta(seconds=9)))
    assert listed(written) == []
    read(written, stop)
    assert (listed(written), contact(written).answer_id) == (["ann"], "2")


def test_who_was_taken_off_the_list_comes_back_by_a_new_stop_only(written, clock):
    stop = reply(clock, "stop", item="1")
    read(written, stop)
    remove_own(written.id, "ann")
    read(written, stop)
    assert listed(written) == []
    read(written, reply(clock, "I said stop", item="2", at=stop.at + timedelta(seconds=9)))
    assert listed(written) == ["ann"]


def test_what_is_said_in_a_group_is_no_answer_but_a_stop_is_a_stop(written, clock):
    lunch = replace(reply(clock, "lunch, everybody?"), in_group=True)
    read(written, lunch)
    assert (contact(written).answered_at, recorded(written), listed(written)) == (None, [], [])
    read(written, replace(lunch, item_id="2", text="stop"))
    assert (contact(written).answered_at, recorded(written), listed(written)) == (None, [], ["ann"])


def test_what_somebody_wrote_before_the_bot_did_is_no_answer(written, clock):
    read(written, reply(clock, "stop", at=clock.moment - timedelta(days=1)))
    assert (listed(written), recorded(written), contact(written).answered_at) == ([], [], None)


def test_an_answer_to_an_earlier_message_counts_though_another_was_sent_since(written, clock):
    answered_at = clock.moment
    clock.advance(minutes=2)
    message_action(written, "ann", again=True)
    do_step(written, clock)
    assert contact(written).written_at > answered_at
    read(written, reply(clock, "stop", at=answered_at))
    assert listed(written) == ["ann"]


def test_an_answer_to_a_message_that_may_have_arrived_counts(ready, clock):
    message_action(ready, "ann")
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT", "maybe")
    read(ready, reply(clock, "stop"))
    assert listed(ready) == ["ann"]


def test_from_strangers_nothing_is_taken_in(written, bob, clock):
    read(written, reply(clock, "stop", name="zoe"))
    give_valid_session(bob.id, username="other.name")
    set_running(bob.id)
    message_action(bob, "ben")
    do_step(bob, clock)
    read(bob, reply(clock, "stop"))
    assert (listed(written), listed(bob), recorded(written), recorded(bob)) == ([], [], [], [])
    assert contact(written).answered_at is None


def test_a_message_that_is_being_sent_is_not_taken_out_of_the_workers_hands(written, clock):
    action_id = message_action(written, "ann", "ben", again=True)
    claimed(written, work_of(written))
    clock.advance(seconds=1)
    read(written, reply(clock))
    assert target_of(written, action_id, "ann").status == "working"


def test_what_is_left_unread_is_read_on_soon(written, clock):
    left = Unread(id_of("ann"), "thread", "20", clock.moment - timedelta(hours=1))
    replies.store_replies(written.id, [], [left])
    assert replies.unread(written.id) == [left]
    with tenant(written.id, reading=True) as session:
        chore = chores.reading_chore(session, read_bot(session), clock.moment)
    assert chore.at == clock.moment + chores.DEMO_READ_ON
    read(written)
    assert replies.unread(written.id) == []


def test_only_those_who_were_written_to_are_awaited(written, ready, bob, clock):
    written_at = contact(written).written_at
    assert replies.awaited(written.id) == ({id_of("ann"): None}, written_at)
    assert replies.awaited(bob.id) == ({}, clock.moment)
    read(written)
    read_at = clock.moment
    clock.advance(hours=1)
    assert replies.awaited(written.id)[1] == read_at - chores.READ_INTERVAL


def test_an_account_that_is_linked_again_has_its_inbox_read_from_the_first_message_on(written, clock):
    """What came while another one was linked is in no reading of that one: a stop may be among it."""
    written_at = contact(written).written_at
    replies.store_replies(written.id, [], [Unread(id_of("ann"), "thread", "20", clock.moment)])
    for account_id in ("4712", "4711"):
        with tenant(written.id) as session:
            named = {"instagram_id": account_id, "username": f"of.{account_id}"}
            store_session(session, session_data="{}", password="instagram secret", **named)
            session.commit()
        assert replies.awaited(written.id) == ({id_of("ann"): None}, written_at)
        assert replies.unread(written.id) == []
        with tenant(written.id, reading=True) as session:
            chore = chores.reading_chore(session, read_bot(session), clock.moment)
        assert chore.at <= written_at + chores.READ_INTERVAL
        clock.advance(days=2)
        read(written)


def test_a_stop_without_a_time_counts_once_and_answers_nothing(written, clock):
    undated = replace(reply(clock, "stop"), dated=False)
    read(written, undated)
    assert (listed(written), contact(written).stopped, contact(written).answered_at) == (["ann"], True, None)

    remove_own(written.id, "ann")
    clock.advance(minutes=5)
    read(written, replace(undated, at=clock.moment))
    assert listed(written) == []


def strange(clock, text, name="zoe", item="zoe-1", **more):
    return Reply(item, f"id-{name}", text, clock.moment, username=name, **more)


def heed(user, *found):
    replies.store_replies(user.id, [], strangers=list(found))


@pytest.mark.parametrize("more", [{}, {"in_group": True}, {"dated": False, "item": ""}])
def test_a_stranger_who_asks_for_it_is_left_alone_and_their_words_are_not_kept(written, clock, more):
    heed(written, strange(clock, "Stop it", **more), strange(clock, "Nice pictures!", "yan", "yan-1"))
    assert listed(written) == ["zoe"]
    with tenant(written.id, reading=True) as session:
        (answer,) = session.scalars(select(Answer))
    assert (answer.instagram_id, answer.text_encrypted, answer.mark) == ("id-zoe", None, "opted_out")
    assert count_unread(written.id) == 0
    action_id = message_action(written, "zoe")
    assert target_of(written, action_id, "zoe").reason == "do_not_contact"


def test_a_stranger_who_was_allowed_again_is_not_listed_by_the_same_words(written, clock):
    heed(written, strange(clock, "Stop it"))
    remove_own(written.id, "zoe")
    heed(written, strange(clock, "Stop it"))
    assert listed(written) == []
    heed(written, strange(clock, "I said stop", item="zoe-2"))
    assert listed(written) == ["zoe"]


def test_two_people_who_swap_names_keep_their_conversations_and_what_waits_for_each(written, clock):
    """ann and ben swap names. An answer of the one who is ben now ends nothing of the other, who is ann now."""
    message_action(written, "ben")
    do_step(written, clock)
    waits = message_action(written, "ann", again=True)
    work = work_of(written)
    swapped = replace(work.pending[0], instagram_id="id-ben")
    refused = Step(written.id, work).claim(swapped)
    Step(written.id, work).fail(refused, BotException("INSTAGRAM_UNREACHABLE", delivered="no"))
    with tenant(written.id) as session:
        for row in session.scalars(select(Contact)):
            row.username = {"ann": "ben", "ben": "ann"}[row.username]
        session.commit()
    clock.advance(minutes=5)
    read(written, reply(clock, "I was ann", "ann", "swapped"))
    assert count(written, waits, "pending") == 1
    read(written, reply(clock, "I was ben", "ben", "swapped-too"))
    assert target_of(written, waits, "ann").reason == "answered"
    for name, text in (("ann", "I was ann"), ("ben", "I was ben")):
        with tenant(written.id, reading=True) as session:
            person = session.scalars(select(Person).where(Person.instagram_id == f"id-{name}")).one()
        spoken = get_conversation(written.id, person.id, 10, None).spoken.items
        assert [one.text for one in spoken if not one.mine] == [text]


def test_nothing_counts_as_read_before_the_inbox_is_read_to_its_end(written, clock):
    """An answer, or a wish to be left alone, may be further back than one job reads."""
    began, before = clock.moment, replies.awaited(written.id)[1]
    replies.store_replies(written.id, [], place=replies.InboxPlace(began, "page 4", has_requests=True))
    clock.advance(minutes=2)
    place = replies.inbox_place(written.id)
    assert (place.began, place.cursor, place.has_requests, place.is_whole) == (began, "page 4", True, False)
    assert replies.awaited(written.id)[1] == before
    with tenant(written.id, reading=True) as session:
        (chore,) = [one for one in load(session, clock.moment).state.chores if one.name == "read_replies"]
    assert (chore.at <= clock.moment, chore.last) == (True, False)
    replies.store_replies(written.id, [], place=replace(place, is_whole=True))
    # News that came meanwhile are above the place.
    assert replies.awaited(written.id)[1] == began - chores.READ_INTERVAL
    assert replies.inbox_place(written.id).cursor is None


def test_a_position_of_days_ago_is_read_from_the_beginning(written, clock):
    replies.store_replies(written.id, [], place=replies.InboxPlace(clock.moment, "page 4"))
    clock.advance(days=2)
    assert replies.inbox_place(written.id) == replies.InboxPlace(clock.moment)


def test_those_whom_a_step_concerns_are_known_though_no_one_wrote_to_them(ready, clock):
    follow_action(ready, people=2)
    do_step(ready, clock)
    assert replies.handled(ready.id, [id_of("person0"), id_of("stranger")]) == {id_of("person0")}
    assert replies.handled(ready.id, []) == set()
