"""What the scripts count on the way: starts by their lag, ends, leases that were not given back."""

import time

import pytest
from redis import Redis

from bot.lanes.queue import DUE, MINUTE, TOTALS, notify_lane, submit_request
from jobs.lanes import Lanes
from tests.support.lanes import claim, end_lease, put, start


def total(redis: Redis) -> dict[str, int]:
    return _numbers(redis.hgetall(TOTALS))


def recent(redis: Redis) -> dict[str, int]:
    """Of the minutes that are kept; a test may run over the end of one."""
    kept: dict[str, int] = {}
    for key in redis.scan_iter(f"{MINUTE}*"):
        for name, count in _numbers(redis.hgetall(key)).items():
            kept[name] = kept.get(name, 0) + count
    return kept


def _numbers(raw: dict[bytes, bytes]) -> dict[str, int]:
    return {name.decode(): int(count) for name, count in raw.items()}


def been_due(redis: Redis, user_id: str, seconds: float) -> None:
    """The lane has waited for so long."""
    notify_lane(redis, user_id, time.time() - 1)
    redis.zadd(DUE, {user_id: time.time() - seconds})


@pytest.mark.parametrize(
    ("seconds", "counted"),
    [(0.11, "200"), (0.3, "500"), (1.5, "2000"), (7, "10000"), (90, "300000"), (1800, "3600000"), (90_000, "3600000")],
)
def test_a_start_is_counted_by_how_long_the_lane_was_due(
    redis: Redis, lanes: Lanes, seconds: float, counted: str
) -> None:
    been_due(redis, "alice", seconds)
    claim(lanes)
    assert total(redis) == recent(redis) == {counted: 1}


def test_a_lane_that_goes_at_once_has_hardly_a_lag(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    claim(lanes)
    [(bound, count)] = total(redis).items()
    assert (int(bound) <= 200, count) == (True, 1)


def test_an_end_is_counted_and_a_job_that_never_started_is_none(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "a1")
    lanes.release(claim(lanes).lease)
    assert "ended" not in total(redis)
    lanes.release(start(lanes).lease)
    assert total(redis)["ended"] == recent(redis)["ended"] == 1


@pytest.mark.parametrize("job", ["step", "request"])
def test_a_lease_that_is_not_given_back_is_counted(redis: Redis, lanes: Lanes, others: Lanes, job: str) -> None:
    if job == "step":
        notify_lane(redis, "alice")
    else:
        submit_request(redis, "alice", "7", request_id=None)
    lost = start(lanes)
    end_lease(redis, "alice")
    taken = claim(others)
    assert taken.abandoned is (job == "request")
    assert not lanes.release(lost.lease)
    assert total(redis)["lapsed"] == recent(redis)["lapsed"] == 1
    assert "ended" not in total(redis)


def test_minutes_are_forgotten_after_an_hour_and_totals_never(redis: Redis, lanes: Lanes) -> None:
    put(redis, "alice", "a1", "a2")
    for _ in range(2):
        lanes.release(start(lanes).lease)
    for key in redis.scan_iter(f"{MINUTE}*"):
        assert 3600 < redis.ttl(key) <= 4200
    assert redis.ttl(TOTALS) == -1


def test_a_job_knows_by_the_clock_of_redis_since_when_it_runs(redis: Redis, lanes: Lanes) -> None:
    notify_lane(redis, "alice")
    job = start(lanes)
    assert float(redis.hget("rq:job:step-alice", "since") or 0) == pytest.approx(time.time(), abs=2)
    lanes.release(job.lease, 60)
    assert redis.hget("rq:job:step-alice", "since") is None
