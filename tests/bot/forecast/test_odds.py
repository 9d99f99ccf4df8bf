"""Odds of conditions: how few and how many of some people meet one, by those who have so far."""

from hypothesis import given
from hypothesis import strategies as st

from bot.forecast.odds import Past, Spread, drawn, meeting

people = st.integers(0, 60)


def test_of_a_few_people_none_or_all_may_meet_it():
    assert [meeting(count, Past()) for count in (0, 1, 2)] == [(0, 0), (0, 1), (0, 2)]


def test_of_many_people_about_as_many_meet_it_as_have_so_far():
    few, many = meeting(100, Past(300, 700))
    assert 20 < few < 30 < many < 40


def test_a_past_that_says_little_narrows_little():
    few, many = meeting(100, Past(3, 7))
    assert few < 20
    assert many > 40


@given(people, st.integers(0, 40), st.integers(0, 40))
def test_bounds_are_in_order_and_within_the_people(count, met, missed):
    few, many = meeting(count, Past(met, missed))
    assert 0 <= few <= many <= count


@given(people, st.sampled_from([0.1, 0.5, 0.9]))
def test_a_share_is_of_about_so_many(count, share):
    few, many = drawn(count, share)
    assert few <= share * count + 1
    assert many >= share * count - 1
    assert drawn(count, 1) == (count, count)


@given(people, st.data())
def test_a_spread_has_as_many_as_said_and_the_last_one_as_said(count, data):
    some = data.draw(st.integers(0, count))
    for last in (True, False):
        spread = Spread(count, some, last=last)
        ones = [spread.next() for _ in range(count)]
        assert sum(ones) == some
        if 0 < some < count:
            assert ones[-1] is last
