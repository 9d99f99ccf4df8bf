"""What an administrator does in the middle of an action: the call that runs ends, and no other begins."""

import pytest

from bot.lanes.queue import connect, planned
from tests.live.conftest import Person
from tests.live.test_following import place, started
from tests.support.people import make_somebody


@pytest.fixture
def admin(app):
    with app.app_context():
        somebody = make_somebody("ada", "admin")
    return Person(somebody, app.test_client())


def call(admin, method, path, **body):
    answer = admin.client.open(path, method=method, headers=admin.somebody.headers, json=body or None)
    assert answer.status_code == 200, answer.get_json()


HALTS = {
    "disabled": lambda admin, user: call(admin, "PATCH", f"/api/users/{user.id}", is_active=False),
    "erased": lambda admin, user: call(admin, "DELETE", f"/api/users/{user.id}"),
    "all stopped": lambda admin, _user: call(admin, "PUT", "/api/admin/kill-switch", reason="A storm."),
}


@pytest.mark.parametrize("halt", HALTS)
def test_a_bot_is_halted_in_the_middle_of_an_action_and_the_worker_goes_on(
    app, config, person, admin, sandbox, eventually, halt, log
):
    alice, bob = started(person, sandbox), started(person, sandbox, "bob", "plain_02")
    place(alice, 10)
    eventually(lambda: sandbox.targets("plain_01", "follow"))
    HALTS[halt](admin, alice)
    before = len(sandbox.targets("plain_01", "follow"))
    if halt == "all stopped":
        action_id = place(bob, 2)
        call(admin, "DELETE", "/api/admin/kill-switch")
        bob.post("/api/bot/start")
    else:
        action_id = place(bob, 2)
    eventually(lambda: bob.action(action_id)["status"] == "succeeded")
    if halt != "all stopped":
        assert len(sandbox.targets("plain_01", "follow")) - before <= 1
    if halt == "disabled":
        assert planned(connect(config.redis_url), [alice.id]) == {alice.id: None}
    assert "lane_broken" not in log()
    assert "crash_not_recorded" not in log()


def test_while_every_bot_is_stopped_nothing_is_followed(person, admin, sandbox, eventually):
    alice = started(person, sandbox)
    action_id = place(alice, 10)
    eventually(lambda: sandbox.targets("plain_01", "follow"))
    HALTS["all stopped"](admin, alice)
    eventually(lambda: alice.status()["verdict"]["reason"] == "KILL_SWITCH" and not alice.action(action_id)["unknown"])
    before = alice.action(action_id)["done"]
    second = place(alice, 2)
    assert alice.action(action_id)["done"] - before <= 1
    assert alice.action(second)["done"] == 0
    call(admin, "DELETE", "/api/admin/kill-switch")
    alice.post("/api/bot/start")
    eventually(lambda: alice.action(second)["status"] == "succeeded")
