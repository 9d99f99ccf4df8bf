"""The whole product on one machine: its programs, their settings, and obstacles to their start."""

import contextlib
import fcntl
import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from bot.config.environment import SETTINGS, ConfigError, config_of
from local import redis
from local.keys import ensure_key_file
from local.ports import LOOPBACK, free_port, obstacle
from local.supervisor import Program, Supervisor

ROOT = Path(__file__).resolve().parent.parent
ADMIN_LINE, DEMO_LINE = "admin: ", "demo: "
# A slow machine needs minutes for a past of months.
PAST_SECONDS = 3600.0


class InTheWay(Exception):
    """An existing process or file keeps the stack from starting. The text says what to change."""


class Stack:
    """Redis, sandbox, schema, web, worker and clock as one tree of processes, with the settings in `env`.

    `env` is the whole environment of the programs. The instance's folder and key are made if they are missing. Redis is
    started unless `REDIS_URL` names one, the sandbox unless `INSTAGRAM_SANDBOX` is 0. `lively` lets people of the
    sandbox answer and follow back; `plain` is its number of accounts without special behavior. With `past` a second
    demo user lives this number of days before the start, unless they have lived before.

    Raises bot.config.ConfigError for settings that cannot work.
    """

    def __init__(self, env: Mapping[str, str], *, lively: bool = False, plain: int = 10, past: int = 0) -> None:
        self._sandbox_options = [*(["--lively"] if lively else []), "--plain", str(plain)]
        # Otherwise each thread gets its own part of memory, most of it unused.
        self.env = {"INSTAGRAM_SANDBOX": "1", "MALLOC_ARENA_MAX": "2", **env, "PYTHONUNBUFFERED": "1"}
        self.config = config_of(self.env)
        if self.config.instagram_sandbox:
            # The browser comes over plain HTTP. Without the sandbox that is refused.
            self.env.setdefault("SECURE_COOKIES", "0")
            # People who try the first version's paths have no user here yet.
            self.env.setdefault("ALLOW_INSTAGRAM_SIGN_IN", "1")
        elif past:
            raise ConfigError("PAST is for the sandbox alone: leave INSTAGRAM_SANDBOX at 1.")
        self._past = past
        self.instance = self.config.instance_dir
        self.address = f"http://{LOOPBACK}:{self.config.port}"
        self.sandbox_address = f"http://{LOOPBACK}:{self.config.sandbox_port}"
        self.admin: tuple[str, str] | None = None
        self.demo: tuple[str, str] | None = None
        self._supervisor = Supervisor(directory=ROOT, logs=self.instance / "log", umask=self.config.umask)
        self._lock = contextlib.ExitStack()

    @classmethod
    def private(cls, instance: Path, *, lively: bool = False, plain: int = 10, past: int = 0, **settings: str) -> Self:
        """Return a stack for a test, with free ports and no settings of the caller but `settings`."""
        env = {name: value for name, value in os.environ.items() if name.upper() not in SETTINGS}
        ports = {"PORT": str(free_port()), "SANDBOX_PORT": str(free_port())}
        settings = ports | {"INSTANCE_DIR": str(instance)} | settings
        return cls(env | settings, lively=lively, plain=plain, past=past)

    def start(self) -> None:
        """Return when all of it serves.

        `admin` and `demo` are then the names and passwords of the first administrator and of the demo user, if they are
        new.

        Raises InTheWay, local.redis.RedisUnavailable, bot.config.ConfigError, and local.supervisor's ProgramFailed and
        Stopped. Nothing runs then.
        """
        # The release step corrects an existing folder.
        self.instance.mkdir(mode=0o777 & ~self.config.umask, parents=True, exist_ok=True)
        self._lock.enter_context(_lock(self.instance))
        try:
            self._check_ports()
            self._supervisor.start(self._stages(), self.env)
        except BaseException:
            self._lock.close()
            raise
        finally:
            printed = self._supervisor.printed.get("release", "")
            self.admin, self.demo = made_user(printed, ADMIN_LINE), made_user(printed, DEMO_LINE)

    def call(self, *command: str) -> int:
        """Run one of the product's commands with this stack's settings, whether it is up or not.

        Return its exit status.
        """
        self._provide_key()
        return subprocess.run(_python(*command), cwd=ROOT, env=self.env).returncode

    def request_stop(self) -> None:
        """Ask for the end and return immediately. A second call kills. Safe in a signal handler."""
        self._supervisor.request_stop()

    def wait(self) -> None:
        """Return when all of it has ended as asked. Raises ProgramFailed if a program died too often."""
        try:
            self._supervisor.wait()
        finally:
            self._lock.close()

    def stop(self) -> None:
        """End all of it. Nothing of it runs when this returns."""
        self._supervisor.stop()
        self._lock.close()

    def pid(self, name: str) -> int:
        """Return the present process id of `redis`, `sandbox`, `web`, `worker` or `clock`."""
        return self._supervisor.pid(name)

    def log(self, name: str) -> Path:
        """Return the file with that program's output."""
        return self._supervisor.log(name)

    def _check_ports(self) -> None:
        ports = {"PORT": self.config.port}
        if self.config.instagram_sandbox:
            ports["SANDBOX_PORT"] = self.config.sandbox_port
        for setting, port in ports.items():
            if reason := obstacle(port):
                raise InTheWay(f"Port {port} {reason}: set {setting} to another one, as in `{setting}={port + 10}`.")

    def _stages(self) -> list[list[Program]]:
        """Return the programs in the order of their starts. Make the key and complete the settings on the way."""
        self._provide_key()
        demo = ["--demo"] if self.config.instagram_sandbox else []
        release = Program("release", _python("flask", "--app", "wsgi", "release", *demo), once=True)
        return [[*self._redis(), *self._sandbox(), release], self._lived_past(), self._processes()]

    def _lived_past(self) -> list[Program]:
        """Return the program that lives the past. It comes before the worker, which would take the bot's lane."""
        if not self._past:
            return []
        argv = _python("jobs.past", "--days", str(self._past))
        return [Program("past", argv, once=True, shown=True, ready_timeout=PAST_SECONDS)]

    def _redis(self) -> list[Program]:
        if self.env.get("REDIS_URL"):
            return []
        server = redis.prepare(self.instance / "redis")
        server.end_orphan()
        self.env["REDIS_URL"] = server.url
        return [Program("redis", server.argv, server.is_ready)]

    def _sandbox(self) -> list[Program]:
        if not self.config.instagram_sandbox:
            return []
        argv = _python("sandbox", *self._sandbox_options, "--state-dir", str(self.instance / "sandbox"))
        return [Program("sandbox", argv, lambda: _answers(self.config.sandbox_port, "/health"))]

    def _processes(self) -> list[Program]:
        port = self.config.port
        web = _python("middleware.web", "--bind", f"{LOOPBACK}:{port}")
        return [
            # Its own workers would notice a killed master late. Asked to end, it ends them too.
            Program("web", web, lambda: _answers(port, "/api/health"), orphaned=signal.SIGTERM),
            Program("worker", _python("jobs.worker"), lambda: _answers(port, "/api/ready")),
            Program("clock", _python("jobs.clock")),
        ]

    def _provide_key(self) -> None:
        if not self.env.get("ENCRYPTION_KEYS") and not self.env.get("ENCRYPTION_KEYS_FILE"):
            path = self.instance / "encryption.keys"
            ensure_key_file(path)
            self.env["ENCRYPTION_KEYS_FILE"] = str(path)
        config_of(self.env).master_keys()


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def made_user(printed: str, begins: str) -> tuple[str, str] | None:
    """Return name and password from the line of the release step's output that begins so; None if there is none."""
    for line in printed.splitlines():
        if line.startswith(begins):
            name, _, password = line.removeprefix(begins).partition(" ")
            return name, password
    return None


@contextlib.contextmanager
def _lock(instance: Path) -> Iterator[None]:
    """Hold `instance` for this process alone. Raises InTheWay if another process holds it."""
    with (instance / "run.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise InTheWay(
                f"Troupe already runs in {instance} (process {holder}): end that one,"
                " or set INSTANCE_DIR, PORT and SANDBOX_PORT to run a second one beside it."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
