"""Lanes in tests: jobs that obey Redis, and workers in threads or processes that run them."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import cast

from redis import Redis
from rq import Queue, get_current_job
from rq.job import Job, Retry
from rq.serializers import JSONSerializer

from bot.lanes.queue import LEASE, NOTIFICATIONS, RUN, connect, rescue
from jobs.lane_worker import LaneWorker
from jobs.lanes import LaneJob, Lanes, still_mine
from local.processes import bind_to_parent, end, wait_until

STEP = "tests.support.lanes.step"
REQUEST = "tests.support.lanes.request"
NOTHING = "tests.support.lanes.nothing"
PATIENCE = 20.0

STARTED, DONE, OVERLAPS = "told:started", "told:done", "told:overlaps"
ABANDONED, CRASHED = "told:abandoned", "told:crashed"


# Commands of tests to lanes and jobs.


def shut(redis: Redis, name: str | int) -> None:
    """Let the jobs of this user, this request or this process id wait inside until open_gate()."""
    redis.set(f"shut:{name}", 1)


def open_gate(redis: Redis, name: str | int) -> None:
    redis.delete(f"shut:{name}")


def tell(redis: Redis, user_id: str, *replies: str | float) -> None:
    """Set the ends of the user's next steps: return the time in that many seconds, a text, or `raise`."""
    redis.rpush(f"replies:{user_id}", *replies)


def told(redis: Redis, key: str) -> list[str]:
    return [entry.decode() for entry in cast(list[bytes], redis.lrange(key, 0, -1))]


def claim(lanes: Lanes) -> LaneJob:
    """Return the job that is due now. There must be one."""
    job = lanes.claim()
    assert isinstance(job, LaneJob)
    return job


def start(lanes: Lanes) -> LaneJob:
    job = claim(lanes)
    assert lanes.start(job)
    return job


def end_lease(redis: Redis, user_id: str) -> None:
    """End the lane's lease now."""
    assert redis.zadd(LEASE, {user_id: 1.0}, xx=True, ch=True)


def open_lanes(redis: Redis) -> None:
    """Let a Redis that was emptied or restarted hand out jobs, as it does after the time of a lease."""
    redis.hset(RUN, "opens", 0)


def put(redis: Redis, user_id: str, *job_ids: str) -> None:
    """Add jobs that do nothing to the end of the user's lane."""
    for job_id in job_ids:
        lane(redis, user_id).enqueue(NOTHING, user_id, job_id=job_id, result_ttl=0)
    rescue(redis, list)


def lane(redis: Redis, user_id: str) -> Queue:
    return Queue(user_id, connection=redis, serializer=JSONSerializer)


def eventually(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    assert wait_until(condition, seconds), "it did not happen in time"


# The jobs.


def step(user_id: str) -> float | str | None:
    redis = _redis()
    _run(redis, user_id, user_id)
    reply = cast(bytes, redis.lpop(f"replies:{user_id}") or b"").decode()
    if reply == "raise":
        raise RuntimeError("canary-text-of-an-exception")
    try:
        return time.time() + float(reply)
    except ValueError:
        return reply or None


def request(user_id: str, row_id: str) -> None:
    redis = _redis()
    _run(redis, user_id, row_id)
    if redis.get(f"fails:{row_id}"):
        raise RuntimeError("canary-text-of-an-exception")


def nothing(_user_id: str = "") -> None:
    """Do nothing, for benchmarks."""


def once_more(user_id: str) -> Retry | None:
    """Ask to be run again, once."""
    redis = _redis()
    _run(redis, user_id, user_id)
    return Retry(max=1) if len(told(redis, STARTED)) == 1 else None


def abandoned(job: Job) -> None:
    job.connection.rpush(ABANDONED, " ".join(job.args))


def crashed(job: Job, error: BaseException) -> None:
    job.connection.rpush(CRASHED, f"{job.id} {type(error).__name__}")


def _redis() -> Redis:
    job = get_current_job()
    assert job is not None
    return job.connection


def _run(redis: Redis, user_id: str, name: str) -> None:
    inside = f"inside:{user_id}"
    if not redis.set(inside, os.getpid(), nx=True):
        holder = int(cast(bytes, redis.get(inside) or b"0"))
        with contextlib.suppress(ProcessLookupError):
            os.kill(holder, 0)
            redis.rpush(OVERLAPS, user_id)
        redis.set(inside, os.getpid())
    redis.rpush(STARTED, name)
    eventually(lambda: not redis.exists(f"shut:{name}", f"shut:{os.getpid()}"))
    redis.rpush(DONE, f"{name} {'mine' if still_mine() else 'lost'}")
    redis.delete(inside)


# The workers.


@contextlib.contextmanager
def working(url: str, **settings: object) -> Iterator[LaneWorker]:
    """Run a worker in a thread of this process. It must end within the tests' patience."""
    options = {"on_abandoned": abandoned, "on_crash": crashed, "threads": 4} | settings
    worker = LaneWorker(connect(url), **options)
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        with contextlib.suppress(Exception):
            connect(url).lpush(NOTIFICATIONS, 1)
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the worker did not end"


@contextlib.contextmanager
def worker_process(url: str, lease_seconds: float, threads: int = 4) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker in its own process, to be killed, stopped and continued."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.lanes", url, str(lease_seconds), str(threads)],
        process_group=0,
        preexec_fn=bind_to_parent(),
    )
    try:
        yield process
    finally:
        end(process, grace=PATIENCE)


if __name__ == "__main__":
    LaneWorker(
        connect(sys.argv[1]),
        on_abandoned=abandoned,
        on_crash=crashed,
        lease_seconds=float(sys.argv[2]),
        threads=int(sys.argv[3]),
    ).work()
