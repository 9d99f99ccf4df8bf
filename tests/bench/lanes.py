"""No-op jobs a second of the lane worker, against RQ's SimpleWorker on one queue in the same run.

`python -m tests.bench.lanes [rounds]`. Both take the same jobs from the same Redis, in turns; a row is the median of
its rounds. With more lanes than jobs, the other lanes have a step planned for tomorrow.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median

from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer

from bot.lanes.queue import notify_lane, rescue
from jobs.lane_worker import LaneWorker
from tests.bench.page import table
from tests.support.redis_process import RedisProcess

JOBS = 1_000
LANES = (1, 10, 1_000, 10_000)
ROUNDS = 3
THREADS = 16
TOMORROW = 86_400.0
NO_OP = "tests.support.lanes.nothing"


@dataclass(frozen=True)
class Run:
    """What one worker needed for JOBS jobs: wall seconds, and its own CPU seconds without Redis."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Row:
    """Medians for one number of lanes; `ratio` is the median of what each round gave."""

    lanes: int
    rate: float
    simple_rate: float
    ratio: float
    cpu_ms: float
    simple_cpu_ms: float


def measure(rounds: int = ROUNDS) -> Iterator[Row]:
    """One row for each of LANES."""
    with RedisProcess() as server:
        for lanes in LANES:
            pairs = [(run_lanes(server.client(), lanes), run_simple(server.client())) for _ in range(rounds)]
            yield Row(
                lanes,
                rate=median(JOBS / ours.wall for ours, _ in pairs),
                simple_rate=median(JOBS / theirs.wall for _, theirs in pairs),
                ratio=median(theirs.wall / ours.wall for ours, theirs in pairs),
                cpu_ms=median(ours.cpu for ours, _ in pairs) / JOBS * 1000,
                simple_cpu_ms=median(theirs.cpu for _, theirs in pairs) / JOBS * 1000,
            )


def run_lanes(redis: Redis, lanes: int) -> Run:
    users = [f"user-{number}" for number in range(lanes)]
    redis.flushall()
    for user in users[JOBS:]:
        notify_lane(redis, user, time.time() + TOMORROW)
    fill(redis, islice(cycle(users), JOBS))
    rescue(redis, list)
    worker = LaneWorker(redis, on_abandoned=_unexpected, on_crash=_unexpected, threads=THREADS)
    run = timed(lambda: worker.work(burst=True))
    assert not list(redis.scan_iter("rq:queue:*", count=10_000)), "jobs were left"
    return run


def run_simple(redis: Redis) -> Run:
    redis.flushall()
    fill(redis, ["one"] * JOBS)
    worker = SimpleWorker(["one"], connection=redis, serializer=JSONSerializer)
    run = timed(lambda: worker.work(burst=True, logging_level="WARNING"))
    assert not redis.llen("rq:queue:one"), "jobs were left"
    return run


def fill(redis: Redis, names: Iterator[str] | list[str]) -> None:
    """One no-op job in the queue of each name; a finished job is erased at once, as the product's are."""
    for name in names:
        queue = Queue(name, connection=redis, serializer=JSONSerializer)
        queue.enqueue(NO_OP, name, result_ttl=0)


def timed(work: Callable[[], object]) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Run(time.perf_counter() - wall, time.process_time() - cpu)


def _unexpected(job: Job, *_: object) -> None:
    raise AssertionError(f"{job.id} failed")


def report(rounds: int = ROUNDS) -> str:
    head = (
        f"Lanes, {JOBS} no-op jobs, median of {rounds} rounds",
        "Jobs/s",
        "SimpleWorker jobs/s",
        "Ratio",
        "CPU ms a job",
        "SimpleWorker CPU ms",
    )
    rows = (
        (
            f"{row.lanes:,}",
            f"{row.rate:.0f}",
            f"{row.simple_rate:.0f}",
            f"{row.ratio:.2f}",
            f"{row.cpu_ms:.2f}",
            f"{row.simple_cpu_ms:.2f}",
        )
        for row in measure(rounds)
    )
    return table(head, rows)


if __name__ == "__main__":
    print(report(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
