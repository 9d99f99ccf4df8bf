"""What came of the steps of a period next to the period before: what may be told of a difference."""

from datetime import timedelta

import pytest

from bot.actions.placing import FollowHashtag, follow_hashtag
from bot.results.measures import Measure
from bot.results.periods import chosen_period
from bot.results.steps import Change, results
from bot.storage.models.values import StepKind
from tests.bot.results.test_measures import follow


@pytest.fixture
def action(ready):
    return follow_hashtag(ready.id, FollowHashtag(hashtag="coffee", amount=5)).action.id


def test_the_period_before_is_told_with_what_is_known_now(ready, clock, action):
    for days in (40, 41):
        follow(ready, action, clock.moment - timedelta(days=days), {"back": 3})
    follow(ready, action, clock.moment - timedelta(days=20), {"no": 15})
    follow(ready, action, clock.moment - timedelta(days=3), {"back": 1})
    found = results(ready.id, chosen_period(ready.id, 30, None, None))
    [week, fortnight, *_] = found.changes
    assert (week.name, week.measure, week.before) == (
        "follow_back_7",
        Measure(no=1, open=1, so_far=1),
        Measure(yes=2),
    )
    assert (fortnight.before, week.verdict) == (Measure(yes=2), "too_few")


CHANGES = {
    "more": (Measure(40, 40), Measure(10, 70), "better"),
    "fewer": (Measure(10, 70), Measure(40, 40), "worse"),
    "the ranges overlap": (Measure(20, 60), Measure(14, 66), "no_difference_seen"),
    "few before": (Measure(40, 40), Measure(3, 20), "too_few"),
    "few now, the others are open": (Measure(9, 1, open=500, so_far=400), Measure(10, 70), "too_few"),
    "days before that are not over": (Measure(40, 40), Measure(10, 70, open=1), None),
    "unknown ones that could turn it round": (Measure(40, 40), Measure(10, 70, unsure=26), "no_difference_seen"),
    "unknown ones that could not": (Measure(70, 10), Measure(10, 70, unsure=20), "better"),
    "mostly unknown": (Measure(70, 10), Measure(10, 30, unsure=60), None),
}


@pytest.mark.parametrize(("measure", "before", "verdict"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_told_only_of_days_that_are_over_and_known(measure, before, verdict):
    assert Change(StepKind.FOLLOW, "follow_back_7", measure, before).verdict == verdict
