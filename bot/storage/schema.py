"""Migrations of the schema. They import Alembic on demand, so workers and clocks never load it."""

from contextlib import suppress
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from bot.config.environment import Config
from bot.core.log import get_logger
from bot.storage.engine import db, engine_options
from bot.storage.roles import check_roles

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def init_migrations(app: Flask) -> None:
    """Make `flask db` work with this app."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(MIGRATIONS), render_as_batch=True, compare_type=True)


def upgrade_schema() -> None:
    """Run the migrations as the owner of the database. Raises RolesMissing on PostgreSQL."""
    from flask_migrate import upgrade

    init_migrations(current_app)
    upgrade(directory=str(MIGRATIONS))


def verify_roles(config: Config) -> None:
    """Compare the tables of PostgreSQL with DATABASE_SINGLE_ROLE. Raises ConfigError.

    A database that is unreachable or empty passes.
    """
    if db.engine.dialect.name != "postgresql":
        return
    if config.database_single_role:
        text = "code alone keeps users apart: there is no row-level security behind it"
        get_logger().warning("row_security_missing", setting="DATABASE_SINGLE_ROLE", meaning=text)
    with suppress(OperationalError, InterfaceError), db.engine.connect() as connection:
        check_roles(connection, single=config.database_single_role)


def migration_engine(config: Config) -> Engine:
    """Return the engine of migrations. It keeps the login's own role, and makes each SQLite revision atomic."""
    engine = create_engine(**engine_options(config, as_owner=True))
    if engine.dialect.name == "sqlite":
        keep_revisions_whole(engine)
    return engine


def keep_revisions_whole(engine: Engine) -> None:
    """Make transactions of an SQLite engine cover schema changes, and let them rebuild tables."""
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)


def _leave_transactions_to_us(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's sqlite3 would commit before statements that change the schema.
    connection.isolation_level = None
    # A rebuilt table is dropped in between. Foreign keys would delete the rows that refer to it.
    connection.cursor().execute("PRAGMA foreign_keys=OFF").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
