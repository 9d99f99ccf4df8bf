"""What a list of followers proves, and when it proves nothing."""

import itertools
import random

import pytest

from bot.readings.follower_list import MAX_PAGES, Finding, Pages, hides_followers, judge, wants_more

BEFORE = tuple(f"old{number}" for number in range(20))
OLDER = tuple(f"older{number}" for number in range(300))


def read(listed, newest=BEFORE, *, count=None, page=200, limited=False, whole=False):
    """Read a list page by page as the bot does. Return the finding and the number of pages."""
    pages = Pages()
    while wants_more(pages, newest, whole=whole):
        start = pages.number * page
        ended = start + page >= len(listed)
        pages = pages.and_page(listed[start : start + page], ended=ended, limited=limited and ended)
    return judge(pages, newest, count), pages.number


def new(number):
    return tuple(f"new{one}" for one in range(number))


@pytest.mark.parametrize("gained", [0, 1, 7, 199, 450])
def test_all_who_followed_since_stand_before_those_who_were_newest_then(gained):
    finding, pages = read(new(gained) + BEFORE + OLDER)
    assert (finding.proof, finding.gained, finding.in_order) == ("unbroken", gained, True)
    assert finding.ids[:gained] == new(gained)
    assert pages == (gained + 5 + 199) // 200


def test_some_who_were_newest_may_have_left():
    finding, _ = read(new(2) + BEFORE[::3] + OLDER)
    assert (finding.proof, finding.gained) == ("unbroken", 2)


def test_too_few_of_them_prove_nothing():
    finding, pages = read(new(3) + BEFORE[:4] + tuple(f"more{one}" for one in range(2_000)))
    assert (finding.proof, pages) == ("broken", MAX_PAGES)


def test_an_unknown_person_between_known_ones_shows_another_order():
    finding, pages = read((*BEFORE[:3], "unknown", *BEFORE[3:], *OLDER))
    assert (finding.proof, finding.in_order, pages) == ("broken", False, 1)


def test_known_people_in_another_order_prove_nothing():
    finding, _ = read((*reversed(BEFORE), *OLDER))
    assert finding.proof == "broken"


@pytest.mark.parametrize("seed", range(20))
def test_a_list_in_an_order_of_its_own_is_never_taken_for_one_in_order(seed):
    listed = [*new(3), *BEFORE, *OLDER]
    random.Random(seed).shuffle(listed)  # noqa: S311  a test
    finding, _ = read(tuple(listed))
    assert finding.proof == "broken"


def test_the_first_list_is_what_the_next_one_is_compared_with():
    finding, pages = read(BEFORE + OLDER, None)
    assert (finding.proof, finding.newest, pages) == ("first", list(BEFORE), 1)


def test_an_account_that_had_no_followers_is_proven_by_the_whole_list_alone():
    assert read(new(3), (), count=3)[0].proof == "whole"
    assert read(new(300), (), count=None)[0].proof == "broken"


def test_an_account_of_few_followers_needs_no_five_of_them():
    assert read(new(1) + BEFORE[:2], BEFORE[:2])[0] == Finding("unbroken", new(1) + BEFORE[:2], 1, True)


@pytest.mark.parametrize(
    ("shown", "count", "limited", "proof"),
    [
        (30, 30, False, "whole"),
        # It is cut short: with words, and without, by many, by two of a hundred, and by one.
        (30, 30, True, "broken"),
        (30, 80, False, "broken"),
        (98, 100, False, "broken"),
        (196, 200, False, "broken"),
        (980, 1_000, False, "broken"),
        (30, 31, False, "broken"),
        # Those who make up for a hidden person may be gone, or newer than the count.
        (30, 29, False, "broken"),
        (30, None, False, "broken"),
    ],
)
def test_a_list_is_whole_only_if_the_account_counts_exactly_as_many(shown, count, limited, proof):
    finding, _ = read(new(shown), ("gone1", "gone2"), count=count, limited=limited)
    assert finding.proof == proof


def test_a_list_in_another_order_is_read_to_its_end_if_that_is_wanted():
    listed = [*BEFORE, *OLDER, *new(300)]
    random.Random(1).shuffle(listed)  # noqa: S311  a test
    finding, pages = read(tuple(listed), count=len(listed), whole=True)
    assert (finding.proof, finding.in_order, pages) == ("whole", False, 4)


def test_never_more_pages_are_read_than_a_reading_may():
    assert read(new(5_000), count=5_000, whole=True)[1] == MAX_PAGES


def test_people_on_two_pages_count_once():
    pages = Pages().and_page(["a", "b"], ended=False, limited=False).and_page(["b", "c"], ended=True, limited=False)
    assert pages.ids == ("a", "b", "c")


@pytest.mark.parametrize(
    ("before", "now", "gained", "hides"),
    [(100, 100, 0, False), (100, 102, 0, False), (100, 110, 10, False), (100, 90, 0, False), (100, 110, 3, True)],
)
def test_growth_that_no_list_has_shown_is_noticed(before, now, gained, hides):
    assert hides_followers(before, now, gained) is hides


def test_a_list_of_an_unchanging_order_that_hides_new_people_at_its_end_is_noticed_by_the_counts():
    listed = tuple(itertools.chain(BEFORE, OLDER, new(9)))
    finding, _ = read(listed)
    assert (finding.proof, finding.gained) == ("unbroken", 0)
    assert hides_followers(320, 329, finding.gained)
