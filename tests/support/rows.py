"""All rows of a PostgreSQL database, taken once and put back after each test."""

from functools import cache

import psycopg
from psycopg import sql

from bot.config.server_addresses import database_address

Rows = dict[str, bytes]
"""Table → its rows in the format of COPY."""

_SEND_OTHERS_AWAY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid != pg_backend_pid()
"""


def rows_of(url: str) -> Rows:
    with superuser(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {name: _copied(connection, name) for (name,) in tables}


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(block) for block in copy)


@cache
def _caretaker(address: str) -> psycopg.Connection:
    """Return a connection that stays open.

    A new one has to read the tables' definitions, which takes longer than all else.
    """
    return psycopg.connect(address)


def put_back(url: str, rows: Rows) -> None:
    """Replace all rows of the database by these, and end other connections."""
    # There is one a database, however its URL is written: two would end each other.
    connection = _caretaker(_address(url))
    with connection.transaction():
        connection.execute(_SEND_OTHERS_AWAY)
        # As a replica the server runs no triggers, so foreign keys and the audit log do not interfere.
        connection.execute("SET LOCAL session_replication_role = replica")
        # Most tests leave the registry of codes as it is, and it is by far the largest.
        changed = [table for table, text in rows.items() if not text or _copied(connection, table) != text]
        deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for table in changed]
        connection.execute(sql.SQL("; ").join(deletes))
        for table in changed:
            if rows[table]:
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(rows[table])


def superuser(url: str) -> psycopg.Connection:
    return psycopg.connect(_address(url))


def _address(url: str) -> str:
    return "postgresql://" + database_address(url).split("://", 1)[1]
