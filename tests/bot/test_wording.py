"""Templates of messages, and the text that each person gets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wording import WordingError, clean_name, parse


def text_for(template, full_name: str | None = "Anna Müller", username="anna.m", key="a"):
    return parse(template).render(username, full_name, key)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hello!", "Hello!"),
        ("Hi {username}", "Hi anna.m"),
        ("Hi {full_name}", "Hi Anna Müller"),
        ("Hi {first_name}, {first_name}", "Hi Anna, Anna"),
        ("Hi {first_name|there}", "Hi Anna"),
        ("Hi { first_name | there }", "Hi Anna"),
        ("{username}{full_name}", "anna.mAnna Müller"),
        ("{{username}} {{{username}}} }}{{", "{username} {anna.m} }{"),
        ("a|b", "a|b"),
        ("two\nlines ", "two\nlines"),
    ],
)
def test_names_stand_in_their_places(template, text):
    assert text_for(template) == text


@pytest.mark.parametrize("nobody", [None, "", "  \n", "\u202e\u200b", "\u200d"])
def test_a_missing_full_name_is_the_fallback_or_the_username(nobody):
    assert text_for("{full_name|friend}, {first_name|you}", nobody) == "friend, you"
    assert text_for("{full_name}, {first_name}", nobody) == "anna.m, anna.m"
    assert text_for("Hi {first_name|}!", nobody) == "Hi !"
    assert text_for("{username|nobody}", nobody) == "anna.m"


@pytest.mark.parametrize(
    ("full_name", "first"),
    [
        ("Anna", "Anna"),
        ("  anna maria", "anna"),
        ("✨Anna✨ Müller", "Anna"),
        ("🎈 🎈 Anna", "Anna"),
        ("👩‍💻 Zoë", "Zoë"),
        ("Zoe\u0308 K.", "Zoe\u0308"),
        ("Anna-Maria K.", "Anna-Maria"),
        ("O’Neil", "O’Neil"),
        ("-Anna-", "Anna"),
        ('"Anna"', "Anna"),
        ("Anna|Fotografin", "Anna"),
        ("(Anna)", "Anna"),
        ("1. Anna", "Anna"),
        ("Анна Иванова", "Анна"),
        ("ज़ोई सिंह", "ज़ोई"),
        ("佐伊", "佐伊"),
        ("𝓐𝓷𝓷𝓪", "𝓐𝓷𝓷𝓪"),
    ],
)
def test_the_first_name_is_the_first_word_with_letters(full_name, first):
    assert text_for("{first_name|nobody}", full_name) == first


def test_a_name_without_letters_is_no_first_name():
    assert text_for("{first_name|you} {full_name}", "🎈 100") == "you 🎈 100"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna\r\nMüller", "Anna Müller"),
        ("Anna\u2028Müller", "Anna Müller"),
        ("An\x00na\x1b[31m", "Anna[31m"),
        ("\u202eannA\u2066 \u2069x", "annA x"),
        ("An\u200bna", "Anna"),
        ("👩‍💻 Anna", "👩‍💻 Anna"),
        ("a" * 65, "a" * 64),
        ("a" * 63 + " b", "a" * 63),
        ("{username}", "{username}"),
        ("{a|b}{{", "{a|b}{{"),
    ],
)
def test_a_strangers_name_is_made_harmless_and_never_interpreted(name, shown):
    assert text_for("{full_name}", name) == shown
    assert text_for("{username}", username=name) == shown


@given(st.text())
def test_no_name_breaks_the_line_or_turns_it_around(name):
    cleaned = clean_name(name)
    kinds = {unicodedata.category(char) for char in cleaned if char not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(cleaned) <= 64


def test_a_variant_is_chosen_by_the_key_alone():
    wording = parse("{Hi|Hello|Hey} {first_name}, {nice|great|fine} {day|week}")
    texts = {key: wording.render("anna", "Anna", key) for key in map(str, range(200))}
    assert {key: wording.render("anna", "Anna", key) for key in texts} == texts
    assert len(set(texts.values())) == wording.variants == 18


def test_the_choice_stays_the_same_over_versions():
    wording = parse("{a|b|c|d|e|f|g|h}{a|b|c|d|e|f|g|h}{a|b|c|d|e|f|g|h}")
    assert [wording.render("anna", None, f"order-1:{name}") for name in ("anna", "bob", "carl")] == [
        "bcf",
        "cah",
        "aef",
    ]


def test_a_variant_may_be_nothing():
    texts = {text_for("Hello{ there|}!", key=str(key)) for key in range(20)}
    assert texts == {"Hello there!", "Hello!"}


@pytest.mark.parametrize(
    ("template", "variants", "personal"),
    [
        ("Hi", 1, False),
        ("Hi {username}", 1, True),
        ("{first_name|there}", 1, True),
        ("{a|b}", 2, False),
        ("{a|a|b} {c|d|e} {username}", 6, True),
    ],
)
def test_it_knows_how_many_texts_it_has_and_whether_they_are_personal(template, variants, personal):
    wording = parse(template)
    assert (wording.variants, wording.personal) == (variants, personal)


@pytest.mark.parametrize(
    ("template", "position", "words"),
    [
        ("", 1, "could come out empty"),
        (" \n", 1, "could come out empty"),
        ("\u200b\u2060", 1, "could come out empty"),
        ("\u3164 \ufe0f", 1, "could come out empty"),
        ("{a|\u200d}{first_name|\u200b}", 1, "could come out empty"),
        ("{a|}", 1, "could come out empty"),
        ("{ |a} {first_name|}", 1, "could come out empty"),
        ("Hi {usrname}", 4, "There is no {usrname}; there are {username}, {full_name} and {first_name}"),
        ("Hi {usrname|you}", 4, "There is no {usrname}"),
        ("Hi {Username}", 4, "There is no {Username}"),
        ("Hi {frist_name|there}", 4, "There is no {frist_name}"),
        ("Hi {first name|there}", 4, "There is no {first name}"),
        ("Hi {<script>}", 4, "There is no such name"),
        ("Hi {hello}", 4, "There is no {hello}"),
        ("Hi {first_name|a|b}", 4, "{first_name} takes one fallback"),
        ("Hi {}", 4, "This group is empty"),
        ("Hi { }", 4, "This group is empty"),
        ("Hi {|}", 4, "This group is empty"),
        ("Hi {username", 4, "This { is not closed anywhere"),
        ("{{ {a|b", 4, "This { is not closed anywhere"),
        ("Hi {a|{b|c}}", 4, "This { is not closed before the next one begins"),
        ("Hi {username, {first_name}", 4, "This { is not closed before the next one begins"),
        ("Hi username}", 12, "This } closes nothing"),
        ("Hi {username}}", 14, "This } closes nothing"),
        ("a" * 1001, 1, "can grow to 1001 characters, and Instagram takes 1000"),
        ("a" * 971 + "{username}", 1, "1001"),
        ("a" * 937 + "{first_name}", 1, "1001"),
        ("a" * 900 + "{full_name|" + "b" * 101 + "}", 1, "1001"),
        ("a" * 900 + "{b|" + "b" * 101 + "}", 1, "1001"),
    ],
)
def test_it_says_what_is_wrong_and_where(template, position, words):
    with pytest.raises(WordingError, match=r"\(character \d+\)$") as caught:
        parse(template)
    assert words in str(caught.value)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "template", ["a" * 1000, "a" * 970 + "{username}", "a" * 936 + "{full_name}", "a" * 999 + "{b|}", "a{{" * 500]
)
def test_the_longest_that_instagram_takes_is_taken(template):
    assert len(text_for(template, "a" * 100, username="a" * 30)) <= 1000


pieces = st.sampled_from(["{", "}", "{{", "}}", "|", "a", " ", "{username}", "{first_name|you}", "{a|b}", "{a|}", "\n"])


@given(st.lists(pieces).map("".join), st.text(max_size=80), st.text())
def test_a_template_is_refused_or_gives_a_text_that_can_be_sent(template, full_name, key):
    try:
        wording = parse(template)
    except WordingError:
        return
    text = wording.render("anna", full_name, key)
    assert 1 <= len(text) <= 1000
    assert text == wording.render("anna", full_name, key)


@given(st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), min_size=1, max_size=100))
def test_a_text_without_braces_is_sent_as_it_is(text):
    seen = f"{text}!{text}"
    assert text_for(seen) == seen.strip()
