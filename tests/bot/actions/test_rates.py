import pytest

from bot.actions.rates import Rate


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


def test_shares_of_fewer_than_thirty_are_not_compared():
    assert [Rate(1, of).judged for of in (10, 29, 30)] == [False, False, True]
