"""Statements that a block sends to the database, and the connections that it holds."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import QueuePool, event

from bot.storage.engine import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """Yield the list of statements that the block executes, without their values."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        executed.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def connections_in_use() -> int:
    """Return the number of connections that are taken from the pool."""
    pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()
