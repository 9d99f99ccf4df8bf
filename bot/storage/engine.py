"""The database engine: SQLite or PostgreSQL, made safe for many threads and processes."""

import fcntl
import os
import threading
import weakref
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.config.environment import Config, ConfigError
from bot.core.log import get_logger
from bot.storage.models import Base
from bot.storage.roles import APP_ROLE

SQLITE_BUSY_MS = 20_000
_READING = "reading_engine"


class Database(SQLAlchemy):
    """Flask-SQLAlchemy-Lite with the metadata that Flask-Migrate asks for."""

    metadata = Base.metadata

    @property
    def reading_engine(self) -> Engine:
        """The engine for sessions that only read and take no write lock on SQLite."""
        # Cached, because every connection of a new copy would build its event dispatchers again.
        if _READING not in current_app.extensions:
            current_app.extensions[_READING] = self.engine.execution_options(reading=True)
        return cast(Engine, current_app.extensions[_READING])


db = Database(require_default_engine=True)


def engine_options(config: Config, *, as_owner: bool = False) -> dict[str, Any]:
    """Return the options of create_engine.

    `as_owner` keeps the login role, which migrations need. Everything else runs as `troupe_app`, unless the login is
    the only role.
    """
    options: dict[str, Any] = {"url": config.sqlalchemy_url, "hide_parameters": True}
    if config.sqlalchemy_url.startswith("postgresql"):
        options |= {"pool_size": config.worker_threads + 2, "max_overflow": 4, "pool_pre_ping": True}
        # Set in the startup packet, so that RESET ROLE returns to the role without rights too.
        stays = as_owner or config.database_single_role
        options["connect_args"] = {} if stays else {"options": f"-c role={APP_ROLE}"}
    else:
        options |= {"pool_size": config.worker_threads + 2, "max_overflow": 4}
        options["connect_args"] = {"timeout": SQLITE_BUSY_MS / 1000}
    return options


def init_database(app: Flask, config: Config) -> None:
    app.config["SQLALCHEMY_ENGINES"] = {"default": engine_options(config)}
    db.init_app(app)
    # Flask-SQLAlchemy-Lite closes async sessions at the end of every request and job. Nothing opens one, and each close
    # would start a thread.
    app.teardown_appcontext_funcs = [end for end in app.teardown_appcontext_funcs if not iscoroutinefunction(end)]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


class WriteTurn:
    """The turn to write to an SQLite file: threads of a process queue up first, then their processes.

    SQLite itself lets writers poll with pauses of up to 100 ms. Among many writers the unlucky ones get no turn while
    others write, and fail with "database is locked". A process that dies loses its turn.
    """

    def __init__(self, path: str) -> None:
        self._line = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        weakref.finalize(self, os.close, self._file)
        self._holder: object = None

    def take(self, holder: object, seconds: float) -> None:
        """Wait until it is the holder's turn, which it may have already. Raises OperationalError after `seconds`."""
        if self._holder is holder:
            return
        if not self._line.acquire(timeout=seconds):
            raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("no turn to write"))
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._holder = holder

    def leave(self, holder: object) -> None:
        """End the holder's turn. Do nothing if another holder has it."""
        if self._holder is holder:
            self._holder = None
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._line.release()


def _turn_at(path: str) -> WriteTurn | None:
    """Return the turn of a file, or None if its folder is read-only. Reading works there too."""
    try:
        return WriteTurn(path)
    except OSError as error:
        get_logger().error("database_folder_read_only", error=type(error).__name__, errno=error.errno)
        return None


def _prepare_sqlite(engine: Engine) -> None:
    folder = Path((engine.url.database or "").removeprefix("file:")).resolve().parent
    if not folder.is_dir():
        raise ConfigError(f"DATABASE_URL: the folder {folder} is not there: make it, or name another file.")
    turn = _turn_at(f"{engine.url.database}-turn") if engine.url.database else None

    @event.listens_for(engine, "connect")
    def _pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_MS}", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails immediately if another one wrote in between, whatever
        # the busy timeout is. So a transaction that may write takes the lock when it begins.
        reading = connection.get_execution_options().get("reading")
        if turn and not reading:
            # This dictionary is the same object as long as the connection is in the pool, even after it broke.
            turn.take(connection.info, SQLITE_BUSY_MS / 1000)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        if turn:
            turn.leave(entry.info)
