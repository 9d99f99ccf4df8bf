"""Charts as SVG: columns per day, a curve of a level, and bars for tables. Figures in, markup out.

Columns and curves are drawn twice, 960 and 340 units wide, and the style sheet shows the one that fits. All sizes are
attributes and all colors come from classes, because the policy of the pages forbids inline styles. A tip shows while
its day is under the pointer or focused by a touch. It is no tab stop: keyboards and screen readers have the sentence of
the drawing and the table behind it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, groupby
from math import ceil

from markupsafe import Markup, escape

from web.labels import KINDS

SPRITE = "/static/sprite.svg"
WORDS = {name: plural.capitalize() for name, (_, plural) in KINDS.items()}
# The largest number of marks on a curve. Beyond it only the heaviest are drawn.
MAX_MARKS = 8
# Width of an average character of 12 px text in tabular figures, and the height of a line of it.
_CHARACTER = 6.8
_LINE = 17
_GAP = 1.5


@dataclass(frozen=True)
class Column:
    """One day of a column chart: amounts by family, from the bottom up. `notes` are further lines of its tip."""

    label: str
    parts: Mapping[str, int]
    notes: Sequence[str] = ()

    @cached_property
    def total(self) -> int:
        return sum(self.parts.values())


@dataclass(frozen=True)
class Level:
    """The level of one day; None if it was not read."""

    label: str
    value: int | None


@dataclass(frozen=True)
class Mark:
    """An icon above the curve at the day with this index. `family` gives icon and color."""

    index: int
    family: str
    weight: int = 0


@dataclass(frozen=True)
class _Frame:
    """One drawing: its class, its size, the number of days, and the scale from the lowest to the highest figure."""

    css: str
    width: int
    height: int
    days: int
    low: float
    high: float
    left: float
    top: float
    right: float = 6
    bottom: float = 26

    @property
    def floor(self) -> float:
        return self.height - self.bottom

    @property
    def slot(self) -> float:
        """The width of one day of a column chart."""
        return (self.width - self.left - self.right) / self.days

    def y(self, figure: float) -> float:
        return self.top + (self.floor - self.top) * (1 - (figure - self.low) / (self.high - self.low))


def ticks(low: int, high: int, most: int = 4) -> list[int]:
    """Return round figures from `low` or below to `high` or above, in one step or more, at most `most`.

    Equal figures get a step of 1.
    """
    step = next(step for step in _step_sizes() if -(-high // step) - low // step <= most)
    first = low // step * step
    return list(range(first, max(-(-high // step) * step, first + step) + 1, step))


def _step_sizes() -> Iterator[int]:
    yield from (1, 2, 5)
    for power in count(1):
        yield from (size * 10**power // 10 for size in (10, 20, 25, 50))


def columns(
    title: str, days: Sequence[Column], *, mean: float | None = None, words: Mapping[str, str] = WORDS
) -> Markup:
    """Return stacked columns with their totals. `mean` is drawn as a hairline. Nothing for no days.

    `words` name the families in the tips.
    """
    if not days:
        return Markup()
    top = max(day.total for day in days)
    figures = ticks(0, max(top, 1))
    tips = [_tip_of(day, words) for day in days]
    return Markup().join(
        _drawing(frame, _amounts(title, days), _columns(frame, figures, days, mean, tips))
        for frame in _frames(len(days), figures, high=max(top, 1) * 1.04, top=22)
    )


def curve(title: str, levels: Sequence[Level], marks: Sequence[Mark] = ()) -> Markup:
    """Return the curve of a level, which may start above zero. Nothing if no day has a level."""
    known = [level.value for level in levels if level.value is not None]
    if not known:
        return Markup()
    lowest, highest = min(known), max(known)
    figures = ticks(max(0, lowest - 1), highest + 1) if lowest == highest else ticks(lowest, highest)
    high = max(highest + (highest - figures[0]) * 0.04, figures[1])
    heaviest = sorted(marks, key=lambda mark: -mark.weight)[:MAX_MARKS]
    return Markup().join(
        _drawing(frame, _levels(title, levels), _curve(frame, figures, levels, heaviest))
        for frame in _frames(len(levels), figures, low=figures[0], high=high, top=30, height=190)
    )


def bar(share: float, family: str = "", *, thin: bool = False, mark: float | None = None) -> Markup:
    """Return a bar for a table. `share` and `mark`, a hairline, are percentages. `thin` is for a small sample."""
    width = _n(min(100, max(0, share)))
    line = f'<line x1="{_n(mark)}" x2="{_n(mark)}" y1="0" y2="14"/>' if mark is not None else ""
    part = f'<rect class="{"thin" if thin else "part"}" width="{width}" height="14" rx="2"/>{line}'
    attributes = 'viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true"'
    return _svg(f"hbar{_kind(family)}", attributes, f'<rect class="base" width="100" height="14" rx="2"/>{part}')


def _frames(
    days: int, figures: Sequence[int], *, high: float, top: float, low: float = 0, height: int = 210
) -> Iterator[_Frame]:
    left = 10 + _CHARACTER * len(f"{figures[-1]:,}")
    yield _Frame("wide", 960, height, days, low, high, left, top)
    yield _Frame("narrow", 340, 190, days, low, high, left, top)


def _drawing(frame: _Frame, sentence: str, pieces: Iterator[str]) -> Markup:
    box = f'viewBox="0 0 {frame.width} {frame.height}" role="img" aria-label="{escape(sentence)}"'
    return _svg(frame.css, box, "".join(pieces))


def _svg(css: str, attributes: str, body: str) -> Markup:
    """Return a drawing. Texts in it are escaped by the functions that write them."""
    return Markup(f'<svg class="{css}" {attributes}>{body}</svg>')  # noqa: S704  # nosec B704


def _columns(
    frame: _Frame, figures: Sequence[int], days: Sequence[Column], mean: float | None, tips: Sequence["_Tip"]
) -> Iterator[str]:
    yield from _grid(frame, figures)
    width = min(34, frame.slot * 0.62)
    middles = [frame.left + (index + 0.5) * frame.slot for index in range(len(days))]
    totals = [f"{day.total:,}" for day in days]
    peak = max(days, key=lambda day: day.total)
    crowded = max(map(len, totals)) * _CHARACTER > frame.slot
    yield from _stacks(frame, days, [middle - width / 2 for middle in middles], width)
    if mean is not None:
        y = _n(frame.y(min(mean, frame.high)))
        yield f'<line class="mean" x1="{_n(frame.left)}" x2="{_n(frame.width - frame.right)}" y1="{y}" y2="{y}"/>'
    yield '<g text-anchor="middle">'
    for day, middle, total in zip(days, middles, totals, strict=True):
        if day.total and (day is peak or not crowded):
            yield _text(_inside(frame, middle, len(total)), frame.y(day.total) - 5, total, css="value")
    yield "</g>"
    yield from _dates(frame, [day.label for day in days], middles)
    for day, middle, tip in zip(days, middles, tips, strict=True):
        yield _point(frame, middle, frame.slot, tip.at(frame, middle, frame.y(day.total)))


def _tip_of(day: Column, words: Mapping[str, str]) -> "_Tip":
    parts = [f"{words.get(name, name)} {amount:,}" for name, amount in day.parts.items() if amount]
    return _Tip.of([f"{day.label}: {day.total:,}", *parts, *day.notes])


def _stacks(frame: _Frame, days: Sequence[Column], lefts: Sequence[float], width: float) -> Iterator[str]:
    """Yield the columns, all pieces of a family as one path."""
    paths: dict[str, str] = {}
    for day, left in zip(days, lefts, strict=True):
        for name, outline in _stack(frame, day.parts, left, width):
            paths[name] = paths.get(name, "") + outline
    for name, outlines in paths.items():
        yield f'<path class="bar{_kind(name)}" d="{outlines}"/>'


def _stack(frame: _Frame, parts: Mapping[str, int], x: float, width: float) -> Iterator[tuple[str, str]]:
    """Yield the family and the outline of each piece of one column, the last with a rounded top."""
    seen = [(name, amount) for name, amount in parts.items() if amount]
    left, across, below = _n(x), _n(width), 0
    for place, (name, amount) in enumerate(seen, start=1):
        bottom = frame.y(below) - (_GAP if place > 1 else 0)
        height = max(bottom - frame.y(below + amount), 1)
        sides = _rounded(width, height) if place == len(seen) else f"v-{_n(height)}h{across}v{_n(height)}z"
        yield name, f"M{left},{_n(bottom)}{sides}"
        below += amount


def _rounded(width: float, height: float) -> str:
    """Return the path of a rectangle from its lower left corner, with rounded upper ones."""
    bend = min(4, height, width / 2)
    side, b = _n(height - bend), _n(bend)
    return f"v-{side}q0,-{b} {b},-{b}h{_n(width - 2 * bend)}q{b},0 {b},{b}v{side}z"


def _curve(frame: _Frame, figures: Sequence[int], levels: Sequence[Level], marks: Sequence[Mark]) -> Iterator[str]:
    yield from _grid(frame, figures)
    span = frame.width - frame.left - frame.right - 8
    apart = span / (len(levels) - 1) if len(levels) > 1 else span
    xs = [frame.left + (index * apart if len(levels) > 1 else span / 2) for index in range(len(levels))]
    for mark in marks:
        yield _mark(frame, mark.family, xs[mark.index])
    points = [(x, frame.y(level.value)) for x, level in zip(xs, levels, strict=True) if level.value is not None]
    for read, run in groupby(zip(xs, levels, strict=True), key=lambda pair: pair[1].value is not None):
        if read:
            yield from _line(frame, [(x, frame.y(level.value or 0)) for x, level in run])
    yield _dot(*points[-1])
    yield from _dates(frame, [level.label for level in levels], xs)
    for x, level in zip(xs, levels, strict=True):
        if level.value is not None:
            y = frame.y(level.value)
            hair = f'<path d="M{_n(x)},{_n(y)}V{_n(frame.floor)}"/><circle cx="{_n(x)}" cy="{_n(y)}" r="4.5"/>'
            yield _point(frame, x, apart, hair + _Tip.of([f"{level.label}: {level.value:,}"]).at(frame, x, y - 8))


def _line(frame: _Frame, points: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Yield the area and the line of days in a row. A day alone is a dot."""
    if len(points) == 1:
        yield _dot(*points[0])
        return
    path = "M" + "L".join(f"{_n(x)},{_n(y)}" for x, y in points)
    yield f'<path class="area" d="{path}V{_n(frame.floor)}H{_n(points[0][0])}z"/><path class="curve" d="{path}"/>'


def _mark(frame: _Frame, family: str, x: float) -> str:
    return (
        f'<g class="k-{escape(family)}"><line class="mark-line" x1="{_n(x)}" x2="{_n(x)}" y1="22"'
        f' y2="{_n(frame.floor)}"/><circle class="mark-dot" cx="{_n(x)}" cy="11" r="10.5"/>'
        f'<use class="mark-icon" href="{SPRITE}#{escape(family)}" x="{_n(x - 6)}" y="5" width="12" height="12"/></g>'
    )


def _dot(x: float, y: float) -> str:
    return f'<circle class="end" cx="{_n(x)}" cy="{_n(y)}" r="4.5"/>'


def _grid(frame: _Frame, figures: Sequence[int]) -> Iterator[str]:
    for figure in figures:
        if figure <= frame.high:
            y = frame.y(figure)
            yield (
                f'<line class="grid" x1="{_n(frame.left)}" x2="{_n(frame.width - frame.right)}"'
                f' y1="{_n(y)}" y2="{_n(y)}"/>'
            )
            yield _text(frame.left - 8, y + 4, f"{figure:,}", "end")


def _dates(frame: _Frame, labels: Sequence[str], xs: Sequence[float]) -> Iterator[str]:
    """Yield as many labels as fit, counted back from the last day."""
    apart = xs[1] - xs[0] if len(xs) > 1 else frame.width
    every = max(1, ceil((max(map(len, labels)) * _CHARACTER + 8) / apart))
    free = frame.width + 1.0
    yield '<g text-anchor="middle">'
    for label, x in list(zip(labels, xs, strict=True))[::-every]:
        middle, half = _inside(frame, x, len(label)), len(label) * _CHARACTER / 2
        if middle + half < free:
            yield _text(middle, frame.height - 8, label)
            free = middle - half - 4
    yield "</g>"


def _point(frame: _Frame, x: float, width: float, inner: str) -> str:
    left, right = max(0, x - width / 2), min(frame.width, x + width / 2)
    return (
        f'<g class="pt" tabindex="-1"><rect x="{_n(left)}" width="{_n(right - left)}"'
        f' height="{frame.height}"/><g class="tip">{inner}</g></g>'
    )


@dataclass(frozen=True)
class _Tip:
    """The box of a tip and its lines, drawn at the origin."""

    width: int
    height: int
    drawn: str

    @classmethod
    def of(cls, lines: Sequence[str]) -> "_Tip":
        width, height = ceil(max(map(len, lines)) * _CHARACTER + 20), len(lines) * _LINE + 9
        rows = "".join(_text(10, _LINE * place, line) for place, line in enumerate(lines, start=1))
        return cls(width, height, f'<rect width="{width}" height="{height}" rx="5"/>{rows}')

    def at(self, frame: _Frame, x: float, y: float) -> str:
        """Return the tip above a point, moved so that it stays within the drawing."""
        # Whole pixels: a drawing has a tip for each day, and its bytes are most of the page.
        left = round(min(max(x - self.width / 2, 0), max(0, frame.width - self.width)))
        top = round(min(max(y - self.height - 4, 0), frame.height - self.height))
        return f'<g transform="translate({left} {top})">{self.drawn}</g>'


def _inside(frame: _Frame, x: float, characters: int) -> float:
    """Return the middle of a text next to `x` that does not leave the drawing."""
    half = characters * _CHARACTER / 2
    return min(max(x, half), frame.width - half)


def _text(x: float, y: float, text: str, anchor: str = "", css: str = "") -> str:
    named = f' class="{css}"' if css else ""
    anchored = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{named} x="{_n(x)}" y="{_n(y)}"{anchored}>{escape(text)}</text>'


def _amounts(title: str, days: Sequence[Column]) -> str:
    peak = max(days, key=lambda day: day.total)
    if len(days) == 1:
        return f"{title} on {peak.label}: {peak.total:,}."
    period = f"{title}, {days[0].label} – {days[-1].label}"
    return f"{period}. Most on {peak.label}: {peak.total:,}." if peak.total else f"{period}: none."


def _levels(title: str, levels: Sequence[Level]) -> str:
    known = [level for level in levels if level.value is not None]
    first, last = known[0], known[-1]
    if first is last:
        return f"{title} on {first.label}: {first.value:,}."
    return f"{title}: from {first.value:,} on {first.label} to {last.value:,} on {last.label}."


def _kind(family: str) -> str:
    return f" k-{escape(family)}" if family else ""


def _n(figure: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{figure:.1f}".removesuffix(".0")
