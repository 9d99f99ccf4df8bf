"""Pasted lists: only what surely is a username is one, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BotException
from bot.inputs.usernames import read_username, undressed
from bot.recipients.reading import EVERY_WORD, Choice, Recipient, Unsure, parse_list, parse_pasted


def names(text, **choice):
    return [person.username for person in parse_pasted(text, Choice(**choice)).accepted]


def refusals(found):
    return [(item.line, item.text, item.reason) for item in found.rejected]


ONE = [
    "anna_k",
    "Anna_K",
    '"anna_k"',
    "'anna_k'",
    "“anna_k”",
    "＠anna_k",
    "@anna_k",
    "https://www.instagram.com/anna_k/?igsh=1",
    "https://www.instagram.com/anna_k/reels/",
    "https://www.instagram.com/_u/anna_k",
    "ig.me/m/anna_k",
    "'@anna_k",
    "- anna_k",
    "* @anna_k",
    "• anna_k",
    "– anna_k",
    "1. anna_k",
    "12) anna_k",
    "(3) anna_k",
    "1.\tanna_k",
    "•\tanna_k",
    "☐ anna_k",
    "- [ ] anna_k",
    "[x] anna_k",
    "anna_k,",
    " anna_k ; ",
    '"anna_k",',
    "['anna_k']",
    '["anna_k"]',
    "[\n'anna_k',\n]",
    "Anna Baker @anna_k",
    "Anna Baker (@anna_k)",
    "Anna Baker – https://www.instagram.com/anna_k/",
    "@anna_k Anna Baker",
    "@anna_k: met in Ulm, call her",
    "Instagram: @anna_k",
    "<https://www.instagram.com/anna_k>",
    "Anna <https://www.instagram.com/anna_k>",
    "anna@example.org @anna_k",
    "+49 170 1234567 @anna_k",
    "@anna_k.",
    "@anna_k @anna_k",
    "Anna Baker, @anna_k, Ulm",
    "https://www.instagram.com/anna_k Anna Baker",
    "https://www.instagram.com/anna_k/ met in Ulm",
    "https://www.instagram.com/anna_k (my friend)",
    "@anna_k met in Ulm",
    "anna_k\tAnna Smith",
    "anna_k, Anna Smith",
    "username\nanna_k",
    "Benutzername\n@anna_k",
    "username,full_name\nanna_k,Anna Smith",
]


@pytest.mark.parametrize("text", ONE)
def test_a_line_is_one_person_where_the_username_is_sure(text):
    assert names(text) == ["anna_k"]


NOBODY = {
    "Anna Baker": "not_a_username",
    "anna ben": "not_a_username",
    "anna_k (Anna)": "not_a_username",
    "anna_k - Anna Smith": "not_a_username",
    "Name: anna": "not_a_username",
    "+49 170 1234567": "not_a_username",
    "0170/1234567": "not_a_username",
    "491701234567": "not_a_username",
    "2026": "not_a_username",
    "30.11.2026": "not_a_username",
    "anna@example.org": "not_a_username",
    "https://example.org/anna": "not_a_username",
    "https://www.instagram.com/p/CxYz123/": "not_a_username",
    "Anna Baker, Ulm": "not_a_username",
    "see you at 5": "not_a_username",
    "@anna_k and @ben": "several_names",
    "Anna @anna_k, Ben @ben": "several_names",
    "anna_k (friend of @ben)": "several_names",
    "anna1990 via @agency": "several_names",
    "anna.k: https://www.instagram.com/agency": "several_names",
    "@anna https://www.instagram.com/p/CxYz123/": "several_names",
    "https://instagram.com/anna k": "several_names",
    "Anna https://www.instagram.com/anna baker": "several_names",
    "instagram.com/_u/anna k": "several_names",
    "@anna k": "several_names",
    "@anna 23": "several_names",
    "https://www.instagram.com/press": "not_a_username",
    "instagram.com/terms/": "not_a_username",
    "https://www.instagram.com/accounts/login/": "not_a_username",
    "https://www.instagram.com/explore/": "not_a_username",
    "instagram.com": "empty_name",
    "https://www.instagram.com": "empty_name",
    "ig.me": "empty_name",
    "@": "empty_name",
    "https://www.instagram.com/": "empty_name",
    "null": "empty_name",
    "nan": "empty_name",
}


@pytest.mark.parametrize(("text", "reason"), NOBODY.items())
def test_what_may_be_somebody_else_is_nobody(text, reason):
    found = parse_pasted(f"@first\n{text}\n@last")
    assert [person.username for person in found.accepted] == ["first", "last"]
    assert refusals(found) == [(2, text, reason)]


OTHER_SITES = [
    "tiktok: @anna_tt",
    "TikTok @anna_tt",
    "Tik Tok - @anna_tt",
    "@anna_tt (TikTok)",
    "Twitter @anna_tw",
    "Twitter/X: @anna_tw",
    "x: @anna_tw",
    "X @anna_tw",
    "@anna_tw on X",
    "@anna_tw (x)",
    "x.com/anna_tw @anna_tw",
    "Facebook: ＠anna_fb",
    "fb @anna_fb",
    "YouTube: @anna_yt",
    "yt: @anna_yt",
    "https://www.youtube.com/@anna_yt @anna_yt",
    "Snapchat @anna_sc",
    "sc: @anna_sc",
    "Telegram: @anna_tg",
    "tg: @anna_tg",
    "tg @anna_tg",
    "Threads: @anna_th",
    "LinkedIn @anna",
    "Pinterest: @anna",
    "Discord: @anna",
    "Reddit @anna",
    "twitch: @anna",
    "WhatsApp: @anna",
    "OnlyFans @anna",
    "GitHub: @anna",
    "mastodon: @anna",
    "bluesky: @anna",
    "email: @anna",
    "телеграм: @anna",
    "тг: @anna",
    "1. TikTok: @anna_tt",
    "Insta and TikTok: @anna_k",
    "tiktok: https://www.instagram.com/anna_k",
    "tiktok: anna_tt",
    "TikTok: @anna_tt, @ben_tt",
    "@anna_k tiktok: anna",
]


@pytest.mark.parametrize("line", OTHER_SITES)
def test_a_line_that_names_another_site_is_nobody(line):
    found = parse_pasted(f"@first\n{line}\n@last")
    assert [person.username for person in found.accepted] == ["first", "last"]
    assert refusals(found) == [(2, line, "other_site")]


@pytest.mark.parametrize(
    "line",
    [
        "Malcolm X, Ulm: @anna_k",
        "email anna@example.org, Instagram @anna_k",
        "Snappy Anna @anna_k",
        "x https://www.instagram.com/anna_k",
        "Anna https://www.instagram.com/anna_k?utm_source=facebook",
        "online @anna_k",
    ],
)
def test_words_that_name_no_site_leave_the_account_sure(line):
    assert names(line) == ["anna_k"]


def test_people_below_the_name_of_another_site_are_none_up_to_the_next_heading():
    found = parse_pasted("@first\nTikTok:\n@anna\nben_tt\n\n@cai\nInstagram:\n@last")
    assert [person.username for person in found.accepted] == ["first", "last"]
    others = [item.line for item in found.rejected if item.reason == "other_site"]
    assert others == [2, 3, 4, 6]


@pytest.mark.parametrize("account", ["tiktok", "twitter", "fb", "tik.tok", "x"])
def test_an_account_that_is_called_like_a_site_is_a_person(account):
    assert names(f"@{account}\nhttps://www.instagram.com/{account}/\nAnna @{account}\n@{account} @{account}") == [
        account
    ]


SEVERAL = {
    "@anna @ben": ["anna", "ben"],
    "@anna, @ben; https://www.instagram.com/cai": ["anna", "ben", "cai"],
    "@anna,@ben\n@cai,@dora": ["anna", "ben", "cai", "dora"],
    "@anna\u3000＠ben": ["anna", "ben"],
}


@pytest.mark.parametrize(("text", "people"), SEVERAL.items())
def test_several_on_a_line_are_taken_where_each_is_sure(text, people):
    assert names(text) == people


DOUBTFUL = {
    "anna, otto\n@mia": {"all": ["anna", "otto"]},
    "anna, ben, cai": {"all": ["anna", "ben", "cai"]},
    "anna;ben": {"all": ["anna", "ben"]},
    "Baker, Anna": {"all": ["baker", "anna"]},
    "@anna, ben": {"all": ["anna", "ben"]},
    "['anna', 'ben']": {"all": ["anna", "ben"]},
    "anna,ulm\nben,bonn": {"1": ["anna", "ben"], "2": ["ulm", "bonn"], "all": ["anna", "ulm", "ben"]},
    "anna\tben": {"1": ["anna"], "2": ["ben"], "all": ["anna", "ben"]},
    "@anna\t@ben": {"1": ["anna"], "2": ["ben"], "all": ["anna", "ben"]},
    "Anna\tAnna Smith": {"1": ["anna"]},
    "vip\tanna_k\tAnna Smith": {"1": ["vip"], "2": ["anna_k"]},
}


@pytest.mark.parametrize(("text", "candidates"), DOUBTFUL.items())
def test_words_side_by_side_are_asked_about(text, candidates):
    with pytest.raises(Unsure) as caught:
        parse_pasted(text)
    assert (caught.value.name, caught.value.field) == ("RECIPIENTS_UNSURE", "column")
    assert {one.value: one.samples for one in caught.value.candidates} == candidates


@pytest.mark.parametrize("text", [text for text, candidates in DOUBTFUL.items() if EVERY_WORD in candidates])
def test_words_that_a_person_confirms_are_people(text):
    words = re.split(r"[,;\t\n]", text)
    found = parse_pasted(text, Choice(column=EVERY_WORD))
    assert ([*found.rejected], [one.username for one in found.accepted]) == (
        [],
        [read_username(word.strip(" []")).name for word in words],
    )


def test_confirming_words_confirms_no_line_of_other_text():
    found = parse_pasted("anna, ben\nCai Baker, Ulm\n", Choice(column=EVERY_WORD))
    assert [person.username for person in found.accepted] == ["anna", "ben"]
    assert refusals(found) == [(2, "Cai Baker, Ulm", "not_a_username")]


def test_what_stands_beside_a_username_in_a_table_is_its_name():
    assert parse_pasted("anna_k\tAnna Smith").accepted == [Recipient("anna_k", "Anna Smith")]
    assert parse_pasted("username,full_name\nanna_k,Anna Smith").accepted == [Recipient("anna_k", "Anna Smith")]


def test_lists_in_brackets_are_read_line_by_line():
    assert names('[\n  "anna_k",\n  "ben"\n]') == names("[\n'anna_k',\n'ben'\n]") == ["anna_k", "ben"]


ITEMS = {
    "anna_k": None,
    " @Anna_K ": None,
    '"anna_k"': None,
    "https://www.instagram.com/anna_k": None,
    "anna, ben": "not_a_username",
    "@anna @ben": "not_a_username",
    "anna\nben": "not_a_username",
    "anna\tAnna Smith": "not_a_username",
    "Anna Baker": "not_a_username",
    "Anna Baker @anna": "not_a_username",
    "12345": "not_a_username",
    "username": "header",
    "nan": "empty_name",
    "@": "empty_name",
}


@pytest.mark.parametrize(("item", "reason"), ITEMS.items())
def test_an_item_of_a_list_is_one_username_or_a_rejected_row(item, reason):
    found = parse_list(["first", item])
    assert [person.username for person in found.accepted] == ["first", *([] if reason else ["anna_k"])]
    assert [(one.line, one.reason) for one in found.rejected] == ([(2, reason)] if reason else [])


pieces = st.sampled_from(
    [
        *("anna_k", "Ben", "@cai", "https://www.instagram.com/dora/", "Anna", "Baker", "12345", "a@b.de", "nan"),
        *("username", "(", ")", "-", "•", ",", ";", "|", " ", " ", " ", "\t", '"'),
    ]
)
lines = st.lists(pieces, min_size=1, max_size=5).map("".join)


def possible(text):
    """Return the accounts that a text may mean: all of it, its marked account, or parts that are people."""
    parts = re.split(r"[,;|\t]", text)
    words = [word.strip('()"-•.') for word in re.split(r"[\s,;|]", text)]
    marked = {read_username(word).name for word in words if read_username(word).marked}
    wholes = {read_username(undressed(part.strip(" -•")).strip(" -•")).name for part in [text, *parts]}
    return wholes | marked


@given(st.lists(lines, min_size=1, max_size=4), st.sampled_from([None, EVERY_WORD]))
def test_each_recipient_is_a_whole_line_or_cell_or_the_only_account_that_is_marked(written, column):
    text = "\n".join(written)
    try:
        found = parse_pasted(text, Choice(column=column))
    except BotException:
        return
    means = set().union(*(possible(line) for line in written))
    assert {person.username for person in found.accepted} <= means
