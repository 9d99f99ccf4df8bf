"""Every fault of the product is mailed to the operator, whatever process holds the database at that moment."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot.alerts import operator_mail
from bot.alerts.operator_mail import PURPOSE, init_operator_mail, tell_operator
from bot.config.environment import Config, ConfigError
from bot.core.errors import BotException
from bot.core.log import bound_contextvars, configure_logging, finish_telling, get_logger
from bot.history.activity import log_error, record
from bot.mail.outbox import deliver_mails
from bot.storage.models import Mail
from bot.storage.tenancy import identity, tenant
from local.processes import wait_until
from tests.support.environment import config_for
from tests.support.smtp_server import smtp_server

OPERATOR = "operator@example.org"
SECRET = "canary-typed-by-somebody-51ab"


@pytest.fixture
def server():
    with smtp_server() as server:
        yield server


@pytest.fixture
def operated(base_app, tmp_path, database_url, redis_url, server):
    """The app of an operator who gets mails by a real mail server."""
    configure_logging()
    runtime = base_app.extensions["troupe"]
    before = runtime.config
    runtime.config = config_for(
        tmp_path,
        database_url,
        redis_url,
        operator_email=OPERATOR,
        smtp_url=f"smtp://127.0.0.1:{server.port}",
        mail_from="bot@example.org",
        public_url="https://troupe.example.org",
    )
    init_operator_mail(base_app)
    with base_app.app_context():
        yield base_app
    runtime.config = before
    init_operator_mail(base_app)


def mails():
    with identity(reading=True) as session:
        return list(session.scalars(select(Mail).where(Mail.purpose == PURPOSE).order_by(Mail.created_at, Mail.id)))


def eventually(count):
    assert wait_until(lambda: len(mails()) >= count, 20)
    return mails()


def fault():
    held = f"password={SECRET}"
    try:
        raise ValueError(held)
    except ValueError as error:
        return error


def test_a_fault_is_mailed_at_once_with_its_place_and_ids_and_no_text(operated, server):
    with bound_contextvars(request_id="request-1", user_id="user-1", action="follow", action_id="action-1"):
        code = log_error(fault())
    (mail,) = eventually(1)
    assert (mail.recipient, mail.request_id, code in mail.subject) == (OPERATOR, "request-1", True)
    assert deliver_mails() == 1
    text = server.mails[0].get_content()
    for told in (code, "tests/bot/alerts/test_operator_mail.py", "request-1", "user-1", "action-1", "ValueError"):
        assert told in text
    assert SECRET not in text


def test_who_holds_the_database_is_not_waited_for(operated, alice):
    with tenant(alice.id) as session:
        record(session, "step", "started")
        log_error(BotException("VAULT_REFUSED"))
        session.commit()
    assert BotException("VAULT_REFUSED").code in eventually(1)[0].subject


def fields_of(name, **more):
    known = BotException(name)
    return {"event": "failure", "error_code": known.code, "severity": "critical", "action": "step", **more}


def test_of_one_code_there_is_a_mail_an_hour(operated, clock):
    told = [tell_operator(fields_of("VAULT_REFUSED")) for _ in range(3)]
    other = tell_operator(fields_of("SCOPE_VIOLATION"))
    clock.moment += timedelta(minutes=59)
    told.append(tell_operator(fields_of("VAULT_REFUSED")))
    clock.moment += timedelta(minutes=2)
    told.append(tell_operator(fields_of("VAULT_REFUSED")))
    assert (told, other) == ([True, False, False, False, True], True)


@pytest.mark.parametrize(
    "happens",
    [
        partial(log_error, BotException("INSTAGRAM_LOGGED_OUT")),
        partial(log_error, BotException("MAIL_SERVER_AWAY")),
        partial(log_error, OperationalError("SELECT 1", None, Exception())),
        partial(log_error, BotException("INVALID_INPUT"), refused=True),
        lambda: get_logger().error("worker_died", pid=7),
    ],
)
def test_only_what_is_of_severity_c_is_mailed(operated, happens):
    happens()
    log_error(BotException("INSTAGRAM_SUSPENDED"))
    (mail,) = eventually(1)
    assert BotException("INSTAGRAM_SUSPENDED").code in mail.subject


def test_what_the_database_does_not_take_is_handed_over_directly(operated, server, monkeypatch):
    def away(**_):
        raise OperationalError("BEGIN", None, Exception("away"))

    monkeypatch.setattr(operator_mail, "identity", away)
    assert tell_operator(fields_of("VAULT_REFUSED", request_id="request-2"))
    assert "request-2" in server.mails[0].get_content()


def test_a_process_that_ends_waits_for_what_it_has_to_tell(operated):
    for name in ("VAULT_REFUSED", "SCOPE_VIOLATION", "INTERNAL"):
        log_error(BotException(name))
    finish_telling()
    assert len(mails()) == 3


def test_without_an_operator_nobody_is_told(base_app):
    with base_app.app_context():
        init_operator_mail(base_app)
        log_error(BotException("VAULT_REFUSED"))
        assert mails() == []


def test_an_operator_needs_a_mail_server():
    with pytest.raises(ConfigError, match="OPERATOR_EMAIL"):
        Config.from_env(operator_email=OPERATOR, smtp_url=None, instagram_sandbox=False)
