"""Sources under other filters, or of other weeks: that is told with each, and none is called better."""

from collections import Counter
from datetime import date

import pytest

from bot.actions.filters import Filters
from bot.automation.analytics import DayCount
from bot.results.downloads import results_csv
from bot.results.likeness import Likeness, apart, likenesses
from bot.results.measures import Cohort
from bot.results.periods import Period
from bot.results.sources import Source
from bot.results.steps import Comparison, Results
from bot.storage.models.values import StepKind

PERIOD = Period(date(2026, 3, 2), date(2026, 3, 29))
"""Four weeks from a Monday on."""
PUBLIC = Filters(skip_private=True).model_dump(mode="json")
PRIVATE = Filters(skip_private=False).model_dump(mode="json")
SAME = range(28)


def results_of(*sources, yes=(90, 10)):
    """Results of follows from sources: each is the days of its steps and the filters of its actions, one each.

    Of each 100 people, `yes` followed back.
    """
    found = Results(PERIOD, "UTC", list(PERIOD))
    for number, (days, *filters) in enumerate(sources):
        for place, chosen in enumerate(filters):
            action = f"{number}.{place}"
            found.sources[action], found.filters[action] = Source("hashtag", f"#{number}"), chosen
            found.steps += [DayCount(day, action, StepKind.FOLLOW, "done", 3) for day in days]
            told = Counter(yes=yes[number % 2], no=100 - yes[number % 2])
            found.cohorts += [
                Cohort(days[0], action, StepKind.FOLLOW, "follow_back_7", outcome, people)
                for outcome, people in told.items()
            ]
    return found


CASES = {
    "the same filters and weeks": ([(SAME, PUBLIC), (SAME, PUBLIC)], False, False),
    "other filters": ([(SAME, PUBLIC), (SAME, PRIVATE)], True, False),
    "no filters": ([(SAME, PUBLIC), (SAME, None)], True, False),
    "a filter that came later, and is off": ([(SAME, PUBLIC), (SAME, {"skip_private": True})], False, False),
    "both had both filters": ([(SAME, PUBLIC, PRIVATE), (SAME, PRIVATE, PUBLIC)], False, False),
    "one had both filters": ([(SAME, PUBLIC, PRIVATE), (SAME, PUBLIC)], True, False),
    "one of three": ([(SAME, PUBLIC), (SAME, PUBLIC), (SAME, PRIVATE)], True, False),
    "one after the other": ([(range(14), PUBLIC), (range(14, 28), PUBLIC)], False, True),
    "half at the same time": ([(range(21), PUBLIC), (range(7, 28), PUBLIC)], False, False),
    "a week at the same time": ([(range(14), PUBLIC), (range(7, 28), PUBLIC)], False, True),
    "other days of the same weeks": ([(range(0, 28, 2), PUBLIC), (range(1, 28, 2), PUBLIC)], False, False),
    "other filters and weeks": ([(range(14), PUBLIC), (range(14, 28), PRIVATE)], True, True),
}


@pytest.mark.parametrize(("sources", "filters_differ", "weeks_differ"), CASES.values(), ids=CASES)
def test_what_differs_is_told_of_each(sources, filters_differ, weeks_differ):
    found = results_of(*sources)
    told = likenesses(found, "source")
    assert len(told) == len(sources)
    assert {(one.filters_differ, one.weeks_differ) for one in told.values()} == {(filters_differ, weeks_differ)}
    rows = found.rows("source")
    verdicts = {Comparison(rows, apart(told)).verdict(row, "follow_back_7")[0] for row in rows}
    assert verdicts == ({"not_comparable"} if filters_differ or weeks_differ else {"better", "worse"})


def test_actions_of_one_source_are_compared_in_the_same_way():
    told = likenesses(results_of((SAME, PUBLIC, PRIVATE)), "action")
    assert {(key.action_id, one.is_apart) for (key, _), one in told.items()} == {("0.0", True), ("0.1", True)}


def test_a_source_alone_differs_from_none():
    assert list(likenesses(results_of((range(3, 10), PUBLIC)), "source").values()) == [
        Likeness(date(2026, 3, 2), date(2026, 3, 9), filters_differ=False, weeks_differ=False)
    ]


def test_sources_of_other_kinds_are_compared_among_themselves():
    found = results_of((SAME, PUBLIC), (SAME, PRIVATE))
    found.steps = [one._replace(kind=StepKind.LIKE) if one.action_id == "1.0" else one for one in found.steps]
    assert not any(one.filters_differ for one in likenesses(found, "source").values())


def test_what_was_only_skipped_differs_from_none():
    found = results_of((SAME, PUBLIC), (SAME, PRIVATE))
    found.steps = [one._replace(result="skipped") if one.action_id == "1.0" else one for one in found.steps]
    assert [one.filters_differ for one in likenesses(found, "source").values()] == [False]


def test_too_few_people_are_told_first():
    found = results_of((SAME, PUBLIC), (SAME, PRIVATE))
    found.cohorts = [one._replace(people=one.people // 10) for one in found.cohorts]
    rows = found.rows("source")
    assert Comparison(rows, apart(likenesses(found, "source"))).verdict(rows[0], "follow_back_7")[0] == "too_few"


@pytest.mark.parametrize("by", ["day", "kind", "hour"])
def test_days_and_kinds_are_not_compared_that_way(by):
    assert likenesses(results_of((SAME, PUBLIC), (SAME, PRIVATE)), by) == {}


@pytest.mark.parametrize("by", ["source", "action"])
def test_the_csv_says_so_too(by):
    text = "".join(results_csv(results_of((range(14), PUBLIC), (range(14, 28), PRIVATE)), by))
    heads, *rows = text.removeprefix("\ufeff").split()
    assert heads.endswith(",first_week,last_week,filters_differ,weeks_differ")
    assert sorted(row.split(",")[-4:] for row in rows) == [
        ["2026-03-02", "2026-03-09", "yes", "yes"],
        ["2026-03-16", "2026-03-23", "yes", "yes"],
    ]
