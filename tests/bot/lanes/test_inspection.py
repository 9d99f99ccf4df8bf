"""The view of lanes, workers and Redis for a person."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from redis import Redis
from rq import SimpleWorker

from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.lanes import inspection
from bot.lanes.overview import LATE_SECONDS, MAX_WAITING, overview
from bot.lanes.queue import (
    DUE,
    JOB_SECONDS,
    LEASE,
    RESCUED,
    RESCUED_SECONDS,
    RUN,
    connect,
    notify_lane,
    rescue,
    submit_request,
)
from bot.lanes.workers import list_workers
from bot.users.directory import user_id_of, usernames
from jobs.lanes import Lanes
from tests.support.lanes import claim, put, start

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def redis(base_app, redis_url: str) -> Iterator[Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def lanes(redis: Redis) -> Lanes:
    return Lanes(redis, "a-worker")


@pytest.fixture
def worker(redis: Redis) -> Iterator[SimpleWorker]:
    """One that has made itself known."""
    worker = SimpleWorker(["any"], connection=redis, name="a-worker", worker_ttl=60)
    worker.register_birth()
    redis.hset(worker.key, "threads", 4)
    yield worker
    worker.register_death()


def been_due(redis: Redis, user_id: str, seconds: float) -> None:
    redis.zadd(DUE, {user_id: time.time() - seconds})


def ago(at: datetime | None) -> float:
    assert at is not None
    return time.time() - at.timestamp()


def concerns() -> list[str]:
    return [entry.name for entry in overview().concerns]


# One lane.


def test_a_lane_without_jobs_is_empty(redis: Redis) -> None:
    lane = inspection.lane("alice")
    assert (lane.state, lane.due_at, lane.run, lane.jobs_waiting, lane.jobs_planned) == ("empty", None, None, 0, 0)


def test_a_planned_lane_says_when_it_is_due(redis: Redis) -> None:
    notify_lane(redis, "alice", time.time() + 100)
    lane = inspection.lane("alice")
    assert (lane.state, lane.jobs_planned) == ("planned", 1)
    assert ago(lane.due_at) == pytest.approx(-100, abs=3)


def test_a_due_lane_says_since_when_and_how_many_jobs_wait(redis: Redis) -> None:
    put(redis, "alice", "one", "two")
    been_due(redis, "alice", 50)
    lane = inspection.lane("alice")
    assert (lane.state, lane.jobs_waiting) == ("due", 2)
    assert ago(lane.due_at) == pytest.approx(50, abs=3)


@pytest.mark.parametrize("job", ["step", "request"])
def test_a_running_lane_says_who_holds_it_since_when_and_for_how_long(redis: Redis, lanes: Lanes, job: str) -> None:
    if job == "step":
        notify_lane(redis, "alice")
    else:
        submit_request(redis, "alice", "7", request_id=None)
    claim(lanes)
    [handed_out] = overview().running
    assert (handed_out.since, handed_out.stuck) == (None, False)
    redis.delete("troupe:running", "troupe:owner", LEASE)
    redis.zadd(DUE, {"alice": 1})
    if job == "request":
        submit_request(redis, "alice", "8", request_id=None)
    else:
        redis.delete("rq:job:step-alice")
        notify_lane(redis, "alice")
    start(lanes)
    lane = inspection.lane("alice")
    assert lane.state == "running"
    assert lane.run
    assert (lane.run.job, lane.run.worker, lane.run.stuck) == (job, "a-worker", False)
    assert ago(lane.run.since) == pytest.approx(0, abs=3)
    assert ago(lane.run.lease_ends_at) == pytest.approx(-lanes.lease_seconds, abs=3)


def test_a_lane_that_lost_its_place_says_so(redis: Redis) -> None:
    put(redis, "alice", "one")
    redis.delete(DUE)
    assert inspection.lane("alice").state == "unplaced"


def test_lanes_are_shown_by_the_names_of_their_users(alice, bob) -> None:
    assert usernames([alice.id, "gone", alice.id]) == {alice.id: "alice"}
    assert usernames([]) == {}
    assert user_id_of(" Bob ") == bob.id
    with pytest.raises(BotException, match="USER_NOT_FOUND"):
        user_id_of("nobody")


# All lanes.


def test_nothing_planned_is_shown_as_nothing(redis: Redis) -> None:
    seen = overview()
    assert (seen.planned, seen.due, seen.late, seen.leased) == (0, 0, 0, 0)
    assert (seen.waiting, seen.running, seen.workers, seen.next_at, seen.oldest_due_at) == ([], [], [], None, None)
    assert (seen.recent.started, seen.recent.lag_percentile(0.99), seen.per_minute) == (0, None, 0.0)
    assert len(seen.minutes) == 60


def test_it_counts_lanes_and_shows_who_waits_longest(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "one")
    start(lanes)
    for number in range(MAX_WAITING + 5):
        been_due(redis, f"user-{number}", 10 + number)
    been_due(redis, "eve", 300)
    notify_lane(redis, "later", time.time() + 60)
    notify_lane(redis, "much-later", time.time() + 600)
    seen = overview()
    assert (seen.planned, seen.due, seen.late, seen.leased) == (2, MAX_WAITING + 6, 1, 1)
    assert [lane.user_id for lane in seen.waiting[:2]] == ["eve", f"user-{MAX_WAITING + 4}"]
    assert len(seen.waiting) == MAX_WAITING
    assert ago(seen.oldest_due_at) == pytest.approx(300, abs=3)
    assert ago(seen.next_at) == pytest.approx(-60, abs=3)
    assert [lane.user_id for lane in seen.running] == ["alice"]


def test_lag_and_throughput_come_from_what_was_counted(redis: Redis, lanes: Lanes) -> None:
    for number in range(100):
        been_due(redis, "alice", 30 if number == 0 else 0.15)
        redis.rpush("rq:queue:alice", f"job-{number}")
        redis.hset(f"rq:job:job-{number}", mapping={"status": "queued", "origin": "alice", "data": "[]"})
    taken = 0
    while lanes.redis.exists("rq:queue:alice"):
        reply = start(lanes)
        lanes.release(reply.lease)
        been_due(redis, "alice", 0.15)
        taken += 1
    assert taken == 100
    recent = overview().recent
    assert (recent.started, recent.ended, recent.lapsed) == (100, 100, 0)
    assert recent.lag_percentile(0.5) == 0.2
    assert recent.lag_percentile(1) in (0.2, 0.5, 1.0)
    assert overview().totals == recent


def test_it_says_until_when_nothing_is_handed_out(redis: Redis) -> None:
    assert overview().opens_at is None
    redis.hset(RUN, "opens", time.time() + 20)
    assert ago(overview().opens_at) == pytest.approx(-20, abs=3)


# Workers.


def test_a_worker_is_shown_with_its_lanes(redis: Redis, lanes: Lanes, worker: SimpleWorker) -> None:
    put(redis, "alice", "one")
    start(lanes)
    [seen] = list_workers()
    assert (seen.name, seen.host, seen.pid, seen.threads) == ("a-worker", worker.hostname, worker.pid, 4)
    assert (seen.lanes, seen.silent) == (["alice"], False)
    assert ago(seen.last_seen_at) == pytest.approx(0, abs=3)
    assert overview().workers[0].lanes == ["alice"]
    assert overview().threads == 4


def test_a_worker_that_says_nothing_for_a_while_is_silent(redis: Redis, worker: SimpleWorker) -> None:
    redis.expire(worker.key, 70)
    [seen] = list_workers()
    assert seen.silent
    assert ago(seen.last_seen_at) == pytest.approx(50, abs=3)


def test_a_worker_that_died_or_ended_is_not_there(redis: Redis, worker: SimpleWorker) -> None:
    redis.hset(worker.key, "death", "2026-03-10T12:00:00.000000Z")
    assert list_workers() == []
    redis.delete(worker.key)
    assert list_workers() == []


def test_how_many_threads_there_are_is_not_known_where_a_worker_does_not_say(
    redis: Redis, worker: SimpleWorker
) -> None:
    redis.hdel(worker.key, "threads")
    assert overview().threads is None


# Problems of the lanes.


def test_a_place_without_workers_and_clock_says_so(redis: Redis) -> None:
    assert concerns()[:2] == ["NO_WORKER", "CLOCK_SILENT"]


def test_a_place_that_is_well_says_nothing(redis: Redis, worker: SimpleWorker) -> None:
    redis.config_set("appendonly", "yes")
    try:
        rescue(redis, list)
        assert concerns() == []
    finally:
        redis.config_set("appendonly", "no")


def test_a_clock_that_has_not_swept_for_minutes_is_silent(redis: Redis, worker: SimpleWorker) -> None:
    rescue(redis, list)
    assert "CLOCK_SILENT" not in concerns()
    redis.expire(RESCUED, RESCUED_SECONDS - 200)
    assert "CLOCK_SILENT" in concerns()
    assert ago(overview().swept_at) == pytest.approx(200, abs=3)


def test_lanes_that_are_late_are_told_while_workers_are_there(redis: Redis, worker: SimpleWorker) -> None:
    been_due(redis, "alice", LATE_SECONDS - 10)
    assert "LANES_LATE" not in concerns()
    been_due(redis, "alice", LATE_SECONDS + 1)
    assert "LANES_LATE" in concerns()
    worker.register_death()
    assert "LANES_LATE" not in concerns()


def test_a_job_that_runs_for_too_long_is_stuck(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "one")
    start(lanes)
    assert overview().stuck == []
    redis.hset("rq:job:one", "since", time.time() - JOB_SECONDS - 1)
    assert [lane.user_id for lane in overview().stuck] == ["alice"]
    assert "LANES_STUCK" in concerns()
    assert inspection.lane("alice").run.stuck


def test_a_lease_that_has_ended_and_that_nobody_settles_is_stuck(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "one")
    start(lanes)
    redis.zadd(LEASE, {"alice": time.time() - 5})
    assert overview().stuck == []
    redis.zadd(LEASE, {"alice": time.time() - 20})
    assert [lane.user_id for lane in overview().stuck] == ["alice"]


@pytest.mark.parametrize(("share", "name"), [(1.3, "QUEUE_ALMOST_FULL"), (0.9, "QUEUE_FULL")])
def test_redis_is_looked_at_and_what_stops_the_lanes_is_told_first(redis: Redis, share: float, name: str) -> None:
    used = redis.info("memory")["used_memory"]
    redis.config_set("maxmemory", int(used * share))
    try:
        found, memory = concerns(), overview().redis
    finally:
        redis.config_set("maxmemory", 0)
    assert name in found
    assert (found[0] == name) is (name == "QUEUE_FULL")
    assert (memory.limit, memory.limited) == (int(used * share), True)
    assert memory.used > 0
    assert overview().redis.limited is False


def test_a_redis_that_is_away_is_told_by_its_code(base_app) -> None:
    runtime().redis = connect("redis://127.0.0.1:1/0")
    for look in (overview, list_workers, lambda: inspection.lane("alice")):
        with pytest.raises(BotException, match="QUEUE_UNAVAILABLE"):
            look()
