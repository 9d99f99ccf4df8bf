"""Marks: what an open page shows, as the address of its next poll says it, and what it would show now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import request

from bot.actions.changes import LATE, mark_of_changes
from bot.config import runtime
from middleware.access import me
from web.once import once_a_request

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A mark counts the lines of activity since a moment that stays the same from poll to poll, or each line would be news
# again when it is too old to be counted. It moves on before there are many to count.
_COUNTED = timedelta(minutes=10)


@dataclass(frozen=True)
class Seen:
    """The state a page shows: a mark of changes, until when time changes nothing, and since when the mark counts.

    Times are milliseconds since 1970.
    """

    mark: str
    until: int
    since: int

    def __str__(self) -> str:
        return f"{self.mark}-{self.until}-{self.since}"


def seen_by_page() -> Seen | None:
    """Return what the page shows that asks. None if its address says nothing of it."""
    mark, *times = request.args.get("seen", "").split("-")
    if len(times) != 2 or not all(text.isdecimal() for text in times):
        return None
    return Seen(mark, *(int(text) for text in times))


@once_a_request
def own_mark() -> str:
    """Return the mark of what the viewer's pages show."""
    return mark_of_changes(me().id, counted_since())


@once_a_request
def counted_since() -> datetime:
    """Return since when the mark of this request counts lines of activity: as that of the page, unless that is old."""
    moment, seen = runtime.now(), seen_by_page()
    if seen and seen.until > milliseconds(moment) and 0 <= milliseconds(moment) - seen.since <= _COUNTED / _MILLISECOND:
        return _EPOCH + seen.since * _MILLISECOND
    return _EPOCH + milliseconds(moment - LATE) * _MILLISECOND


def milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
