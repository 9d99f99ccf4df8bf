"""The log: one line of JSON for each event, with its time in UTC."""

import io
import json
import logging

import pytest
import structlog
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy.exc import OperationalError

from bot.core.errors import BotException
from bot.core.log import bound_contextvars, clear_contextvars, configure_logging, get_logger, tell
from bot.history.activity import log_error


@pytest.fixture
def log():
    """Yield the lines that are logged while a test runs."""
    # Context that a request of an earlier test bound does not belong to this test.
    clear_contextvars()
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    ['x\n{"event": "signed_in"}', "x\r\nINFO all is well", "x\x1b[2J", "x\u2028y\u0085z", "\x00", '"}, {"'],
    ids=range(6),
)
def test_what_is_logged_is_one_line_of_json_whatever_it_holds(log, text):
    get_logger().info("refused", username=text)
    logging.getLogger("a library").warning("it said %s", text)
    ours, theirs = log.getvalue().splitlines()
    assert log.getvalue().isascii()
    assert json.loads(ours)["username"] == text
    assert (json.loads(theirs)["event"], json.loads(theirs)["message"]) == ("it said %s", f"it said {text}")


def test_times_are_utc(log):
    get_logger().info("something")
    assert json.loads(log.getvalue())["timestamp"].endswith("Z")


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def only_line(log):
    (line,) = lines(log)
    return line


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("refused 192.0.2.7", "refused …"),
        ("gone: https://user:pass@example.org/x?y=1 now", "gone: … now"),
        ("no mail to anna@example.org", "no mail to …"),
        ("peer 2001:db8::1 left", "peer … left"),
        ("connected to [::1]", "connected to […]"),
        ("2 of 3 done: all well", "2 of 3 done: all well"),
    ],
)
def test_no_event_of_a_library_is_named_after_an_address(log, text, name):
    logging.getLogger("a library").warning(text)
    line = only_line(log)
    assert line["event"] == name
    assert line.get("message", text) == text


FAILURE = {"module", "severity", "user_id", "action"}


def test_every_line_of_a_failure_says_where_how_bad_for_whom_and_what(log):
    get_logger().warning("redis_away")
    logging.getLogger("a library").error("it broke at %s", "192.0.2.1")
    with bound_contextvars(user_id="u1", action="step"):
        log_error(BotException("INSTAGRAM_TIMEOUT"))
        get_logger().error("tidying_failed", exc_info=KeyError("typed"))
    first, theirs, third, fourth = lines(log)
    assert all(line.keys() >= FAILURE for line in (first, theirs, third, fourth))
    assert (first["module"], first["severity"], first["user_id"]) == ("API", "warning", None)
    assert (third["module"], third["severity"], third["user_id"], third["action"]) == ("NET", "warning", "u1", "step")
    assert (fourth["severity"], fourth["chain"]) == ("critical", ["KeyError"])
    assert "192.0.2.1" not in theirs["event"]


def test_the_line_of_an_error_has_the_fields_of_the_first_design(log):
    with bound_contextvars(user_id="u1", action="step"):
        try:
            raise BotException("INSTAGRAM_TIMEOUT")
        except BotException as error:
            code = log_error(error)
    line = only_line(log)
    assert (line["error_code"], line["module"], line["severity"]) == (code, "NET", "warning")
    assert (line["user_id"], line["action"]) == ("u1", "step")
    assert line["timestamp"].endswith("Z")
    assert any("test_log.py" in frame for frame in line["stack"])


@pytest.mark.parametrize(
    ("error", "severity"),
    [
        (KeyError(), "critical"),
        (BotException("VAULT_REFUSED"), "critical"),
        (BotException("INSTAGRAM_SUSPENDED"), "error"),
        (BotException("DATABASE_UNAVAILABLE"), "error"),
        (OperationalError("SELECT 1", None, Exception()), "error"),
        (RedisAway(), "error"),
        (BotException("INSTAGRAM_TIMEOUT"), "warning"),
        (BotException("LIMIT_REACHED"), "info"),
    ],
)
def test_critical_is_a_fault_of_ours_alone(log, error, severity):
    get_logger().error("round_failed", exc_info=error)
    assert only_line(log)["severity"] == severity


def test_what_a_client_is_refused_is_no_failure_of_anybodys(log):
    log_error(BotException("INVALID_INPUT"), refused=True)
    line = only_line(log)
    assert (line["level"], line["severity"], line["error_code"]) == ("info", "info", "E-API-E-0001")


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_the_log_holds_its_level_and_above(log, level, written):
    configure_logging(level)
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(log)
    for name in ("debug", "info", "warning", "error"):
        getattr(get_logger(), name)("event")
        getattr(logging.getLogger("a library"), name)("event")
    assert [line["level"] for line in lines(log)] == [name for name in written for _ in range(2)]


def test_whoever_wants_to_be_told_is_told_of_errors_and_of_nothing_less(log):
    heard = []
    tell("a test", lambda fields, error: heard.append((fields["event"], fields.get("error_code"), error)))
    broken = BotException("VAULT_REFUSED")
    try:
        get_logger().warning("not yet")
        get_logger().error("worker_died")
        log_error(broken)
    finally:
        tell("a test", None)
    get_logger().error("nobody hears this")
    assert heard == [("worker_died", None, None), ("failure", broken.code, broken)]
    assert all("_error" not in line for line in lines(log))
