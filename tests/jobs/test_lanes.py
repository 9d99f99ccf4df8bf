"""Leases and the scripts behind them, one call at a time and without a worker."""

import time
from typing import cast

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from bot import queue
from bot.queue import DUE, LEASE, OWNER, RUNNING, forget, planned, ring, submit_request
from jobs import lanes as lanes_module
from jobs.lanes import Idle, LaneJob, Lanes, Lease, hold, still_mine

PAST = 1.0


@pytest.fixture
def lanes(redis: Redis) -> Lanes:
    return Lanes(redis, "first")


@pytest.fixture
def others(redis: Redis) -> Lanes:
    return Lanes(redis, "second")


@pytest.fixture
def boot(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds since boot; a test moves them."""
    seconds = [1000.0]
    monkeypatch.setattr(lanes_module, "boot_seconds", lambda: seconds[0])
    return seconds


def claim(lanes: Lanes) -> LaneJob:
    job = lanes.claim()
    assert isinstance(job, LaneJob)
    return job


def start(lanes: Lanes) -> LaneJob:
    job = claim(lanes)
    assert lanes.start(job)
    return job


def end_lease(redis: Redis, user_id: str) -> None:
    assert redis.zadd(LEASE, {user_id: PAST}, xx=True, ch=True)


def status(redis: Redis, job_id: str) -> str:
    return Job.fetch(job_id, connection=redis, serializer=JSONSerializer).get_status().value


def line(redis: Redis, user_id: str) -> list[str]:
    return Queue(user_id, connection=redis).job_ids


def put(redis: Redis, user_id: str, *job_ids: str) -> None:
    for job_id in job_ids:
        lane = Queue(user_id, connection=redis, serializer=JSONSerializer)
        lane.enqueue("tests.support.lanes.nothing", job_id=job_id)
    queue.sweep(redis, list)


# Claims.


def test_nothing_planned_is_idle_without_an_end(lanes: Lanes) -> None:
    assert lanes.claim() == Idle(None, leased=0)


def test_it_says_how_long_nothing_is_due(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice", time.time() + 10.5)
    ring(redis, "bob", time.time() + 20)
    idle = lanes.claim()
    assert isinstance(idle, Idle)
    assert idle.seconds == pytest.approx(10.5, abs=0.3)


def test_a_claimed_step_is_whole_and_leased(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice", request_id="r-1")
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
    ring(redis, "alice")
    submit_request(redis, "alice", "7", request_id=None)
    queue.sweep(redis, lambda: ["alice"])
    assert others.claim() == Idle(None, leased=1)


def test_lanes_take_turns(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "a1", "a2", "a3")
    put(redis, "bob", "b1")
    put(redis, "carol", "c1", "c2")
    order = []
    while isinstance(job := lanes.claim(), LaneJob):
        lanes.start(job)
        order.append(job.id)
        lanes.release(job.lease)
    assert order[3:] == ["a2", "c2", "a3"]
    assert set(order[:3]) == {"a1", "b1", "c1"}


def test_a_request_is_claimed_before_a_due_step(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice")
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
    ring(redis, "alice", request_id="r-1")
    job = start(lanes)
    assert status(redis, "step-alice") == "started"
    assert lanes.release(job.lease, 12.25)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 12.25, abs=0.5)
    assert status(redis, "step-alice") == "scheduled"
    assert Job.fetch("step-alice", connection=redis, serializer=JSONSerializer).meta == {}
    assert not redis.exists(LEASE, OWNER, RUNNING, "rq:wip:alice")


def test_a_step_without_a_next_one_leaves_nothing(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice")
    lanes.release(start(lanes).lease)
    assert planned(redis, ["alice"]) == {"alice": None}
    assert not redis.exists("rq:job:step-alice", "rq:scheduled:alice", "rq:queue:alice")


def test_a_ring_during_a_step_is_not_lost(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice")
    job = start(lanes)
    ring(redis, "alice", request_id="r-2")
    assert not redis.exists("rq:scheduled:alice")
    lanes.release(job.lease, 3600)
    again = start(lanes)
    assert again.id == "step-alice"
    assert again.meta == {"request_id": "r-2"}
    lanes.release(again.lease, 3600)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 3600, abs=5)


def test_a_later_ring_during_a_step_does_not_delay_the_next(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice")
    job = start(lanes)
    ring(redis, "alice", time.time() + 500)
    ring(redis, "alice", time.time() + 900)
    lanes.release(job.lease, 100)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 100, abs=5)


def test_a_ring_during_a_last_step_plans_another(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice")
    job = start(lanes)
    ring(redis, "alice", time.time() + 500)
    lanes.release(job.lease)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 500, abs=5)


def test_a_finished_request_is_erased(redis: Redis, lanes: Lanes) -> None:
    submit_request(redis, "alice", "7", request_id=None)
    lanes.release(start(lanes).lease)
    assert not redis.exists("rq:job:request-7", "rq:queue:alice", DUE)


def test_a_job_given_back_unstarted_is_first_again(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    put(redis, "alice", "one", "two")
    lanes.release(claim(lanes).lease)
    assert line(redis, "alice") == ["one", "two"]
    assert claim(others).id == "one"


def test_a_release_forgets_old_failures(redis: Redis, lanes: Lanes) -> None:
    redis.zadd("rq:failed:alice", {"old": PAST, "young": time.time() + 100})
    ring(redis, "alice")
    lanes.release(start(lanes).lease)
    assert redis.zrange("rq:failed:alice", 0, -1) == [b"young"]


# Leases that end.


def test_the_step_of_a_dead_worker_runs_again_at_once(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    ring(redis, "alice")
    start(lanes)
    end_lease(redis, "alice")
    job = start(others)
    assert (job.id, job.abandoned) == ("step-alice", False)
    others.release(job.lease, 60)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 60, abs=5)


def test_the_waiting_request_goes_before_the_step_of_a_dead_worker(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    ring(redis, "alice")
    start(lanes)
    submit_request(redis, "alice", "7", request_id=None)
    end_lease(redis, "alice")
    assert claim(others).id == "request-7"


def test_a_claimed_job_of_a_dead_worker_is_first_again(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    put(redis, "alice", "one", "two")
    claim(lanes)
    end_lease(redis, "alice")
    job = claim(others)
    assert (job.id, job.abandoned) == ("one", False)


def test_the_started_request_of_a_dead_worker_is_handed_over_to_be_failed(
    redis: Redis, lanes: Lanes, others: Lanes
) -> None:
    submit_request(redis, "alice", "7", request_id="r-7")
    start(lanes)
    end_lease(redis, "alice")
    job = claim(others)
    assert (job.id, job.abandoned, job.args) == ("request-7", True, ["alice", "7"])
    assert lanes.claim() == Idle(None, leased=1)


def test_a_lost_lease_can_neither_start_nor_end_a_job(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    ring(redis, "alice")
    lost = claim(lanes)
    end_lease(redis, "alice")
    mine = start(others)
    assert not lanes.start(lost)
    assert not lanes.release(lost.lease, 5)
    assert cast(object, redis.hgetall(OWNER)) == {b"alice": mine.lease.token.encode()}
    assert others.release(mine.lease)


def test_the_same_worker_cannot_end_a_job_under_an_earlier_claim(redis: Redis, lanes: Lanes) -> None:
    ring(redis, "alice")
    lost = start(lanes)
    end_lease(redis, "alice")
    mine = start(lanes)
    assert not lanes.release(lost.lease)
    assert lanes.release(mine.lease)


# Renewal.


def test_a_renewed_lease_lasts_on(redis: Redis, lanes: Lanes, boot: list[float]) -> None:
    ring(redis, "alice")
    lease = start(lanes).lease
    boot[0] += 20
    redis.zadd(LEASE, {"alice": time.time() + 1})
    lanes.renew([lease])
    boot[0] += 20
    assert lease.alive()
    assert redis.zscore(LEASE, "alice") == pytest.approx(time.time() + lanes.lease_seconds, abs=1)


def test_a_renewal_finds_out_that_the_lane_has_passed_on(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    ring(redis, "alice")
    lost = start(lanes).lease
    end_lease(redis, "alice")
    start(others)
    lanes.renew([lost])
    assert not lost.alive()


def test_a_lease_that_may_have_ended_is_not_renewed(redis: Redis, lanes: Lanes, boot: list[float]) -> None:
    ring(redis, "alice")
    lease = start(lanes).lease
    before = redis.zscore(LEASE, "alice")
    boot[0] += 29
    lanes.renew([lease])
    boot[0] -= 29
    assert not lease.alive()
    assert redis.zscore(LEASE, "alice") == before


def test_a_running_job_keeps_its_lane_in_an_emptied_redis(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    ring(redis, "alice")
    job = start(lanes)
    redis.flushall()
    lanes.renew([job.lease])
    queue.sweep(redis, lambda: ["alice"])
    ring(redis, "alice")
    assert job.lease.alive()
    assert others.claim() == Idle(None, leased=1)
    assert lanes.release(job.lease, 100)
    assert claim(others).id == "step-alice"


def test_a_forgotten_lane_is_lost_to_its_worker(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    ring(redis, "alice")
    job = start(lanes)
    forget(redis, "alice")
    lanes.renew([job.lease])
    assert not job.lease.alive()
    assert not lanes.release(job.lease, 5)
    end_lease(redis, "alice")
    assert others.claim() == Idle(None, leased=0)
    assert not redis.exists(LEASE, OWNER, RUNNING, DUE)


# still_mine()


def test_outside_a_lane_nothing_is_mine() -> None:
    assert not still_mine()


def test_a_lease_is_trusted_for_most_of_its_time(boot: list[float]) -> None:
    with hold(Lease("alice", "token", 30)):
        boot[0] += 26
        assert still_mine()
        boot[0] += 2
        assert not still_mine()
    assert not still_mine()


def test_a_job_that_runs_too_long_is_overdue(boot: list[float]) -> None:
    lease = Lease("alice", "token", 30)
    assert not lease.overdue()
    boot[0] += queue.JOB_SECONDS + 1
    assert lease.overdue()
