"""Hosts in tests: process groups of workers with their own clock and way to Redis, to be cut off or killed."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Self, cast

from flask import Flask
from redis import Redis
from rq.job import Job

from bot.app import create_base_app
from bot.config.clock import Clock
from bot.config.environment import Config
from bot.lanes.queue import connect
from jobs.instagram import InstagramClient
from jobs.lanes import LaneJob
from jobs.worker import make_worker
from jobs.worker_pool import WorkerPool
from local.processes import wait_until
from tests.support.live_bots import SharedClock
from tests.support.redis_forwarder import RedisForwarder, forwarder_to

LEASE = 2.0
PROCESSES = 2
PATIENCE = 30.0
CHANGES = ("follow", "send_message")

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "jobs.worker", "jobs.tasks", "tests.support.hosts"])
_job = threading.local()


class WrongClock(Clock):
    """The shared clock, wrong by some hours."""

    def __init__(self, right: SharedClock, hours: float) -> None:
        self._right = right
        self._wrong = timedelta(hours=hours)

    def now(self) -> datetime:
        return self._right.now() + self._wrong


@dataclass(frozen=True)
class Line:
    """A line of the diary: a job began or ended, or a call that changes something at Instagram is about to be made."""

    what: str
    host: str
    user: str
    token: str
    at: float


class Host:
    """A parent and its workers. `way` leads to Redis."""

    def __init__(self, name: str, way: RedisForwarder, config: Config, clock: Clock, diary: Path) -> None:
        self.name = name
        self.way = way
        self._diary = diary
        self._process = _FORKS.Process(target=_run, args=(name, config, clock, diary))
        self._process.start()

    def lines(self, what: str) -> list[Line]:
        return [line for line in read(self._diary) if line.host == self.name and line.what == what]

    def signal_all(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(cast(int, self._process.pid), number)

    def kill(self) -> None:
        """Kill all of it, as when the machine is gone."""
        self.signal_all(signal.SIGKILL)
        self._process.join(PATIENCE)


class Hosts:
    """Hosts on a test's database, Redis and sandbox. Their workers write one diary."""

    def __init__(self, config: Config, clock: SharedClock, folder: Path) -> None:
        self._config = config
        self._clock = clock
        self._diary = folder / "diary"
        self._diary.touch()
        self._hosts: list[Host] = []
        self._ways = ExitStack()

    def start(self, name: str, hours: float = 0.0) -> Host:
        """Start a host that works, its clock wrong by `hours`."""
        way = self._ways.enter_context(forwarder_to(self._config.redis_url))
        config = self._config.model_copy(update={"redis_url": way.url})
        host = Host(name, way, config, WrongClock(self._clock, hours), self._diary)
        self._hosts.append(host)
        assert wait_until(lambda: len(host.lines("ready")) == PROCESSES, PATIENCE), "the host did not start"
        return host

    def late_calls(self) -> list[Line]:
        """Return calls for a lane that came after another lease had begun to work on it."""
        holder: dict[str, str] = {}
        late = []
        for line in read(self._diary):
            if line.what == "begin":
                holder[line.user] = line.token
            elif line.what == "call" and holder[line.user] != line.token:
                late.append(line)
        return late

    def hosts_at_work(self) -> set[str]:
        return {line.host for line in read(self._diary) if line.what == "begin"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for host in self._hosts:
            host.kill()
        self._ways.close()


def read(diary: Path) -> list[Line]:
    """Return the lines in the order of time, which all processes of the machine share."""
    rows = (line.split() for line in diary.read_text().splitlines())
    lines = [Line(what, host, user, token, float(at)) for what, host, user, token, at in rows]
    return sorted(lines, key=lambda line: line.at)


def _run(name: str, config: Config, clock: Clock, diary: Path) -> None:
    os.setpgid(0, 0)
    page = os.open(diary, os.O_WRONLY | os.O_APPEND)

    def note(what: str, user: str = "-", token: str = "-") -> None:
        os.write(page, f"{what} {name} {user} {token} {time.monotonic()}\n".encode())

    for change in CHANGES:
        setattr(InstagramClient, change, _noted(getattr(InstagramClient, change), note))

    def work(serves: Callable[[], None]) -> None:
        app = create_base_app(config, clock=clock, uniform=lambda _low, _high: 0.0)
        _work(app, connect(config.redis_url), note, serves)

    WorkerPool(work, PROCESSES).run()


def _work(app: Flask, redis: Redis, note: Callable[..., None], serves: Callable[[], None]) -> None:
    worker = make_worker(app, redis)
    worker.lanes.lease_seconds = LEASE
    surround = worker._surround

    @contextmanager
    def noted(job: Job) -> Iterator[None]:
        lease = cast(LaneJob, job).lease
        _job.lease = (lease.user_id, lease.token)
        note("begin", *_job.lease)
        with surround(job):
            yield
        note("end", *_job.lease)

    worker._surround = noted
    note("ready")
    serves()
    worker.work(logging_level=None)


def _noted(real: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
    @wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        note("call", *_job.lease)
        return real(*args, **kwargs)

    return call
