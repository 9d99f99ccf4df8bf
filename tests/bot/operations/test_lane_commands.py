"""`flask lanes` as the server's operator types it."""

import time
from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from redis import Redis
from rq import SimpleWorker

from bot.config.runtime import runtime
from bot.lanes.queue import DUE, connect, notify_lane, planned, rescue
from jobs.lanes import Lanes
from tests.support.lanes import start

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Flask_ = Callable[..., Result]


@pytest.fixture
def redis(base_app, redis_url: str) -> Redis:
    return connect(redis_url)


@pytest.fixture
def flask_lanes(base_app) -> Flask_:
    return lambda *words: base_app.test_cli_runner().invoke(args=["lanes", *words])


@pytest.fixture
def well(redis: Redis) -> Iterator[None]:
    """A worker is there, the clock has swept, Redis keeps a log."""
    worker = SimpleWorker(["any"], connection=redis, name="a-worker", worker_ttl=60)
    worker.register_birth()
    rescue(redis, list)
    redis.config_set("appendonly", "yes")
    yield
    redis.config_set("appendonly", "no")
    worker.register_death()


@pytest.mark.usefixtures("well")
def test_it_shows_who_runs_and_who_waits(flask_lanes, redis, alice, bob):
    notify_lane(redis, alice.id)
    start(Lanes(redis, "a-worker"))
    redis.zadd(DUE, {bob.id: time.time() - 30, "erased": time.time() - 20})
    result = flask_lanes("show")
    assert result.exit_code == 0, result.output
    assert "1 running, 2 due, 0 planned" in result.output
    assert "bob                      due 30" in result.output
    assert "erased" in result.output
    assert "alice                    step, began" in result.output
    assert "workers  1" in result.output


def test_it_says_what_is_wrong_and_ends_with_a_status_of_its_own(flask_lanes):
    result = flask_lanes("show")
    assert result.exit_code == 1
    assert "E-SCH-E-0007 NO_WORKER: No worker is running" in result.output


def test_it_shows_the_lane_of_one_user(flask_lanes, redis, alice):
    assert "state   empty" in flask_lanes("user", "Alice").output
    notify_lane(redis, alice.id, time.time() + 500)
    assert "state   planned\ndue     in " in flask_lanes("user", "alice").output
    redis.zadd(DUE, {alice.id: time.time() - 5})
    assert "state   due\ndue     5" in flask_lanes("user", "alice").output
    redis.zadd("rq:scheduled:" + alice.id, {f"step-{alice.id}": 1})
    start(Lanes(redis, "a-worker"))
    output = flask_lanes("user", "alice").output
    assert "state   running" in output
    assert "holder  a-worker, lease ends in " in output


def test_it_tells_that_there_is_no_such_user(flask_lanes):
    result = flask_lanes("user", "nobody")
    assert result.exit_code == 1
    assert "Error: E-USR" in result.output


def test_a_sweep_brings_back_what_redis_has_lost(flask_lanes, redis, ready):
    result = flask_lanes("sweep")
    assert result.exit_code == 0, result.output
    assert "bots rung: 1" in result.output
    assert planned(redis, [ready.id])[ready.id]


@pytest.mark.parametrize("words", [("show",), ("user", "alice"), ("sweep",)])
def test_without_redis_it_is_a_line_with_the_code(flask_lanes, alice, words):
    runtime().redis = connect("redis://127.0.0.1:1/0")
    result = flask_lanes(*words)
    assert result.exit_code == 1
    assert "Error: E-SCH-E-0003: The queue cannot be reached" in result.output
    assert "Traceback" not in result.output
