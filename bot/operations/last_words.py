"""The last words of a process or command: one sentence on standard error, and a status other than 0."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bot.config.environment import ConfigError
from bot.core.causes import cause_of
from bot.core.database_faults import database_fault
from bot.core.foreseen import foreseen
from bot.core.log import get_logger
from bot.storage.roles import RolesMissing

# Classes of SQLSTATE whose first line names hosts, roles and tables, but no values: connections, rights, and missing
# parts of the server.
_TOLD = ("08", "25", "28", "3D", "42501", "53", "57")


def sentence_of(error: BaseException) -> str | None:
    """Return the problem and the remedy, or None for an unforeseen error. It has several lines only if there are
    statements to run.

    It holds no input of a person and no password.
    """
    if isinstance(error, RolesMissing):
        statements = "".join(f"\n  {statement};" for statement in error.statements)
        return (
            f"{error} Let an administrator of the server run these statements in the database, then run the release "
            f"again; or set DATABASE_SINGLE_ROLE=1 to do without roles.{statements}"
        )
    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, SQLAlchemyError) and (known := _of_database(error)):
        return known
    if isinstance(error, RedisError):
        return f"Redis at REDIS_URL does not answer as it should: {_first_line(error)}"
    if failure := foreseen(error):
        return failure.message
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return None


def _of_database(error: SQLAlchemyError) -> str | None:
    cause = error.orig if isinstance(error, DBAPIError) else None
    if cause is None:
        return None
    if database_fault(error) == "SCHEMA_OUTDATED":
        return "The database has no schema, or an older one: run `flask --app wsgi release` first."
    state = getattr(cause, "sqlstate", None)
    if state is None or state.startswith(_TOLD):
        return f"The database of DATABASE_URL does not answer as it should: {_first_line(cause)}"
    return None


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


@contextmanager
def last_words(status: int = 1) -> Iterator[None]:
    """End the process with a sentence and this status if the block fails."""
    try:
        yield
    except Exception as error:
        _say(error)
        raise SystemExit(status) from None


def end_with_a_sentence() -> None:
    """Make every uncaught exception end this process with a sentence and status 1."""
    sys.excepthook = _hook


def _hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(error, Exception):
        _say(error)
    else:
        sys.__excepthook__(kind, error, traceback)


def _say(error: Exception) -> None:
    sentence = sentence_of(error)
    if sentence is None:
        get_logger().critical("failure", exc_info=error, cause=cause_of(error))
        sentence = f"This failed unforeseen ({type(error).__name__}); the line of the log above says where."
    print(f"troupe: {sentence}", file=sys.stderr, flush=True)
