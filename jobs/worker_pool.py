"""A parent of several worker processes: it forks, restarts and replaces them, and runs no jobs."""

import contextlib
import ctypes
import gc
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog

from bot.config.environment import ConfigError
from bot.core.backoff import Backoff

BACKOFF = Backoff(initial=0.5, maximum=30.0)
STEADY_SECONDS = 60.0
"""A child that has lived this long did not die of its start, so the next pause is short again."""
KILL_SECONDS = 28.0
"""Seconds from the request to end to the kill. A child gives up on its own before; platforms kill all after 30."""
SAME_SIGNAL_SECONDS = 1.0
"""Terminals and platforms signal the whole group, and others pass the signal on. Within this time it is one request."""
LOOK_SECONDS = 0.1
REST_SECONDS = 5.0
PR_SET_PDEATHSIG = 1

_END = frozenset({signal.SIGTERM, signal.SIGINT})
_SIGNALS = _END | {signal.SIGHUP, signal.SIGCHLD}

log = structlog.get_logger()

Work = Callable[[Callable[[], None]], None]
"""The work of a child. It calls its argument once it serves, and returns when it was asked to end."""


@dataclass(eq=False)
class Child:
    """One worker process. `told` is the end of the pipe that it writes to once it serves."""

    pid: int
    told: int
    started: float
    serves: bool = False
    old: bool = False
    asked: float | None = None
    """When it was asked to end."""


class WorkerPool:
    """`count` children that run `work`. SIGTERM and SIGINT end them, a second one immediately; SIGHUP replaces each.

    The parent waits for signals in place of handling them, so that none comes at a wrong moment. A child ends in order
    when the parent is killed.
    """

    def __init__(self, work: Work, count: int, *, kill_seconds: float = KILL_SECONDS) -> None:
        self._work = work
        self._count = count
        self._kill_seconds = kill_seconds
        self._children: dict[int, Child] = {}
        self._deaths = 0
        self._start_at = 0.0
        self._ending_since: float | None = None
        self._status = os.EX_OK

    def run(self) -> int:
        """Return the exit status when all children have ended."""
        gc.collect()
        # Keep loaded objects out of the children's garbage collections, which would copy their pages.
        gc.freeze()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            while self._ending_since is None or self._children:
                self._heed(signal.sigtimedwait(_SIGNALS, self._rest()))
                self._reap()
                if self._ending_since is None:
                    self._replace()
                    self._fill()
                self._kill_late()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self._status

    def _rest(self) -> float:
        if len(self._active()) < self._wanted() or any(child.asked or not child.serves for child in self._all()):
            return LOOK_SECONDS
        return REST_SECONDS

    def _all(self) -> list[Child]:
        return list(self._children.values())

    def _active(self) -> list[Child]:
        return [child for child in self._all() if child.asked is None]

    def _wanted(self) -> int:
        """Return the number of children: one more than usual while one is being replaced."""
        one_more = any(child.old for child in self._active()) and not any(child.asked for child in self._all())
        return self._count + one_more

    # Signals.

    def _heed(self, info: signal.struct_siginfo | None) -> None:
        if info is None:
            return
        if info.si_signo == signal.SIGHUP and self._ending_since is None:
            log.info("workers_to_be_replaced", count=self._count)
            for child in self._active():
                child.old = True
        elif info.si_signo in _END:
            self._end()

    def _end(self, status: int = os.EX_OK) -> None:
        if self._ending_since is None:
            self._ending_since = time.monotonic()
            self._status = status
            for child in self._active():
                self._ask(child)
        elif time.monotonic() - self._ending_since > SAME_SIGNAL_SECONDS:
            for child in self._all():
                _signal(child.pid, signal.SIGKILL)

    def _ask(self, child: Child) -> None:
        child.asked = time.monotonic()
        _signal(child.pid, signal.SIGTERM)

    def _kill_late(self) -> None:
        for child in self._all():
            if child.asked is not None and time.monotonic() - child.asked > self._kill_seconds:
                log.error("worker_killed", pid=child.pid)
                _signal(child.pid, signal.SIGKILL)

    # The end and the start of children.

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            # As the first process of a container it also gets orphans of other processes.
            if child := self._children.pop(pid, None):
                os.close(child.told)
                if child.asked is None:
                    self._died(child, os.waitstatus_to_exitcode(status))

    def _died(self, child: Child, status: int) -> None:
        if status == os.EX_CONFIG:
            self._end(status)
            return
        now = time.monotonic()
        if now - child.started > STEADY_SECONDS:
            self._deaths = 0
        self._deaths += 1
        pause = BACKOFF.after(self._deaths)
        self._start_at = now + pause
        log.error("worker_died", pid=child.pid, status=status, pause=pause)

    def _replace(self) -> None:
        """Ask an old child to end for each new one that serves beyond the usual number."""
        for child in self._all():
            with contextlib.suppress(BlockingIOError):
                child.serves = child.serves or os.read(child.told, 1) != b""
        serving = sum(child.serves for child in self._active())
        old = [child for child in self._active() if child.old]
        if old and serving > self._count:
            log.info("worker_replaced", pid=old[0].pid)
            self._ask(old[0])

    def _fill(self) -> None:
        if time.monotonic() < self._start_at:
            return
        for _ in range(self._wanted() - len(self._active())):
            self._start()

    def _start(self) -> None:
        told, telling = os.pipe()
        os.set_blocking(told, False)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._be_child(parent, telling)
        os.close(telling)
        self._children[pid] = Child(pid, told, time.monotonic())

    def _be_child(self, parent: int, telling: int) -> NoReturn:
        status = os.EX_SOFTWARE
        try:
            end_with_parent(signal.SIGTERM, parent)
            for child in self._all():
                os.close(child.told)
            for number in _END | {signal.SIGCHLD}:
                signal.signal(number, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            self._work(lambda: _tell(telling))
            status = os.EX_OK
        except SystemExit:
            status = os.EX_OK
        except ConfigError as error:
            log.error("config_refused", problem=str(error))
            status = os.EX_CONFIG
        except BaseException:
            log.exception("worker_broken")
        finally:
            # The parent's stack is below. Nothing of it may run on here.
            os._exit(status)


def end_with_parent(number: signal.Signals, parent: int | None = None) -> None:
    """Let the kernel send that signal to this process when its parent ends in any way. Linux only.

    `parent` is its id if that was read before the fork, to notice a parent that has ended since then.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, number)
    if parent is not None and os.getppid() != parent:
        os._exit(os.EX_OK)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _tell(telling: int) -> None:
    os.write(telling, b"1")
    os.close(telling)
