"""Mails: written with what they tell of, delivered once, tried again, given up, and left in the outbox of the demo."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from bot.config.environment import Config, ConfigError
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, find_code
from bot.core.visitor import Visitor
from bot.mail.outbox import (
    DAY,
    KEPT,
    OUTBOX,
    deliver_mails,
    forget_old_mails,
    list_mails,
    outbox,
    require_mail,
    send_mail,
)
from bot.storage.models import Mail
from bot.storage.tenancy import identity
from tests.support.people import VISITOR
from tests.support.smtp_server import smtp_server, unused_port

pytestmark = pytest.mark.usefixtures("base_app")
TO = "carol@example.org"
TEXT = "Open this:\n\n  https://troupe.example.org/reset-password/canary\n"


@pytest.fixture
def server():
    with smtp_server() as server:
        yield server


@pytest.fixture
def settings(base_app):
    """Changes settings of the running app."""

    def change(**values):
        runtime().config = runtime().config.model_copy(update=values)

    return change


@pytest.fixture
def by_smtp(server, settings):
    """The app sends by that server."""
    settings(
        smtp_url=SecretStr(server.url),
        mail_from="bot@troupe.example.org",
        public_url="https://troupe.example.org",
    )
    return server


def write(subject="Hello", to=TO, text=TEXT, **options):
    with identity() as session:
        send_mail(session, to, subject, text, **options)
        session.commit()


def letters(visitor=VISITOR, host="127.0.0.1:8000"):
    return outbox(visitor, host)


def the_mail():
    with identity(reading=True) as session:
        return session.scalars(select(Mail)).one()


def failed_with():
    return find_code(the_mail().error_code).name


def test_a_mail_is_delivered_as_plain_text_with_the_headers_that_it_needs(by_smtp):
    write("Grüße")
    assert deliver_mails() == 1
    (mail,) = by_smtp.mails
    assert mail["To"] == TO
    assert mail["From"] == "Troupe <bot@troupe.example.org>"
    assert mail["Subject"] == "Grüße"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{the_mail().id}@troupe.example.org>"
    assert mail["Date"].datetime == now()
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n") == TEXT
    # Python writes the command in capitals, and from 3.13 on in small letters.
    assert [[to.lower() for to in envelope] for envelope in by_smtp.envelopes] == [[f"to:<{TO}>"]]


def test_a_mail_is_sent_once_and_its_text_forgotten(by_smtp):
    write()
    assert the_mail().text_encrypted
    assert [deliver_mails(), deliver_mails()] == [1, 0]
    assert len(by_smtp.mails) == 1
    sent = the_mail()
    assert (sent.text_encrypted, sent.due_at, sent.sent_at, sent.tries) == (None, None, now(), 1)


def test_a_mail_goes_with_what_it_tells_of_or_not_at_all(by_smtp):
    with identity() as session:
        send_mail(session, TO, "Hello", TEXT)
        session.rollback()
    assert deliver_mails() == 0
    assert by_smtp.tries == 0


def test_the_text_is_sealed_while_it_waits(by_smtp):
    write()
    assert b"canary" not in the_mail().text_encrypted


def test_several_clocks_send_no_mail_twice(base_app, by_smtp):
    for number in range(6):
        write(f"Mail {number}")

    def clock(_number):
        with base_app.app_context():
            return deliver_mails()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(clock, range(4))) == 6
    assert sorted(mail["Subject"] for mail in by_smtp.mails) == [f"Mail {number}" for number in range(6)]


@pytest.mark.parametrize(
    ("behaviour", "name"),
    [
        ("hangs", "MAIL_SERVER_AWAY"),
        ("goes away before the mail", "MAIL_SERVER_AWAY"),
        ("refuses the recipient for now", "MAIL_SERVER_REFUSED"),
        ("refuses the sender", "MAIL_SERVER_REFUSED"),
        ("refuses the mail", "MAIL_SERVER_REFUSED"),
    ],
)
def test_what_may_go_well_later_is_tried_again_and_nothing_is_lost(settings, by_smtp, clock, behaviour, name):
    patience = runtime().config.smtp_timeout
    by_smtp.behaviour = behaviour
    settings(smtp_timeout=0.2 if behaviour == "hangs" else patience)
    write()
    assert deliver_mails() == 0
    assert failed_with() == name
    assert the_mail().text_encrypted
    by_smtp.behaviour = ""
    settings(smtp_timeout=patience)
    assert deliver_mails() == 0
    clock.advance(minutes=1)
    assert deliver_mails() == 1
    assert the_mail().error_code is None
    assert [mail["Subject"] for mail in by_smtp.mails] == ["Hello"]


@pytest.mark.parametrize("behaviour", ["goes away after the mail", "says no farewell"])
def test_a_mail_that_was_taken_is_not_sent_again_whatever_comes_after(by_smtp, clock, behaviour):
    by_smtp.behaviour = behaviour
    write()
    assert deliver_mails() == 1
    clock.advance(hours=12)
    assert deliver_mails() == 0
    assert len(by_smtp.mails) == 1


def test_the_pauses_grow_and_after_a_day_it_is_given_up_with_a_code(settings, by_smtp, clock):
    settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{unused_port()}"))
    write()
    pauses, started = [], now()
    while the_mail().due_at:
        clock.moment = the_mail().due_at
        tried_at = now()
        deliver_mails()
        pauses.append((the_mail().due_at or tried_at) - tried_at)
    assert pauses[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert max(pauses) == timedelta(hours=2)
    assert timedelta(hours=21) < now() - started < DAY
    assert failed_with() == "MAIL_SERVER_AWAY"
    assert the_mail().text_encrypted is None


def test_a_recipient_that_is_none_is_not_tried_again(by_smtp):
    by_smtp.behaviour = "refuses the recipient"
    write()
    assert deliver_mails() == 0
    assert failed_with() == "MAIL_RECIPIENT_REFUSED"
    assert (the_mail().due_at, the_mail().text_encrypted) == (None, None)


def test_a_mail_is_not_sent_when_it_is_of_no_use_any_more(by_smtp, clock):
    write(useful_for=timedelta(minutes=30))
    clock.advance(minutes=31)
    assert deliver_mails() == 0
    assert failed_with() == "MAIL_TOO_LATE"
    assert by_smtp.tries == 0


def test_what_a_clock_that_died_had_claimed_is_tried_again_after_its_lease(by_smtp, clock, monkeypatch):
    def dies(_message):
        raise KeyboardInterrupt

    write()
    with monkeypatch.context() as patch:
        patch.setattr("bot.mail.outbox.send_message", dies)
        with pytest.raises(KeyboardInterrupt):
            deliver_mails()
    assert deliver_mails() == 0
    clock.advance(seconds=OUTBOX.lease.total_seconds())
    assert deliver_mails() == 1


def test_it_signs_in_at_the_mail_server_with_what_the_url_says(settings, by_smtp):
    by_smtp.offers = ("AUTH PLAIN",)
    settings(smtp_url=SecretStr(by_smtp.url.replace("//", "//us%40er:pass%2Fword@")))
    write()
    assert deliver_mails() == 1
    assert by_smtp.logins == ["PLAIN AHVzQGVyAHBhc3Mvd29yZA=="]


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85"])
def test_no_header_takes_a_second_line(by_smtp, break_):
    for recipient, subject in (
        (f"carol@example.org{break_}Bcc: eve@example.org", "Hi"),
        (TO, f"Hi{break_}Bcc: e@x.org"),
    ):
        with pytest.raises(BotException, match="INVALID_INPUT"):
            write(subject, recipient)
    assert deliver_mails() == 0


@pytest.mark.parametrize(
    "recipient", ["a@example.org, b@example.org", "a@example.org;b@example.org", "<a@b.c> <d@e.f>", ""]
)
def test_a_mail_has_one_recipient(by_smtp, recipient):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        write(to=recipient)


def test_without_a_mail_server_outside_of_the_demo_nothing_is_written_and_who_needs_mail_is_told(settings):
    settings(instagram_sandbox=False)
    write()
    assert list_mails(10, None).items == []
    with pytest.raises(BotException, match="MAIL_NOT_CONFIGURED"):
        require_mail()


def test_in_the_demo_mails_stay_in_the_outbox_newest_first(clock):
    write("First")
    clock.advance(seconds=1)
    write("Second")
    assert deliver_mails() == 0
    assert [(letter.subject, letter.text) for letter in letters()] == [("Second", TEXT), ("First", TEXT)]


def test_there_is_no_outbox_where_mails_are_sent(by_smtp):
    write()
    with pytest.raises(BotException, match="NOT_FOUND"):
        letters()


@pytest.mark.parametrize("ip", ["192.0.2.7", "10.0.0.1", "::ffff:192.0.2.7", "", "localhost.example.org"])
def test_who_is_not_on_the_same_machine_reads_no_outbox(ip):
    write()
    with pytest.raises(BotException, match="NOT_FOUND"):
        letters(Visitor(ip, "tests"))


@pytest.mark.parametrize(
    "host", ["demo.example.org", "127.0.0.1.example.org", "example.org:8000", "", "localhost@evil.example"]
)
def test_a_name_of_elsewhere_that_leads_here_reads_no_outbox(host):
    write()
    with pytest.raises(BotException, match="NOT_FOUND"):
        letters(host=host)


def test_texts_and_then_mails_are_forgotten(clock):
    write()
    clock.advance(days=3)
    forget_old_mails()
    assert letters() == []
    assert the_mail().text_encrypted is None
    clock.advance(seconds=KEPT.total_seconds())
    forget_old_mails()
    assert list_mails(10, None).items == []


GOOD = {
    "smtp_url": "smtps://user:secret-canary@mail.example.org",
    "mail_from": "bot@example.org",
    "public_url": "https://troupe.example.org",
}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": ""}, "PUBLIC_URL"),
        ({"mail_from": None}, "MAIL_FROM"),
        ({"mail_from": "bot@example.org\r\nBcc: eve@example.org"}, "MAIL_FROM"),
        ({"mail_from": "Bot"}, "MAIL_FROM"),
        ({"smtp_url": "http://user:secret-canary@mail.example.org"}, "SMTP_URL"),
        ({"smtp_url": "smtp://user:secret-canary@mail.example.org:port"}, "SMTP_URL"),
        ({"smtp_url": "smtps://"}, "SMTP_URL"),
        ({"public_url": "http://troupe.example.org"}, "PUBLIC_URL"),
        ({"public_url": "https://troupe.example.org/pages"}, "PUBLIC_URL"),
        ({"public_url": "https://user@troupe.example.org"}, "PUBLIC_URL"),
        ({"public_url": "troupe.example.org"}, "PUBLIC_URL"),
    ],
)
def test_mail_settings_that_cannot_be_are_refused_at_start_and_no_password_told(changes, named):
    assert Config.from_env(**GOOD, instagram_sandbox=False).mail_server.port == 465
    with pytest.raises(ConfigError, match=named) as refused:
        Config.from_env(**GOOD | changes, instagram_sandbox=False)
    assert "secret-canary" not in str(refused.value)
