"""Outcomes of follows and messages in words and bars: by source, in figures, and of one action."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.results.likeness import Likeness, apart, likenesses
from bot.results.measures import OF_KIND, Measure, MeasureName
from bot.results.periods import Period
from bot.results.rates import Rate, Verdict
from bot.results.sources import Source
from bot.results.steps import Change, Comparison, Results, Row
from bot.storage.models.values import StepKind
from web.local_time import day

SHOWN: MeasureName = "follow_back_7"
"""The measure of the page: it is known a week before the other one, which the CSV and the API tell too."""
NONE = Measure()
_SOURCES = {"list": "People you named", "followed": "People you follow"}
_VERDICTS: dict[Verdict, str] = {"better": "more than the others", "worse": "fewer than the others"}
_CHANGES: dict[Verdict, str] = {
    "better": "more than before",
    "worse": "fewer than before",
    "no_difference_seen": "no difference seen",
    "too_few": "too few to compare",
}
_TITLES: tuple[tuple[MeasureName, str], ...] = (
    ("accepted", "Accepted your request"),
    ("stayed", "Still follow 30 days later"),
    ("answered", "Answered your message"),
    ("asked_to_stop", "Asked you to stop"),
)
_KIND_OF = {name: kind for kind, names in OF_KIND.items() for name in names}


@dataclass(frozen=True)
class Line:
    """One line of a table of rates: its name, its share, and all that its share leaves out."""

    name: str
    measure: Measure
    rest: str
    verdict: str
    kind: StepKind = StepKind.FOLLOW
    needed: int | None = None
    apart: str = ""

    @property
    def rate(self) -> Rate:
        return self.measure.rate


@dataclass(frozen=True)
class ChangeLine:
    """One measure of the period and of the one before, and how they compare."""

    name: str
    rate: Rate
    before: Rate
    verdict: str


def source_name(source: Source) -> str:
    """Return a source in words."""
    return source.name or _SOURCES[source.kind]


def by_source(found: Results) -> list[Line]:
    """Return the follow-backs of each source that has any people, the most people first."""
    rows = [row for row in found.rows("source") if row.kind == StepKind.FOLLOW and row.measures.get(SHOWN, NONE).people]
    likes = likenesses(found, "source")
    comparison = Comparison(rows, apart(likes))
    lines = []
    for row in rows:
        if row.key.source:
            line = line_of(source_name(row.key.source), row, SHOWN, comparison)
            lines.append(replace(line, apart=apart_of(likes.get((row.key, row.kind)), found.period)))
    return lines


def apart_of(likeness: Likeness | None, period: Period) -> str:
    """Return in words why a source is not compared with the others; nothing if it is."""
    if likeness is None:
        return ""
    first, last = max(likeness.first_week, period.since), min(likeness.last_week + timedelta(days=6), period.until)
    weeks = f"other weeks ({day(first)} – {day(last)})"
    parts = {"other filters": likeness.filters_differ, weeks: likeness.weeks_differ}
    return ", ".join(word for word, told in parts.items() if told)


def whole(found: Results, name: MeasureName = SHOWN) -> Measure:
    """Return the measure of all follows of the period."""
    return next((row.measures[name] for row in found.rows("kind") if name in row.measures), NONE)


def others(found: Results) -> Iterator[Line]:
    """Yield the further measures that have any people."""
    for name, title in _TITLES:
        measure = whole(found, name)
        if measure.people:
            yield Line(title, measure, rest_of(measure), "", _KIND_OF[name])


def changes(found: Results) -> Iterator[ChangeLine]:
    """Yield the measures that the page shows, next to those of the period before."""
    titles = dict(((SHOWN, "Followed back"), *_TITLES))
    for change in found.changes:
        if change.name in titles:
            yield ChangeLine(titles[change.name], change.measure.rate, change.before.rate, _told(change))


def _told(change: Change) -> str:
    if change.verdict:
        return _CHANGES[change.verdict]
    return "the days before are not over" if change.before.open else "too many unknown before"


def rest_of(measure: Measure) -> str:
    """Return the people that the share leaves out: open, not known."""
    parts = {"still open": measure.open, "unknown": measure.unsure}
    return ", ".join(f"{number:,} {word}" for word, number in parts.items() if number)


def line_of(title: str, row: Row, name: MeasureName, comparison: Comparison) -> Line:
    """Return the line of a row that has this measure, compared with the others."""
    measure = row.measures[name]
    verdict, needed = comparison.verdict(row, name)
    return Line(title, measure, rest_of(measure), _VERDICTS.get(verdict, ""), row.kind, needed)
