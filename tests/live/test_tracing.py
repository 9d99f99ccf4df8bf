"""One request id from the click to the last step and the alert, found by grep in what the processes have written."""

import json
import logging
import subprocess
from contextlib import closing

import pytest
from structlog.stdlib import ProcessorFormatter

from bot.alerts.delivery import deliver_alerts
from tests.live.test_following import place, started
from tests.support.listener import Listener

CLICK, LATER_CLICK = "click-0123456789", "click-9876543210"


@pytest.fixture
def grep(app, tmp_path):
    """Lines of the log in which a text stands, as `grep` finds them in the file."""
    (ours,) = [one for one in logging.getLogger().handlers if isinstance(one.formatter, ProcessorFormatter)]
    file = logging.FileHandler(tmp_path / "log")
    file.setFormatter(ours.formatter)
    logging.getLogger().addHandler(file)
    logging.getLogger().setLevel(logging.INFO)

    def find(text):
        found = subprocess.run(["grep", "-h", text, file.baseFilename], capture_output=True, text=True, check=False)
        return [json.loads(line) for line in found.stdout.splitlines()]

    yield find
    logging.getLogger().removeHandler(file)
    file.close()


@pytest.fixture
def listener():
    with closing(Listener()) as listener:
        yield listener


def clicking(user, request_id):
    """The user's next requests carry this id."""
    user.client.environ_base["HTTP_X_REQUEST_ID"] = request_id


def test_one_id_goes_from_the_click_to_the_last_step_the_log_the_activity_and_the_alert(
    app, person, sandbox, eventually, grep, listener
):
    user = started(person, sandbox)
    user.post("/api/bot/alert-channels", url=f"http://127.0.0.1:{listener.port}/hook")
    clicking(user, CLICK)
    action = place(user, 2)
    eventually(lambda: user.action(action)["status"] == "succeeded")
    # The next action's steps are rung by a click that has nothing to do with it, and planned before it.
    second = place(user, 5)
    clicking(user, LATER_CLICK)
    user.post("/api/bot/start")
    eventually(lambda: user.action(second)["done"] > 1)
    sandbox.end_sessions("plain_01")
    eventually(lambda: not user.status()["session_valid"])
    with app.app_context():
        assert deliver_alerts() == 1

    lines = grep(CLICK)
    events = [line["event"] for line in lines]
    assert set(events) >= {"request", "candidates_found", "step_done", "failure", "alert_sent"}
    of_steps = [line for line in lines if line["event"] in ("candidates_found", "step_done", "failure", "alert_sent")]
    assert {line["action_id"] for line in of_steps} == {action, second}
    assert {line["user_id"] for line in of_steps} == {user.id}
    done = [line for line in lines if line["event"] == "step_done" and line["action_id"] == action]
    assert [(line["level"], line["action"], line["outcome"]) for line in done] == [("info", "follow", "done")] * 2

    shown = user.get("/api/activity?limit=100").get_json()["items"]
    steps = [one for one in shown if one["action"] in ("follow", "order") and one["action_id"]]
    assert {one["request_id"] for one in steps} == {CLICK}
    assert {one["action_id"] for one in steps} == {action, second}

    told = json.loads(listener.received.partition(b"\r\n\r\n")[2])
    assert (told["request_id"], told["action_id"], told["error"]) == (CLICK, second, "INSTAGRAM_LOGGED_OUT")
    (failed,) = [line for line in lines if line["event"] == "failure"]
    assert failed.keys() >= {"module", "severity", "user_id", "action", "chain"}
    assert not [line for line in grep(LATER_CLICK) if "action_id" in line]
    bad = [line for level in ("warning", "error", "critical") for line in grep(f'"level": "{level}"')]
    assert bad
    assert all(line.keys() >= {"module", "severity", "user_id", "action"} for line in bad)


def test_what_an_action_repeats_keeps_the_id_of_the_click_that_made_the_series(person, sandbox, eventually, grep):
    user = started(person, sandbox)
    clicking(user, CLICK)
    action = place(user, 1, repeat={"every_days": 1})
    clicking(user, LATER_CLICK)
    eventually(lambda: user.action(action)["status"] == "succeeded")
    items = user.get("/api/bot/actions").get_json()["items"]
    assert [one["request_id"] for one in items] == [CLICK, CLICK]
    assert len({one["id"] for one in items}) == 2
