"""How long a job waits: on an idle worker, against RQ's SimpleWorker; and behind one user's ten thousand.

`python -m tests.bench.lane_waits`. Both workers take their jobs from the same Redis in this process, one after the
other; seconds are from before the call that enqueues to the first line of the job.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median, quantiles

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.lanes import queue
from jobs.lane_worker import LaneWorker
from tests.bench.lanes import NO_OP
from tests.bench.page import table
from tests.support.redis_process import RedisProcess

WAITS = 300
PAUSE = 0.02
"""Seconds between two jobs, so that the worker is idle again."""
OTHERS, JOBS_OF_ONE = 100, 10_000
ROUNDS = 3
PATIENCE = 30.0
STARTED = "tests.bench.lane_waits.started"
_started: list[tuple[float, str]] = []
_new = threading.Condition()


def started(name: str) -> None:
    """The job whose beginning is awaited."""
    with _new:
        _started.append((time.perf_counter(), name))
        _new.notify()


def _await(count: int) -> float:
    """When that many had started."""
    with _new:
        assert _new.wait_for(lambda: len(_started) >= count, PATIENCE), f"{len(_started)} of {count} started"
        return _started[count - 1][0]


def _waits(enqueue: Callable[[], object]) -> list[float]:
    """Seconds that each of WAITS jobs waited, enqueued one after the other."""
    waits = []
    for number in range(1, WAITS + 1):
        time.sleep(PAUSE)
        began = time.perf_counter()
        enqueue()
        waits.append(_await(number) - began)
    return waits


def lane_waits(redis: Redis) -> list[float]:
    redis.flushall()
    with _lane_worker(redis):
        return _waits(lambda: queue.notify_lane(redis, "alice"))


def simple_waits(redis: Redis) -> list[float]:
    """Its signals want the main thread, so the jobs come from another."""
    redis.flushall()
    _started.clear()
    one, waits = Queue("one", connection=redis, serializer=JSONSerializer), []
    feeder = threading.Thread(
        target=lambda: waits.extend(_waits(lambda: one.enqueue(STARTED, "alice", result_ttl=0))), daemon=True
    )
    feeder.start()
    SimpleWorker([one], connection=redis, serializer=JSONSerializer).work(max_jobs=WAITS, logging_level="WARNING")
    feeder.join(PATIENCE)
    return waits


def wait_behind_many(redis: Redis) -> float:
    """Seconds until the last of OTHERS has started, rung while one user's JOBS_OF_ONE are worked off."""
    redis.flushall()
    greedy = Queue("greedy", connection=redis, serializer=JSONSerializer)
    one = greedy.enqueue(NO_OP)
    with redis.pipeline() as pipe:
        for number in range(JOBS_OF_ONE):
            pipe.copy(one.key, f"{Job.redis_job_namespace_prefix}greedy-{number}")
            greedy.push_job_id(f"greedy-{number}", pipeline=pipe)
        pipe.execute()
    queue.rescue(redis, list)
    with _lane_worker(redis):
        while greedy.count > JOBS_OF_ONE - 10:
            time.sleep(PAUSE)
        began = time.perf_counter()
        for number in range(OTHERS):
            queue.notify_lane(redis, f"user-{number}")
        waited = _await(OTHERS) - began
        assert greedy.count, "nobody was waited behind"
    return waited


@contextmanager
def _lane_worker(redis: Redis) -> Iterator[None]:
    """A lane worker in a thread, whose steps are `started`."""
    _started.clear()
    kept, queue.STEP_JOB = queue.STEP_JOB, STARTED
    worker = LaneWorker(redis, on_abandoned=_unexpected, on_crash=_unexpected)
    thread = threading.Thread(target=worker.work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(PATIENCE)
        queue.STEP_JOB = kept


def _unexpected(job: Job, *_: object) -> None:
    raise AssertionError(f"{job.id} failed")


def report() -> str:
    with RedisProcess() as server:
        redis = server.client()
        ours = [_cuts(lane_waits(redis)) for _ in range(ROUNDS)]
        theirs = [_cuts(simple_waits(redis)) for _ in range(ROUNDS)]
        behind = median(wait_behind_many(redis) for _ in range(ROUNDS))
    rows = [
        (f"on an idle worker, {words}", _ms(median(mine)), _ms(median(other)))
        for words, mine, other in zip(("p50", "p99"), zip(*ours, strict=True), zip(*theirs, strict=True), strict=True)
    ]
    rows.append((f"the last of {OTHERS} users behind one user's {JOBS_OF_ONE:,} jobs", _ms(behind), ""))
    return table((f"From the call to the start, median of {ROUNDS} rounds, ms", "Lanes", "SimpleWorker"), rows)


def _cuts(waits: list[float]) -> tuple[float, float]:
    cuts = quantiles(waits, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    # RQ finds the job by its module, which is not this one where it is run as a program.
    from tests.bench import lane_waits as module

    print(module.report())
