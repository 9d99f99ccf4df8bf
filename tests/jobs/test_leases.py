"""Leases: what becomes of a lane whose worker is gone, and who may still act for it."""

import time
from typing import cast

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from bot.lanes import queue
from bot.lanes.queue import DUE, LEASE, OWNER, RUN, RUNNING, forget, notify_lane, planned, submit_request
from jobs import lanes as lanes_module
from jobs.lanes import Idle, Lanes, Lease, hold, still_mine
from tests.support.lanes import claim, end_lease, open_lanes, put, start
from tests.support.redis_process import RedisProcess


@pytest.fixture
def boot(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds since boot; a test moves them."""
    seconds = [1000.0]
    monkeypatch.setattr(lanes_module, "boot_seconds", lambda: seconds[0])
    return seconds


# The worker is gone.


def test_the_step_of_a_dead_worker_runs_again_at_once(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
    start(lanes)
    end_lease(redis, "alice")
    job = start(others)
    assert (job.id, job.abandoned) == ("step-alice", False)
    others.release(job.lease, 60)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 60, abs=5)


def test_the_waiting_request_goes_before_the_step_of_a_dead_worker(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
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
    notify_lane(redis, "alice")
    lost = claim(lanes)
    end_lease(redis, "alice")
    mine = start(others)
    assert not lanes.start(lost)
    assert not lanes.release(lost.lease, 5)
    assert cast(object, redis.hgetall(OWNER)) == {b"alice": mine.lease.token.encode()}
    assert others.release(mine.lease)


def test_the_same_worker_cannot_end_a_job_under_an_earlier_claim(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    lost = start(lanes)
    end_lease(redis, "alice")
    mine = start(lanes)
    assert not lanes.release(lost.lease)
    assert lanes.release(mine.lease)


# Renewal.


def test_a_renewed_lease_lasts_on(redis: Redis, lanes: Lanes, boot: list[float]) -> None:
    notify_lane(redis, "alice")
    lease = start(lanes).lease
    boot[0] += 20
    redis.zadd(LEASE, {"alice": time.time() + 1})
    lanes.renew([lease])
    boot[0] += 20
    assert lease.alive()
    assert redis.zscore(LEASE, "alice") == pytest.approx(time.time() + lanes.lease_seconds, abs=1)


def test_a_renewal_finds_out_that_the_lane_has_passed_on(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
    lost = start(lanes).lease
    end_lease(redis, "alice")
    start(others)
    lanes.renew([lost])
    assert not lost.alive()


def test_a_lane_that_another_has_finished_is_not_taken_again(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
    lost = start(lanes).lease
    end_lease(redis, "alice")
    others.release(start(others).lease, 60)
    lanes.renew([lost])
    assert not lost.alive()
    assert not redis.exists(LEASE)


def test_a_lease_that_may_have_ended_is_not_renewed(redis: Redis, lanes: Lanes, boot: list[float]) -> None:
    notify_lane(redis, "alice")
    lease = start(lanes).lease
    before = redis.zscore(LEASE, "alice")
    boot[0] += 29
    lanes.renew([lease])
    boot[0] -= 29
    assert not lease.alive()
    assert redis.zscore(LEASE, "alice") == before


def test_a_running_job_keeps_its_lane_in_an_emptied_redis(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
    job = start(lanes)
    redis.flushall()
    lanes.renew([job.lease])
    queue.rescue(redis, lambda: ["alice"])
    notify_lane(redis, "alice")
    assert job.lease.alive()
    assert is_closed(others)
    assert lanes.release(job.lease, 100)
    open_lanes(redis)
    assert claim(others).id == "step-alice"


def is_closed(lanes: Lanes) -> bool:
    """Whether nothing is handed out for about a lease, though jobs are due."""
    idle = lanes.claim()
    assert isinstance(idle, Idle)
    return bool(idle.leased and idle.rest and idle.rest > lanes.lease_seconds - 5)


def test_an_emptied_redis_hands_nothing_out_while_a_lost_lease_may_be_acted_under(
    redis: Redis, lanes: Lanes, others: Lanes
) -> None:
    notify_lane(redis, "alice")
    job = start(lanes)
    assert others.claim() == Idle(None, leased=1)
    redis.flushall()
    notify_lane(redis, "alice")
    notify_lane(redis, "bob")
    assert is_closed(others)
    lanes.renew([job.lease])
    assert job.lease.alive()
    open_lanes(redis)
    assert claim(others).lease.user_id == "bob"
    assert others.claim() == Idle(None, leased=2)


def test_a_redis_that_came_back_with_less_hands_nothing_out_either(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
    before = redis.dump("rq:job:step-alice"), redis.dump("rq:scheduled:alice"), redis.dump(DUE)
    job = start(lanes)
    assert others.claim() == Idle(None, leased=1)
    come_back_with(redis, *zip(("rq:job:step-alice", "rq:scheduled:alice", DUE), before, strict=True))
    assert is_closed(others)
    lanes.renew([job.lease])
    assert job.lease.alive()
    assert lanes.release(job.lease, 100)
    open_lanes(redis)
    assert claim(others).id == "step-alice"


def come_back_with(redis: Redis, *keys: tuple[str, object]) -> None:
    """Redis starts with an older state of these keys, and without what was written since."""
    redis.delete(LEASE, OWNER, RUNNING)
    for key, value in keys:
        redis.restore(key, 0, cast(bytes, value), replace=True)
    redis.hset(RUN, "run", "the run before")
    redis.script_flush()


def test_a_redis_that_nobody_knew_before_hands_out_at_once(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    assert claim(lanes).id == "step-alice"
    redis.script_flush()
    assert lanes.claim() == Idle(None, leased=1)


def test_a_full_redis_goes_on_with_the_lanes_that_it_holds() -> None:
    with RedisProcess() as server:
        redis = server.client()
        lanes = Lanes(redis, "first", lease_seconds=5)
        for user in ("alice", "bob"):
            notify_lane(redis, user)
        first = start(lanes)
        server.fill()
        with pytest.raises(OutOfMemoryError):
            redis.set("more", 1)
        lanes.renew([first.lease])
        assert first.lease.alive()
        assert lanes.release(first.lease, 0)
        assert {start(lanes).lease.user_id for _ in range(2)} == {"alice", "bob"}
        assert not notify_lane(redis, "carol")
        server.give_memory()
        assert notify_lane(redis, "carol")


def test_a_forgotten_lane_is_lost_to_its_worker(redis: Redis, lanes: Lanes, others: Lanes) -> None:
    notify_lane(redis, "alice")
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
