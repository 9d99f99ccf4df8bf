"""A supervisor: start programs in order, restart those that die, end them all."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from local.processes import bind_to_parent, end, signal_group

POLL_INTERVAL = 0.1
MAX_LOG = 5_000_000
TAIL_LINES = 15


@dataclass(frozen=True)
class Program:
    """One program: its command, and the check that it serves.

    `ready` is asked until it holds, for `ready_timeout` seconds. A program that runs `once` is ready when it has exited
    with 0; its output is in `Supervisor.printed` and not in the log, because it may be a secret. If it is `shown`, its
    output goes where the supervisor's goes instead. `grace` seconds are between the request to end and the kill.
    `orphaned` is the signal that the kernel sends it if the supervisor itself is killed.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool] = lambda: True
    once: bool = False
    shown: bool = False
    ready_timeout: float = 180.0
    grace: float = 10.0
    orphaned: int = signal.SIGKILL


@dataclass(frozen=True)
class RestartPolicy:
    """The number of deaths that a program may have: more than `deaths` in `window` seconds end everything."""

    deaths: int = 5
    window: float = 60.0
    first_delay: float = 0.5
    longest_delay: float = 10.0

    def delay(self, ended_at: Sequence[float], now: float) -> float | None:
        """Return the seconds until the next start after deaths at `ended_at`; None if it died too often."""
        recent = sum(1 for at in ended_at if now - at <= self.window)
        if recent > self.deaths:
            return None
        # bot.core.backoff says the same; this package may know the settings alone.
        return min(self.longest_delay, self.first_delay * 2.0 ** (recent - 1))


class ProgramFailed(Exception):
    """A program did not start, or died too often. The text holds the end of its log."""


class Stopped(Exception):
    """The end was asked for while the programs were still starting."""


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    ended_at: deque[float] = field(default_factory=lambda: deque(maxlen=50))
    restart_at: float | None = None


class Supervisor:
    """Stages of programs that run one after the other in a thread of their own. The last stage ends first.

    The thread starts every process, because the kernel ends a child with the thread that started it.
    """

    def __init__(
        self, *, directory: Path, logs: Path, restart_policy: RestartPolicy | None = None, umask: int = 0o077
    ) -> None:
        self._stages: list[Sequence[Program]] = []
        self._env: dict[str, str] = {}
        self._directory = directory
        self._logs = logs
        self._restart_policy = restart_policy or RestartPolicy()
        self._umask = umask
        self._children: dict[str, _Child] = {}
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._settled = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self.printed: dict[str, str] = {}

    def start(self, stages: Iterable[Sequence[Program]], env: Mapping[str, str]) -> None:
        """Return when every program is ready. Raises ProgramFailed or Stopped; then nothing runs."""
        self._stages = list(stages)
        self._env = dict(env)
        self._thread.start()
        self._settled.wait()
        if self._failure:
            self._thread.join()
            raise self._failure

    def request_stop(self) -> None:
        """Ask for the end and return immediately. A second call kills. Safe in a signal handler."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def wait(self) -> None:
        """Return when all programs have ended as asked. Raises ProgramFailed if one died too often."""
        self._thread.join()
        if self._failure and not isinstance(self._failure, Stopped):
            raise self._failure

    def stop(self) -> None:
        """End all programs, the last started first."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def pid(self, name: str) -> int:
        """Return the present process id of a program."""
        return self._children[name].process.pid

    def _run(self) -> None:
        try:
            self._logs.mkdir(mode=0o777 & ~self._umask, parents=True, exist_ok=True)
            for stage in self._stages:
                self._start_stage(stage)
            self._settled.set()
            while not self._stop.wait(POLL_INTERVAL):
                self._look()
        except (ProgramFailed, Stopped) as failure:
            self._failure = failure
        finally:
            self._end_all()
            self._settled.set()

    def _start_stage(self, stage: Sequence[Program]) -> None:
        for program in stage:
            self._children[program.name] = _Child(program, self._spawn(program))
        for program in stage:
            self._await(program)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        log = self.log(program.name)
        if log.exists() and log.stat().st_size > MAX_LOG:
            log.replace(log.with_suffix(".log.1"))
        mode = 0o666 & ~self._umask
        with open(log, "ab", opener=lambda name, flags: os.open(name, flags, mode)) as output:
            try:
                return subprocess.Popen(
                    program.argv,
                    cwd=self._directory,
                    env=self._env,
                    stdin=subprocess.DEVNULL,
                    stdout=_output(program, output),
                    stderr=output,
                    # A terminal's Ctrl-C reaches the supervisor only, which ends them in order.
                    process_group=0,
                    preexec_fn=bind_to_parent(program.orphaned),
                    umask=self._umask,
                )
            except OSError as error:
                raise ProgramFailed(f"{program.name} cannot be started: {error}") from error

    def _await(self, program: Program) -> None:
        deadline = time.monotonic() + program.ready_timeout
        process = self._children[program.name].process
        while not self._serves(program, process):
            if process.poll() not in (None, 0) or (process.poll() == 0 and not program.once):
                raise self._failed(program, f"ended with {_ending(process)}")
            if time.monotonic() > deadline:
                raise self._failed(program, f"was not ready after {program.ready_timeout:.0f} s")
            if self._stop.wait(0 if program.once else POLL_INTERVAL):
                raise Stopped("ended while it was starting")

    def _serves(self, program: Program, process: subprocess.Popen[bytes]) -> bool:
        if not program.once:
            return process.poll() is None and program.ready()
        with contextlib.suppress(subprocess.TimeoutExpired):
            output, _ = process.communicate(timeout=POLL_INTERVAL)
            self.printed[program.name] = (output or b"").decode(errors="replace")
        return process.returncode == 0

    def _look(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if child.program.once or child.process.poll() is None:
                continue
            if child.restart_at is None:
                self._plan_restart(child, now)
            elif now >= child.restart_at:
                child.restart_at = None
                child.process = self._spawn(child.program)

    def _plan_restart(self, child: _Child, now: float) -> None:
        # Its own children may still hold its port.
        signal_group(child.process, signal.SIGKILL)
        child.ended_at.append(now)
        delay = self._restart_policy.delay(child.ended_at, now)
        if delay is None:
            raise self._failed(
                child.program,
                f"died {len(child.ended_at)} times in {self._restart_policy.window:.0f} s, "
                f"at last with {_ending(child.process)}",
            )
        child.restart_at = now + delay

    def _end_all(self) -> None:
        for stage in reversed(self._stages):
            running = [self._children[program.name] for program in stage if program.name in self._children]
            for child in running:
                if child.process.poll() is None:
                    child.process.terminate()
            for child in running:
                self._end(child)

    def _end(self, child: _Child) -> None:
        deadline = time.monotonic() + child.program.grace
        while child.process.poll() is None and time.monotonic() < deadline and not self._hurry.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(POLL_INTERVAL)
        end(child.process, grace=0, number=signal.SIGKILL)
        if child.process.stdout:
            child.process.stdout.close()

    def log(self, name: str) -> Path:
        """Return the file with a program's output."""
        return self._logs / f"{name}.log"

    def _failed(self, program: Program, what: str) -> ProgramFailed:
        log = self.log(program.name)
        lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return ProgramFailed(f"{program.name} {what}. The end of {log}:\n" + "\n".join(f"  {x}" for x in lines))


def _output(program: Program, log: IO[bytes]) -> IO[bytes] | int | None:
    if program.shown:
        return None
    return subprocess.PIPE if program.once else log


def _ending(process: subprocess.Popen[bytes]) -> str:
    status = process.returncode
    return f"signal {-status}" if status < 0 else f"exit status {status}"
