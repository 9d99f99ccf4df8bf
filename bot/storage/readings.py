"""One transaction for all that a page reads: one connection, one begin, and on SQLite one state of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import BoundedSemaphore

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, ExceptionContext, Transaction

from bot.storage.engine import db

# This number of blocks hold a connection from their first read to their end. Others take one for each session, as
# without this, so that sessions within another find one in the pool.
_places = BoundedSemaphore(8)
_current: ContextVar["Readings | None"] = ContextVar("readings", default=None)


class Readings:
    """The connection that the reading sessions of a block share, one after the other."""

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._taken = self._is_old = False
        self._told: tuple[Transaction | None, object] | None = None

    def take(self) -> Connection | None:
        """Return the connection for one session, within its transaction. None if another session has it."""
        if self._taken or (self._connection is None and not _places.acquire(blocking=False)):
            return None
        if self._connection is None:
            try:
                self._connection = db.reading_engine.connect()
            except BaseException:
                _places.release()
                raise
        if not self._connection.in_transaction():
            self._connection.begin()
        self._taken = True
        return self._connection

    def give_back(self) -> None:
        """End the session's use of the connection."""
        self._taken = False
        if self._is_old:
            self.end()

    def renew(self) -> None:
        """Let the next session see what is committed until then."""
        self._is_old = True
        if not self._taken:
            self.end()

    def end(self) -> None:
        """End the transaction, and give the connection back to the pool."""
        self._is_old, self._told, connection, self._connection = False, None, self._connection, None
        if connection is not None:
            try:
                connection.close()
            finally:
                _places.release()

    def has_told(self, scope: object) -> bool:
        """Return whether the database knows this scope already in the present transaction, and remember it."""
        assert self._connection is not None  # noqa: S101  a session has it
        before, self._told = self._told, (self._connection.get_transaction(), scope)
        return before is not None and before[0] is self._told[0] and before[1] == scope

    def uses(self, connection: Connection | None) -> bool:
        return connection is not None and connection is self._connection


@contextmanager
def reading_together() -> Iterator[None]:
    """Let the reading sessions of the block share a transaction. A change by a session of the block ends it.

    A block must not wait for what another thread or process writes.
    """
    readings = Readings()
    _current.set(readings)
    try:
        yield
    finally:
        _current.set(None)
        readings.end()


def present_readings() -> Readings | None:
    """Return those of the block that runs, or None."""
    return _current.get()


@event.listens_for(Engine, "handle_error")
def _drop_broken(context: ExceptionContext) -> None:
    # PostgreSQL refuses every further statement of a transaction in which one has failed.
    readings = _current.get()
    if readings and readings.uses(context.connection):
        readings.renew()
