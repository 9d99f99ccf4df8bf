"""Diagnosis of database failures, by the codes of SQLite and PostgreSQL.

Codes of SQLite: https://sqlite.org/rescode.html. Codes of PostgreSQL: appendix A of its manual, "PostgreSQL Error
Codes".
"""

import re

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_OF_SQLITE = {
    "SQLITE_READONLY": "DATABASE_READ_ONLY",
    "SQLITE_FULL": "DATABASE_FULL",
    # The file that readers and writers share (`-shm`) cannot grow.
    "SQLITE_IOERR_SHMSIZE": "DATABASE_FULL",
    "SQLITE_CORRUPT": "DATABASE_UNAVAILABLE",
    "SQLITE_NOTADB": "DATABASE_UNAVAILABLE",
    "SQLITE_PERM": "DATABASE_RIGHTS_MISSING",
    "SQLITE_AUTH": "DATABASE_RIGHTS_MISSING",
}
# SQLite has one code for every fault of a statement, so only its text tells a missing table or column.
_OTHER_SCHEMA = re.compile(r"no such (?:table|column)|has no column named")
_OF_POSTGRESQL = {
    "25006": "DATABASE_READ_ONLY",
    "53100": "DATABASE_FULL",
    "42P01": "SCHEMA_OUTDATED",
    "42703": "SCHEMA_OUTDATED",
    "3F000": "SCHEMA_OUTDATED",
    "42501": "DATABASE_RIGHTS_MISSING",
}
_ROW_SECURITY = "ExecWithCheckOptions"


def database_fault(error: BaseException) -> str | None:
    """Return the registry name of a database fault, or None if the database is well and the statement is wrong."""
    if isinstance(error, DBAPIError):
        known = _said_by_sqlite(error.orig) or _said_by_postgresql(error.orig)
        if known:
            return known
    return "DATABASE_UNAVAILABLE" if isinstance(error, OperationalError | InterfaceError | PoolTimeout) else None


def _said_by_sqlite(error: object) -> str | None:
    name = getattr(error, "sqlite_errorname", None)
    if name is None:
        return None
    if name == "SQLITE_ERROR" and _OTHER_SCHEMA.search(str(error)):
        return "SCHEMA_OUTDATED"
    # An extended code begins with its primary code.
    return _OF_SQLITE.get(name) or _OF_SQLITE.get("_".join(name.split("_")[:2]))


def _said_by_postgresql(error: object) -> str | None:
    diagnosis = getattr(error, "diag", None)
    if getattr(diagnosis, "source_function", None) == _ROW_SECURITY:
        # Row-level security refused the write. That is a bug of ours and no missing grant.
        return None
    return _OF_POSTGRESQL.get(getattr(error, "sqlstate", None) or "")
