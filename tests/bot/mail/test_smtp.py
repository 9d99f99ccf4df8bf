"""A mail goes to the configured server over a private connection, or not at all."""

import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.mail.outbox import deliver_mails
from sandbox.certificates import prepare
from tests.bot.mail.test_outbox import failed_with, the_mail, write
from tests.bot.mail.test_outbox import settings as settings
from tests.support.smtp_server import smtp_server

pytestmark = [
    pytest.mark.usefixtures("base_app"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
ways = pytest.mark.parametrize("scheme", ["smtp", "smtps"])
TODAY = datetime.now(UTC)


@pytest.fixture
def serving(tmp_path, settings, monkeypatch):
    """Starts the mail server of SMTP_URL, which is at localhost, with a certificate for that host and from that day."""

    def start(scheme, host="localhost", day=TODAY, *, trusted=True):
        authority = prepare(tmp_path, [host], TODAY)
        files = prepare(tmp_path, [host], day)
        assert files.ca_pem == authority.ca_pem
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files.certificate, files.key)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        return named(stack.enter_context(smtp_server(context, from_the_start=scheme == "smtps")), scheme, settings)

    with ExitStack() as stack:
        yield start


def named(server, scheme, settings):
    """That server is the one of SMTP_URL, at which the product has a name and a password."""
    server.offers += ("AUTH PLAIN",)
    url = f"{scheme}://name:password@localhost:{server.port}"
    settings(smtp_url=SecretStr(url), mail_from="bot@example.org", public_url="https://troupe.example.org")
    return server


def nothing_was_told(server):
    """Not even who we are beyond the greeting; the mail waits for another try."""
    assert deliver_mails() == 0
    assert (server.mails, server.logins) == ([], [])
    assert set(server.heard) <= {"EHLO", "STARTTLS"}
    assert server.tries == 1
    assert the_mail().due_at > the_mail().created_at
    assert the_mail().text_encrypted
    return True


@ways
def test_to_the_host_of_the_certificate_it_is_delivered_and_nothing_said_before_in_the_clear(serving, scheme):
    server = serving(scheme)
    write()
    assert deliver_mails() == 1
    assert [mail["Subject"] for mail in server.mails] == ["Hello"]
    before = {"smtp": ["EHLO", "STARTTLS"], "smtps": []}[scheme]
    assert server.heard == [*before, "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


@ways
@pytest.mark.parametrize(
    "wrong",
    [{"host": "mail.example.org"}, {"trusted": False}, {"day": TODAY - timedelta(days=400)}],
    ids=["of another host", "by an unknown authority", "expired"],
)
def test_whose_certificate_proves_nothing_is_told_nothing(serving, scheme, wrong):
    server = serving(scheme, **wrong)
    write()
    assert nothing_was_told(server)
    assert failed_with() == "MAIL_NOT_ENCRYPTED"


def test_a_server_that_offers_encryption_and_refuses_it_is_told_nothing(serving):
    server = serving("smtp")
    server.behaviour = "refuses to encrypt"
    write()
    assert nothing_was_told(server)
    assert failed_with() == "MAIL_SERVER_REFUSED"


def test_a_server_elsewhere_that_offers_no_encryption_is_told_nothing(settings, monkeypatch):
    monkeypatch.setattr("bot.mail.smtp.is_local", lambda _host: False)
    with smtp_server() as server:
        named(server, "smtp", settings)
        write()
        assert nothing_was_told(server)
    assert failed_with() == "MAIL_NOT_ENCRYPTED"
