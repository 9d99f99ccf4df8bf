"""The rows of results as CSV."""

from collections import Counter
from collections.abc import Iterator, Mapping

from bot.core.csv_export import csv_text
from bot.results.likeness import Likeness, likenesses
from bot.results.measures import MEASURES, Measure, MeasureName
from bot.results.periods import BY_ORIGIN, Grouping
from bot.results.steps import RESULTS, Counts, Results, Row

_OF_MEASURE = ("yes", "no", "unsure", "open")
NUMBERS = [*RESULTS, *(f"{name}_{number}" for name in MEASURES for number in _OF_MEASURE)]
"""The heads of `numbers_of`."""
_KEYS: dict[Grouping, list[str]] = {
    "day": ["day"],
    "hour": ["hour"],
    "source": ["source_kind", "source"],
    "action": ["action_id", "source_kind", "source"],
    "variant": ["message", "variant"],
    "kind": [],
}


def compares(by: Grouping) -> bool:
    """Return whether the CSV of a grouping has the period before."""
    return by == "kind"


def results_csv(found: Results, by: Grouping) -> Iterator[str]:
    """Yield the rows of a grouping as CSV: the key, the kind, its counts, and four numbers of each measure.

    By kind, the same numbers of the period before follow. By source or action, it follows in which weeks the steps were
    done, and whether filters and weeks are others than those of the other rows of the kind.
    """
    likes = likenesses(found, by)
    origin = list(Likeness._fields) if by in BY_ORIGIN else []
    before = [f"{name}_before" for name in NUMBERS] if compares(by) else []
    rows = (
        [
            *_key(found, row, by),
            str(row.kind),
            *numbers_of(row.counts, row.measures),
            *(numbers_of(found.before.get(row.kind, Counter()), found.measures_before(row.kind)) if before else ()),
            *(_origin(likes.get((row.key, row.kind))) if origin else ()),
        ]
        for row in found.rows(by)
    )
    return csv_text([*_KEYS[by], "kind", *NUMBERS, *before, *origin], rows)


def _key(found: Results, row: Row, by: Grouping) -> list[object]:
    key = row.key
    match by:
        case "day":
            return [key.day.isoformat() if key.day else None]
        case "hour":
            return [key.hour]
        case "source":
            return list(key.source or ())
        case "action":
            return [key.action_id, *found.sources[key.action_id or ""]]
        case "variant":
            return [key.message, key.variant]
    return []


def _origin(likeness: Likeness | None) -> list[str | None]:
    """Return the weeks of a row and what differs; nothing of one without a step that was done."""
    if likeness is None:
        return [None] * len(Likeness._fields)
    first, last, *differ = likeness
    return [first.isoformat(), last.isoformat(), *("yes" if one else "no" for one in differ)]


def numbers_of(counts: Counts, measures: Mapping[MeasureName, Measure]) -> Iterator[int | None]:
    """Yield the number of each result, and four numbers of each measure; None of one that the steps do not have."""
    yield from (counts[name] for name in RESULTS)
    for name in MEASURES:
        measure = measures.get(name)
        for number in _OF_MEASURE:
            yield getattr(measure, number) if measure else None
