import pytest

from bot.results.rates import JUDGED, Rate, compared, needed


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        (3, 10, 0.108, 0.603),
        (0, 10, 0.0, 0.278),
        (10, 10, 0.722, 1.0),
        (10, 50, 0.112, 0.330),
        (500, 1000, 0.469, 0.531),
    ],
)
def test_an_interval_is_that_of_wilson(hits, of, low, high):
    assert Rate(hits, of).interval == pytest.approx((low, high), abs=0.001)
    assert Rate(hits, of).share == hits / of


@pytest.mark.parametrize("of", [0, 1, 9])
def test_a_share_of_few_is_not_told(of):
    rate = Rate(0, of)
    assert (rate.share, rate.interval, rate.judged) == (None, None, False)


@pytest.mark.parametrize(("unsure", "told"), [(0, True), (10, True), (11, False), (100, False)])
def test_a_share_is_not_told_if_too_many_are_unknown(unsure, told):
    """Requests that were accepted are known, and those that were not are often unknown: the share would be 100 %."""
    rate = Rate(30, 30, unsure)
    assert (rate.share == 1.0) is told
    assert rate.interval is not None


def test_shares_of_fewer_than_thirty_are_not_compared():
    assert [Rate(1, of).judged for of in (10, 29, 30)] == [False, False, True]


@pytest.mark.parametrize(("hits", "of", "unsure"), [(10, 50, 4), (0, 20, 20), (30, 30, 1)])
def test_the_unsure_widen_the_interval_and_never_count_as_no(hits, of, unsure):
    rate = Rate(hits, of, unsure)
    assert rate.interval == (Rate(hits, of + unsure).interval[0], Rate(hits + unsure, of + unsure).interval[1])


@pytest.mark.parametrize(
    ("rate", "others", "verdict"),
    [
        (Rate(20, 50), [Rate(5, 50)], "better"),
        (Rate(5, 50), [Rate(10, 25), Rate(10, 25)], "worse"),
        (Rate(12, 50), [Rate(9, 50)], "no_difference_seen"),
        # Three of ten look like much, and are 11 to 60 %.
        (Rate(9, 10), [Rate(5, 500)], "too_few"),
        (Rate(200, 500), [Rate(1, 29)], "too_few"),
        (Rate(20, 50), [], "too_few"),
        # What is not known could turn it round.
        (Rate(20, 50, unsure=60), [Rate(5, 50)], "no_difference_seen"),
    ],
)
def test_a_difference_is_told_only_if_the_intervals_leave_one(rate, others, verdict):
    assert compared(rate, others) == verdict


@pytest.mark.parametrize(("share", "cases"), [(10, 686), (20, 294)])
def test_a_planned_comparison_names_no_winner_before_its_size(share, cases):
    pooled = Rate(share, 100)
    assert needed(pooled) == cases
    better, worse = Rate(180, 300), Rate(20, 300)
    assert needed(better + worse) < 300
    assert compared(better, [worse], planned=True) == "better"
    assert compared(Rate(30, 100), [Rate(10, 100)]) == "better"
    assert compared(Rate(30, 100), [Rate(10, 100)], planned=True) == "too_few"


def test_nothing_is_needed_less_than_what_is_judged_at_all():
    assert needed(Rate(0, 0)) > needed(Rate(99, 100)) >= JUDGED
