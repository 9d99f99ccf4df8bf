"""What stands in the log: one line of JSON for each event, with its time in UTC."""

import io
import json
import logging

import pytest
import structlog

from bot.log import configure_logging, get_logger


@pytest.fixture
def log():
    """What is logged while a test runs."""
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
    assert json.loads(theirs)["event"] == f"it said {text}"


def test_times_are_utc(log):
    get_logger().info("something")
    assert json.loads(log.getvalue())["timestamp"].endswith("Z")
