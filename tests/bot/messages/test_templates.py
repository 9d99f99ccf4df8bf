"""Templates of messages, and the text that each person gets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.display_names import clean_name
from bot.messages.templates import WordingError, parse


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
        ("{{ {username} }} }}{{ {{Hello}}", "{ anna.m } }{ {Hello}"),
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
def test_the_first_name_is_the_first_word_of_a_person(full_name, first):
    assert text_for("{first_name|nobody}", full_name) == first


@pytest.mark.parametrize(
    ("given", "first"),
    [
        ("Anna", "Anna"),
        ("Anna Maria", "Anna Maria"),
        (" Jean-Luc ", "Jean-Luc"),
        ("Dr. Anna", "Anna"),
        ("Ng", "Ng"),
        ("Anna ✨", "Anna"),
        ("nan", "Zoë"),
        ("-", "Zoë"),
        ("1st", "Zoë"),
        ("", "Zoë"),
        (None, "Zoë"),
    ],
)
def test_a_given_first_name_comes_before_the_one_in_the_full_name(given, first):
    assert parse("{first_name|you}").render("anna.m", "Zoë Kim", "a", given) == first


@pytest.mark.parametrize(
    ("template", "full_name", "given", "lacks"),
    [
        ("{username}", None, None, False),
        ("{full_name}", None, "Anna", True),
        ("{full_name}", "Anna Kim", None, False),
        ("{first_name|you}", None, "Anna", False),
        ("{first_name|you}", None, None, True),
        ("{first_name} {full_name}", "Anna Kim", None, False),
    ],
)
def test_it_knows_whether_a_name_has_to_be_looked_up(template, full_name, given, lacks):
    assert parse(template).lacks(full_name, given) is lacks


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
        ("Hi {a|{b|c}}", 4, "A group or a name cannot stand inside a group"),
        ("{Hi|{Hello|Hey} there} {username}", 1, "A group or a name cannot stand inside a group"),
        ("{Hi {first_name}|Hello}", 1, "write each variant in full, like {Hi|Hello there}"),
        ("{{ {a|b{c|d}}", 4, "A group or a name cannot stand inside a group"),
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


FOREIGN = {
    "{username}": (
        "{{username}}|{{ username }}|{{{username}}}|{{Username}}|{{user.username}}|{{USERNAME}}|[username]|"
        "[Username]|[[username]]|%username%|%%username%%|%(username)s|<username>|<%= username %>|"
        "*%7CUSERNAME%7C*|${username}|#{username}|%{username}|$username|@username|:username|#username#|"
        "__username__|«username»|{Username}|{user_name}|{handle}|[Instagram Username]|{{nom d'utilisateur}}|"
        "[Benutzername]|{{kullanıcı adı}}|<имя пользователя>|｛username｝|｛｛username｝｝|［username］|"
        "&lt;username&gt;"
    ),
    "{first_name}": (
        "{{first_name}}|{{ first_name %7C default: 'there' }}|{{firstName}}|{{contact.first_name}}|"
        "{{first_name%7Cthere}}|[first_name]|[First Name]|[FIRST NAME]|[FirstName]|[your first name]|"
        "%first_name%|%FIRSTNAME%|%%first_name%%|<first_name>|<First Name>|<<first name>>|*%7CFNAME%7C*|"
        "*%7CFIRST_NAME%7C*|${first_name}|%{first_name}|$first_name|:first_name|(first name)|(First Name)|"
        "{{#first_name}}|{Vorname}|{{prénom}}|[Vorname]|%voornaam%|{firstname}"
    ),
    "{full_name}": (
        "{{full_name}}|{{name}}|{{ Name }}|{{contact.name}}|[name]|[Name]|[NAME]|[Full Name]|[[name]]|"
        "[your name]|%name%|%fullname%|<name>|<full name>|*%7CNAME%7C*|${full_name}|$full_name|(name)|"
        "(your name)|#name#|__name__|$name$|~name~|«name»|{name}|{Name}|{nombre}|{{nome completo}}|[nom]|"
        "$name|:name|%name|$Name|｛name｝|【name】|&lt;name&gt;|&lt; name /&gt;"
    ),
    "{Hi|Hello}": ("{{Hi%7CHello}}|[Hi%7CHello]"),
    "there are {username}, {full_name} and {first_name}": (
        "{{last_name}}|[Last Name]|%surname%|<Nachname>|{{city}}|{{contact.city}}|{{company_name}}|*%7CCITY%7C*|{city}|"
        "%s|%1$s|{{1}}|{{ 2 }}"
    ),
}


@pytest.mark.parametrize(
    ("written", "right"),
    [(one.replace("%7C", "|"), right) for right, several in FOREIGN.items() for one in several.split("|")],
)
def test_a_placeholder_of_another_tool_is_refused_with_the_right_form(written, right):
    with pytest.raises(WordingError) as caught:
        parse(f"Hey, {written}!\n{{username}}")
    assert right in str(caught.value)
    assert caught.value.position in (6, 7)


@pytest.mark.parametrize(
    "text",
    [
        "I <3 you, <b> and < name",
        "50% off, name your % now",
        "[ad] New [x] [1] [see below] [Instagram]",
        "#coffee #name @anna.name",
        "me@username.com http://username.com/@username_x",
        "(really) (my name is Zoë) (first)",
        "snake_case __init__ a:name",
        "5 $ name, 100%s 5% s US$name ::name $names &lt;3 ｛a, b｝ 【see below】",
        "{{Hello}} {{a, b}} {{:)}}",
        "name, username, first name",
        "a [b",
        "¯\\_(ツ)_/¯",
    ],
)
def test_a_text_that_only_looks_like_one_is_sent_as_it_is(text):
    assert text_for(text) == text.replace("{{", "{").replace("}}", "}")


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


@given(
    st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]), min_size=1, max_size=100).filter(
        lambda text: "%" not in text
    )
)
def test_a_text_without_braces_is_sent_as_it_is(text):
    seen = f"{text}!{text}"
    assert text_for(seen) == seen.strip()


@pytest.mark.parametrize(
    "text",
    [
        *("Hi {name|there}", "Hi {Name|friend}", "Hi {nombre|amigo}", "Hi [insert name]", "Hi [First Name Here]"),
        *("Hi [enter your name here]", "Hi {{#if name}}x{{/if}}", "Hi {{/each}}", "Hi {{> header}}"),
    ],
)
def test_a_name_that_would_be_sent_as_it_is_written_is_refused(text):
    with pytest.raises(WordingError):
        parse(text)


@pytest.mark.parametrize("text", ["my {first|second} word", "my {profile|account}", "a [link] here", "{Hi|Hello|Hey}"])
def test_words_that_name_no_person_are_sent_as_they_are_written(text):
    parse(text)


@pytest.mark.parametrize("name", ["Name", "Vorname", "First Last", "firstname lastname", "Full Name", "Имя"])
def test_what_columns_are_called_is_no_first_name(name):
    assert parse("Hi {first_name|there}").render("anna_k", name, "key") == "Hi there"
