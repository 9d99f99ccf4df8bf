"""A user's own words that ask to be left alone, in addition to the known ones."""

import pytest

from bot.contacts.opt_out import asks_to_stop


@pytest.mark.parametrize(
    ("own", "text"),
    [
        ("no soliciting", "NO  Soliciting, ok?"),
        ("ça m'énerve", "ca m’enerve"),
        ("ça m'énerve", "ca menerve"),
        ("сгинь", "Сгинь!"),
        ("别发了", "请你别发了谢谢"),
        ("🛑", "🛑🛑"),
        ("c++", "no C++"),
    ],
)
def test_the_users_own_words_count_too(own, text):
    assert not asks_to_stop(text)
    assert asks_to_stop(text, ["other", own])


@pytest.mark.parametrize("own", ["", "  ", "\u200b", "'", "soli", "\u0301"])
def test_own_words_that_are_none_or_part_of_others_stop_nobody(own):
    assert not asks_to_stop("It's soliciting, isn't it", [own])
