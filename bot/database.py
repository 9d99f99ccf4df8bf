"""The engine: SQLite or PostgreSQL, with what each needs to be safe under many threads and processes."""

from inspect import iscoroutinefunction
from typing import Any

from flask import Flask
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from bot.config import Config
from bot.models import Base

APP_ROLE = "troupe_app"
SQLITE_BUSY_MS = 20_000


class Database(SQLAlchemy):
    """Flask-SQLAlchemy-Lite with the metadata that Flask-Migrate asks for."""

    metadata = Base.metadata


db = Database(require_default_engine=True)


def engine_options(config: Config, *, as_owner: bool = False) -> dict[str, Any]:
    """Options of create_engine. `as_owner` keeps the login role, which migrations need; all else is `troupe_app`."""
    options: dict[str, Any] = {"url": config.sqlalchemy_url, "hide_parameters": True}
    if config.sqlalchemy_url.startswith("postgresql"):
        options |= {"pool_size": config.worker_threads + 2, "max_overflow": 4, "pool_pre_ping": True}
        # In the start-up packet, so that RESET ROLE returns to the role without rights too.
        options["connect_args"] = {} if as_owner else {"options": f"-c role={APP_ROLE}"}
    else:
        options |= {"pool_size": config.worker_threads + 2, "max_overflow": 4}
        options["connect_args"] = {"timeout": SQLITE_BUSY_MS / 1000}
    return options


def init_database(app: Flask, config: Config) -> None:
    app.config["SQLALCHEMY_ENGINES"] = {"default": engine_options(config)}
    db.init_app(app)
    # For sessions that nothing opens it would start a thread at the end of every request and every job.
    app.teardown_appcontext_funcs = [end for end in app.teardown_appcontext_funcs if not iscoroutinefunction(end)]
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _pragmas(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_MS}", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails at once when another wrote in between, whatever the
        # busy timeout: so those that may write take the lock when they begin.
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
