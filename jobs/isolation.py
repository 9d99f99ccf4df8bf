"""Jobs in their own processes: started by a fork server, watched by the worker's thread that holds the lease.

The server is a small process without threads, so a fork of it holds no lock that could never be released. The account's
app run goes along and comes back, as a warm client in the worker would keep it.
"""

import threading
from collections import OrderedDict
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from typing import cast

from bot.config.clock import Clock
from bot.config.environment import Config
from jobs.instance import MAX_KNOWN, Past
from jobs.isolated import Crashed, Done, Task, run_task
from jobs.lanes import LaneJob

PRELOADED = "jobs.fork_server"
EXIT_SECONDS = 5.0
"""Time for a process to end after it has answered or gone silent."""


class JobCrashed(Exception):
    """The job raised in its process, where it was logged."""


class JobProcessDied(Exception):
    """The process of a job ended without an answer. How far the job came is unknown."""


class IsolatedJobs:
    """Call it to run a job in its own process and get its return value. Threads may call it at the same time."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload([PRELOADED])
        # The longest-lived thread has to start it, because the server ends with the thread that started it.
        ensure_running()
        self._task = partial(Task, config=config, clock=clock)
        self._pasts: OrderedDict[str, Past] = OrderedDict()
        # multiprocessing looks at all of its processes whenever one starts, which two threads may not do together.
        self._lock = threading.Lock()

    def __call__(self, job: LaneJob) -> object:
        """Run the job. Raises JobCrashed and JobProcessDied."""
        lease = job.lease
        lease.share(self._context.RawArray("d", 2))
        receiver, sender = self._context.Pipe(duplex=False)
        task = self._task(
            function=cast(str, job.func_name),
            args=tuple(job.args),
            job_id=job.id,
            request_id=job.meta.get("request_id"),
            lease=lease,
            past=self._pasts.get(lease.user_id),
        )
        process = self._context.Process(target=run_task, args=(task, sender), name=job.id, daemon=True)
        with self._lock:
            process.start()
        sender.close()
        answer = _answer(receiver)
        with self._lock:
            process.join(EXIT_SECONDS)
            if process.is_alive():
                process.kill()
        if isinstance(answer, Done):
            self._keep(lease.user_id, answer.past)
            return answer.returned
        if isinstance(answer, Crashed):
            raise JobCrashed(answer.kind)
        raise JobProcessDied(f"{job.id} ended with status {process.exitcode}")

    def _keep(self, user_id: str, past: Past | None) -> None:
        with self._lock:
            self._pasts.pop(user_id, None)
            if past is not None:
                self._pasts[user_id] = past
            if len(self._pasts) > MAX_KNOWN:
                self._pasts.popitem(last=False)


def _answer(receiver: Connection) -> object:
    """Return what the process sends; None if it ended without a word."""
    with receiver:
        try:
            return receiver.recv()
        except (EOFError, OSError):
            return None
