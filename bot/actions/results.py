"""Results of a period: steps by local day, source, kind and result, and the totals of the period before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.actions.rates import Rate
from bot.automation.analytics import DayCount, count_by_day
from bot.automation.lifecycle import timezone_of
from bot.config.runtime import now
from bot.core.csv_export import csv_text
from bot.core.errors import invalid
from bot.decision.hours import local_date, local_time
from bot.storage.models import Action, ActionTarget
from bot.storage.models.values import StepKind
from bot.storage.tenancy import tenant

RESULTS = ("done", "failed", "unknown", "skipped")
PERIODS = (7, 30, 90)
"""Lengths of the periods that the page offers, in days."""
DEFAULT_PERIOD = 30
MAX_PERIOD = 92
"""Days of the longest period: a quarter."""
SourceKind = Literal["hashtag", "account", "list", "followed"]
Grouping = Literal["day", "source", "kind"]
Counts = Counter[str]
"""Numbers of steps by their result, of RESULTS."""


class Source(NamedTuple):
    """The origin of the people or posts of an action.

    `name` is a hashtag or an account in the words of its form, and None for a list and for the people that the account
    follows.
    """

    kind: SourceKind
    name: str | None = None


@dataclass(frozen=True)
class Period:
    """Whole days of the user's time zone, both included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def before(self) -> "Period":
        """The period of the same length that ends the day before."""
        return Period(self.since - timedelta(days=self.days), self.since - timedelta(days=1))

    def __iter__(self) -> Iterator[date]:
        return (self.since + timedelta(days=number) for number in range(self.days))


class Row(NamedTuple):
    """Counts of one kind of step, on one day or of one source if they are grouped by it."""

    day: date | None
    source: Source | None
    kind: StepKind
    counts: Counts


@dataclass
class Results:
    """The results of a period. `before` are the totals of the period before by kind."""

    period: Period
    timezone: str
    by_day: dict[tuple[date, StepKind], Counts] = field(default_factory=dict)
    by_source: dict[tuple[Source, StepKind], Counts] = field(default_factory=dict)
    by_kind: dict[StepKind, Counts] = field(default_factory=dict)
    before: dict[StepKind, Counts] = field(default_factory=dict)

    @property
    def totals(self) -> Counts:
        return sum(self.by_kind.values(), Counter())

    @property
    def totals_before(self) -> Counts:
        return sum(self.before.values(), Counter())

    def rows(self, by: Grouping) -> list[Row]:
        """Return the counts grouped by kind and, if asked, by day or by source. Sources come by their number done."""
        if by == "day":
            days = sorted(self.by_day.items(), key=lambda item: item[0])
            return [Row(day, None, kind, counts) for (day, kind), counts in days]
        if by == "source":
            return [Row(None, source, kind, counts) for (source, kind), counts in _most_done(self.by_source)]
        return [Row(None, None, kind, self.by_kind[kind]) for kind in StepKind if kind in self.by_kind]


def chosen_period(user_id: str, days: int | None, since: date | None, until: date | None) -> Period:
    """Return the last `days` days, or the days from `since` to `until`.

    A missing `until` is today, and a missing `since` makes the period as long as the page's own. Raises INVALID_INPUT.
    """
    today = local_date(now(), timezone_of(user_id))
    if days and (since or until):
        raise invalid("days", "Give either days, or a first and a last day.")
    last = until or today
    if last > today:
        raise invalid("to", "This may be today at most.")
    first = since or last - timedelta(days=(days or DEFAULT_PERIOD) - 1)
    if first > last:
        raise invalid("from", "This has to be the last day or a day before it.")
    if (last - first).days >= MAX_PERIOD:
        raise invalid("from", f"A period may have {MAX_PERIOD} days at most.")
    return Period(first, last)


def results(user_id: str, period: Period) -> Results:
    """Return the results of a period of the user, counted from the targets of all actions."""
    timezone = timezone_of(user_id)
    found = Results(period, timezone)
    begins, earlier = _midnights(period, timezone), _midnights(period.before, timezone)
    with tenant(user_id, reading=True) as session:
        rows = count_by_day(session, begins, by_action=True)
        actions = {row.action_id for row in rows if row.action_id}
        of_actions = select(Action.id, Action.params, Action.listed).where(Action.id.in_(actions))
        sources = {action: source_of(params, listed) for action, params, listed in session.execute(of_actions)}
        # As if the whole period before were one day.
        for row in count_by_day(session, [earlier[0], earlier[-1]]):
            _add(found.before, row.kind, row)
    for row in rows:
        _add(found.by_day, (period.since + timedelta(days=row.day), row.kind), row)
        _add(found.by_source, (sources[row.action_id or ""], row.kind), row)
        _add(found.by_kind, row.kind, row)
    return found


def first_day(user_id: str) -> date | None:
    """Return the local day of the user's first step, or None if there was none."""
    with tenant(user_id, reading=True) as session:
        earliest = session.scalars(select(func.min(ActionTarget.claimed_at))).one()
    return local_date(earliest, timezone_of(user_id)) if earliest else None


def rate_of(counts: Counts) -> Rate:
    """Return the share of everyone looked at that was done."""
    return Rate(counts["done"], counts.total())


def source_of(params: dict[str, Any], listed: bool) -> Source:
    """Return the source of an action by its parameters."""
    if "hashtag" in params:
        return Source("hashtag", f"#{params['hashtag']}")
    if "account" in params:
        return Source("account", f"@{params['account']}")
    return Source("list" if listed else "followed")


def results_csv(found: Results, by: Grouping) -> Iterator[str]:
    """Yield the rows of a grouping as CSV."""
    header = {"day": ["day"], "source": ["source_kind", "source"], "kind": []}[by]
    rows = ([*_key(row, by), str(row.kind), *(row.counts[name] for name in RESULTS)] for row in found.rows(by))
    return csv_text([*header, "kind", *RESULTS], rows)


def _key(row: Row, by: Grouping) -> list[object]:
    if by == "day":
        return [row.day.isoformat() if row.day else None]
    return [row.source.kind, row.source.name] if by == "source" and row.source else []


def _most_done(found: dict[tuple[Source, StepKind], Counts]) -> list[tuple[tuple[Source, StepKind], Counts]]:
    """Return the sources by their number of done steps, then of all, then by name."""
    return sorted(
        found.items(), key=lambda item: (-item[1]["done"], -item[1].total(), item[0][0].name or "", item[0][1])
    )


def _add(found: dict[Any, Counts], key: Any, row: DayCount) -> None:
    found.setdefault(key, Counter())[str(row.result)] += row.amount


def _midnights(period: Period, timezone: str) -> list[datetime]:
    """Return the begins of the local days in UTC, and the end of the last one."""
    zone = ZoneInfo(timezone)
    return [local_time(period.since + timedelta(days=number), 0, zone) for number in range(period.days + 1)]
