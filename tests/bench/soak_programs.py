"""Where a soak takes place: a Redis, sandbox and database of its own, and the programs of the Procfile."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil
import requests
from flask import Flask

from bot.app import create_base_app
from bot.config.environment import SETTINGS
from bot.core.log import configure_logging
from bot.lanes.queue import RESCUED, RUN
from local import postgres
from local.ports import LOOPBACK, free_port
from local.processes import bind_to_parent, end, wait_until
from tests.support.environment import KEY, config_for, dispose, prepare
from tests.support.live_bots import lift_limits
from tests.support.redis_process import RedisProcess
from tests.support.sandbox_process import ROOT, SandboxProcess

SEED, PEOPLE = 1, 100_000
START_SECONDS = 120.0
END_SECONDS = 30.0


@dataclass(frozen=True)
class Stage:
    """What the programs need, and the app that makes the bots; `environment` is that of the programs."""

    folder: Path
    app: Flask
    redis: RedisProcess
    sandbox: SandboxProcess
    environment: dict[str, str]


@contextmanager
def stage(bots: int, processes: int, threads: int) -> Iterator[Stage]:
    """SQLite in a temporary folder, or a database of its own on the server whose superuser SOAK_DATABASE_URL names."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="troupe-soak-")))
        url, server = f"sqlite:///{folder}/soak.db", os.environ.get("SOAK_DATABASE_URL")
        if server:
            url = opened.enter_context(postgres.database(postgres.PREFIX + server.split("://", 1)[1]))
        redis = opened.enter_context(RedisProcess(durable=True))
        options = ("--seed", SEED, "--people", PEOPLE, "--plain", bots)
        sandbox = opened.enter_context(SandboxProcess.start(0, *map(str, options)))
        port = int(sandbox.url.rpartition(":")[2])
        app = create_base_app(config_for(folder, url, redis.url, sandbox_port=port))
        configure_logging("warning")
        opened.callback(dispose, app)
        prepare(app)
        environment = _environment(folder, url, redis.url, port, processes, threads)
        opened.enter_context(app.app_context())
        lift_limits()
        yield Stage(folder, app, redis, sandbox, environment)


def _environment(
    folder: Path, database: str, redis: str, sandbox_port: int, processes: int, threads: int
) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.upper() not in SETTINGS}
    port = str(free_port())
    return kept | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PORT": port,
        "GUNICORN_CMD_ARGS": f"--bind {LOOPBACK}:{port}",
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "ENCRYPTION_KEYS": KEY,
        "INSTAGRAM_SANDBOX": "1",
        "SANDBOX_PORT": str(sandbox_port),
        "SECURE_COOKIES": "0",
        "WORKER_PROCESSES": str(processes),
        "WORKER_THREADS": str(threads),
    }


class Programs:
    """web, worker and clock as they run; `log` is the file with all that the worker says."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self.log = stage.folder / "worker.log"

    def start(self) -> None:
        """Returns when all of them are at work and lanes are handed out."""
        for line in (ROOT / "Procfile").read_text().splitlines():
            name, _, command = line.partition(":")
            if name != "release":
                with (self._stage.folder / f"{name}.log").open("wb") as log:
                    self._started[name] = self._start(shlex.split(command), log)
        if not wait_until(self._serve, START_SECONDS, every=0.5):
            raise RuntimeError(f"the programs did not start:\n{self.log.read_text()[-2000:]}")

    def _start(self, argv: list[str], log: BinaryIO) -> subprocess.Popen[bytes]:
        # The children of web and worker end with them in order, not at once.
        bound = bind_to_parent(signal.SIGTERM)
        return subprocess.Popen(
            argv,
            cwd=ROOT,
            env=self._stage.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            process_group=0,
            preexec_fn=bound,
        )

    def _serve(self) -> bool:
        """A Redis that is new to the lanes hands out nothing for the time of a lease."""
        redis = self._stage.redis.client()
        opens = redis.hget(RUN, "opens")
        opened = opens is not None and float(opens) < time.time()
        return opened and bool(redis.exists(RESCUED)) and self._web_is_ready()

    def _web_is_ready(self) -> bool:
        try:
            url = f"http://{LOOPBACK}:{self._stage.environment['PORT']}/api/ready"
            return requests.get(url, timeout=5).ok
        except requests.RequestException:
            return False

    def trees(self) -> dict[str, list[psutil.Process]]:
        """The processes of each program that are there now, its own first."""
        roots = {name: psutil.Process(process.pid) for name, process in self._started.items()}
        return {name: [root, *root.children(recursive=True)] for name, root in roots.items()}

    def workers(self) -> list[psutil.Process]:
        """The children of the worker, which it starts again when they die."""
        return self.trees()["worker"][1:]

    def stop(self) -> None:
        for process in self._started.values():
            process.terminate()
        for process in self._started.values():
            end(process, grace=END_SECONDS)


@contextmanager
def programs(stage: Stage) -> Iterator[Programs]:
    """The programs of the Procfile, which have ended when the block has."""
    running = Programs(stage)
    try:
        running.start()
        yield running
    finally:
        running.stop()
