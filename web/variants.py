"""Answers by variant of a message on Results: the choices of each text, and who answered it."""

from dataclasses import dataclass

from bot.messages.templates import parse
from bot.results.measures import MeasureName
from bot.results.steps import Comparison, Results, Row
from web.follow_backs import Line, line_of

SHOWN: MeasureName = "answered"
MAX_MESSAGES, MAX_VARIANTS = 4, 12
"""Messages on the page, and variants of each. The CSV has all."""
_LONGEST = 80


@dataclass(frozen=True)
class VariantTable:
    """One message that has variants: the begin of its text, and a line of each variant that was sent."""

    message: str
    lines: list[Line]
    left_off: int

    @property
    def needed(self) -> int | None:
        """The people a side that a comparison needs."""
        return max((line.needed for line in self.lines if line.needed), default=None)


def variant_tables(found: Results) -> list[VariantTable]:
    """Return the messages of the period with two variants or more, those with the most people first."""
    messages: dict[str, list[Row]] = {}
    for row in found.variants:
        if row.key.message and row.key.variant and SHOWN in row.measures:
            messages.setdefault(row.key.message, []).append(row)
    several = sorted((sent for sent in messages.values() if len(sent) > 1), key=lambda sent: -_people(sent))
    return [_table(sent) for sent in several[:MAX_MESSAGES]]


def _people(rows: list[Row]) -> int:
    return sum(row.measures[SHOWN].people for row in rows)


def _table(rows: list[Row]) -> VariantTable:
    message = rows[0].key.message or ""
    most = sorted(rows, key=lambda row: -row.measures[SHOWN].people)
    comparison = Comparison(rows)
    lines = [line_of(_name(row), row, SHOWN, comparison) for row in most[:MAX_VARIANTS]]
    return VariantTable(shortened(" ".join(message.split())), lines, len(rows) - len(lines))


def _name(row: Row) -> str:
    """Return the choices of a variant, as far as they can be seen."""
    choices = parse(row.key.message or "").choices(row.key.variant or "") or []
    return shortened(" · ".join(choice.strip() or "nothing" for choice in choices))


def shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
