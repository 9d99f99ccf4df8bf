"""Charts are drawn within their box, in figures that can be read, for any number of days and any amounts."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from web.charts import MAX_MARKS, Column, Level, Mark, bar, columns, curve, ticks

FAMILIES = ("follow", "like", "story", "unfollow", "message")


def column(number, *amounts, notes=()):
    return Column(f"Nov {number}", dict(zip(FAMILIES, amounts, strict=False)), notes)


def drawings(markup):
    return [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", str(markup))]  # noqa: S314


def texts(drawing, css=None):
    return [found.text for found in drawing.iter("text") if css is None or found.get("class") == css]


def outside(drawing):
    """Numbers of points that are not within the drawing, by the attributes that place them."""
    _, _, width, height = map(float, drawing.get("viewBox").split())
    across = [float(one.get(name)) for one in drawing.iter() for name in ("x", "x1", "x2", "cx") if one.get(name)]
    down = [float(one.get(name)) for one in drawing.iter() for name in ("y", "y1", "y2", "cy") if one.get(name)]
    widths = [float(one.get("x")) + float(one.get("width")) for one in drawing.iter("rect") if one.get("x")]
    ends = [float(one.get("y")) + float(one.get("height")) for one in drawing.iter("rect") if one.get("y")]
    return [x for x in [*across, *widths] if not 0 <= x <= width + 0.2] + [
        y for y in [*down, *ends] if not 0 <= y <= height
    ]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0, 0, [0, 1]),
        (0, 1, [0, 1]),
        (0, 3, [0, 1, 2, 3]),
        (0, 9, [0, 5, 10]),
        (0, 87, [0, 25, 50, 75, 100]),
        (0, 110, [0, 50, 100, 150]),
        (2292, 2418, [2250, 2300, 2350, 2400, 2450]),
        (0, 10**10, [0, 25 * 10**8, 50 * 10**8, 75 * 10**8, 10**10]),
    ],
)
def test_an_axis_has_few_round_figures(low, high, found):
    assert ticks(low, high) == found


def test_an_axis_covers_its_figures():
    for high in (*range(1, 500), 10**6 + 1, 10**12 - 1):
        for low in (0, high // 2, high):
            figures = ticks(low, high)
            assert figures[0] <= low <= high <= figures[-1]
            assert 2 <= len(figures) <= 5


def test_a_chart_of_no_day_is_nothing():
    assert columns("Steps per day", []) == curve("Followers", []) == ""
    assert curve("Followers", [Level("Nov 1", None)]) == ""


@pytest.mark.parametrize("days", [1, 7, 14, 30, 90])
def test_columns_stay_within_a_wide_and_a_narrow_drawing(days):
    wide, narrow = drawings(columns("Steps per day", [column(n, n, 3, 0, 2 * n) for n in range(1, days + 1)]))
    assert [one.get("class") for one in (wide, narrow)] == ["wide", "narrow"]
    assert outside(wide) == outside(narrow) == []
    assert len([one for one in wide.iter("g") if one.get("class") == "pt"]) == days


@pytest.mark.parametrize("drawn", [0, 1])
def test_dates_below_a_chart_do_not_overlap(drawn):
    for days in (14, 30, 31, 60, 90):
        drawing = drawings(columns("Steps", [column(n, 1) for n in range(1, days + 1)]))[drawn]
        low = max(float(one.get("y")) for one in drawing.iter("text"))
        shown = [one for one in drawing.iter("text") if float(one.get("y")) == low]
        middles = sorted((float(one.get("x")), len(one.text) * 6.8) for one in shown)
        assert f"Nov {days}" in [one.text for one in shown]
        for (left, first), (right, second) in pairwise(middles):
            assert left + first / 2 <= right - second / 2, days


def test_a_column_has_a_part_for_each_family_and_its_total_above():
    wide, _ = drawings(columns("Steps per day", [column(1, 3, 0, 4), column(2)]))
    assert [one.get("class") for one in wide.iter("path")] == ["bar k-follow", "bar k-story"]
    assert texts(wide, "value") == ["7"]


def test_a_column_is_as_high_as_its_amount():
    wide, _ = drawings(columns("Steps", [column(1, 50), column(2, 100)]))
    (drawn,) = wide.iter("path")
    half, whole = (sum(map(float, pair)) for pair in re.findall(r"v-([\d.]+)q0,-([\d.]+)", drawn.get("d")))
    assert whole == pytest.approx(2 * half, abs=0.2)


def test_crowded_totals_leave_the_peak():
    _, narrow = drawings(columns("Steps", [column(n, 100 + n) for n in range(1, 31)]))
    assert texts(narrow, "value") == ["130"]


def test_a_tip_says_the_day_its_parts_and_its_notes():
    wide, _ = drawings(columns("Steps", [column(1, 3, 1200, notes=["2 failed"])]))
    (tip,) = (one for one in wide.iter("g") if one.get("class") == "tip")
    assert texts(tip) == ["Nov 1: 1,203", "Follows 3", "Likes 1,200", "2 failed"]


def test_a_tip_opens_by_touch_and_is_no_stop_of_the_keyboard():
    wide, _ = drawings(columns("Steps", [column(1, 3)]))
    assert [one.get("tabindex") for one in wide.iter() if one.get("tabindex")] == ["-1"]


def test_a_tip_of_any_day_stays_within_the_drawing():
    days = [column(n, 10**9, 5, 5, 5, 5, notes=["12 failed", "3 skipped"]) for n in range(1, 31)]
    for drawing in drawings(columns("Steps", days)):
        width = float(drawing.get("viewBox").split()[2])
        height = float(drawing.get("viewBox").split()[3])
        for tip in (one for one in drawing.iter("g") if one.get("class") == "tip"):
            (placed,) = tip.findall("g")
            left, top = map(float, re.fullmatch(r"translate\((\d+) (\d+)\)", placed.get("transform")).groups())
            box = placed.find("rect")
            assert 0 <= left <= width - float(box.get("width")) + 0.1
            assert 0 <= top <= height - float(box.get("height"))
    assert outside(drawing) == []


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ([column(1, 4)], "Steps per day on Nov 1: 4."),
        ([column(1, 4), column(2, 1000, 5)], "Steps per day, Nov 1 – Nov 2. Most on Nov 2: 1,005."),
        ([column(1), column(2)], "Steps per day, Nov 1 – Nov 2: none."),
    ],
)
def test_columns_say_their_period_and_peak_in_one_sentence(days, sentence):
    assert [one.get("aria-label") for one in drawings(columns("Steps per day", days))] == [sentence] * 2


def test_days_without_anything_have_an_axis_and_no_bar():
    wide, _ = drawings(columns("Steps", [column(1), column(2)]))
    assert list(wide.iter("path")) == []
    assert texts(wide)[:2] == ["0", "1"]


def test_an_average_is_a_hairline_at_its_height():
    wide, _ = drawings(columns("Steps", [column(1, 100), column(2, 0)], mean=50))
    lines = {one.get("class"): one.get("y1") for one in wide.iter("line")}
    grid = [one.get("y1") for one in wide.iter("line") if one.get("class") == "grid"]
    assert lines["mean"] == grid[texts(wide).index("50")]


def test_a_curve_may_start_above_zero_and_names_its_lowest_figure():
    wide, narrow = drawings(curve("Followers", [Level("Nov 1", 2292), Level("Nov 2", 2418)]))
    assert texts(wide)[0] == texts(narrow)[0] == "2,250"
    assert wide.get("aria-label") == "Followers: from 2,292 on Nov 1 to 2,418 on Nov 2."
    assert outside(wide) == outside(narrow) == []


def test_a_day_without_a_level_is_a_gap():
    levels = [Level("1", 5), Level("2", 6), Level("3", None), Level("4", 7), Level("5", None), Level("6", 9)]
    wide, _ = drawings(curve("Followers", levels))
    assert [one.get("class") for one in wide.iter("path") if one.get("class")] == ["area", "curve"]
    assert len([one for one in wide if one.get("class") == "end"]) == 3


@pytest.mark.parametrize("value", [0, 7, 10**12])
def test_a_level_that_never_changes_is_drawn(value):
    for levels in ([Level("Nov 1", value)], [Level(f"Nov {n}", value) for n in range(1, 31)]):
        assert [outside(one) for one in drawings(curve("Followers", levels))] == [[], []]


def test_a_curve_shows_the_heaviest_marks():
    levels = [Level(f"Nov {n}", n) for n in range(1, 31)]
    wide, _ = drawings(curve("Followers", levels, [Mark(n, "follow", n) for n in range(12)]))
    assert len(list(wide.iter("use"))) == MAX_MARKS
    assert next(one.get("href") for one in wide.iter("use")) == "/static/sprite.svg#follow"


def test_a_bar_is_a_share_of_its_row_with_the_average_as_a_line():
    (drawing,) = drawings(bar(31.25, "follow", mark=23))
    base, part = drawing.iter("rect")
    assert (drawing.get("class"), base.get("width"), part.get("width")) == ("hbar k-follow", "100", "31.2")
    assert drawing.find("line").get("x1") == "23"


@pytest.mark.parametrize(("share", "width"), [(-5, "0"), (250, "100")])
def test_a_bar_does_not_leave_its_row(share, width):
    (drawing,) = drawings(bar(share, thin=True))
    assert drawing.findall("rect")[1].attrib["width"] == width
    assert drawing.findall("rect")[1].get("class") == "thin"


def test_texts_are_escaped_and_nothing_is_styled_inline():
    day = Column("<b>", {"follow": 1, '"x"': 2}, ["<script>"])
    drawn = str(columns('Steps "per" day', [day])) + str(curve("<i>", [Level("<u>", 1)])) + str(bar(5, '"'))
    for bad in ("<b>", "<script", "<i>", "<u>", "style="):
        assert bad not in drawn
    assert len(drawings(drawn)) == 5
