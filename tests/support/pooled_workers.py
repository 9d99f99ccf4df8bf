"""A pool of workers in their own processes for the jobs of tests. `python -m` runs its parent."""

import contextlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from psutil import Process
from redis import Redis

from bot.config.environment import ConfigError
from bot.core.log import configure_logging
from bot.lanes.queue import connect
from jobs.lane_worker import LaneWorker
from jobs.worker_pool import WorkerPool
from local.processes import bind_to_parent, end
from tests.support.lanes import abandoned, crashed, eventually, told

BORN = "told:born"


class Pool:
    """A running parent. Its log is a file."""

    def __init__(self, process: subprocess.Popen[bytes], redis: Redis, log: Path) -> None:
        self.process = process
        self._redis = redis
        self._log = log

    @property
    def children(self) -> set[int]:
        return {child.pid for child in Process(self.process.pid).children()}

    def born(self) -> list[dict[str, Any]]:
        """Return each child's report at the beginning of its work, in order."""
        return [json.loads(line) for line in told(self._redis, BORN)]

    def log(self, event: str) -> list[dict[str, Any]]:
        lines = map(json.loads, self._log.read_text().splitlines())
        return [line for line in lines if line["event"] == event]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def full(self, count: int) -> None:
        """Return when `count` children have begun to work."""
        eventually(lambda: len(self.born()) >= count)


@contextlib.contextmanager
def pool_of(
    count: int, url: str, folder: Path, *, end_seconds: float = 25.0, kill_seconds: float = 28.0, threads: int = 4
) -> Iterator[Pool]:
    log = folder / "pool.log"
    options = {"url": url, "count": count, "end": end_seconds, "kill": kill_seconds, "threads": threads}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.pooled_workers", json.dumps(options)],
            stderr=output,
            process_group=0,
            preexec_fn=bind_to_parent(),
        )
    try:
        yield Pool(process, connect(url), log)
    finally:
        end(process, grace=0)


def _work(url: str, threads: int, end_seconds: float, serves: Callable[[], None]) -> None:
    redis = connect(url)
    refusal = redis.get("refuse")
    if refusal == b"config":
        raise ConfigError("as the test wants it")
    if refusal:
        raise RuntimeError("as the test wants it")
    worker = LaneWorker(
        redis, on_abandoned=abandoned, on_crash=crashed, threads=threads, lease_seconds=2.0, end_seconds=end_seconds
    )
    files = sorted(os.readlink(f"/proc/self/fd/{number}") for number in _files())
    redis.rpush(BORN, json.dumps({"pid": os.getpid(), "dice": random.random(), "name": worker.name, "files": files}))  # noqa: S311
    serves()
    worker.work()


def _files() -> list[str]:
    return [number for number in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{number}")]


if __name__ == "__main__":
    configure_logging()
    options = json.loads(sys.argv[1])
    work = partial(_work, options["url"], options["threads"], options["end"])
    sys.exit(WorkerPool(work, options["count"], kill_seconds=options["kill"]).run())
