"""What is wrong with the database, by what SQLite and PostgreSQL say of a statement that failed.

Codes of SQLite: https://sqlite.org/rescode.html; of PostgreSQL: appendix A of its manual, "PostgreSQL Error Codes".
"""

import re

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_OF_SQLITE = {
    "SQLITE_READONLY": "DATABASE_READ_ONLY",
    "SQLITE_FULL": "DATABASE_FULL",
    # The file that readers and writers share cannot grow.
    "SQLITE_IOERR_SHMSIZE": "DATABASE_FULL",
    "SQLITE_CORRUPT": "DATABASE_UNAVAILABLE",
    "SQLITE_NOTADB": "DATABASE_UNAVAILABLE",
    "SQLITE_PERM": "DATABASE_RIGHTS_MISSING",
    "SQLITE_AUTH": "DATABASE_RIGHTS_MISSING",
}
# SQLite has one code for all that is wrong with a statement.
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
    """The name of what is wrong with the database; None where it is well and the statement is at fault."""
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
    # An extended code begins with the one that it is a case of.
    return _OF_SQLITE.get(name) or _OF_SQLITE.get("_".join(name.split("_")[:2]))


def _said_by_postgresql(error: object) -> str | None:
    diagnosis = getattr(error, "diag", None)
    if getattr(diagnosis, "source_function", None) == _ROW_SECURITY:
        # Rows that the code may not write are its own fault, and no right that somebody forgot.
        return None
    return _OF_POSTGRESQL.get(getattr(error, "sqlstate", None) or "")
