"""Reports of Sentry's real client: what an operator has to act on, by our codes, without users' data."""

import logging
import os
import subprocess
import sys

import pytest
import sentry_sdk
from sqlalchemy.exc import OperationalError

from bot.alerts.sentry import init_sentry
from bot.config.environment import Config, ConfigError
from bot.core.errors import BotException
from bot.core.log import bound_contextvars, configure_logging, finish_telling, get_logger, tell
from bot.history.activity import log_error
from local.processes import bind_to_parent, wait_until
from tests.support.environment import KEY, config_for
from tests.support.sentry_server import sentry_here

SECRET = "canary-typed-by-somebody-51ab"


@pytest.fixture
def sentry():
    with sentry_here() as sentry:
        yield sentry


@pytest.fixture
def told(base_app, sentry, tmp_path, database_url, redis_url):
    """Yield the events that Sentry got while the test ran."""
    configure_logging()
    init_sentry(config_for(tmp_path, database_url, redis_url, sentry_dsn=sentry.dsn))

    def events():
        finish_telling()
        return sentry.events

    with base_app.app_context():
        yield events
    tell("sentry", None)


def broken(secret):
    """Raise an unforeseen error with a secret in its text and in a variable of its frame."""
    held = f"password={secret}"
    try:
        raise ValueError(held)
    except ValueError as error:
        return error


def test_a_fault_is_told_by_its_code_with_its_place_and_ids(told, sentry):
    with bound_contextvars(request_id="r1", user_id="u1", action="follow", action_id="a1"):
        code = log_error(broken(SECRET))
    (event,) = told()
    assert (event["fingerprint"], event["level"], event["transaction"]) == ([code], "fatal", "follow")
    assert event["user"] == {"id": "u1"}
    tags = event["tags"]
    assert (tags["error_code"], tags["request_id"], tags["action_id"]) == (code, "r1", "a1")
    (value,) = event["exception"]["values"]
    assert value["type"] == "ValueError"
    (frame,) = value["stacktrace"]["frames"]
    assert (frame["filename"], frame["function"]) == ("tests/bot/alerts/test_sentry.py", "broken")
    assert SECRET not in "".join(sentry.bodies)


@pytest.mark.parametrize(
    ("tell_of", "level"),
    [
        (lambda: log_error(BotException("VAULT_REFUSED")), "fatal"),
        (lambda: log_error(OperationalError("SELECT 1", None, Exception(SECRET))), "error"),
        (lambda: log_error(BotException("MAIL_SERVER_REFUSED", smtp_code=535)), "error"),
        (lambda: log_error(BotException("INSTAGRAM_SUSPENDED")), "error"),
        (lambda: get_logger().error("worker_died", pid=7), "error"),
        (lambda: get_logger().error("tidying_failed", exc_info=broken(SECRET)), "fatal"),
        (lambda: logging.getLogger("a library").error("it broke on %s", SECRET), "error"),
        (lambda: logging.getLogger("a library").error(f"it broke on {SECRET}"), "error"),
        (lambda: sentry_sdk.capture_exception(broken(SECRET)), "error"),
        (lambda: sentry_sdk.capture_message(f"it broke on {SECRET}", level="error"), "error"),
    ],
)
def test_what_an_operator_has_to_act_on_is_told_without_any_text(told, sentry, tell_of, level):
    tell_of()
    (event,) = told()
    assert event["level"] == level
    assert SECRET not in "".join(sentry.bodies)
    allowed = {"event_id", "timestamp", "level", "platform", "fingerprint", "transaction", "tags", "user", "exception"}
    assert set(event) <= allowed


@pytest.mark.parametrize(
    "tell_of",
    [
        lambda: log_error(BotException("INSTAGRAM_LOGGED_OUT")),
        lambda: log_error(BotException("INSTAGRAM_TIMEOUT")),
        lambda: log_error(BotException("FORBIDDEN"), refused=True),
        lambda: log_error(BotException("LIMIT_REACHED")),
        lambda: get_logger().warning("redis_away"),
    ],
)
def test_what_users_and_time_mend_is_not(told, tell_of):
    tell_of()
    assert told() == []


def test_without_a_dsn_nobody_is_told(told, tmp_path, database_url, redis_url):
    init_sentry(config_for(tmp_path, database_url, redis_url))
    log_error(BotException("VAULT_REFUSED"))
    assert told() == []


@pytest.mark.parametrize(
    "dsn", ["sentry.example.org/1", "https://sentry.example.org/1", "https://k@host", "ftp://k@h/1"]
)
def test_what_is_no_dsn_is_refused_by_name_and_not_repeated(dsn):
    with pytest.raises(ConfigError, match="SENTRY_DSN") as refused:
        Config.from_env(sentry_dsn=dsn)
    assert dsn not in str(refused.value)


def test_a_process_of_its_own_tells(sentry, tmp_path):
    """A clock that finds neither a schema nor its Redis."""
    settings = {
        "INSTANCE_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "ENCRYPTION_KEYS": KEY,
        "SENTRY_DSN": sentry.dsn,
    }
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.clock"],
            env={**os.environ, **settings},
            stderr=log,
            process_group=0,
            preexec_fn=bind_to_parent(),
        )
    try:
        assert wait_until(lambda: len(sentry.events) > 1, 60), (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
    expected = {BotException(name).code for name in ("QUEUE_UNAVAILABLE", "DATABASE_UNAVAILABLE", "SCHEMA_OUTDATED")}
    assert {event["tags"].get("error_code") for event in sentry.events} <= expected
