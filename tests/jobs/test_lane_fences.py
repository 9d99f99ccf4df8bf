"""What a worker still does for a job once its lease is lost or it is to end: nothing."""

import sys
from datetime import timedelta
from typing import cast

import pytest
from redis import Redis
from rq.executions import Execution
from rq.job import Retry

from bot.lanes.queue import LEASE, connect, notify_lane, planned, rescue, submit_request
from jobs.lane_worker import LaneWorker
from jobs.lanes import Idle, LaneJob, Lanes, hold
from tests.support.lanes import (
    ABANDONED,
    CRASHED,
    DONE,
    NOTHING,
    STARTED,
    abandoned,
    claim,
    crashed,
    eventually,
    lane,
    told,
    working,
)
from tests.support.redis_process import RedisProcess

pytestmark = pytest.mark.usefixtures("lane_jobs")


@pytest.fixture
def worker(redis: Redis) -> LaneWorker:
    return LaneWorker(redis, on_abandoned=abandoned, on_crash=crashed, threads=1)


def execute(worker: LaneWorker, job: LaneJob) -> None:
    with hold(job.lease):
        worker.execute_job(job, lane(worker.connection, job.origin))


def test_a_stopping_worker_gives_back_what_it_has_claimed_but_not_started(redis: Redis, worker: LaneWorker) -> None:
    notify_lane(redis, "alice")
    job = claim(worker.lanes)
    worker.stop()
    execute(worker, job)
    assert told(redis, STARTED) == []
    assert lane(redis, "alice").job_ids == ["step-alice"]
    assert not redis.exists(LEASE)


def test_a_job_whose_lease_was_lost_before_its_start_is_not_run(redis: Redis, worker: LaneWorker) -> None:
    notify_lane(redis, "alice")
    job = claim(worker.lanes)
    job.lease.lost = True
    execute(worker, job)
    assert told(redis, STARTED) == []
    assert redis.zcard(LEASE) == 1


def test_a_job_whose_lane_has_passed_on_is_not_run_though_its_worker_does_not_know(
    redis: Redis, worker: LaneWorker
) -> None:
    notify_lane(redis, "alice")
    job = claim(worker.lanes)
    redis.zadd(LEASE, {"alice": 1})
    assert isinstance(Lanes(redis, "another").claim(), LaneJob)
    execute(worker, job)
    assert told(redis, STARTED) == []


def test_no_end_of_a_job_counts_without_its_lease(redis: Redis, worker: LaneWorker) -> None:
    submit_request(redis, "alice", "7", request_id=None)
    job = claim(worker.lanes)
    worker.lanes.start(job)
    queue, registry = lane(redis, "alice"), lane(redis, "alice").started_job_registry
    execution = Execution("token", job.id, redis)
    before = dict_of(redis)
    job.lease.lost = True
    with hold(job.lease):
        worker.handle_job_success(job, queue, registry, execution)
        worker.handle_job_retry(job, queue, Retry(max=1), registry, execution)
        worker.handle_job_failure(job, queue, registry, "text", execution)
    assert dict_of(redis) == before
    assert told(redis, ABANDONED) == []


def dict_of(redis: Redis) -> dict[bytes, object]:
    return {key: redis.dump(key) for key in redis.scan_iter()}


def test_a_step_without_its_lease_plans_nothing(redis: Redis, worker: LaneWorker) -> None:
    notify_lane(redis, "alice")
    job = claim(worker.lanes)
    job.lease.lost = True
    job._result = sys.float_info.max
    execution = Execution("token", job.id, redis)
    with hold(job.lease):
        worker.handle_job_success(job, lane(redis, "alice"), lane(redis, "alice").started_job_registry, execution)
        worker.handle_job_failure(job, lane(redis, "alice"))
    assert job.delay is None


def test_a_job_may_ask_to_be_run_again(redis: Redis, redis_url: str) -> None:
    lane(redis, "alice").enqueue("tests.support.lanes.once_more", "alice", result_ttl=0)
    rescue(redis, list)
    with working(redis_url):
        eventually(lambda: len(told(redis, DONE)) == 2 and not redis.exists(LEASE))
    assert told(redis, CRASHED) == []
    assert planned(redis, ["alice"]) == {"alice": None}


def test_a_job_that_is_to_run_again_stands_in_line_once(redis: Redis, worker: LaneWorker) -> None:
    lane(redis, "alice").enqueue("tests.support.lanes.once_more", "alice", job_id="twice", result_ttl=0)
    rescue(redis, list)
    execute(worker, claim(worker.lanes))
    assert lane(redis, "alice").job_ids == ["twice"]


def test_a_job_that_cannot_be_read_is_erased_and_its_lane_goes_on(redis: Redis, redis_url: str) -> None:
    lane(redis, "alice").enqueue("tests.support.lanes.nothing", job_id="broken")
    redis.hset("rq:job:broken", "status", "a word that RQ does not know")
    rescue(redis, list)
    notify_lane(redis, "alice")
    with working(redis_url):
        eventually(lambda: told(redis, DONE) == ["alice mine"])
    assert not redis.exists("rq:job:broken")


def test_a_worker_goes_on_with_what_a_full_redis_holds() -> None:
    with RedisProcess() as server, working(server.url, lease_seconds=0.6) as worker:
        redis = server.client()
        eventually(lambda: redis.scard("rq:workers") == 1)
        lane(redis, "alice").enqueue_in(timedelta(seconds=1), NOTHING, job_id="one", result_ttl=0)
        rescue(redis, list)
        server.fill()
        redis.expire(worker.key, 5)
        assert notify_lane(redis, "bob") is False
        assert redis.exists("rq:job:one")
        eventually(lambda: not redis.exists("rq:job:one", LEASE))
        eventually(lambda: cast(int, redis.ttl(worker.key)) > 60)
        server.give_memory()
        notify_lane(redis, "alice")
        eventually(lambda: told(redis, DONE) == ["alice mine"])


def test_a_lane_that_was_claimed_by_a_lost_reply_comes_back(redis: Redis, redis_url: str) -> None:
    notify_lane(redis, "alice")
    Lanes(connect(redis_url), "lost", lease_seconds=0.5).claim()
    another = Lanes(redis, "another")
    eventually(lambda: not isinstance(another.claim(), Idle), 5)
