"""Lengths of time, amounts of memory and the chart of the page of lanes."""

from datetime import UTC, datetime

import pytest

from bot.lanes.metrics import LAG_BOUNDS, Counts, Minute
from web.lanes import Pace, length, megabytes


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0.002, "2 ms"),
        (0.5, "500 ms"),
        (0, "0 s"),
        (-1, "0 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7200, "2 h"),
        (180_000, "2 days"),
    ],
)
def test_a_length_of_time_is_said_in_its_own_unit(seconds, words):
    assert length(seconds) == words


def test_memory_is_said_in_its_own_unit():
    assert (megabytes(1_234_567), megabytes(8_000_000_000)) == ("1.2 MB", "8.0 GB")


def test_the_chart_ends_at_an_even_figure():
    lags = (3, *(0 for _ in LAG_BOUNDS[1:]))
    at = datetime(2026, 3, 10, tzinfo=UTC)
    pace = Pace.of([Minute(at, Counts()), Minute(at, Counts(lags))])
    assert (pace.top, pace.total, pace.width) == (4, 3, 20)
    assert [(bar.x, bar.y) for bar in pace.bars] == [(1.5, 100.0), (11.5, 25.0)]
