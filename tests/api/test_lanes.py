"""Lanes and workers as administrators see them by the API; the caller holds every answer against the document."""

import time
import uuid

import pytest
from redis import Redis

from bot.lanes.queue import DUE, connect, notify_lane
from jobs.lanes import Lanes
from tests.api.caller import json_of, refusal
from tests.support.lanes import put, start

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def redis(app, redis_url: str) -> Redis:
    return connect(redis_url)


@pytest.fixture
def without_redis(app):
    app.extensions["troupe"].redis = connect("redis://127.0.0.1:1/0")


def test_an_empty_place_is_shown_with_what_is_wrong(calls, ada):
    seen = json_of(calls(ada).get("/admin/lanes"))
    assert (seen["planned"], seen["due"], seen["running"], seen["waiting"], seen["held"]) == (0, 0, 0, [], [])
    assert (seen["lag_p99"], seen["ended_per_minute"], seen["workers"]) == (None, 0.0, 0)
    assert len(seen["minutes"]) == 60
    assert seen["concerns"][0]["name"] == "NO_WORKER"
    assert seen["concerns"][0]["help"] == f"/help/errors/{seen['concerns'][0]['code']}"
    assert seen["redis"]["memory_used"] > 0


def test_who_waits_and_runs_is_named(calls, ada, alice, bob, redis):
    put(redis, alice.id, "one")
    start(Lanes(redis, "a-worker"))
    redis.zadd(DUE, {bob.id: time.time() - 40, "erased": time.time() - 50})
    seen = json_of(calls(ada).get("/admin/lanes"))
    assert [(lane["user_id"], lane["username"]) for lane in seen["waiting"]] == [("erased", None), (bob.id, "bob")]
    [held] = seen["held"]
    assert (held["username"], held["worker"], held["job"], held["stuck"]) == ("alice", "a-worker", "request", False)
    assert (seen["due"], seen["running"], seen["minutes"][-1]["started"] + seen["minutes"][-2]["started"]) == (2, 1, 1)
    assert seen["lag_p99"] >= 0.001


def test_one_lane_is_shown(calls, ada, alice, bob, redis):
    notify_lane(redis, alice.id, time.time() + 60)
    lane = json_of(calls(ada).get(f"/admin/lanes/{alice.id}"))["lane"]
    assert (lane["username"], lane["state"], lane["run"], lane["jobs_planned"]) == ("alice", "planned", None, 1)
    assert lane["due_at"]
    put(redis, bob.id, "one")
    start(Lanes(redis, "a-worker"))
    lane = json_of(calls(ada).get(f"/admin/lanes/{bob.id}"))["lane"]
    assert (lane["state"], lane["run"]["worker"], lane["run"]["username"]) == ("running", "a-worker", "bob")


def test_nobodys_lane_is_not_found(calls, ada):
    assert refusal(calls(ada).get(f"/admin/lanes/{uuid.uuid4()}")) == (404, "USER_NOT_FOUND")


def test_workers_are_listed(calls, ada, redis):
    registration = {"birth": "2026-03-10T12:00:00.000000Z", "hostname": "east", "pid": 7, "threads": 16}
    redis.hset("rq:worker:one", mapping=registration)
    redis.expire("rq:worker:one", 120)
    redis.sadd("rq:workers", "rq:worker:one")
    [worker] = json_of(calls(ada).get("/admin/workers"))["items"]
    assert (worker["name"], worker["host"], worker["pid"], worker["threads"]) == ("one", "east", 7, 16)
    assert (worker["silent"], worker["lanes"]) == (False, [])


@pytest.mark.usefixtures("without_redis")
@pytest.mark.parametrize("path", ["/admin/lanes", "/admin/workers", "/admin/lanes/{}"])
def test_without_redis_it_is_refused_with_the_code(calls, ada, path):
    assert refusal(calls(ada).get(path.format(ada.id))) == (503, "QUEUE_UNAVAILABLE")
