"""Lanes as the web and the clock see them: rings, requests, plans, erasure and the sweep."""

import time
from collections.abc import Iterator
from typing import cast

import pytest
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.registry import ScheduledJobRegistry
from rq.serializers import JSONSerializer

from bot.lanes.queue import (
    DUE,
    LEASE,
    OWNER,
    REQUEST_JOB,
    RUN,
    RUNNING,
    SPREAD_SECONDS,
    STEP_JOB,
    Rescued,
    connect,
    forget,
    notify_lane,
    planned,
    rescue,
    submit_request,
)

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with connect(redis_url) as client:
        client.flushall()
        yield client


def lane(redis: Redis, user_id: str) -> Queue:
    return Queue(user_id, connection=redis, serializer=JSONSerializer)


def planned_steps(redis: Redis, user_id: str) -> dict[bytes, float]:
    registry = ScheduledJobRegistry(user_id, connection=redis)
    return dict(cast(list[tuple[bytes, float]], redis.zrange(registry.key, 0, -1, withscores=True)))


def fetch(redis: Redis, job_id: str) -> Job:
    return Job.fetch(job_id, connection=redis, serializer=JSONSerializer)


def test_a_ring_plans_a_step_that_carries_ids_only(redis: Redis) -> None:
    before = time.time()
    assert notify_lane(redis, "alice", request_id="r-1")
    job = fetch(redis, "step-alice")
    assert (job.func_name, job.args, job.kwargs, job.meta) == (STEP_JOB, ["alice"], {}, {"request_id": "r-1"})
    assert job.is_scheduled
    assert job.origin == "alice"
    [(job_id, at)] = planned_steps(redis, "alice").items()
    assert job_id == b"step-alice"
    assert before - 0.1 <= at <= time.time() + 0.1


def test_many_rings_plan_one_step_at_the_earliest_time(redis: Redis) -> None:
    soon = time.time() + 60
    for seconds in (3600, 60, 7200):
        notify_lane(redis, "alice", soon + seconds - 60)
    assert list(planned_steps(redis, "alice")) == [b"step-alice"]
    assert planned(redis, ["alice"])["alice"] == pytest.approx(soon, abs=0.1)


def test_a_plan_keeps_its_parts_of_a_second(redis: Redis) -> None:
    at = time.time() + 100.123456
    notify_lane(redis, "alice", at)
    kept = planned(redis, ["alice"])["alice"]
    assert kept == pytest.approx(at, abs=0.05)
    assert kept != round(kept or 0)
    assert planned_steps(redis, "alice") == {b"step-alice": kept}


def test_a_ring_that_comes_earlier_brings_its_own_request(redis: Redis) -> None:
    notify_lane(redis, "alice", time.time() + 100, request_id="first")
    notify_lane(redis, "alice", time.time() + 200, request_id="too late")
    assert fetch(redis, "step-alice").meta == {"request_id": "first"}
    notify_lane(redis, "alice")
    assert fetch(redis, "step-alice").meta == {}


def test_a_ring_mends_a_step_that_stands_in_no_line(redis: Redis) -> None:
    notify_lane(redis, "alice")
    redis.delete("rq:scheduled:alice", DUE)
    notify_lane(redis, "alice")
    assert list(planned_steps(redis, "alice")) == [b"step-alice"]
    assert redis.zscore(DUE, "alice") is not None


def test_a_ring_without_redis_is_not_an_error(redis: Redis) -> None:
    assert notify_lane(connect(NOWHERE), "alice") is False


def test_a_request_without_redis_is_an_error(redis: Redis) -> None:
    with pytest.raises(RedisError):
        submit_request(connect(NOWHERE), "alice", "7", request_id=None)


def test_a_request_goes_in_front_and_is_taken_once(redis: Redis) -> None:
    lane(redis, "alice").enqueue("tests.support.lanes.nothing", job_id="waiting")
    submit_request(redis, "alice", "7", request_id="r-7")
    submit_request(redis, "alice", "7", request_id="again")
    assert lane(redis, "alice").job_ids == ["request-7", "waiting"]
    job = fetch(redis, "request-7")
    assert (job.func_name, job.args, job.kwargs) == (REQUEST_JOB, ["alice", "7"], {})
    assert job.meta == {"request_id": "r-7"}
    assert job.is_queued


def test_a_name_that_is_no_id_is_refused(redis: Redis) -> None:
    with pytest.raises(ValueError, match="letters, numbers"):
        notify_lane(redis, "alice:bob")


def test_plans_are_read_without_looking_at_other_lanes(redis: Redis) -> None:
    at = time.time() + 50
    notify_lane(redis, "alice", at)
    redis.zadd(LEASE, {"bob": time.time() + 30})
    plans = planned(redis, ["alice", "bob", "nobody", "alice"])
    assert plans["alice"] == pytest.approx(at, abs=0.1)
    assert plans["bob"] == pytest.approx(time.time(), abs=5)
    assert plans["nobody"] is None
    assert planned(redis, []) == {}


def test_forgetting_erases_a_lane_and_no_other(redis: Redis) -> None:
    for user in ("alice", "bob"):
        notify_lane(redis, user)
        submit_request(redis, user, f"of-{user}", request_id=None)
    forget(redis, "alice")
    left = [key.decode() for key in redis.scan_iter()]
    assert not [key for key in left if "alice" in key]
    assert redis.zscore(DUE, "alice") is None
    assert redis.smembers("rq:queues") == {b"rq:queue:bob"}
    assert set(lane(redis, "bob").job_ids) == {"request-of-bob"}
    assert planned(redis, ["bob"])["bob"] is not None


def test_forgetting_takes_the_lane_from_the_job_that_runs(redis: Redis) -> None:
    notify_lane(redis, "alice")
    redis.zadd(LEASE, {"alice": time.time() + 30})
    redis.hset(OWNER, "alice", "worker-1")
    redis.hset(RUNNING, "alice", "step-alice")
    forget(redis, "alice")
    assert cast(object, redis.hgetall(OWNER)) != {b"alice": b"worker-1"}
    assert not redis.hexists(RUNNING, "alice")
    assert not redis.exists("rq:job:step-alice")


def test_a_sweep_finds_what_a_stock_queue_pushed(redis: Redis) -> None:
    lane(redis, "alice").enqueue("tests.support.lanes.nothing")
    assert planned(redis, ["alice"])["alice"] is None
    assert rescue(redis, list) == Rescued(indexed=1, notified=0)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time(), abs=5)
    assert rescue(redis, list) == Rescued(indexed=0, notified=0)


def test_a_sweep_rebuilds_a_lost_index(redis: Redis) -> None:
    at = {f"user-{number}": time.time() + 1000 + number for number in range(1200)}
    for user, moment in at.items():
        notify_lane(redis, user, moment)
    redis.delete(DUE)
    assert rescue(redis, list).indexed == len(at)
    plans = planned(redis, at)
    assert all(plans[user] == pytest.approx(moment, abs=0.5) for user, moment in at.items())


def test_a_sweep_rings_who_has_nothing_planned_and_nobody_else(redis: Redis) -> None:
    rescue(redis, list)
    tomorrow = time.time() + 86400
    notify_lane(redis, "alice", tomorrow)
    redis.zadd(LEASE, {"carol": time.time() + 30})
    assert rescue(redis, lambda: ["alice", "bob", "carol"]) == Rescued(indexed=0, notified=1)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(tomorrow, abs=0.1)
    assert planned_steps(redis, "bob")
    assert not planned_steps(redis, "carol")


def test_the_first_sweep_after_a_start_of_redis_rings_everybody_within_a_minute(redis: Redis) -> None:
    users, tomorrow = [f"user-{number}" for number in range(20)], time.time() + 86400
    for user in users:
        notify_lane(redis, user, tomorrow)
    assert rescue(redis, lambda: users).notified == 20
    plans = [at or 0 for at in planned(redis, users).values()]
    assert time.time() - 5 < min(plans) < max(plans) < time.time() + SPREAD_SECONDS
    assert rescue(redis, lambda: users).notified == 0
    redis.hset(RUN, "swept", "the run before")
    assert rescue(redis, lambda: users).notified == 20


def test_a_sweep_gives_places_even_when_the_database_is_away(redis: Redis) -> None:
    def away() -> list[str]:
        raise ConnectionError("no database")

    lane(redis, "alice").enqueue("tests.support.lanes.nothing")
    with pytest.raises(ConnectionError):
        rescue(redis, away)
    assert planned(redis, ["alice"])["alice"] is not None


def test_a_second_sweep_changes_nothing(redis: Redis) -> None:
    everybody = [f"user-{number}" for number in range(20)]
    rescue(redis, lambda: everybody)
    before = planned(redis, everybody)
    assert rescue(redis, lambda: everybody) == Rescued(indexed=0, notified=0)
    assert planned(redis, everybody) == before
