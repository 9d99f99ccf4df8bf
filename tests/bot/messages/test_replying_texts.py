"""Texts of replies on both databases: sealed, kept for a time, forgotten; and one form that is sent at one moment."""

from threading import Thread

from bot.contacts.forgetting import forget_person
from bot.contacts.reply_texts import forget_old_reply_texts
from bot.settings.preferences import Settings, change_settings
from bot.storage.models import ReplyText
from tests.bot.driving import count, do_step
from tests.bot.messages.test_replying import CANARY, answered, person, reply, rows, shown
from tests.support.every_table import everything

__all__ = ["answered"]


def test_two_clicks_at_the_same_moment_are_one_reply(base_app, answered):
    placed = []

    def click():
        with base_app.app_context():
            placed.append(reply(answered))

    clicks = [Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert len({one.action_id for one in placed}) == 1
    assert sorted(one.replayed for one in placed) == [False, True, True, True]


def test_its_text_is_sealed_goes_with_time_and_is_not_gone_before_it_is_sent(base_app, answered, clock):
    config = base_app.extensions["troupe"].config
    change_settings(answered.id, Settings(answer_days=0))
    reply(answered)
    forget_old_reply_texts()
    assert shown(answered).text == CANARY
    do_step(answered, clock)
    assert [name for name, found in everything(config).items() if CANARY in repr(found)] == []
    forget_old_reply_texts()
    assert (shown(answered).text, rows(answered, ReplyText)) == (None, 0)


def test_a_longer_time_keeps_it_longer(answered, clock):
    reply(answered)
    do_step(answered, clock)
    change_settings(answered.id, Settings(answer_days=7))
    clock.advance(days=6)
    forget_old_reply_texts()
    assert shown(answered).text == CANARY
    clock.advance(days=2)
    forget_old_reply_texts()
    assert shown(answered).text is None


def test_forgetting_a_person_takes_what_was_written_to_them(base_app, answered, clock):
    reply(answered)
    do_step(answered, clock)
    waits = reply(answered, "More", form=None)
    forget_person(answered.id, person(answered))
    assert (rows(answered, ReplyText), count(answered, waits.action_id, "skipped")) == (0, 1)
    found = everything(base_app.extensions["troupe"].config)
    assert [name for name, kept in found.items() if "'ann'" in repr(kept)] == []
