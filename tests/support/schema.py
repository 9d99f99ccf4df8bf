"""A database's schema part by part, so that two of any origin can be compared."""

import re
from typing import Any

from sqlalchemy import Connection, inspect, text

Schema = dict[str, set[str]]
"""Part, like `indexes` → each of it as text."""

_POSTGRESQL = {
    "tables": """
        SELECT relname, relkind, relowner::regrole, relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I')
    """,
    "columns": """
        SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
    # Since 18 NOT NULL is a constraint with a name that depends on when it was made.
    "constraints": """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype != 'n'
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
        WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
    """,
    "policies": """
        SELECT tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies
        WHERE schemaname = 'public'
    """,
    "grants": """
        SELECT relname, NULL, grantee::regrole, privilege_type FROM pg_class, aclexplode(relacl)
        WHERE relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT relname, attname, grantee::regrole, privilege_type
        FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid, aclexplode(attacl)
        WHERE relnamespace = 'public'::regnamespace
    """,
    "functions": """
        SELECT pg_get_functiondef(oid), proowner::regrole,
               (SELECT array_agg(grantee::regrole || ' ' || privilege_type ORDER BY 1) FROM aclexplode(proacl))
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    """,
}
_SQLITE = {
    "tables": "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')",
    "columns": """
        SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
        FROM sqlite_master m, pragma_table_xinfo(m.name) c
        WHERE m.type = 'table'
    """,
    "indexes": "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "triggers": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
}
COMMON = ("columns", "constraints", "indexes")
"""Parts that the models define too."""


def schema_of(connection: Connection) -> Schema:
    if connection.dialect.name == "postgresql":
        return {part: _rows(connection, query) for part, query in _POSTGRESQL.items()}
    return {
        **{part: _rows(connection, query) for part, query in _SQLITE.items()},
        "constraints": _constraints_of_sqlite(connection),
    }


def _rows(connection: Connection, query: str) -> set[str]:
    return {" | ".join(_plain(cell) for cell in row) for row in connection.execute(text(query))}


def _plain(cell: Any) -> str:
    """Return a table's text without differences in quotes and blanks, which come from SQLite's rebuilding."""
    return re.sub(r"\s+", " ", str(cell).replace('"', ""))


def _constraints_of_sqlite(connection: Connection) -> set[str]:
    """Return the constraints with their names, which only the text of the table holds."""
    inspector = inspect(connection)
    found = set()
    for table in inspector.get_table_names():
        found.add(f"{table} {inspector.get_pk_constraint(table)}")
        found |= {f"{table} {key}" for key in inspector.get_foreign_keys(table)}
        found |= {f"{table} {key}" for key in inspector.get_unique_constraints(table)}
        found |= {f"{table} {check}" for check in inspector.get_check_constraints(table)}
    return found
