"""One username, in every dress that people and programs give it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inputs.usernames import read_username, undressed, username

BARE = [
    "anna.b_1",
    "Anna.B_1",
    "  anna.b_1\t",
    "\u00a0anna.b_1\u3000",
    "\ufeffanna.b_1",
    "anna.b_1\u200b",
    '"anna.b_1"',
    "'anna.b_1'",
    "`anna.b_1`",
    "“anna.b_1”",
    "„anna.b_1“",
    "‘anna.b_1’",
    "«anna.b_1»",
    "« anna.b_1 »",
    "‹anna.b_1›",
    "「anna.b_1」",
    "\"'anna.b_1'\"",
    "'anna.b_1",
    '="anna.b_1"',
    "ａｎｎａ．ｂ＿１",
]
MARKED = [
    "@anna.b_1",
    "@Anna.B_1",
    "＠anna.b_1",
    "'@anna.b_1",
    '"@anna.b_1"',
    '="@anna.b_1"',
    "\u2068@anna.b_1\u2069",
    "https://www.instagram.com/anna.b_1",
    "https://www.instagram.com/anna.b_1/",
    "https://www.instagram.com/anna.b_1/?igsh=abc&hl=de",
    "https://www.instagram.com/anna.b_1?utm_source=qr",
    "http://instagram.com/anna.b_1#top",
    "HTTPS://WWW.Instagram.com/Anna.B_1",
    "m.instagram.com/anna.b_1",
    "instagram.com/@anna.b_1",
    "instagram.com//anna.b_1",
    "instagr.am/anna.b_1",
    "https://www.instagram.com/_u/anna.b_1",
    "https://instagram.com/_u/anna.b_1/?x=1",
    "https://www.instagram.com/anna.b_1/reels/",
    "https://www.instagram.com/anna.b_1/tagged",
    "https://www.instagram.com/anna.b_1/followers/?hl=de",
    "https://ig.me/m/anna.b_1",
    "ig.me/m/anna.b_1?ref=x",
    "<https://www.instagram.com/anna.b_1/>",
    "'https://www.instagram.com/anna.b_1/'",
]
NOBODY = [
    "anna-b",
    ".anna",
    "@.anna",
    "anna.",
    "an..na",
    "a" * 31,
    "änna",
    "an/na",
    "@@anna",
    "@ anna",
    "anna baker",
    "anna, ben",
    "anna\tAnna",
    "\N{KELVIN SIGN}arl",
    "аnna",
    "anna@example.org",
    "https://example.org/anna",
    "https://www.instagram.com/p/CxYz123/",
    "https://www.instagram.com/p/",
    "https://www.instagram.com/reel/CxYz123",
    "https://www.instagram.com/anna/p/CxYz123/",
    "https://www.instagram.com/anna/reel/",
    "https://www.instagram.com/explore",
    "https://www.instagram.com/explore/tags/anna/",
    "https://www.instagram.com/_u/explore",
    "https://www.instagram.com/stories/anna/123/",
    "https://www.instagram.com/accounts/login/?next=/anna/",
    "https://www.instagram.com.example.org/anna",
    "https://example.org/?u=https://www.instagram.com/anna",
    "https://ig.me/j/AbCd",
    "explore",
    "@reels",
    '"anna',
    "anna'",
    "a" * 100_000,
]


@pytest.mark.parametrize(("texts", "marked"), [(BARE, False), (MARKED, True)])
def test_it_reads_every_dress_as_the_same_account(texts, marked):
    assert {text: tuple(read_username(text)) for text in texts} == dict.fromkeys(texts, ("anna.b_1", marked))
    assert {username(text) for text in texts} == {"anna.b_1"}


@pytest.mark.parametrize("text", NOBODY)
def test_it_takes_nothing_that_no_account_can_be_called(text):
    assert read_username(text).name is None
    with pytest.raises(ValueError, match="letters, digits"):
        username(text)


@pytest.mark.parametrize("text", ["", "  ", "@", "''", '""', "https://www.instagram.com/", "\u200b", "ig.me/m/"])
def test_it_tells_an_empty_text_from_a_wrong_one(text):
    assert read_username(text).name == ""
    with pytest.raises(ValueError, match="letters, digits"):
        username(text)


@given(st.text(st.sampled_from("ab.1_@＠'\"“” /-"), max_size=12))
def test_a_name_is_the_whole_text_without_its_dress(text):
    name = read_username(text).name
    if name:
        assert undressed(text).removeprefix("@") == name
        assert read_username(name) == (name, False)
        assert read_username(f"https://www.instagram.com/{name}/") == (name, True)
