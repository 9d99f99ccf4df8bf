"""A real Redis for tests: started on a private socket, emptied, killed and restarted."""

import os
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis

from bot.lanes.queue import connect
from local.processes import bind_to_parent, end, wait_until
from local.redis import prepare

START_SECONDS = 20.0


class RedisProcess:
    """One server in its own folder. A context manager, or start and stop.

    Its data is gone when it stops, unless it is `durable`.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="troupe-redis-")
        self._server = prepare(Path(self._folder.name), durable=durable)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._server.url

    def start(self) -> Self:
        self._process = subprocess.Popen(
            self._server.argv, stdout=subprocess.DEVNULL, process_group=0, preexec_fn=bind_to_parent()
        )
        assert wait_until(self._server.is_ready, START_SECONDS), "Redis did not start"
        return self

    def stop(self) -> None:
        if self._process is not None:
            end(self._process, grace=5)
            self._process = None

    def restart(self, *, kill: bool = False) -> None:
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def kill(self) -> None:
        """End it as a crash of the machine does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def cut_tail(self, size: int) -> None:
        """Cut the last bytes off the file of a durable server that has ended."""
        journal = max(Path(self._folder.name).glob("appendonlydir/*.incr.aof"))
        os.truncate(journal, max(0, journal.stat().st_size - size))

    def fill(self) -> None:
        """Fill its memory, under the policy of the product's own server."""
        self.client().config_set("maxmemory", 1)

    def give_memory(self) -> None:
        self.client().config_set("maxmemory", 0)

    def freeze(self) -> None:
        """Freeze it: it keeps its connections and answers nothing until thaw()."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Redis:
        return connect(self.url)

    def flush(self) -> None:
        self.client().flushall()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()


@cache
def shared_redis() -> RedisProcess:
    """Return one server for all tests of a process. The kernel ends it with the process."""
    return RedisProcess().start()
