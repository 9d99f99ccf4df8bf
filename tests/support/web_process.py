"""The web process as the Procfile starts it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.ports import free_port
from local.processes import bind_to_parent, end, wait_until
from tests.support.environment import KEY
from tests.test_serving import ask, opened, received

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Web:
    port: int
    log: Path
    process_id: int

    def answer(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send these bytes and return status, headers and body of the answer."""
        head, _, body = received(opened(self.port, request)).partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        return int(status.split()[1]), {name.lower(): value for name, _, value in pairs}, body

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of its processes since they began."""
        process = psutil.Process(self.process_id)
        times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
        return sum(one.user + one.system for one in times)


@contextmanager
def web_process(folder: Path, database_url: str, redis_url: str, **settings: str) -> Iterator[Web]:
    port = free_port()
    settings = {
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEYS": KEY,
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
        **settings,
    }
    lines = (ROOT / "Procfile").read_text().splitlines()
    command = next(shlex.split(line.removeprefix("web:")) for line in lines if line.startswith("web:"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, *command[1:]],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=bind_to_parent(),
        )
    try:
        assert wait_until(lambda: _is_up(port), 60), (folder / "log").read_text()
        yield Web(port, folder / "log", process.pid)
    finally:
        end(process, grace=10)


def _is_up(port: int) -> bool:
    try:
        return bool(ask(port, "/api/health")[0] == 200)
    except OSError:
        return False
