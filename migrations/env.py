"""Runs the migrations as the owner of the tables; on PostgreSQL it makes the three roles first."""

from alembic import context
from sqlalchemy import Connection, create_engine, text

from bot.database import engine_options
from bot.models import Base
from bot.runtime import runtime

_ROLE = """
DO $$ BEGIN
  CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_ROLES = ("troupe_owner", "troupe_app", "troupe_clock")


def _become_owner(connection: Connection) -> None:
    """Roles belong to the whole server, so another database of it may have made them already."""
    # Since 16 whoever makes a role may give it away without being allowed to become it.
    right = "SET" if (connection.dialect.server_version_info or (0,)) >= (16,) else "MEMBER"
    held = text("SELECT pg_has_role(current_user, :role, :right)")
    for role in _ROLES:
        connection.execute(text(_ROLE.format(role=role)))
        if not connection.scalar(held, {"role": role, "right": right}):
            connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))
    connection.execute(text("GRANT CREATE ON SCHEMA public TO troupe_owner"))
    # The function of the clock's role is made by the owner and then handed over.
    connection.execute(text("GRANT CREATE ON SCHEMA public TO troupe_clock"))
    connection.execute(text("GRANT troupe_clock TO troupe_owner"))
    connection.commit()
    connection.execute(text("SET ROLE troupe_owner"))
    connection.commit()


def run() -> None:
    engine = create_engine(**engine_options(runtime().config, as_owner=True))
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            _become_owner(connection)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
