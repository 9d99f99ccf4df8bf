"""Lists of recipients as people bring them."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BotException
from bot.recipients.reading import MAX_BYTES, Choice, Recipient, parse_csv, parse_list, parse_pasted
from tests.support.growth import growth

ASKED = ("RECIPIENTS_UNSURE", "RECIPIENTS_ENCODING")


def names(found):
    return [person.username for person in found.accepted]


def refusals(found):
    return [(item.line, item.text, item.reason) for item in found.rejected]


def outcome(parse, given):
    try:
        parse(given)
    except BotException as refusal:
        return refusal.name
    return "read"


@pytest.mark.parametrize(
    "written",
    [
        "anna.b_1",
        "@Anna.B_1",
        "https://www.instagram.com/anna.b_1",
        "https://www.instagram.com/anna.b_1/",
        "https://www.instagram.com/anna.b_1/?igsh=abc&hl=de",
        "http://instagram.com/anna.b_1#top",
        "HTTPS://WWW.Instagram.com/Anna.B_1",
        "m.instagram.com/anna.b_1",
        "instagram.com/@anna.b_1",
        "\ufeffanna.b_1",
        "\u2068@anna.b_1\u2069",
        "anna.b_1\u200b",
    ],
)
def test_a_name_a_mention_and_a_link_mean_the_same_person(written):
    assert names(parse_pasted(written)) == ["anna.b_1"]
    assert names(parse_csv(written.encode())) == names(parse_list([written])) == ["anna.b_1"]


@pytest.mark.parametrize(
    "written",
    [
        "12345",
        "+49 170 1234567",
        "anna-b",
        ".anna",
        "anna.",
        "an..na",
        "a" * 31,
        "änna",
        "an/na",
        "@@anna",
        "\N{KELVIN SIGN}arl",
        "anna@example.org",
        "https://example.org/anna",
        "https://www.instagram.com/p/CxYz123/",
        "https://www.instagram.com/p/",
        "https://www.instagram.com/explore",
        "https://www.instagram.com/stories/anna/123/",
        "https://www.instagram.com.example.org/anna",
    ],
)
def test_what_can_be_no_username_is_rejected(written):
    rejected = [(1, written, "not_a_username")]
    assert refusals(parse_pasted(written)) == refusals(parse_csv(written.encode())) == rejected


@pytest.mark.parametrize("written", ["@", "https://www.instagram.com/"])
def test_a_name_with_nothing_in_it_is_rejected_as_empty(written):
    assert refusals(parse_pasted(written)) == [(1, written, "empty_name")]


def test_equal_names_are_folded_and_counted():
    found = parse_pasted("anna\n@ANNA\nhttps://instagram.com/anna\nbob")
    assert (names(found), found.folded) == (["anna", "bob"], 2)


def test_rejected_names_keep_their_line():
    assert refusals(parse_pasted("anna\n\nbob carl!\n-")) == [
        (3, "bob carl!", "not_a_username"),
        (4, "-", "not_a_username"),
    ]


TABLE = [Recipient("anna", "Anna Müller"), Recipient("bob", None)]


@pytest.mark.parametrize(
    "text",
    [
        "username,full_name\nanna,Anna Müller\nbob",
        "username,full_name\r\nanna,Anna Müller\r\nbob,\r\n",
        "username;full_name\ranna;Anna Müller\rbob;",
        "username\tfull_name\nanna\tAnna Müller\nbob\t",
        "username|full_name\nanna|Anna Müller\nbob|",
        "Username;Full Name\n@anna;Anna Müller\nbob;",
        "full_name,username\nAnna Müller,anna\n,bob",
        "id;account;note;name\n1;anna;x;Anna Müller\n2;bob;;",
        "user\tname\nanna\tAnna Müller\nbob",
        '"username","full_name"\n"anna","Anna Müller"\n"bob",""\n',
        'username, full_name\nanna, "Anna\nMüller"\nbob',
        'username,full_name\nanna,"Anna Müller" \nbob,"" \n',
        "\n\n,,\nusername,full_name\nanna,Anna Müller\n\n\nbob,\n",
        "username,full_name\nanna,Anna\u200b \u202eMüller\nbob,  ",
        "sep=;\nusername;full_name\nanna;Anna Müller\nbob;",
        '"sep=\t"\nusername\tfull_name\nanna\tAnna Müller\nbob',
        "Followers of @coffee\n\nusername,full_name\nanna,Anna Müller\nbob",
        "| username | full_name |\n|----------|-----------|\n| anna | Anna Müller |\n| bob | |",
        "username,full_name\nanna,Anna Müller\nbob,nan",
        "username,full_name\nanna,Anna Müller\nbob,-",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_are_read_in_every_common_form(text, encoding):
    found = parse_csv(text.encode(encoding))
    assert (found.accepted, found.rejected) == (TABLE, [])


def test_big_endian_utf_16_is_read():
    assert parse_csv(b"\xfe\xff" + "username;name\nanna;Anna Müller\nbob".encode("utf-16-be")).accepted == TABLE


def test_quotes_may_hold_delimiters_and_quotes():
    found = parse_csv(b'username,full_name\n"anna","Anna ""Ann"" Smith, PhD"')
    assert found.accepted == [Recipient("anna", 'Anna "Ann" Smith, PhD')]


def test_a_first_row_of_data_is_no_head():
    assert names(parse_csv(b"anna\nbob")) == ["anna", "bob"]


def test_a_row_without_a_name_is_rejected():
    assert refusals(parse_csv(b"user,name\nanna,Anna\n,Bob\ncarl,Carl")) == [(3, ",Bob", "empty_name")]


def test_a_quote_that_is_never_closed_costs_only_its_row():
    found = parse_csv(b'username,name\nanna,Anna\nbob,"Bob\ncarl,Carl\ndora,Dora\nemil,Emil\nfred,Fred\ngina,"Gina')
    assert names(found) == ["anna", "carl", "dora", "emil", "fred"]
    assert refusals(found) == [(3, 'bob,"Bob', "broken_row"), (8, 'gina,"Gina', "broken_row")]


def test_a_quote_that_ends_too_early_breaks_its_row():
    found = parse_csv(b'username,name\nanna\n"bob" b,Bob\ncarl')
    assert (names(found), refusals(found)) == (["anna", "carl"], [(3, '"bob" b,Bob', "broken_row")])


def test_a_row_with_a_nul_is_broken_and_shown_without_it():
    assert refusals(parse_csv(b"username\nanna\nb\x00ob\ncarl")) == [(3, "b�ob", "broken_row")]
    assert refusals(parse_pasted("anna\nb\x00ob\ncarl")) == [(2, "b�ob", "broken_row")]


def test_lines_are_counted_over_rows_of_several():
    found = parse_csv(b'username,name\nanna,"An\nna"\n\n-\n')
    assert refusals(found) == [(5, "-", "not_a_username")]


def test_a_long_row_is_shown_by_its_beginning():
    found = parse_pasted("-" * 1000)
    assert found.rejected[0].text == "-" * 80


@pytest.mark.parametrize("parse", [parse_pasted, lambda text: parse_csv(text.encode(), Choice(column="1"))])
def test_past_ten_thousand_the_rest_is_one_entry(parse):
    found = parse("\n".join(f"user{number}" for number in range(12_345)) + "\n-\n")
    assert len(found.accepted) == 10_000
    assert refusals(found) == [(10_001, "2,346 more", "too_many_rows")]
    assert found.rejected_count == 2_346


def test_the_rest_is_told_however_many_were_rejected_before():
    found = parse_pasted("\n".join([*["-"] * 600, *(f"user{number}" for number in range(10_001))]))
    assert len(found.rejected) == 500
    assert found.rejected[-1].reason == "too_many_rows"
    assert found.rejected_count == 601


def test_of_many_rejected_rows_the_first_are_kept():
    found = parse_csv(b"username\n" + b"-\n" * 3000 + b"anna")
    assert (names(found), len(found.rejected), found.rejected_count) == (["anna"], 500, 3000)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "RECIPIENTS_EMPTY"),
        (b"\xef\xbb\xbf", "RECIPIENTS_EMPTY"),
        (b" \n,,\n\n", "RECIPIENTS_EMPTY"),
        (b"username,full_name\n", "RECIPIENTS_EMPTY"),
        (b"\x00\x01\x02", "RECIPIENTS_UNREADABLE"),
        ("anna\nbob".encode("utf-16-le"), "RECIPIENTS_UNREADABLE"),
        ("anna\nbob".encode("utf-32"), "RECIPIENTS_UNREADABLE"),
        (b"\xff\xfea", "RECIPIENTS_UNREADABLE"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "RECIPIENTS_UNREADABLE"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "RECIPIENTS_UNREADABLE"),
        (b"a" * (MAX_BYTES + 1), "RECIPIENTS_TOO_LARGE"),
    ],
)
def test_what_is_no_list_is_refused(data, name):
    assert outcome(parse_csv, data) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" ,;\n", "RECIPIENTS_EMPTY"),
        ("\x00\x00", "RECIPIENTS_UNREADABLE"),
        ("é" * (MAX_BYTES // 2 + 1), "RECIPIENTS_TOO_LARGE"),
    ],
)
def test_what_is_pasted_is_refused_alike(text, name):
    assert outcome(parse_pasted, text) == name


BAD_ROWS = [
    "",
    ",,",
    "-,Bad",
    "é,é",
    "a..b",
    ",Empty",
    "user1,Twice",
    '"open,Quote',
    'anna"x,"y"z',
    '"a\nb",c',
    "n\x00ul",
]


def rows_of_every_kind(count):
    rows = (f'user{number},"User ""{number}"""\n{BAD_ROWS[number % len(BAD_ROWS)]}' for number in range(count))
    return "\n".join(["username,full_name", *rows]).encode()


def test_ten_thousand_rows_with_every_kind_of_bad_row_are_read():
    found = parse_csv(rows_of_every_kind(9_999))
    assert len(found.accepted) > 9_000
    assert {item.reason for item in found.rejected} == {"not_a_username", "empty_name", "broken_row"}
    assert growth(lambda count: parse_csv(rows_of_every_kind(count)), 1_000) < 8


@pytest.mark.parametrize("row", [b'"\n', b'"a\n', b"-\n", b"a,b c\n", b"-" * 40, b"\xe9;a\n"])
def test_the_work_of_reading_a_file_grows_with_its_size_and_no_faster(row):
    assert outcome(parse_csv, row * 1_000) in ("read", "RECIPIENTS_EMPTY", *ASKED)
    assert growth(lambda count: outcome(parse_csv, row * count), 5_000) < 8


@pytest.mark.parametrize("part", ["@a ", "- ", "a\n", "a, ", "@a b ", "a\t", "[", "1. "])
def test_the_work_of_reading_a_paste_grows_with_its_size_and_no_faster(part):
    assert outcome(parse_pasted, part * 1_000) in ("read", "RECIPIENTS_EMPTY", *ASKED)
    assert growth(lambda count: outcome(parse_pasted, part * count), 5_000) < 8


cells = st.text(st.sampled_from('ab@.",;\t\n\x00é- '), max_size=12)


@given(st.lists(st.lists(cells, max_size=3).map(",".join), max_size=12).map("\n".join))
def test_every_text_is_refused_or_becomes_names_that_instagram_could_know(text):
    for parse in (parse_pasted, lambda text: parse_csv(text.encode())):
        try:
            found = parse(text)
        except BotException:
            continue
        assert found.rejected_count == len(found.rejected)
        assert max(Counter(names(found)).values(), default=1) == 1
        assert all(parse_pasted(f"@{name}").accepted == [Recipient(name)] for name in names(found))


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data):
    assert outcome(parse_csv, data) in ("read", "RECIPIENTS_EMPTY", "RECIPIENTS_UNREADABLE", "RECIPIENTS_JSON", *ASKED)
