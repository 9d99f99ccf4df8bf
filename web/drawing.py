"""Small drawings of every page: icons, tiles of kinds, faces, rings, meters, sparks, badges."""

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

from flask import url_for
from markupsafe import Markup, escape

from bot.decision.kinds import STEP_KIND
from web import labels
from web.once import once_a_request

_TINTS = 8
# Half the edge of the square that a spark line is drawn in, minus room for its stroke.
_SPARK_HEIGHT = 30
_WAS = Markup('<rect class="was" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1"/>')
_NOW = Markup('<rect class="now" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="1"/>')
_DRAWN = 512


@once_a_request
def _sprite() -> str:
    return url_for("web.static", filename="sprite.svg")


def icon(name: str, extra: str = "") -> Markup:
    """Return a line icon of the sprite, hidden from screen readers. The words next to it name it."""
    return _drawn_icon(_sprite(), name, extra)


# A page has a hundred icons and tiles of a few dozen kinds.
@lru_cache(_DRAWN)
def _drawn_icon(sprite: str, name: str, extra: str = "") -> Markup:
    classes = f"icon {extra}".strip()
    return Markup('<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>').format(classes, sprite, name)


def family(kind: str) -> str:
    """Return the kind of step of an action's kind. A kind of step is its own family."""
    return str(STEP_KIND.get(kind, kind))


def kind_tile(kind: str, small: bool = False, label: bool = True) -> Markup:
    """Return the tile with the icon of a kind of action or step, and its name for screen readers."""
    return _drawn_tile(_sprite(), family(kind), small, label)


@lru_cache(_DRAWN)
def _drawn_tile(sprite: str, of: str, small: bool, label: bool) -> Markup:
    word = Markup('<span class="unseen">{}</span>').format(labels.KINDS[of][0].capitalize()) if label else ""
    drawn = _drawn_icon(sprite, of)
    return Markup('<span class="kind k-{}{}">{}{}</span>').format(of, " small" if small else "", drawn, word)


def initials(name: str) -> str:
    """Return one or two capital letters that stand for a person.

    >>> initials("lena.brews"), initials("Café_Kollwitz"), initials("ada"), initials("_")
    ('LB', 'CK', 'AD', '_')
    """
    parts = [part for part in name.replace("_", ".").replace(" ", ".").split(".") if part]
    if not parts:
        return name[:1]
    return (parts[0][0] + (parts[1][0] if len(parts) > 1 else parts[0][1:2])).upper()


def face(name: str, size: str = "", dot: str = "", symbol: str = "") -> Markup:
    """Return a circle with the initials of a person, tinted by the name's checksum.

    No picture of anyone is fetched or stored. `size` is `small`, `large` or empty. `dot` is `on`, `off` or `bad`.
    `symbol` is an icon that takes the place of the initials.
    """
    tint = "blank" if symbol else f"f{zlib.crc32(name.encode()) % _TINTS}"
    mark = Markup('<i class="dot {}"></i>').format(dot) if dot else ""
    inner = icon(symbol) if symbol else escape(initials(name))
    classes = f"face {tint} {size}".strip()
    return Markup('<span class="{}" aria-hidden="true">{}{}</span>').format(classes, inner, mark)


def faces(names: Iterable[str]) -> Markup:
    """Return small overlapping faces."""
    return Markup('<span class="faces">{}</span>').format(Markup("").join(face(name, "small") for name in names))


def status(tone: str, text: str) -> Markup:
    """Return a badge: a dot and a word. `tone` is `good`, `warn`, `bad`, `on` (the lamp), `none` or empty."""
    return Markup('<span class="badge {}">{}</span>').format(tone, text)


def meter(value: float, top: float, kind: str, label: str) -> Markup:
    """Return a bar that is filled by `value` of `top`."""
    return Markup('<progress class="meter k-{}" value="{}" max="{}" aria-label="{}"></progress>').format(
        family(kind), min(value, top), max(top, 1), label
    )


def ring(value: float, top: float, kind: str, text: str = "", size: str = "") -> Markup:
    """Return a ring that is filled by `value` of `top`, around a text or the icon of the kind.

    It is hidden from screen readers: the words next to it say the same.
    """
    of = family(kind)
    part = round(100 * min(1, value / top), 1) if top else 0
    arc = (
        Markup('<circle class="part" cx="18" cy="18" r="15.5" pathLength="100" stroke-dasharray="{} 100"/>').format(
            part
        )
        if part
        else ""
    )
    inner = (
        Markup('<text x="18" y="22">{}</text>').format(text)
        if text
        else Markup('<use href="{}#{}" x="11" y="11" width="14" height="14"/>').format(_sprite(), of)
    )
    return Markup(
        '<svg class="{}" viewBox="0 0 36 36" aria-hidden="true"><circle cx="18" cy="18" r="15.5"/>{}{}</svg>'
    ).format(f"ring k-{of} {size}".strip(), arc, inner)


def spark(values: Sequence[float], kind: str = "", bars: bool = False) -> Markup:
    """Return a small curve, or bars whose last one is today. Fewer than two values draw nothing."""
    if len(values) < 2:
        return Markup("")
    drawn = _spark_bars(values) if bars else _spark_curve(values)
    return Markup(
        '<span class="spark{}"><svg viewBox="0 0 100 30" preserveAspectRatio="none" aria-hidden="true">{}</svg></span>'
    ).format(f" k-{family(kind)}" if kind else "", drawn)


def _spark_bars(values: Sequence[float]) -> Markup:
    width, top = 100 / len(values), max(values) or 1
    figures: list[float] = []
    for at, value in enumerate(values):
        height = 28 * value / top
        figures += at * width + width * 0.15, _SPARK_HEIGHT - height, width * 0.7, height
    return (_WAS * (len(values) - 1) + _NOW) % tuple(figures)


def _spark_curve(values: Sequence[float]) -> Markup:
    low, high = min(values), max(values)
    points = "L".join(
        f"{at * 100 / (len(values) - 1):.1f},{28 - 25 * (value - low) / ((high - low) or 1):.1f}"
        for at, value in enumerate(values)
    )
    return Markup('<path class="fill" d="M{0}L100,30L0,30Z"/><path d="M{0}"/>').format(points)
