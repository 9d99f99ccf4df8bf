"""Outcomes of follows and messages in words and bars: by source, in figures, and of one action."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.results.measures import OF_KIND, Measure, MeasureName
from bot.results.rates import Rate, Verdict, compared
from bot.results.steps import Results, Row, Source
from bot.storage.models.values import StepKind

SHOWN: MeasureName = "follow_back_7"
"""The measure of the page: it is known a week before the other one, which the CSV and the API tell too."""
_SOURCES = {"list": "People you named", "followed": "People you follow"}
_VERDICTS: dict[Verdict, str] = {"better": "more than the others", "worse": "fewer than the others"}
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

    @property
    def rate(self) -> Rate:
        return self.measure.rate


def source_name(source: Source) -> str:
    """Return a source in words."""
    return source.name or _SOURCES[source.kind]


def by_source(found: Results) -> list[Line]:
    """Return the follow-backs of each source that has any people, the most people first."""
    rows = [row for row in found.rows("source") if _shown(row).people]
    rates = [_shown(row).rate for row in rows]
    return [
        _line(source_name(row.key.source), _shown(row), [rate for other, rate in enumerate(rates) if other != number])
        for number, row in enumerate(rows)
        if row.key.source
    ]


def whole(found: Results, name: MeasureName = SHOWN) -> Measure:
    """Return the measure of all follows of the period."""
    return next((row.measures[name] for row in found.rows("kind") if name in row.measures), Measure())


def others(found: Results) -> Iterator[Line]:
    """Yield the further measures that have any people."""
    for name, title in _TITLES:
        measure = whole(found, name)
        if measure.people:
            yield replace(_line(title, measure, []), kind=_KIND_OF[name])


def rest_of(measure: Measure) -> str:
    """Return the people that the share leaves out: open, not known."""
    parts = {"still open": measure.open, "unknown": measure.unsure}
    return ", ".join(f"{number:,} {word}" for word, number in parts.items() if number)


def _line(name: str, measure: Measure, rates: Sequence[Rate]) -> Line:
    return Line(name, measure, rest_of(measure), _VERDICTS.get(compared(measure.rate, rates), ""))


def _shown(row: Row) -> Measure:
    return row.measures.get(SHOWN, Measure()) if row.kind == StepKind.FOLLOW else Measure()
