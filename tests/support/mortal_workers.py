"""Worker processes that are killed: at a moment of the tests' choice, or at a point of a step."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, cast

from rq.job import Job

from bot.app import create_base_app
from bot.config.environment import Config
from bot.lanes.queue import connect
from jobs.lane_worker import LaneWorker
from jobs.lanes import LEASE_SECONDS, LaneJob, Lease, held_lease
from jobs.worker import make_worker
from tests.support.live_bots import SharedClock

PATIENCE = 30.0

# One process imports everything and the workers are forked from it, which takes a tenth of the time of a start.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "jobs.worker", "jobs.tasks", "tests.support.mortal_workers"])


def die(*_: object, **__: object) -> None:
    """Die as the kernel kills a process."""
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(PATIENCE)


def before(place: str, name: str) -> Callable[[], None]:
    return lambda: _replace(place, name, lambda _real: die)


def after(place: str, name: str) -> Callable[[], None]:
    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def call(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            die()

        return call

    return lambda: _replace(place, name, dying)


def _replace(place: str, name: str, dying: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    module, _, owner = place.partition(":")
    holder: Any = __import__(module, fromlist=["_"])
    holder = getattr(holder, owner) if owner else holder
    setattr(holder, name, dying(getattr(holder, name)))


# Points at which a worker can die while it sends a message, from the first line to the last.
POINTS: dict[str, Callable[[], None]] = {
    "before the claim": before("bot.steps.step:Step", "claim"),
    "in the claim, before its commit": after("bot.messages.deliveries", "reserve"),
    "after the claim": after("bot.steps.step:Step", "claim"),
    "before the call": before("jobs.instagram.client:InstagramClient", "send_message"),
    "after the reply, unread": before("jobs.instagram.client", "read_sent"),
    "after the reply": after("jobs.instagram.client:InstagramClient", "send_message"),
    "in the record, before its commit": before("bot.decision.pacing", "after_step"),
    "after the record": after("bot.steps.step:Step", "finish"),
    "before the lane is given back": after("jobs.tasks", "step"),
}


@dataclass(frozen=True)
class _Settings:
    config: Config
    clock: SharedClock
    lease_seconds: float
    log: Path | None
    diary: Path | None


class MortalWorkers:
    """Worker processes on a test's database, Redis, sandbox and clock.

    Their log is in `log`. `diary` has a line for each begin, call with an effect and end of a step: which, the process,
    user, lease and monotonic seconds.
    """

    def __init__(
        self,
        config: Config,
        clock: SharedClock,
        *,
        lease_seconds: float = LEASE_SECONDS,
        log: Path | None = None,
        diary: Path | None = None,
    ) -> None:
        self._settings = _Settings(config, clock, lease_seconds, log, diary)
        self._processes: list[BaseProcess] = []
        self._spare = self._prepare()

    def _prepare(self) -> tuple[BaseProcess, Connection]:
        """Return a worker that has loaded all it needs and waits for a word."""
        ours, theirs = _FORKS.Pipe()
        process = _FORKS.Process(target=_work, args=(self._settings, theirs), daemon=True)
        process.start()
        theirs.close()
        self._processes.append(process)
        return process, ours

    def start(self, point: str | None = None) -> BaseProcess:
        """Start a worker. With a `point` it dies the first time that it gets there."""
        process, word = self._spare
        word.send(point)
        self._spare = self._prepare()
        return process

    def kill(self, process: BaseProcess) -> None:
        process.kill()
        process.join(PATIENCE)

    def kill_all(self) -> None:
        for process in self._processes:
            self.kill(process)


def died(process: BaseProcess) -> bool:
    """Return whether it was killed. A worker that ended otherwise has failed."""
    assert process.exitcode in (None, -signal.SIGKILL), f"the worker ended with {process.exitcode}"
    return process.exitcode is not None


def _work(settings: _Settings, word: Connection) -> None:
    if settings.log:
        os.dup2(os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    app = create_base_app(settings.config, clock=settings.clock, uniform=_no_delay)
    point = word.recv()
    if point:
        POINTS[point]()
    worker = make_worker(app, connect(settings.config.redis_url))
    worker.lanes.lease_seconds = settings.lease_seconds
    if settings.diary:
        _keep_diary(worker, settings.diary)
    worker.work(logging_level=None)


def _keep_diary(worker: LaneWorker, path: Path) -> None:
    page = os.open(path, os.O_WRONLY | os.O_APPEND)
    surround = worker._surround

    def note(what: str, lease: Lease) -> None:
        os.write(page, f"{what} {os.getpid()} {lease.user_id} {lease.token} {time.monotonic()}\n".encode())

    @contextmanager
    def noted(job: Job) -> Iterator[None]:
        lease = cast(LaneJob, job).lease
        note("begin", lease)
        with surround(job):
            yield
        note("end", lease)

    def noting(real: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(real)
        def call(*args: Any, **kwargs: Any) -> Any:
            if lease := held_lease():
                note("call", lease)
            return real(*args, **kwargs)

        return call

    worker._surround = noted
    for name in ("follow", "send_message"):
        _replace("jobs.instagram.client:InstagramClient", name, noting)


def _no_delay(_low: float, _high: float) -> float:
    return 0.0
