"""The chart of the overview: steps a day as bars, whose places are computed here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.automation.analytics import Day
from bot.decision.limit_rules import DEFAULTS

# The drawing stretches to the width of the page; a day is 100 units wide.
HEIGHT = 100
COLUMN = 100
# Share of its column that a bar takes.
_SHARE = 0.62
# The top of the scale is one of these times a power of ten.
_ROUND = (1, 2, 4, 5, 10)
NOT_DONE = ("failed", "unknown")


@dataclass(frozen=True)
class Part:
    """A piece of a bar. `name` is a step kind, or `problem` for failed and unknown steps."""

    name: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day, with its pieces from the bottom up."""

    day: date
    x: float
    width: float
    total: int
    parts: list[Part]


@dataclass(frozen=True)
class Chart:
    """The chart. `scale` is figures with their heights, highest first; `kinds` are the entries of the legend."""

    bars: list[Bar]
    scale: list[tuple[int, float]]
    kinds: list[str]
    days: Sequence[Day]
    height: int = HEIGHT

    @property
    def width(self) -> int:
        return len(self.days) * COLUMN

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)


def chart(days: Sequence[Day]) -> Chart:
    columns = [_counts(day) for day in days]
    top = _top(max((sum(column.values()) for column in columns), default=0))
    bars = [_bar(number, day.date, columns[number], top) for number, day in enumerate(days)]
    kinds = [name for name in (*DEFAULTS, "problem") if any(column.get(name) for column in columns)]
    return Chart(bars, [(figure, y_of(figure, top)) for figure in (top, top // 2, 0)], kinds, days)


def _counts(day: Day) -> dict[str, int]:
    """Return the number of steps of a day by kind, and of those that failed or are unknown.

    Skipped targets do not count.
    """
    done = {kind: day.counts[kind, "done"] for kind in DEFAULTS}
    problems = sum(day.of(result) for result in NOT_DONE)
    return {name: count for name, count in (done | {"problem": problems}).items() if count}


def _top(most: int) -> int:
    """Return a round, even figure, at least `most`."""
    power = 1
    while True:
        for step in _ROUND:
            if step * power >= most and step * power % 2 == 0:
                return step * power
        power *= 10


def y_of(figure: int, top: int) -> float:
    """Return the distance of a figure from the top of the drawing, in its units."""
    return round(HEIGHT - figure / top * HEIGHT, 2)


def _bar(number: int, day: date, counts: dict[str, int], top: int) -> Bar:
    parts, below = [], 0
    for name, count in counts.items():
        y = y_of(below + count, top)
        parts.append(Part(name, y, round(y_of(below, top) - y, 2)))
        below += count
    return Bar(day, round((number + (1 - _SHARE) / 2) * COLUMN, 1), _SHARE * COLUMN, below, parts)
