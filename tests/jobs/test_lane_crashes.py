"""Workers that are killed, stopped, continued and asked to end in the middle of a job."""

import os
import random
import signal
import subprocess
import time
from contextlib import ExitStack

import pytest
from redis import Redis

from bot.lanes.queue import DUE, LEASE, RUNNING, notify_lane, planned, rescue, submit_request
from tests.support.lanes import (
    ABANDONED,
    DONE,
    OVERLAPS,
    STARTED,
    eventually,
    open_gate,
    shut,
    tell,
    told,
    worker_process,
    working,
)

pytestmark = pytest.mark.usefixtures("lane_jobs")

LEASE_SECONDS = 1.0


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def is_stopped(process: subprocess.Popen[bytes]) -> bool:
    with open(f"/proc/{process.pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def test_the_step_of_a_killed_worker_is_run_by_another(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    notify_lane(redis, "alice")
    notify_lane(redis, "bob", time.time() + 3600)
    with worker_process(redis_url, LEASE_SECONDS) as first, working(redis_url, lease_seconds=LEASE_SECONDS):
        eventually(lambda: bool(told(redis, STARTED)))
        kill(first)
        eventually(lambda: redis.zcard(LEASE) == 1)
        open_gate(redis, "alice")
        eventually(lambda: bool(told(redis, DONE)) and not redis.exists(LEASE))
    assert set(told(redis, DONE)) == {"alice mine"}
    assert told(redis, OVERLAPS) == []
    assert planned(redis, ["bob"])["bob"] == pytest.approx(time.time() + 3600, abs=60)


def test_the_step_of_the_only_worker_waits_for_the_next_one(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    notify_lane(redis, "alice")
    with worker_process(redis_url, LEASE_SECONDS) as only:
        eventually(lambda: told(redis, STARTED) == ["alice"])
        kill(only)
    open_gate(redis, "alice")
    assert told(redis, DONE) == []
    with working(redis_url, lease_seconds=LEASE_SECONDS):
        eventually(lambda: told(redis, DONE) == ["alice mine"])


def test_the_request_of_a_killed_worker_is_failed_and_its_lane_goes_on(redis: Redis, redis_url: str) -> None:
    shut(redis, "7")
    submit_request(redis, "alice", "7", request_id=None)
    with worker_process(redis_url, LEASE_SECONDS) as only:
        eventually(lambda: told(redis, STARTED) == ["7"])
        kill(only)
    notify_lane(redis, "alice")
    with working(redis_url, lease_seconds=LEASE_SECONDS):
        eventually(lambda: told(redis, DONE) == ["alice mine"])
    assert told(redis, STARTED) == ["7", "alice"]
    assert told(redis, ABANDONED) == ["alice 7"]


def test_a_worker_that_slept_past_its_lease_changes_nothing(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    shut(redis, os.getpid())
    tell(redis, "alice", 1000.0, 2000.0)
    notify_lane(redis, "alice")
    with worker_process(redis_url, LEASE_SECONDS) as sleeper:
        eventually(lambda: told(redis, STARTED) == ["alice"])
        sleeper.send_signal(signal.SIGSTOP)
        eventually(lambda: is_stopped(sleeper))
        with working(redis_url, lease_seconds=LEASE_SECONDS):
            eventually(lambda: len(told(redis, STARTED)) == 2)
            sleeper.send_signal(signal.SIGCONT)
            open_gate(redis, "alice")
            eventually(lambda: told(redis, DONE) == ["alice lost"])
            sleeper.send_signal(signal.SIGTERM)
            assert sleeper.wait(20) == 0
            assert redis.zcard(LEASE) == 1
            assert not redis.exists("rq:scheduled:alice")
            open_gate(redis, os.getpid())
            eventually(lambda: not redis.exists(LEASE))
    assert told(redis, DONE) == ["alice lost", "alice mine"]
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + 2000, abs=60)


def test_a_worker_that_is_asked_to_end_ends_its_jobs_and_takes_no_more(redis: Redis, redis_url: str) -> None:
    for user in ("alice", "bob"):
        shut(redis, user)
        tell(redis, user, 1000.0)
        notify_lane(redis, user)
    notify_lane(redis, "carol")
    with worker_process(redis_url, LEASE_SECONDS, threads=2) as worker:
        eventually(lambda: len(told(redis, STARTED)) == 2)
        running = set(told(redis, STARTED))
        worker.send_signal(signal.SIGTERM)
        waiting = ({"alice", "bob", "carol"} - running).pop()
        for user in ("alice", "bob"):
            open_gate(redis, user)
        assert worker.wait(20) == 0
    assert {line.split()[0] for line in told(redis, DONE)} == running
    assert not redis.exists(LEASE, RUNNING)
    assert redis.zscore(DUE, waiting) is not None


def test_a_worker_that_is_asked_twice_ends_at_once(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    notify_lane(redis, "alice")
    with worker_process(redis_url, LEASE_SECONDS) as worker:
        eventually(lambda: told(redis, STARTED) == ["alice"])
        worker.send_signal(signal.SIGTERM)
        # RQ takes a second signal within a second for the same one.
        eventually(lambda: worker.poll() is not None or _again(worker))
    assert told(redis, DONE) == []
    open_gate(redis, "alice")
    with working(redis_url, lease_seconds=LEASE_SECONDS):
        eventually(lambda: told(redis, DONE) == ["alice mine"])


def _again(worker: subprocess.Popen[bytes]) -> bool:
    worker.send_signal(signal.SIGTERM)
    return False


def run_some(redis: Redis, count: int) -> None:
    enough = len(told(redis, STARTED)) + count
    eventually(lambda: len(told(redis, STARTED)) >= enough or not redis.exists(DUE))


def test_nothing_is_lost_or_doubled_by_workers_that_are_killed_at_random(redis: Redis, redis_url: str) -> None:
    dice = random.Random(7)  # noqa: S311 - it chooses when to kill, the same each time
    users = [f"user-{number}" for number in range(30)]
    with ExitStack() as stack:
        for _ in range(6):
            for user in users:
                notify_lane(redis, user)
            worker = stack.enter_context(worker_process(redis_url, LEASE_SECONDS))
            run_some(redis, dice.randrange(1, 25))
            kill(worker)
        done_before = len(told(redis, DONE))
        for user in users:
            notify_lane(redis, user)
        with working(redis_url, lease_seconds=LEASE_SECONDS):
            eventually(lambda: not redis.exists(DUE, LEASE))
    last = told(redis, DONE)[done_before:]
    assert {line.split()[0] for line in last} == set(users)
    assert told(redis, OVERLAPS) == []
    assert rescue(redis, list).indexed == 0
    assert not list(redis.scan_iter("rq:job:*"))
