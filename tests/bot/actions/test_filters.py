"""People that an action skips, and the reasons."""

import json
from dataclasses import dataclass, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.actions.filters import REASONS, Filters, Script, skip_reason
from bot.core.errors import BotException
from bot.core.phrases import holds_any, plain
from bot.inputs.validation import checked, checked_json

ANYBODY = Filters(skip_private=False)


@dataclass(frozen=True)
class Somebody:
    username: str = "anna"
    full_name: str = "Anna Müller"
    followers: int = 300
    following: int = 200
    is_private: bool = False
    is_verified: bool = False
    is_business: bool = False
    biography: str = "Coffee and trains"
    has_picture: bool = True
    posts: int = 40


ANNA = Somebody()


@pytest.mark.parametrize(
    ("person", "filters", "reason"),
    [
        ({"is_private": True}, {}, "private"),
        ({"followers": 9}, {"followers_min": 10}, "too_few_followers"),
        ({"followers": 11}, {"followers_max": 10}, "too_many_followers"),
        ({"followers": 1}, {"followers_max": 0}, "too_many_followers"),
        ({"following": 9}, {"following_min": 10}, "too_few_following"),
        ({"following": 11}, {"following_max": 10}, "too_many_following"),
        ({"followers": 99, "following": 200}, {"ratio_min": 0.5}, "ratio_too_low"),
        ({"followers": 101, "following": 200}, {"ratio_max": 0.5}, "ratio_too_high"),
        ({"followers": 3, "following": 0}, {"ratio_max": 2.5}, "ratio_too_high"),
        ({"posts": 2}, {"posts_min": 3}, "too_few_posts"),
        ({"posts": 1}, {"posts_max": 0}, "too_many_posts"),
        ({"username": "anna.1998"}, {"digits_max": 3}, "too_many_digits"),
        ({"is_business": True}, {"business": "skip"}, "business"),
        ({"is_business": False}, {"business": "only"}, "not_business"),
        ({"is_verified": True}, {"verified": "skip"}, "verified"),
        ({"is_verified": False}, {"verified": "only"}, "not_verified"),
        ({"has_picture": False}, {"skip_no_picture": True}, "no_picture"),
        ({"biography": "Tea"}, {"bio_must": ["coffee", "cocoa"]}, "bio_lacks_word"),
        ({"biography": ""}, {"bio_must": ["coffee"]}, "bio_lacks_word"),
        ({"biography": "Coffee, NSFW"}, {"bio_must_not": ["nsfw"]}, "bio_has_word"),
        ({"full_name": "Анна", "biography": ""}, {"scripts": ["latin"]}, "other_script"),
    ],
)
def test_each_filter_leaves_out_for_its_own_reason(person, filters, reason):
    assert skip_reason(replace(ANNA, **person), Filters(**filters)) == reason
    assert reason in REASONS


@pytest.mark.parametrize(
    ("person", "filters"),
    [
        ({}, {}),
        ({"is_private": True}, {"skip_private": False}),
        ({"followers": 10}, {"followers_min": 10, "followers_max": 10}),
        ({"following": 10}, {"following_min": 10, "following_max": 10}),
        ({"followers": 100, "following": 200}, {"ratio_min": 0.5, "ratio_max": 0.5}),
        ({"followers": 0, "following": 0}, {"ratio_max": 0.0}),
        ({"posts": 3}, {"posts_min": 3, "posts_max": 3}),
        ({"username": "4nna.98"}, {"digits_max": 3}),
        ({"is_business": True}, {"business": "only", "verified": "skip"}),
        ({"is_verified": True}, {"verified": "only", "business": "skip"}),
        ({"has_picture": False}, {"skip_no_picture": False}),
        ({}, {"bio_must": ["cocoa", "coffee"], "bio_must_not": ["tea"], "scripts": ["latin", "greek"]}),
    ],
)
def test_who_fits_passes(person, filters):
    assert skip_reason(replace(ANNA, **person), Filters(**filters)) is None


def test_the_first_reason_is_the_one_given():
    person = replace(ANNA, is_private=True, followers=0, has_picture=False)
    assert skip_reason(person, Filters(followers_min=1, skip_no_picture=True)) == "private"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("coffee", "I ❤ COFFEE!"),
        ("café", "Mon cafe"),
        ("cafe", "Mon café"),
        ("cafe", "Mon cafe\u0301"),
        ("straße", "STRASSE 7"),
        ("strasse", "Große Straße"),
        ("lodz", "ŁÓDŹ"),
        ("istanbul", "İSTANBUL"),
        ("istanbul", "ıstanbul"),
        ("coffee", "𝓒𝓸𝓯𝓯𝓮𝓮 and ｔｅａ"),
        ("coffee", "co\u200bf\u00adfee"),
        ("nike", "Nike™"),
        ("real estate", "Real\n  Estate agent"),
        ("#coffee", "my #coffee"),
        ("coffee", "#coffee_lover"),
        ("c++", "C++/Rust"),
        ("❤", "me ❤️ you"),
        ("18+", "18+"),
        ("咖啡", "我爱咖啡馆"),
        ("coffee", "我爱coffee馆"),
        ("コーヒー", "美味しいｺｰﾋｰです"),
        ("커피", "커피를 좋아해요"),
        ("กาแฟ", "ฉันชอบกาแฟมาก"),
        ("кофе", "Люблю КОФЕ."),
        ("еще", "ещё"),
        ("σοφος", "ΣΟΦΌΣ"),
        ("कॉफ़ी", "मुझे कॉफ़ी पसंद है"),
        ("שלום", "שָׁלוֹם"),
        ("tea", "steak tea"),
    ],
)
def test_a_word_is_found_however_it_is_written(word, text):
    assert holds_any(text, [word])


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("tea", "steak"),
        ("tea", "team"),
        ("art", "Bogart"),
        ("18", "2018"),
        ("кофе", "кофейня"),
        ("क", "कि"),
        ("は", "ば"),
        ("가", "각"),
        ("tea", ""),
    ],
)
def test_a_part_of_a_word_is_not_the_word(word, text):
    assert not holds_any(text, [word])


def test_no_words_stand_in_no_text():
    assert not holds_any("Coffee", [])


@given(st.text())
def test_what_is_plain_stays_as_it_is(text):
    assert plain(plain(text)) == plain(text)


@given(st.text(), st.text(), st.text())
def test_a_word_between_spaces_is_always_found(before, word, after):
    assert not plain(word) or holds_any(f"{before} {word} {after}", [word])


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("latin", "Zoë"),
        ("latin", "𝓩𝓸𝓮"),
        ("cyrillic", "Юлия"),
        ("greek", "Ζωή"),
        ("arabic", "زوي"),
        ("hebrew", "זואי"),
        ("devanagari", "ज़ोई"),
        ("han", "佐伊"),
        ("kana", "ゾーイ"),
        ("kana", "ｿﾞｰｲ"),
        ("hangul", "조이"),
        ("thai", "โซอี้"),
    ],
)
def test_every_script_is_known(script, text):
    person = replace(ANNA, full_name=text, biography="🎈 2026")
    others = [other for other in get_args(Script) if other != script]
    assert skip_reason(person, Filters(scripts=[script])) is None
    assert skip_reason(person, Filters(scripts=others)) == "other_script"


@pytest.mark.parametrize(
    ("full_name", "biography", "scripts", "reason"),
    [
        ("Анна", "coffee", ["latin"], None),
        ("Анна", "кофе и tea", ["latin"], "other_script"),
        ("Анна", "abcd", ["latin"], None),
        ("Анна", "abcd", ["cyrillic"], None),
        ("ანა", "a", ["latin"], "other_script"),
        ("", "🎈 100 % ™", ["latin"], None),
        ("", "", ["thai"], None),
    ],
)
def test_the_script_with_most_letters_counts(full_name, biography, scripts, reason):
    assert skip_reason(replace(ANNA, full_name=full_name, biography=biography), Filters(scripts=scripts)) == reason


@pytest.mark.parametrize("what", ["followers", "following", "ratio", "posts"])
def test_a_minimum_above_its_maximum_is_refused_by_name(what):
    with pytest.raises(BotException) as caught:
        checked(Filters, {f"{what}_min": 2, f"{what}_max": 1})
    assert [problem["message"] for problem in caught.value.meta["errors"]] == [f"{what}_min is above {what}_max."]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("followers_min", -1),
        ("followers_max", 1_000_000_001),
        ("following_min", True),
        ("following_max", 1.5),
        ("posts_min", -1),
        ("digits_max", 31),
        ("ratio_min", -0.1),
        ("ratio_min", True),
        ("ratio_max", "1"),
        ("skip_private", 1),
        ("business", "no"),
        ("verified", None),
        ("bio_must", ["a"] * 21),
        ("bio_must", "coffee"),
        ("bio_must", [""]),
        ("bio_must_not", ["  "]),
        ("bio_must_not", ["a" * 61]),
        ("bio_must_not", ["\u0301"]),
        ("scripts", ["klingon"]),
        ("scripts", ["latin"] * 11),
        ("ratio", 1),
    ],
)
def test_it_refuses_a_value_that_is_none_by_its_field(field, value):
    with pytest.raises(BotException) as caught:
        checked_json(Filters, json.dumps({field: value}))
    assert {problem["field"].split(".")[0] for problem in caught.value.meta["errors"]} == {field}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_ratio_is_a_finite_number(number):
    with pytest.raises(ValidationError):
        Filters.model_validate_json(f'{{"ratio_min": {number}}}')
    with pytest.raises(ValidationError):
        Filters.model_validate({"ratio_min": float(number)})


def test_a_ratio_may_be_a_whole_number_or_the_text_of_a_form():
    assert checked_json(Filters, '{"ratio_min": 1}').ratio_min == 1.0
    assert checked(Filters, {"ratio_min": "0.5"}).ratio_min == 0.5


def test_words_lose_the_spaces_around_them():
    assert Filters(bio_must=["  coffee "]).bio_must == ["coffee"]


@pytest.mark.parametrize(
    "asking",
    [
        {"skip_private": True},
        {"skip_private": False, "followers_min": 1},
        {"skip_private": False, "ratio_max": 0.0},
        {"skip_private": False, "posts_max": 0},
        {"skip_private": False, "digits_max": 0},
        {"skip_private": False, "verified": "only"},
        {"skip_private": False, "skip_no_picture": True},
        {"skip_private": False, "bio_must_not": ["tea"]},
        {"skip_private": False, "scripts": ["latin"]},
    ],
)
def test_a_filter_of_the_profile_asks_for_it(asking):
    assert Filters(**asking).asks_profile


def test_the_bots_own_memory_asks_for_no_profile():
    assert not Filters(skip_private=False, skip_followed_before=True, skip_my_followers=True).asks_profile
    assert skip_reason(ANNA, ANYBODY) is None


def test_filters_survive_being_stored():
    filters = Filters(ratio_min=0.1, bio_must=["é"], scripts=["kana", "han"], business="only")
    assert Filters.model_validate(json.loads(json.dumps(filters.model_dump()))) == filters


def test_every_field_says_what_it_is_for():
    assert [name for name, field in Filters.model_fields.items() if not field.description] == []
