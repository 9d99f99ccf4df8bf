"""The log: a user's activity by day, with one entry for each run of like steps."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any, NamedTuple, Unpack

from sqlalchemy import select

from bot.history.activity import Wanted, narrowed
from bot.inputs.pagination import Page, after, cursor_of
from bot.storage.models import Activity
from bot.storage.models.values import StepKind, activity_of
from bot.storage.tenancy import tenant

MAX_ROWS = 500
"""Lines of activity that one page of the log reads."""
MAX_TARGETS = 12
"""Targets that an entry names."""
ALL_DAY_LONG = frozenset({*map(activity_of, StepKind), "reply", "read_replies"})
"""Acts that the bot repeats. Their lines of one day are one entry, whatever comes between."""


class Line(NamedTuple):
    """One line of the activity."""

    at: datetime
    id: str
    action: str
    status: str
    target: str | None
    action_id: str | None
    error_code: str | None
    message: str | None
    reason: str | None


@dataclass
class Run:
    """One entry of the log: `count` lines of one day that differ in their targets alone.

    `targets` are the last different ones, newest first, at most MAX_TARGETS. `reasons` counts the lines by reason.
    """

    day: date
    action: str
    status: str
    action_id: str | None
    error_code: str | None
    message: str | None
    first_at: datetime
    last_at: datetime
    count: int = 0
    targets: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, line: Line) -> None:
        self.first_at = line.at
        self.count += 1
        if line.target and line.target not in self.targets and len(self.targets) < MAX_TARGETS:
            self.targets.append(line.target)
        if line.reason:
            self.reasons[line.reason] += 1


def grouped(lines: Iterable[Line], zone: tzinfo) -> list[Run]:
    """Return the entries for these lines, which come newest first. The entry with the latest line is first.

    Steps, answers and readings of one day, action and result are one entry. Other acts are one entry as long as no
    different act comes between.
    """
    runs: list[Run] = []
    lasting: dict[tuple[object, ...], Run] = {}
    last_act: tuple[tuple[object, ...], Run] | None = None
    for line in lines:
        day = line.at.astimezone(zone).date()
        key = (day, line.action, line.status, line.action_id, line.error_code)
        if line.action in ALL_DAY_LONG:
            run = lasting.get(key)
        else:
            run = last_act[1] if last_act and last_act[0] == key else None
        if run is None:
            run = Run(day, *key[1:], line.message, line.at, line.at)
            runs.append(run)
        if line.action in ALL_DAY_LONG:
            lasting[key] = run
        else:
            last_act = key, run
        run.add(line)
    return runs


_COLUMNS: tuple[Any, ...] = (
    Activity.at,
    Activity.id,
    Activity.action,
    Activity.status,
    Activity.target,
    Activity.action_id,
    Activity.error_code,
    Activity.error_message,
    Activity.details["reason"].as_string(),
)
_KEYS = (Activity.at, Activity.id)


def read_log(
    user_id: str, zone: tzinfo, cursor: str | None = None, rows: int = MAX_ROWS, **wanted: Unpack[Wanted]
) -> Page[Run]:
    """Return a page of the log, newest first, with the filters of list_activity. Raises BAD_CURSOR.

    A page ends at the end of a day, so that no entry is in two parts. A day with more than `rows` lines is the
    exception.
    """
    query = after(narrowed(select(*_COLUMNS), **wanted), _KEYS, cursor)
    with tenant(user_id, reading=True) as session:
        found = [Line(*row) for row in session.execute(query.limit(rows + 1))]
    if len(found) <= rows:
        return Page(grouped(found, zone), None)
    shown = _whole_days(found, zone)
    return Page(grouped(shown, zone), cursor_of(shown[-1].at, shown[-1].id))


def _whole_days(lines: Sequence[Line], zone: tzinfo) -> Sequence[Line]:
    """Return the lines before the day of the last one, or all but the last one if they are of one day."""
    cut = lines[-1].at.astimezone(zone).date()
    return [line for line in lines if line.at.astimezone(zone).date() > cut] or lines[:-1]
