"""Keyset paging by time and id, newest first, with an opaque cursor."""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.core.errors import invalid

MAX_PAGE_SIZE = 100
BATCH_SIZE = 10_000
"""Rows that all_rows reads in one query."""
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of rows. `next` is the cursor of the next page, or None on the last one."""

    items: list[Row]
    next: str | None


def page(
    session: Session,
    query: Select[Any],
    keys: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    limit: int,
    cursor: str | None,
) -> Page[Row]:
    """Return one page of the query, newest first, with 1 to MAX_PAGE_SIZE rows. Raises BAD_CURSOR."""
    at, row_id = keys
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    rows = list(session.scalars(after(query, keys, cursor).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, cursor_of(getattr(rows[-1], at.key), getattr(rows[-1], row_id.key)) if more else None)


def after(
    query: Select[Any],
    keys: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    cursor: str | None,
) -> Select[Any]:
    """Return the query newest first, from the row after the cursor's. Raises BAD_CURSOR."""
    at, row_id = keys
    if cursor:
        last_at, last_id = _decode(cursor)
        query = query.where(or_(at < last_at, and_(at == last_at, row_id < last_id)))
    return query.order_by(at.desc(), row_id.desc())


def all_rows(
    read: Callable[[Select[Any]], Sequence[Any]],
    query: Select[Any],
    keys: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[str]],
    size: int = BATCH_SIZE,
) -> Iterator[Any]:
    """Yield all rows of the query, newest first, in batches of `size`.

    No transaction stays open while a slow client takes the rows. The query's first two columns are the keys; `read`
    executes it.
    """
    at, row_id = keys
    ordered = query.order_by(at.desc(), row_id.desc()).limit(size)
    rows = read(ordered)
    while rows:
        yield from rows
        if len(rows) < size:
            return
        last_at, last_id, *_ = rows[-1]
        rows = read(ordered.where(at <= last_at, or_(at < last_at, row_id < last_id)))


def cursor_of(at: datetime, row_id: str) -> str:
    """Return the cursor of the rows after the one with these keys."""
    text = f"{at.isoformat()}|{row_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, row_id = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a time without a zone")
        return moment.astimezone(UTC), str(UUID(row_id))
    except (binascii.Error, UnicodeError, ValueError, OverflowError):
        raise invalid("cursor", "This list did not give out this cursor.", "BAD_CURSOR") from None
