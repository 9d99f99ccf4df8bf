"""Bars of the days of a schedule, and their hours."""

from collections.abc import Sequence

from markupsafe import Markup

from bot.storage.models.values import DAY_MINUTES, Span


def parts(span: Span | None, before: Span | None = None) -> list[Span]:
    """Return the working minutes of a day: those that begin on it, and the end of the day before past midnight.

    >>> parts((540, 1260)), parts((1320, 120)), parts(None, (1320, 120))
    ([(540, 1260)], [(1320, 1440)], [(0, 120)])
    """
    found = []
    if before and before[1] <= before[0] and before[1]:
        found.append((0, before[1]))
    if span:
        start, end = span
        found.append((start, end if end > start else DAY_MINUTES))
    return found


def day_bars(week: Sequence[Span | None]) -> list[Markup]:
    """Return the bar of each day, from midnight to midnight, hidden from screen readers: the fields say the same."""
    return [_bar(parts(span, week[number - 1])) for number, span in enumerate(week)]


def _bar(drawn: list[Span]) -> Markup:
    rects = Markup("").join(
        Markup('<rect x="{}" width="{}" height="60"/>').format(start, end - start) for start, end in drawn
    )
    return Markup(
        '<svg viewBox="0 0 1440 60" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="base" width="1440" height="60"/>{}</svg>'
    ).format(rects)


def week_minutes(week: Sequence[Span | None]) -> int:
    """Return the minutes that a week's hours have in all.

    >>> week_minutes([(540, 1080)] * 5 + [None, (1320, 120)])
    2940
    """
    return sum(end - start for number, span in enumerate(week) for start, end in parts(span, week[number - 1]))
