"""Lists of recipients as people bring them."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotException
from bot.recipients import MOST_BYTES, Recipient, parse_csv, parse_pasted
from tests.support.growth import growth


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


def test_pasted_names_may_be_parted_in_any_way():
    found = parse_pasted("anna, bob;carl\ndora  @emil\t\r\n\r\n,, FRED_1\u2028gina\n")
    assert names(found) == ["anna", "bob", "carl", "dora", "emil", "fred_1", "gina"]
    assert (found.rejected_count, found.folded) == (0, 0)


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
    assert names(parse_csv(written.encode())) == ["anna.b_1"]


@pytest.mark.parametrize(
    "written",
    [
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
    found = parse_pasted("anna @ANNA https://instagram.com/anna bob")
    assert (names(found), found.folded) == (["anna", "bob"], 2)


def test_rejected_names_keep_their_line():
    assert refusals(parse_pasted("anna\n\nbob carl!\n-")) == [
        (3, "carl!", "not_a_username"),
        (4, "-", "not_a_username"),
    ]


TABLE = [Recipient("anna", "Anna Müller"), Recipient("bob", None)]


@pytest.mark.parametrize(
    "text",
    [
        "anna,Anna Müller\nbob",
        "anna,Anna Müller\r\nbob,\r\n",
        "anna;Anna Müller\rbob;",
        "anna\tAnna Müller\nbob\t",
        "username,full_name\nanna,Anna Müller\nbob,",
        "Username;Full Name\n@anna;Anna Müller\nbob;",
        "full_name,username\nAnna Müller,anna\n,bob",
        "id;account;note;name\n1;anna;x;Anna Müller\n2;bob;;",
        "name,full-name\nanna,Anna Müller\nbob",
        "Nutzer,Name\nanna,Anna Müller\nbob",
        "full_name,wer\nAnna Müller,anna\n,bob",
        "user\tname\nanna\tAnna Müller\nbob",
        '"username","full_name"\n"anna","Anna Müller"\n"bob",""\n',
        'anna, "Anna\nMüller"\nbob',
        "\n\n,,\nanna,Anna Müller\n;\n\nbob,\n",
        "anna,Anna\u200b \u202eMüller\nbob,  ",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_are_read_in_every_common_form(text, encoding):
    found = parse_csv(text.encode(encoding))
    rejected = [item for item in found.rejected if item.text != ";"]
    assert (found.accepted, rejected) == (TABLE, [])


def test_a_table_of_an_old_spreadsheet_program_is_read():
    assert parse_csv("anna;Anna Müller\nbob".encode("cp1252")).accepted == TABLE


def test_big_endian_utf_16_is_read():
    assert parse_csv(b"\xfe\xff" + "anna;Anna Müller\nbob".encode("utf-16-be")).accepted == TABLE


def test_the_delimiter_is_the_first_of_most_lines():
    found = parse_csv(b'anna;Smith, Anna\nbob;Smith, Bob; Esq.\n"x,y";z\n')
    assert found.accepted == [Recipient("anna", "Smith, Anna"), Recipient("bob", "Smith, Bob")]


def test_quotes_may_hold_delimiters_and_quotes():
    assert parse_csv(b'"anna","Anna ""Ann"" Smith, PhD"').accepted == [Recipient("anna", 'Anna "Ann" Smith, PhD')]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("username,city\nann,Ulm", None),
        ("city,Handle\nUlm,ann", None),
        ("ann\nben", None),
        ("Name,City\nann,Ulm", "Name"),
        ("full_name,Contact\nAnn Lee,ann", "Contact"),
        ("who,city\nann,Ulm", ""),
    ],
)
def test_a_column_of_usernames_that_is_a_guess_is_named(table, column):
    assert parse_csv(table.encode()).column == column


def test_a_first_row_of_data_is_no_head():
    assert names(parse_csv(b"anna\nbob")) == ["anna", "bob"]


def test_a_row_without_a_name_is_rejected():
    assert refusals(parse_csv(b"anna,Anna\n,Bob\ncarl,Carl")) == [(2, ",Bob", "empty_name")]


def test_a_quote_that_is_never_closed_costs_only_its_row():
    found = parse_csv(b'anna,Anna\nbob,"Bob\ncarl,Carl\ndora,Dora\nemil,Emil\nfred,Fred\ngina,"Gina')
    assert names(found) == ["anna", "carl", "dora", "emil", "fred"]
    assert refusals(found) == [(2, 'bob,"Bob', "broken_row"), (7, 'gina,"Gina', "broken_row")]


def test_a_quote_that_ends_too_early_breaks_its_row():
    found = parse_csv(b'anna\n"bob" b,Bob\ncarl')
    assert (names(found), refusals(found)) == (["anna", "carl"], [(2, '"bob" b,Bob', "broken_row")])


def test_a_row_with_a_nul_is_broken_and_shown_without_it():
    assert refusals(parse_csv(b"anna\nb\x00ob\ncarl")) == [(2, "b�ob", "broken_row")]
    assert refusals(parse_pasted("anna\nb\x00ob\ncarl")) == [(2, "b�ob", "broken_row")]


def test_lines_are_counted_over_rows_of_several():
    found = parse_csv(b'anna,"An\nna"\n\n-\n')
    assert refusals(found) == [(4, "-", "not_a_username")]


def test_a_long_row_is_shown_by_its_beginning():
    found = parse_pasted("-" * 1000)
    assert found.rejected[0].text == "-" * 80


@pytest.mark.parametrize("parse", [parse_pasted, lambda text: parse_csv(text.encode())])
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
    found = parse_csv(b"-\n" * 3000 + b"anna")
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
        (b"anna\x81", "RECIPIENTS_UNREADABLE"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "RECIPIENTS_UNREADABLE"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "RECIPIENTS_UNREADABLE"),
        (b"a" * (MOST_BYTES + 1), "RECIPIENTS_TOO_LARGE"),
    ],
)
def test_what_is_no_list_is_refused(data, name):
    assert outcome(parse_csv, data) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" ,;\n", "RECIPIENTS_EMPTY"),
        ("\x00\x00", "RECIPIENTS_UNREADABLE"),
        ("é" * (MOST_BYTES // 2 + 1), "RECIPIENTS_TOO_LARGE"),
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
    return "\n".join(rows).encode()


def test_ten_thousand_rows_with_every_kind_of_bad_row_are_read():
    found = parse_csv(rows_of_every_kind(9_999))
    assert len(found.accepted) > 9_000
    assert {item.reason for item in found.rejected} == {"not_a_username", "empty_name", "broken_row"}
    assert growth(lambda count: parse_csv(rows_of_every_kind(count)), 1_000) < 8


@pytest.mark.parametrize("row", [b'"\n', b'"a\n', b"-\n"])
def test_the_work_of_reading_a_file_grows_with_its_size_and_no_faster(row):
    assert outcome(parse_csv, row * 1_000) in ("read", "RECIPIENTS_EMPTY")
    assert growth(lambda count: outcome(parse_csv, row * count), 5_000) < 8


@pytest.mark.parametrize("part", ["a ", "- "])
def test_the_work_of_reading_a_paste_grows_with_its_size_and_no_faster(part):
    found = parse_pasted(part * 1_000)
    assert len(found.accepted) + found.folded + found.rejected_count == 1_000
    assert growth(lambda count: parse_pasted(part * count), 5_000) < 8


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
        assert all(parse_pasted(name).accepted == [Recipient(name)] for name in names(found))


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data):
    assert outcome(parse_csv, data) in ("read", "RECIPIENTS_EMPTY", "RECIPIENTS_UNREADABLE")
