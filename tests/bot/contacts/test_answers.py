"""What people wrote is stored once, sealed, marked by rules, and emptied when its user chose."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.alerts.channels import NewChannel, add_channel
from bot.alerts.delivery import plan
from bot.contacts.answers import MAX_TEXT, Reply, forget_old_texts
from bot.contacts.replies import store_replies
from bot.settings.notifications import Notifications, choose_notifications
from bot.settings.preferences import Settings, change_settings
from bot.storage.models import AlertChannel, Answer, Contact
from bot.storage.tenancy import tenant
from bot.vault.columns import unseal
from tests.bot.driving import do_step, id_of, message_action


@pytest.fixture
def written(ready, clock):
    """Alice's bot has written to ann and ben."""
    message_action(ready, "ann", "ben")
    for _ in range(2):
        do_step(ready, clock)
    clock.advance(minutes=1)
    return ready


def said(clock, text, item="item-1", name="ann", **known):
    return Reply(item, id_of(name), text, clock.moment, **known)


def read(user, *found):
    store_replies(user.id, list(found))


def stored(user):
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(Answer).order_by(Answer.at, Answer.item_id)).all()


def texts(user):
    return [unseal(row, "text_encrypted") for row in stored(user)]


def webhook(user, *told):
    """A webhook of the user that tells these events, or those of a new channel."""
    channel = add_channel(user.id, NewChannel(url="http://127.0.0.1:1/hook")).channel
    if told:
        choose_notifications(user.id, Notifications(channels={channel.id: [*told]}))
    return channel


def events(user):
    """The event that waits at the user's channel."""
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(AlertChannel.event)).all()


def test_what_they_wrote_is_stored_sealed_and_once(written, clock):
    answer = said(clock, "Thanks, tell me more!", thread_id="thread-9", sort="text")
    for _ in range(3):
        read(written, answer)
    (row,) = stored(written)
    assert b"tell me more" not in row.text_encrypted
    assert unseal(row, "text_encrypted") == "Thanks, tell me more!"
    assert (row.instagram_id, row.thread_id, row.at) == (id_of("ann"), "thread-9", answer.at)
    assert (row.mark, row.mark_by, row.read_at, row.done_at) == (None, None, None, None)


@pytest.mark.parametrize(
    ("known", "kept"),
    [
        ({"text": "lunch, everybody?", "in_group": True}, []),
        ({"text": "stop", "in_group": True}, [("opted_out", "rule", "stop_words", True)]),
        ({"text": "stop", "dated": False, "item": ""}, [("opted_out", "rule", "stop_words", False)]),
        ({"text": "leave me alone", "thread_id": "pending"}, [("opted_out", "rule", "stop_words", False)]),
        ({"text": "Oh YES please!"}, [("positive", "rule", "positive_words", False)]),
        ({"text": "yes please, but stop"}, [("opted_out", "rule", "stop_words", False)]),
        ({"text": "", "sort": "media"}, [(None, None, None, False)]),
    ],
)
def test_it_is_marked_by_rules_and_of_groups_only_a_stop_is_kept(written, clock, known, kept):
    change_settings(written.id, Settings(positive_words=["yes please"]))
    for _ in range(2):
        read(written, said(clock, **known))
    assert [(row.mark, row.mark_by, row.rule, row.in_group) for row in stored(written)] == kept


def test_without_words_of_ones_own_nothing_is_positive(written, clock):
    read(written, said(clock, "yes please"))
    assert stored(written)[0].mark is None


def test_items_without_an_id_are_told_apart_by_what_they_say(written, clock):
    read(written, said(clock, "stop", item="", dated=False), said(clock, "please stop", item="", dated=False))
    read(written, said(clock, "stop", item="", dated=False))
    assert sorted(texts(written)) == ["please stop", "stop"]
    assert all("stop" not in row.item_id for row in stored(written))


def test_strangers_are_not_stored(written, clock):
    read(written, said(clock, "Hi, stranger here", name="zoe"))
    assert stored(written) == []


def test_a_very_long_text_is_cut(written, clock):
    read(written, said(clock, "x" * (MAX_TEXT + 1)))
    assert texts(written) == ["x" * MAX_TEXT]


def test_what_was_told_of_before_texts_were_stored_counts_as_read(written, clock):
    with tenant(written.id) as session:
        session.scalars(select(Contact).where(Contact.username == "ann")).one().answered_at = clock.moment
        session.commit()
    known = said(clock, "an old answer")
    clock.advance(minutes=1)
    webhook(written, "answer")
    read(written, known)
    assert [row.read_at for row in stored(written)] == [clock.moment]
    assert events(written) == [None]
    read(written, known, said(clock, "a new one", item="2"))
    assert [row.read_at is None for row in stored(written)] == [False, True]


def test_texts_go_after_the_days_that_were_chosen_and_marks_stay(written, clock):
    change_settings(written.id, Settings(positive_words=["yes"], answer_days=7))
    read(written, said(clock, "yes"))
    clock.advance(days=6)
    read(written, said(clock, "more", item="2"))
    forget_old_texts()
    assert texts(written) == ["yes", "more"]
    clock.advance(days=1)
    forget_old_texts()
    assert texts(written) == [None, "more"]
    assert [row.mark for row in stored(written)] == ["positive", None]


def test_fewer_days_take_older_texts_at_once_and_more_days_keep_what_is_left_for_longer(written, clock):
    read(written, said(clock, "old"))
    clock.advance(days=10)
    read(written, said(clock, "new", item="2"))
    change_settings(written.id, Settings(answer_days=7))
    forget_old_texts()
    assert texts(written) == [None, "new"]
    change_settings(written.id, Settings(answer_days=365))
    clock.advance(days=364)
    forget_old_texts()
    assert texts(written) == [None, "new"]


def test_with_no_days_no_text_is_kept_and_marks_are(written, clock):
    read(written, said(clock, "before"))
    change_settings(written.id, Settings(answer_days=0))
    clock.advance(minutes=1)
    read(written, said(clock, "please stop", item="2"))
    forget_old_texts()
    assert texts(written) == [None, None]
    assert [row.mark for row in stored(written)] == [None, "opted_out"]


def test_one_user_s_days_say_nothing_about_another_s(written, bob, clock):
    change_settings(bob.id, Settings(answer_days=0))
    read(written, said(clock, "mine"))
    forget_old_texts()
    assert texts(written) == ["mine"]


@pytest.mark.parametrize(
    ("words", "event"),
    [
        (["Who are you?"], "answer"),
        (["Who are you?", "yes please"], "answer_positive"),
        (["yes please", "stop", "Who are you?"], "answer_stop"),
        ([""], "answer"),
    ],
)
def test_a_reading_raises_one_alert_for_what_matters_most(written, clock, words, event):
    change_settings(written.id, Settings(positive_words=["yes please"]))
    webhook(written, "answer", "answer_positive", "answer_stop")
    read(written, *(said(clock, text, item=str(number)) for number, text in enumerate(words)))
    assert events(written) == [event]


def test_a_new_channel_tells_no_answers_until_its_user_wants_them(written, clock):
    channel = webhook(written)
    read(written, said(clock, "Who are you?"))
    assert events(written) == [None]
    choose_notifications(written.id, Notifications(channels={channel.id: ["blocked", "answer"]}))
    read(written, said(clock, "stop", item="2"))
    assert events(written) == [None]
    read(written, said(clock, "Hello?", item="3"))
    assert events(written) == ["answer"]


def test_an_answer_does_not_take_the_place_of_what_matters_more(written, clock):
    channel = webhook(written, "session_ended", "answer")
    with tenant(written.id) as session:
        plan(session.get_one(AlertChannel, channel.id), "session_ended", "E-AUTH-E-0001")
        session.commit()
    read(written, said(clock, "Who are you?"))
    assert events(written) == ["session_ended"]
    with tenant(written.id) as session:
        session.get_one(AlertChannel, channel.id).due_at = None
        session.commit()
    read(written, said(clock, "Hello?", item="2"))
    assert events(written) == ["answer"]


def test_two_people_who_swap_names_keep_their_own_answers(written, clock):
    read(written, said(clock, "I am the first"), said(clock, "I am the second", item="2", name="ben"))
    swapped = replace(said(clock, "the first again", item="3"), at=clock.moment + timedelta(seconds=5))
    with tenant(written.id) as session:
        rows = {row.username: row for row in session.scalars(select(Contact))}
        rows["ann"].username, rows["ben"].username = "ben", "ann"
        session.commit()
    read(written, swapped)
    assert [unseal(row, "text_encrypted") for row in stored(written) if row.instagram_id == id_of("ann")] == [
        "I am the first",
        "the first again",
    ]
