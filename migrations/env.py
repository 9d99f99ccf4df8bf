"""Run the migrations as the owner of the tables, or write them as SQL; on PostgreSQL make the three roles first.

A revision asks `op.get_context().opts["row_security"]` whether PostgreSQL has roles and policies.
"""

from typing import Any

from alembic import context
from sqlalchemy import Connection, make_url

from bot.config.runtime import runtime
from bot.storage.models import Base
from bot.storage.roles import (
    HOLD_OWNER_TO_POLICIES,
    LET_OWNER_SEE_ROWS,
    OWNER_ROLE,
    PREPARATIONS,
    check_roles,
    prepare_roles,
)
from bot.storage.schema import migration_engine

_GIVEN = context.config.attributes
"""`connection` or `dialect`, and `row_security`, if Alembic is called without the app."""
_SECURED = bool(_GIVEN["row_security"] if "row_security" in _GIVEN else not runtime().config.database_single_role)


def _check_references(ctx: Any, **_step: object) -> None:
    """Check foreign keys.

    On SQLite tables are rebuilt with foreign keys off, so nothing else would find a dangling row.
    """
    if ctx.dialect.name == "sqlite" and ctx.connection is not None and not ctx.as_sql:
        broken = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"A row of {broken[0][0]} refers to one of {broken[0][2]} that is not there.")


def _configure(**options: Any) -> None:
    context.configure(
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
        # It holds for SQLite too, which Alembic does not expect.
        transactional_ddl=True,
        row_security=_SECURED,
        **options,
    )


def _run(dialect: str) -> None:
    """Run all revisions in one transaction."""
    secured = dialect == "postgresql" and _SECURED
    with context.begin_transaction():
        if secured:
            context.execute(f"SET LOCAL ROLE {OWNER_ROLE}")
            context.execute(LET_OWNER_SEE_ROWS)
        context.run_migrations()
        if secured:
            context.execute(HOLD_OWNER_TO_POLICIES)


def _write() -> None:
    dialect = _GIVEN.get("dialect") or make_url(runtime().config.sqlalchemy_url).get_backend_name()
    _configure(dialect_name=dialect, literal_binds=True)
    if dialect == "postgresql" and _SECURED and context.get_starting_revision_argument() is None:
        for preparation in PREPARATIONS:
            context.execute(preparation.guarded)
    _run(dialect)


def _migrate(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        check_roles(connection, single=not _SECURED)
        if _SECURED:
            prepare_roles(connection)
        connection.rollback()
    _configure(connection=connection, on_version_apply=_check_references)
    _run(connection.dialect.name)


def run() -> None:
    if context.is_offline_mode():
        _write()
    elif "connection" in _GIVEN:
        _migrate(_GIVEN["connection"])
    else:
        engine = migration_engine(runtime().config)
        with engine.connect() as connection:
            _migrate(connection)
        engine.dispose()


run()
