"""The rows of results as CSV."""

from collections.abc import Iterator

from bot.core.csv_export import csv_text
from bot.results.measures import MEASURES, Measure
from bot.results.steps import RESULTS, Grouping, Results, Row

_OF_MEASURE = ("yes", "no", "unsure", "open")
_KEYS: dict[Grouping, list[str]] = {
    "day": ["day"],
    "hour": ["hour"],
    "source": ["source_kind", "source"],
    "action": ["action_id", "source_kind", "source"],
    "kind": [],
}


def results_csv(found: Results, by: Grouping) -> Iterator[str]:
    """Yield the rows of a grouping as CSV: the key, the kind, its counts, and four numbers of each measure."""
    measures = [f"{name}_{number}" for name in MEASURES for number in _OF_MEASURE]
    rows = (
        [*_key(found, row, by), str(row.kind), *(row.counts[name] for name in RESULTS), *_measured(row)]
        for row in found.rows(by)
    )
    return csv_text([*_KEYS[by], "kind", *RESULTS, *measures], rows)


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
    return []


def _measured(row: Row) -> Iterator[int | None]:
    for name in MEASURES:
        measure: Measure | None = row.measures.get(name)
        for number in _OF_MEASURE:
            yield getattr(measure, number) if measure else None
