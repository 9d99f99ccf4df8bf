"""All rows of a PostgreSQL database: taken once, put back after each test."""

import psycopg
from psycopg import sql

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


def put_back(url: str, rows: Rows) -> None:
    """Makes the database hold these rows and no others; who is still connected to it is sent away."""
    with superuser(url) as connection:
        connection.execute(_SEND_OTHERS_AWAY)
        # As a replica the server runs no triggers, so that neither foreign keys nor the audit log stand in the way.
        connection.execute("SET session_replication_role = replica")
        for table in rows:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        for table, text in rows.items():
            if text:
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                    copy.write(text)


def superuser(url: str) -> psycopg.Connection:
    return psycopg.connect("postgresql://" + url.split("://", 1)[1])
