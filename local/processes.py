"""Child processes that end with their parent, and waiting for a condition."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def bind_to_parent(number: int = signal.SIGKILL) -> Callable[[], None]:
    """Return a `preexec_fn`: the kernel sends `number` to the child when the thread that starts it ends.

    Linux only. Elsewhere the child outlives a parent that is killed.
    """
    parent = os.getpid()
    prctl = getattr(_libc, "prctl", None)

    def bind() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, number)
        # The parent may have ended before prctl was called.
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return bind


def end_with_parent() -> None:
    """Let the kernel send SIGTERM to this process when the process that started it ends in any way."""
    prctl = getattr(_libc, "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Send `number` to the process group that `process` leads. A missing group is no error."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def end(process: subprocess.Popen[bytes], grace: float, number: int = signal.SIGTERM) -> None:
    """Ask the group leader `process` to end, and kill what is left of its group after `grace` seconds."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    signal_group(process, signal.SIGKILL)
    process.wait()


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.05) -> bool:
    """Ask `condition` until it holds, `every` seconds apart. Return False if it does not hold within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
