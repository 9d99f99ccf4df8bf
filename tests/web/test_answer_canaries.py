"""The text of an answer or a reply is found nowhere but sealed, and where its owner reads or takes it."""

import io
import logging
from zipfile import ZipFile

import pytest
from redis import Redis

from bot.alerts.channels import NewChannel, add_channel
from bot.alerts.delivery import EVENTS, alert_body
from bot.contacts import conversations
from bot.contacts.answers import Reply, forget_old_texts
from bot.contacts.forgetting import forget_person
from bot.contacts.replies import store_replies
from bot.messages import replying
from bot.messages.replying import Typed
from bot.settings.digests import news_of
from bot.settings.notifications import Notifications, choose_notifications
from bot.settings.preferences import Settings, change_settings
from bot.storage.models import AlertChannel
from bot.storage.tenancy import tenant
from bot.users.data_export import export
from tests.bot.contacts.test_people import known
from tests.bot.driving import do_step, id_of, message_action
from tests.live.test_canaries import redis_in_the_clear
from tests.support.every_table import everything
from tests.support.people import VISITOR
from tests.web.browser import Browser

CANARY = "canary-3f81 of what ann wrote"
# Where the owner reads it, or takes it along.
READ_AT = {"web.inbox.show", "web.inbox.now", "web.inbox.conversation", "web.inbox.spoken", "web.my_data.export"}
REPLIED = "canary-3f81 that alice replied"
REPLY_READ_AT = {"web.inbox.conversation", "web.inbox.spoken"}
READ_BY_API = {"api.conversations.list_conversations", "api.conversations.show_conversation", "api.users.export_user"}


@pytest.fixture
def answered(app, running, clock):
    """ann has answered alice's bot with a canary, once so that it is positive and once so that it is a stop."""
    with app.app_context():
        change_settings(running.id, Settings(positive_words=["canary-3f81"]))
        channel = add_channel(running.id, NewChannel(url="http://127.0.0.1:1/hook")).channel
        choose_notifications(running.id, Notifications(channels={channel.id: [*EVENTS]}))
        message_action(running, "ann", "ben")
        for _ in range(2):
            do_step(running, clock)
        clock.advance(minutes=5)
        for number, text in enumerate((CANARY, f"{CANARY}: stop")):
            item = f"item-{number}" if number else ""
            store_replies(running.id, [Reply(item, id_of("ann"), text, clock.moment, username="ann")])
        return known(running, id_of("ann")).id


@pytest.fixture
def replied(app, running, clock):
    """ann has answered alice's bot, and alice has replied: one reply is sent, and one waits."""
    with app.app_context():
        message_action(running, "ann")
        do_step(running, clock)
        clock.advance(minutes=5)
        store_replies(running.id, [Reply("item", id_of("ann"), "How much?", clock.moment, username="ann")])
        person_id = known(running, id_of("ann")).id
        clock.advance(seconds=1)
        replying.reply(running.id, person_id, Typed(text=REPLIED), "form")
        do_step(running, clock)
        replying.reply(running.id, person_id, Typed(text=f"{REPLIED}, twice"), None)
    return person_id


def in_database(app):
    return [name for name, rows in everything(app.extensions["troupe"].config).items() if CANARY in repr(rows)]


def pages(app, somebody, values, but):
    """Each page and answer of a GET that these values name, by endpoint."""
    browser = Browser(app, somebody)
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.arguments <= values.keys() and rule.endpoint not in but:
            with app.test_request_context():
                address = app.url_map.bind("localhost").build(rule.endpoint, {n: values[n] for n in rule.arguments})
            yield rule.endpoint, browser.get(address).data.decode(errors="replace")


def test_it_is_in_no_page_or_answer_of_an_administrator(app, answered, running, ada):
    values = {"user_id": running.id, "person_id": answered}
    found = dict(pages(app, ada, values, ()))
    assert {"web.fleet.show", "api.fleet.show_fleet"} & found.keys()
    assert len(found) > 80
    assert [name for name, text in found.items() if "canary-3f81" in text] == []


def test_its_owner_reads_it_in_the_inbox_and_nowhere_else(app, answered, running):
    found = dict(pages(app, running, {"person_id": answered}, {"web.my_data.export"}))
    holds = {name for name, text in found.items() if CANARY in text}
    assert holds == (READ_AT | READ_BY_API) & found.keys()
    assert {"web.inbox.conversation", "api.conversations.show_conversation"} <= holds


def test_it_is_sealed_in_the_database_and_not_in_redis_logs_alerts_or_digests(
    app, answered, running, caplog, capfd, clock
):
    caplog.set_level(logging.DEBUG)
    with app.app_context():
        store_replies(running.id, [Reply("more", id_of("ann"), f"{CANARY} again", clock.moment, username="ann")])
        with tenant(running.id, reading=True) as session:
            (channel,) = session.query(AlertChannel).all()
            assert channel.event == "answer_stop"
            assert CANARY.encode() not in alert_body(channel)
        assert CANARY not in repr(news_of(running.id))
    assert in_database(app) == []
    assert CANARY not in redis_in_the_clear(app.extensions["troupe"].config)
    assert CANARY not in caplog.text + "".join(capfd.readouterr())


def test_the_export_has_it_and_forgetting_or_time_removes_it(app, answered, running, clock):
    with app.app_context():
        with export(running.id, VISITOR) as file, ZipFile(io.BytesIO(file.read())) as archive:
            holds = [name for name in archive.namelist() if CANARY in archive.read(name).decode("utf-8-sig")]
        assert holds == ["answers.json"]
        clock.advance(days=181)
        forget_old_texts()
        shown = conversations.get_conversation(running.id, answered, 10, None).spoken.items
        assert {one.text for one in shown if not one.mine} == {None}
        forget_person(running.id, answered)
        tables = everything(app.extensions["troupe"].config)
        assert [name for name, rows in tables.items() if "'ann'" in repr(rows)] == ["do_not_contact"]


def test_a_reply_is_read_by_its_owner_in_the_conversation_and_by_no_one_else(app, replied, running, ada):
    but = {"web.my_data.export", "api.users.export_user"}
    found = dict(pages(app, running, {"person_id": replied}, but))
    holds = {name for name, text in found.items() if "canary-3f81" in text}
    assert holds == REPLY_READ_AT | {"api.conversations.show_conversation"}
    of_admin = pages(app, ada, {"user_id": running.id, "person_id": replied}, but)
    assert [name for name, text in of_admin if "canary-3f81" in text] == []


def test_a_reply_is_sealed_and_not_in_redis_logs_or_digests(app, replied, running, caplog, capfd, clock):
    caplog.set_level(logging.DEBUG)
    with app.app_context():
        replying.reply(running.id, replied, Typed(text=f"{REPLIED}, again"), None)
        do_step(running, clock)
        assert "canary-3f81" not in repr(news_of(running.id))
        assert [
            name for name, rows in everything(app.extensions["troupe"].config).items() if REPLIED in repr(rows)
        ] == []
        with export(running.id, VISITOR) as file, ZipFile(io.BytesIO(file.read())) as archive:
            holds = [name for name in archive.namelist() if REPLIED in archive.read(name).decode("utf-8-sig")]
        assert holds == ["reply_texts.json"]
    assert "canary-3f81" not in redis_in_the_clear(app.extensions["troupe"].config)
    assert "canary-3f81" not in caplog.text + "".join(capfd.readouterr())


def test_the_search_would_find_it(app, answered, running):
    with app.app_context():
        change_settings(running.id, Settings(stop_words=[CANARY]))
    config = app.extensions["troupe"].config
    Redis.from_url(config.redis_url).set("planted", CANARY)
    assert in_database(app) == ["bot_settings", "settings_changes"]
    assert CANARY in redis_in_the_clear(config)
