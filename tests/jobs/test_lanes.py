"""The scripts behind lanes, one call at a time and without a worker."""

import time

import pytest
from redis import Redis
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.lanes import queue
from bot.lanes.queue import DUE, LEASE, OWNER, RUNNING, notify_lane, planned, submit_request
from jobs.lanes import Idle, LaneJob, Lanes
from tests.support.lanes import claim, lane, put, start

PAST = 1.0


def status(redis: Redis, job_id: str) -> str:
    return Job.fetch(job_id, connection=redis, serializer=JSONSerializer).get_status().value


# Claims.


def test_nothing_planned_is_idle_without_an_end(lanes: Lanes) -> None:
    assert lanes.claim() == Idle(None, leased=0)


def test_it_says_how_long_nothing_is_due(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice", time.time() + 10.5)
    notify_lane(redis, "bob", time.time() + 20)
    idle = lanes.claim()
    assert isinstance(idle, Idle)
    assert idle.rest == pytest.approx(10.5, abs=0.3)


def test_whoever_claims_learns_when_the_next_job_is_due(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "one")
    assert claim(lanes).rest is None
    put(redis, "bob", "two")
    put(redis, "cid", "three")
    notify_lane(redis, "dan", time.time() + 10.5)
    assert claim(lanes).rest == 0
    assert claim(lanes).rest == pytest.approx(10.5, abs=0.3)


def test_a_claimed_step_is_whole_and_leased(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice", request_id="r-1")
    job = claim(lanes)
    assert (job.id, job.origin, job.args) == ("step-alice", "alice", ["alice"])
    assert job.meta == {"request_id": "r-1"}
    assert job.is_step
    assert not job.abandoned
    assert redis.zscore(LEASE, "alice") == pytest.approx(time.time() + lanes.lease_seconds, abs=1)
    assert redis.zscore(DUE, "alice") is None


def test_a_leased_lane_is_not_claimed_again(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    put(redis, "alice", "one", "two")
    claim(lanes)
    assert others.claim() == Idle(None, leased=1)
    notify_lane(redis, "alice")
    submit_request(redis, "alice", "7", request_id=None)
    queue.rescue(redis, lambda: ["alice"])
    assert redis.zscore(DUE, "alice") is None
    redis.zadd(DUE, {"alice": PAST})
    assert others.claim() == Idle(None, leased=1)


def test_lanes_take_turns(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "a1", "a2", "a3")
    put(redis, "bob", "b1")
    put(redis, "carol", "c1", "c2")
    progress = []
    while isinstance(job := lanes.claim(), LaneJob):
        lanes.start(job)
        progress.append(job.id)
        lanes.release(job.lease)
    assert progress[3:] == ["a2", "c2", "a3"]
    assert set(progress[:3]) == {"a1", "b1", "c1"}


def test_a_lane_that_gets_more_jobs_keeps_its_turn(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "a1")
    put(redis, "bob", "b1")
    submit_request(redis, "alice", "7", request_id=None)
    put(redis, "alice", "a2")
    assert claim(lanes).origin == "alice"


def test_a_request_is_claimed_before_a_due_step(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    submit_request(redis, "alice", "7", request_id=None)
    job = start(lanes)
    assert job.id == "request-7"
    lanes.release(job.lease)
    assert claim(lanes).id == "step-alice"


def test_a_job_that_was_deleted_is_passed_over(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "gone", "there")
    redis.delete("rq:job:gone")
    assert claim(lanes).id == "there"


# Ends.


def test_the_next_step_is_planned_in_the_release(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice", request_id="r-1")
    job = start(lanes)
    assert status(redis, "step-alice") == "started"
    assert lanes.release(job.lease, 12.25)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 12.25, abs=0.5)
    assert status(redis, "step-alice") == "scheduled"
    assert Job.fetch("step-alice", connection=redis, serializer=JSONSerializer).meta == {}
    assert not redis.exists(LEASE, OWNER, RUNNING, "rq:wip:alice")


def test_a_step_without_a_next_one_leaves_nothing(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    lanes.release(start(lanes).lease)
    assert planned(redis, ["alice"]) == {"alice": None}
    assert not redis.exists("rq:job:step-alice", "rq:scheduled:alice", "rq:queue:alice")


def test_a_ring_during_a_step_is_not_lost(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    job = start(lanes)
    notify_lane(redis, "alice", request_id="r-2")
    assert not redis.exists("rq:scheduled:alice")
    lanes.release(job.lease, 3600)
    again = start(lanes)
    assert again.id == "step-alice"
    assert again.meta == {"request_id": "r-2"}
    lanes.release(again.lease, 3600)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 3600, abs=5)


def test_a_later_ring_during_a_step_does_not_delay_the_next(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    job = start(lanes)
    notify_lane(redis, "alice", time.time() + 500)
    notify_lane(redis, "alice", time.time() + 900)
    lanes.release(job.lease, 100)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 100, abs=5)


def test_a_ring_during_a_last_step_plans_another(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    job = start(lanes)
    notify_lane(redis, "alice", time.time() + 500)
    lanes.release(job.lease)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 500, abs=5)


def test_a_finished_request_is_erased(redis: Redis, lanes: Lanes) -> None:
    submit_request(redis, "alice", "7", request_id=None)
    lanes.release(start(lanes).lease)
    assert not redis.exists("rq:job:request-7", "rq:queue:alice", DUE)


def test_a_job_given_back_unstarted_is_first_again(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    put(redis, "alice", "one", "two")
    lanes.release(claim(lanes).lease)
    assert lane(redis, "alice").job_ids == ["one", "two"]
    assert claim(others).id == "one"


def test_a_release_forgets_old_failures(redis: Redis, lanes: Lanes) -> None:
    redis.zadd("rq:failed:alice", {"old": PAST, "young": time.time() + 100})
    notify_lane(redis, "alice")
    lanes.release(start(lanes).lease)
    assert redis.zrange("rq:failed:alice", 0, -1) == [b"young"]
