"""The news of a blocked or logged-out bot goes signed to its user's webhooks, and to no other user's."""

import json
from contextlib import ExitStack, closing
from datetime import timedelta
from threading import Event

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from structlog.contextvars import bound_contextvars

from bot.alerts import delivery
from bot.alerts.channels import (
    MAX_CHANNELS,
    NewChannel,
    add_channel,
    ask_for_test,
    get_channel,
    list_channels,
    remove_channel,
)
from bot.alerts.delivery import MAX_TRIES, OUTBOX, deliver_alerts
from bot.alerts.webhook_signatures import signature_headers
from bot.core.errors import BotException
from bot.mail.outbox import deliver_mails
from bot.network import pinned_http
from bot.storage.models import AlertChannel, User
from bot.storage.tenancy import identity, tenant
from tests.bot.driving import follow_action, refuse_step
from tests.support.attempts import side_by_side
from tests.support.listener import Listener
from tests.support.mails import mails_to, verified
from tests.support.smtp_server import smtp_server


@pytest.fixture
def listener():
    listener = Listener()
    yield listener
    listener.close()


def channel_of(user, url="http://127.0.0.1:1/secret-path"):
    return add_channel(user.id, NewChannel(url=url))


@pytest.fixture
def heard(alice, listener):
    """Alice's webhook at the listener."""
    return channel_of(alice, f"http://127.0.0.1:{listener.port}/secret-path")


def only(user):
    (channel,) = list_channels(user.id)
    return channel


def refused(work):
    with pytest.raises(BotException) as raised:
        work()
    return raised.value.name


def told(listener):
    head, _, body = listener.received.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return headers, body


def test_of_a_webhook_nothing_secret_is_stored_in_the_clear_or_shown_again(alice):
    made = channel_of(alice)
    row = only(alice)
    assert row.address == "http://127.0.0.1:1"
    shown = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    assert "secret-path" not in repr(shown)
    assert made.secret not in repr(shown)
    assert len(made.secret) >= 43


def test_a_user_has_a_few_at_most(alice, bob):
    for _ in range(MAX_CHANNELS):
        channel_of(alice)
    assert refused(lambda: channel_of(alice)) == "TOO_MANY_ALERT_CHANNELS"
    channel_of(bob)


def test_a_strangers_is_not_there(alice, bob):
    made = channel_of(alice)
    for work in (get_channel, remove_channel, ask_for_test):
        assert refused(lambda work=work: work(bob.id, made.channel.id)) == "ALERT_CHANNEL_NOT_FOUND"
    assert list_channels(bob.id) == []
    assert only(alice).due_at is None


def test_what_is_removed_is_gone(alice):
    made = channel_of(alice)
    remove_channel(alice.id, made.channel.id)
    assert list_channels(alice.id) == []


def test_a_test_is_signed_with_the_secret_of_its_webhook(alice, heard, listener, clock):
    ask_for_test(alice.id, heard.channel.id)
    assert deliver_alerts() == 1
    headers, body = told(listener)
    moment = int(clock.moment.timestamp())
    expected = signature_headers(headers["webhook-id"], moment, body, heard.secret)
    assert expected.items() <= headers.items()
    assert {"event": "test", "at": clock.moment.isoformat()}.items() <= json.loads(body).items()
    assert json.loads(body).keys() - {"event", "at"} <= {"request_id"}
    assert (only(alice).sent_at, only(alice).due_at, only(alice).failure) == (clock.moment, None, None)


def test_it_is_sent_once(alice, heard, listener):
    ask_for_test(alice.id, heard.channel.id)
    assert (deliver_alerts(), deliver_alerts(), listener.connections) == (1, 0, 1)


@pytest.mark.parametrize(
    ("name", "event"), [("INSTAGRAM_LOGGED_OUT", "session_ended"), ("INSTAGRAM_ACTION_BLOCKED", "blocked")]
)
def test_a_bot_that_instagram_stops_is_told_to_its_user_and_to_nobody_else(
    ready, bob, heard, listener, clock, name, event
):
    others = channel_of(bob, f"http://127.0.0.1:{listener.port}/")
    follow_action(ready)
    refuse_step(ready, clock, name)
    assert deliver_alerts() == 1
    body = json.loads(told(listener)[1])
    assert (body["event"], body["error"], body["code"]) == (event, name, BotException(name).code)
    assert body["action"]
    assert listener.connections == 1
    assert get_channel(bob.id, others.channel.id).event is None


def test_what_passes_by_itself_is_told_nobody(ready, heard, clock):
    follow_action(ready)
    refuse_step(ready, clock, "INSTAGRAM_TIMEOUT")
    assert deliver_alerts() == 0
    assert only(ready).event is None


def test_an_alert_that_is_not_taken_is_tried_again_with_longer_pauses_and_then_left(alice, clock):
    channel_of(alice)
    with tenant(alice.id) as session:
        delivery.raise_alert(session, "blocked", BotException("INSTAGRAM_ACTION_BLOCKED"))
        session.commit()
    pauses = []
    while due := only(alice).due_at:
        pauses.append((due - clock.moment).total_seconds())
        clock.moment = due
        assert deliver_alerts() == 0
    assert pauses == [0, 60, 120, 240, 480]
    assert len(pauses) == MAX_TRIES
    assert only(alice).failure == "It cannot be reached, or does not speak HTTP."


def test_a_test_is_tried_once(alice, clock):
    ask_for_test(alice.id, channel_of(alice).channel.id)
    deliver_alerts()
    assert only(alice).due_at is None
    assert only(alice).failure


def test_an_alert_has_one_id_in_all_tries_and_the_next_one_another(alice, heard, clock, monkeypatch):
    ids = []

    def fails(_url, _body, headers):
        ids.append(headers["webhook-id"])
        raise BotException("WEBHOOK_FAILED")

    monkeypatch.setattr(pinned_http, "post", fails)
    for _ in range(2):
        with tenant(alice.id) as session:
            delivery.raise_alert(session, "blocked", BotException("INSTAGRAM_ACTION_BLOCKED"))
            session.commit()
        while due := only(alice).due_at:
            clock.moment = due
            deliver_alerts()
        clock.advance(seconds=1)
    assert len(ids) == 2 * MAX_TRIES
    assert len(set(ids[:MAX_TRIES])) == len(set(ids[MAX_TRIES:])) == 1
    assert len(set(ids)) == 2


def test_a_test_does_not_take_the_place_of_an_alert_that_waits(alice):
    made = channel_of(alice)
    with tenant(alice.id) as session:
        delivery.raise_alert(session, "blocked", BotException("INSTAGRAM_ACTION_BLOCKED"))
        session.commit()
    assert ask_for_test(alice.id, made.channel.id).event == "blocked"


def test_an_alert_that_comes_while_another_is_sent_is_sent_too(alice, monkeypatch):
    made = channel_of(alice)
    ask_for_test(alice.id, made.channel.id)
    sent = []

    def another_comes(_url, body, _headers):
        sent.append(json.loads(body)["event"])
        with tenant(alice.id) as session:
            if len(sent) == 1:
                delivery.raise_alert(session, "blocked", BotException("INSTAGRAM_ACTION_BLOCKED"))
            session.commit()

    monkeypatch.setattr(pinned_http, "post", another_comes)
    deliver_alerts()
    deliver_alerts()
    assert sent == ["test", "blocked"]


def test_two_clocks_send_it_once(alice, heard, listener):
    ask_for_test(alice.id, heard.channel.id)
    with tenant(alice.id, reading=True) as session:
        seen = session.scalars(select(AlertChannel)).one()
        session.expunge(seen)
    assert OUTBOX.claim(seen)
    assert deliver_alerts() == 0
    assert listener.connections == 0


def to_be_told(user, *ports):
    """As many webhooks of the user, each with a test that is due."""
    for port in ports:
        ask_for_test(user.id, channel_of(user, f"http://127.0.0.1:{port}/").channel.id)


def test_webhooks_that_hang_hold_up_nobody_elses(alice, bob, clock):
    good_is_told = Event()
    with ExitStack() as stack:
        # These are due first, and answer once another was told: in turn none of them would ever be taken.
        hanging = [stack.enter_context(closing(Listener(after=good_is_told))) for _ in range(MAX_CHANNELS)]
        to_be_told(alice, *(listener.port for listener in hanging))
        clock.advance(seconds=1)
        good = stack.enter_context(closing(Listener(came=good_is_told)))
        to_be_told(bob, good.port)
        assert deliver_alerts() == MAX_CHANNELS + 1
    assert only(bob).sent_at == clock.moment


def test_a_round_sends_so_many_at_once_and_the_next_one_the_rest(alice, listener, monkeypatch):
    monkeypatch.setattr(delivery.AlertOutbox, "batch_size", 2)
    to_be_told(alice, *[listener.port] * 3)
    assert (deliver_alerts(), deliver_alerts(), deliver_alerts(), listener.connections) == (2, 1, 0, 3)


def test_several_clocks_at_once_send_each_once(base_app, alice, listener):
    to_be_told(alice, *[listener.port] * MAX_CHANNELS)
    taken = []
    side_by_side(base_app, 3, lambda _: taken.append(deliver_alerts()))
    assert (sum(taken), listener.connections) == (MAX_CHANNELS, MAX_CHANNELS)


def test_a_try_is_over_long_before_another_clock_may_take_it():
    assert timedelta(seconds=pinned_http.WHOLE_SECONDS) < OUTBOX.lease / 2


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http://93.184.216.34/", "http://user@127.0.0.1/"])
def test_an_address_that_may_not_be_written_to_is_refused_at_its_field(alice, url):
    with pytest.raises(BotException) as raised:
        channel_of(alice, url)
    assert [problem["field"] for problem in raised.value.meta["errors"]] == ["url"]
    assert list_channels(alice.id) == []


@pytest.fixture
def mailed(alice):
    """Alice's e-mail channel, at an address that is verified."""
    verified(alice.id, "alice@example.org")
    return add_channel(alice.id, NewChannel(kind="email"))


def test_mails_go_to_a_verified_address_only(alice, clock):
    assert refused(lambda: add_channel(alice.id, NewChannel(kind="email"))) == "ALERT_EMAIL_UNVERIFIED"
    verified(alice.id, "alice@example.org")
    made = add_channel(alice.id, NewChannel(kind="email"))
    assert (made.secret, made.channel.address) == (None, "alice@example.org")
    assert refused(lambda: add_channel(alice.id, NewChannel(kind="email"))) == "ALERT_EMAIL_EXISTS"
    with identity() as session:
        session.get_one(User, alice.id).email_verified_at = None
        session.commit()
    ask_for_test(alice.id, made.channel.id)
    assert deliver_alerts() == 0
    assert (only(alice).address, only(alice).due_at) == ("", None)
    assert only(alice).failure == BotException("ALERT_EMAIL_UNVERIFIED").message
    assert mails_to("alice@example.org") == []


def test_mails_follow_the_address_of_their_user(alice, mailed, clock):
    verified(alice.id, "new@example.org")
    ask_for_test(alice.id, mailed.channel.id)
    deliver_alerts()
    assert only(alice).address == "new@example.org"
    assert (len(mails_to("new@example.org")), mails_to("alice@example.org")) == (1, [])


@pytest.mark.parametrize(
    ("params", "field"), [(NewChannel(), "url"), (NewChannel(kind="email", url="https://example.org/x"), "url")]
)
def test_a_webhook_needs_an_address_and_a_mail_takes_none(alice, params, field):
    with pytest.raises(BotException) as raised:
        add_channel(alice.id, params)
    assert [problem["field"] for problem in raised.value.meta["errors"]] == [field]


def test_a_user_is_mailed_once_what_happened_and_what_to_do(ready, clock):
    verified(ready.id, "alice@example.org")
    add_channel(ready.id, NewChannel(kind="email"))
    action_id = follow_action(ready)
    with bound_contextvars(request_id="request-1", action_id=action_id):
        refuse_step(ready, clock, "INSTAGRAM_LOGGED_OUT")
    for _ in range(3):
        deliver_alerts()
        clock.advance(seconds=10)
    (letter,) = mails_to("alice@example.org")
    known = BotException("INSTAGRAM_LOGGED_OUT")
    for told in (known.message, known.remedy, known.code, "request-1", action_id, "/settings/notifications"):
        assert told in letter.text
    assert (only(ready).due_at, only(ready).failure) == (None, None)
    assert only(ready).sent_at


def test_what_becomes_of_a_mail_is_told_at_its_channel(base_app, alice, mailed, clock, monkeypatch):
    with smtp_server() as server:
        config = base_app.extensions["troupe"].config
        mailing = {"smtp_url": SecretStr(f"smtp://127.0.0.1:{server.port}"), "mail_from": "bot@example.org"}
        monkeypatch.setattr(base_app.extensions["troupe"], "config", config.model_copy(update=mailing))
        server.behaviour = "refuses the recipient for now"
        ask_for_test(alice.id, mailed.channel.id)
        deliver_alerts()
        assert deliver_mails() == 0
        clock.advance(seconds=10)
        deliver_alerts()
        waiting = only(alice)
        assert waiting.failure == BotException("MAIL_SERVER_REFUSED").message
        assert waiting.due_at > clock.moment
        server.behaviour = ""
        clock.advance(minutes=2)
        assert deliver_mails() == 1
        assert deliver_alerts() == 1
        assert (only(alice).failure, only(alice).due_at, only(alice).sent_at) == (None, None, clock.moment)

        server.behaviour = "refuses the recipient"
        ask_for_test(alice.id, mailed.channel.id)
        deliver_alerts()
        deliver_mails()
        clock.advance(seconds=10)
        deliver_alerts()
        assert (only(alice).failure, only(alice).due_at) == (BotException("MAIL_RECIPIENT_REFUSED").message, None)
