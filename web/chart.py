"""The chart of the overview: what a bot did a day, as bars whose places are worked out here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.automation.analytics import Day
from bot.decision.limits import DEFAULTS

# The drawing is stretched to the room that there is; a day is 100 wide.
HEIGHT = 100
COLUMN = 100
# How much of its column a bar takes.
_SHARE = 0.62
# The highest figure of the scale is one of these times a power of ten.
_ROUND = (1, 2, 4, 5, 10)
NOT_DONE = ("failed", "unknown")


@dataclass(frozen=True)
class Part:
    """A piece of a bar; `name` is a kind of step, or `problem` for what failed or is not known."""

    name: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day: its pieces from the bottom up."""

    day: date
    x: float
    width: float
    total: int
    parts: list[Part]


@dataclass(frozen=True)
class Chart:
    """`scale` are figures and how high they stand, the highest first; `kinds` what there is to see, for the legend."""

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
    """The chart of these days."""
    columns = [_counts(day) for day in days]
    top = _top(max((sum(column.values()) for column in columns), default=0))
    bars = [_bar(number, day.date, columns[number], top) for number, day in enumerate(days)]
    kinds = [name for name in (*DEFAULTS, "problem") if any(column.get(name) for column in columns)]
    return Chart(bars, [(figure, y_of(figure, top)) for figure in (top, top // 2, 0)], kinds, days)


def _counts(day: Day) -> dict[str, int]:
    """How many steps of a day were done of each kind, and how many ended otherwise; what was left out is no step."""
    done = {kind: day.counts[kind, "done"] for kind in DEFAULTS}
    problems = sum(day.of(result) for result in NOT_DONE)
    return {name: count for name, count in (done | {"problem": problems}).items() if count}


def _top(most: int) -> int:
    """An even figure, round and not below the largest bar."""
    power = 1
    while True:
        for step in _ROUND:
            if step * power >= most and step * power % 2 == 0:
                return step * power
        power *= 10


def y_of(figure: int, top: int) -> float:
    """How far from the top of the drawing a figure of its scale stands."""
    return round(HEIGHT - figure / top * HEIGHT, 2)


def _bar(number: int, day: date, counts: dict[str, int], top: int) -> Bar:
    parts, below = [], 0
    for name, count in counts.items():
        y = y_of(below + count, top)
        parts.append(Part(name, y, round(y_of(below, top) - y, 2)))
        below += count
    return Bar(day, round((number + (1 - _SHARE) / 2) * COLUMN, 1), _SHARE * COLUMN, below, parts)
