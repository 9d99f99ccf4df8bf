"""A sample of the judged forecasts; `python -m tests.bench.forecast` judges more of them."""

from datetime import timedelta
from statistics import median

import pytest

from bot.decision import chores
from tests.support.judged_forecasts import FOLLOW_BACK, REMIND, lived

pytestmark = pytest.mark.usefixtures("base_app")


def test_most_ends_lie_within_a_narrow_forecast(clock, monkeypatch):
    monkeypatch.setattr(chores, "DEMO_READ_INTERVAL", timedelta(hours=2))
    judged = lived(clock, 1, [(FOLLOW_BACK, 12), (REMIND, 8)])
    assert len(judged) > 10
    assert sum(one.holds for one in judged) >= 0.9 * len(judged)
    assert median(one.width for one in judged) <= 1 / 3
