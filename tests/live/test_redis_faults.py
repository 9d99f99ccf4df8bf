"""Redis lost, silent, slow, full, read-only, emptied and cut short: what the web, workers and the clock make of it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.config import Config
from bot.queue import planned
from bot.wakeups import missed_user_ids, sweep_all
from local.processes import wait_until
from tests.live.conftest import INSTAGRAM_TIMEOUT, Person
from tests.support.environment import config_for
from tests.support.people import give_valid_session, make_somebody, set_running
from tests.support.redis_forwarder import RedisForwarder, forwarder_to
from tests.support.redis_process import RedisProcess

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PATIENCE = 15.0
LONGEST_ANSWER = 5.0


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with Redis for a while, and what `ready` calls it."""

    code: str
    begin: Callable[[RedisProcess, RedisForwarder], object]
    end: Callable[[RedisProcess, RedisForwarder], object]
    stops: bool = True


FAULTS = {
    "away": Fault("QUEUE_UNAVAILABLE", lambda server, _: server.stop(), lambda server, _: server.start()),
    "cut off": Fault("QUEUE_UNAVAILABLE", lambda _, way: way.cut(), lambda _, way: way.mend()),
    "silent": Fault("QUEUE_SLOW", lambda _, way: way.silence(), lambda _, way: way.speak()),
    "slow": Fault("QUEUE_SLOW", lambda _, way: delay(way, 0.3), lambda _, way: delay(way, 0), stops=False),
    "full": Fault("QUEUE_FULL", lambda server, _: server.fill(), lambda server, _: server.give_memory()),
    "read-only": Fault(
        "QUEUE_READ_ONLY",
        lambda server, _: server.client().replicaof("127.0.0.1", "1"),
        lambda server, _: server.client().replicaof("NO", "ONE"),
    ),
    "without replicas": Fault(
        "QUEUE_READ_ONLY",
        lambda server, _: server.client().config_set("min-replicas-to-write", 1),
        lambda server, _: server.client().config_set("min-replicas-to-write", 0),
    ),
}


def delay(way: RedisForwarder, seconds: float) -> None:
    way.delay = seconds


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess(durable=True) as server:
        yield server


@pytest.fixture
def way(server: RedisProcess) -> Iterator[RedisForwarder]:
    with forwarder_to(server.url) as way:
        yield way


@pytest.fixture
def config(tmp_path: Path, database_url: str, way: RedisForwarder, sandbox: Any) -> Config:
    port = int(sandbox.url.rsplit(":", 1)[1])
    return config_for(tmp_path, database_url, way.url, sandbox_port=port, instagram_timeout=INSTAGRAM_TIMEOUT)


def until(condition: Callable[[], object]) -> None:
    assert wait_until(lambda: bool(condition()), PATIENCE), "it did not come about"


# The web.


@pytest.fixture
def user(app: Flask) -> Person:
    """Alice, whose bot runs; nothing works for it."""
    with app.app_context():
        somebody = make_somebody("alice")
        give_valid_session(somebody.id)
        set_running(somebody.id)
    return Person(somebody, app.test_client())


@pytest.mark.parametrize("name", FAULTS)
def test_pages_and_orders_go_on_and_whoever_waits_is_told(
    app: Flask, user: Person, server: RedisProcess, way: RedisForwarder, name: str
) -> None:
    fault = FAULTS[name]
    with app.app_context():
        sweep_all(app.extensions["troupe"].redis)
    fault.begin(server, way)
    assert answer(user.client.get, "/login").status_code == 200
    assert "alice" in answer(user.page, "/")
    assert answer(user.get, "/api/bot/status").status_code == 200
    assert answer(user.order, 1).status_code == 202
    ready = answer(user.get, "/api/ready").get_json()
    told = {one["field"]: one["code"] for one in ready["errors"]}
    if fault.stops:
        assert told == {"redis": fault.code}
        refused = answer(user.post, f"/api/users/{user.id}/test-session").get_json()
        assert (refused["status"], refused["error"]) == (503, "QUEUE_UNAVAILABLE")
    with app.app_context():
        assert missed_user_ids() == ([user.id] if fault.stops else [])
    fault.end(server, way)
    until(lambda: "redis" not in {one["field"] for one in user.get("/api/ready").get_json()["errors"]})
    with app.app_context():
        redis = app.extensions["troupe"].redis
        sweep_all(redis)
        assert missed_user_ids() == []
        assert (planned(redis, [user.id])[user.id] or 0) <= time.time() + 1


def answer(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call of the web answers, which must come within seconds."""
    began = time.monotonic()
    reply = call(*arguments)
    assert time.monotonic() - began < LONGEST_ANSWER
    return reply
