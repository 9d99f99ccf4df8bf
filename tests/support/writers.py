"""Processes that write to the product's database as fast as they can, from several threads each."""

import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Self

from bot.app import create_base_app
from bot.config.environment import Config
from bot.history.activity import record
from bot.storage.tenancy import tenant
from tests.support.environment import dispose

PATIENCE = 30.0
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "jobs.worker", "jobs.tasks", "tests.support.writers"])


@dataclass(frozen=True)
class Written:
    """The result of one process: the lines it wrote, the longest wait, and its errors."""

    lines: int
    longest: float
    failures: list[str]


class Writers:
    """Writers that start together. `end` returns the result of each process."""

    def __init__(self, config: Config, user_id: str, *, processes: int, threads: int, hold: float) -> None:
        self._running: list[tuple[BaseProcess, Connection]] = []
        for _ in range(processes):
            ours, theirs = _FORKS.Pipe()
            process = _FORKS.Process(target=_write, args=(config, user_id, threads, hold, theirs), daemon=True)
            process.start()
            theirs.close()
            self._running.append((process, ours))
        for _, word in self._running:
            assert word.poll(PATIENCE)
            word.recv()

    def end(self) -> list[Written]:
        for _, word in self._running:
            word.send("end")
        return [word.recv() for _, word in self._running]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, _word in self._running:
            process.kill()
            process.join()


def _write(config: Config, user_id: str, threads: int, hold: float, word: Connection) -> None:
    app = create_base_app(config)
    ended = threading.Event()
    waits: list[float] = []
    failures: list[str] = []

    def write() -> None:
        with app.app_context():
            while not ended.is_set():
                began = time.monotonic()
                try:
                    write_line(user_id, lambda: time.sleep(hold))
                except Exception as error:
                    failures.append(repr(error))
                waits.append(time.monotonic() - began)

    runners = [threading.Thread(target=write) for _ in range(threads)]
    for runner in runners:
        runner.start()
    word.send("writing")
    word.recv()
    ended.set()
    for runner in runners:
        runner.join()
    word.send(Written(len(waits), max(waits), failures))
    dispose(app)


def write_line(user_id: str, inside: Callable[[], object]) -> None:
    """Write a line of activity. `inside` is called while its transaction is open."""
    with tenant(user_id) as session:
        record(session, "link", "done")
        session.flush()
        inside()
        session.commit()


class DeadWriter:
    """A process that takes its turn to write and is killed in the middle of it."""

    def __init__(self, config: Config, user_id: str) -> None:
        self._word, theirs = _FORKS.Pipe()
        self.process = _FORKS.Process(target=_hold_turn, args=(config, user_id, theirs), daemon=True)
        self.process.start()
        theirs.close()
        assert self._word.poll(PATIENCE)
        self._word.recv()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def _hold_turn(config: Config, user_id: str, word: Connection) -> None:
    def tell_and_wait() -> None:
        word.send(os.getpid())
        with suppress(EOFError):
            word.recv()

    with create_base_app(config).app_context():
        write_line(user_id, tell_and_wait)
