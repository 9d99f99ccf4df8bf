"""Which column of a table names its people: known by a header, sure by its cells, or asked about."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.errors import BotException
from bot.inputs.usernames import read_username
from bot.recipients.headers import header_kind
from bot.recipients.reading import Choice, Recipient, Unsure, parse_csv, parse_pasted

ANNA = [Recipient("anna_k")]
ANNA_KIM = [Recipient("anna_k", "Anna Kim", "Anna")]


def read(table, **choice):
    return parse_csv(table.encode(), Choice(**choice))


def asked(table, **choice):
    """Return the question about a table: the field, and each answer with the people it would read."""
    with pytest.raises(Unsure) as caught:
        read(table, **choice)
    assert [problem["field"] for problem in caught.value.meta["errors"]] == [caught.value.field]
    return caught.value.field, {one.value: one.samples for one in caught.value.candidates}


HEADED = {
    "Benutzername\nanna_k": ANNA,
    "Usuario,Nombre\nanna_k,Anna": [Recipient("anna_k", "Anna")],
    "sep=;\nusername;full_name\nanna_k;Anna": [Recipient("anna_k", "Anna")],
    "Followers of @coffee\n\nusername,full_name\nanna_k,Anna K": [Recipient("anna_k", "Anna K")],
    "Notes,Instagram Username,Full Name\nvip,anna_k,Anna Kim": [Recipient("anna_k", "Anna Kim")],
    "First Name,Last Name,IG username\nAnna,Kim,anna_k": ANNA_KIM,
    "instagramHandle\nanna_k": ANNA,
    "username,first_name\nanna_k,Anna": [Recipient("anna_k", "Anna", "Anna")],
    "Name,Instagram handle\nAnna K,@anna_k": [Recipient("anna_k", "Anna K")],
    "username\n'@anna_k": ANNA,
    'username\n="anna_k"': ANNA,
    'username,full_name\nanna_k,"Anna K" \n': [Recipient("anna_k", "Anna K")],
    "username|full_name\nanna_k|Anna": [Recipient("anna_k", "Anna")],
    "Nom d’utilisateur;Prénom;Nom\nanna_k;Anna;Kim": ANNA_KIM,
    "Gebruikersnaam\tVoornaam\tAchternaam\nanna_k\tAnna\tKim": ANNA_KIM,
    "Nazwa użytkownika,Imię,Nazwisko\nanna_k,Anna,Kim": ANNA_KIM,
    "KULLANICI ADI;AD SOYAD\nanna_k;Anna Kim": [Recipient("anna_k", "Anna Kim")],
    "Имя пользователя;Имя;Фамилия\nanna_k;Anna;Kim": ANNA_KIM,
    "nome_utente,nome_completo\nanna_k,Anna Kim": [Recipient("anna_k", "Anna Kim")],
    "Nome de usuário,Primeiro nome\nanna_k,Anna": [Recipient("anna_k", "Anna", "Anna")],
    "Vorname,Name,Insta\nAnna,Kim,anna_k": ANNA_KIM,
    "Name,Vorname,Insta\nAnna Kim,Anna,anna_k": ANNA_KIM,
    "firstName,lastName,profileUrl\nAnna,Kim,https://www.instagram.com/anna_k/": ANNA_KIM,
    "Username,Instagram\nshop-login,@anna_k": ANNA,
    "shop_user,Instagram Username\nanna,anna_k": ANNA,
    "profileUrl,username,fullName\nhttps://instagram.com/anna_k/,anna_k,Anna Kim": [Recipient("anna_k", "Anna Kim")],
    "Export 2026-11-29\nAll followers\n\nusername\nanna_k": ANNA,
    "Exported on;2026-11-29\n\nuser_name;city\nanna_k;Ulm": ANNA,
    "Followers\n\nusername,full_name\nanna_k,Anna": [Recipient("anna_k", "Anna")],
    "| username | name |\n|---|---|\n| anna_k | Anna |": [Recipient("anna_k", "Anna")],
    "\ufeffusername;name\nanna_k;Anna": [Recipient("anna_k", "Anna")],
    '"user name", "full name"\n"anna_k", "Kim, Anna"': [Recipient("anna_k", "Kim, Anna")],
    "username\nanna_k;Anna Kim": [Recipient("anna_k", "Anna Kim")],
}


@pytest.mark.parametrize(("table", "people"), HEADED.items())
def test_a_table_is_read_by_its_headers(table, people):
    found = read(table)
    assert found.accepted == people
    assert {one.reason for one in found.rejected} <= {"above_header"}
    assert parse_pasted(table.removeprefix("\ufeff")).accepted == people


SURE = {
    "anna_k\tAnna Smith": [Recipient("anna_k", "Anna Smith")],
    "anna_k,Anna Smith\nben.lee,Ben Lee": [Recipient("anna_k", "Anna Smith"), Recipient("ben.lee", "Ben Lee")],
    "Anna Smith;annasmith": [Recipient("annasmith", "Anna Smith")],
    "Anna K;@anna_k\nBen L;@ben": [Recipient("anna_k"), Recipient("ben")],
    "my note;https://www.instagram.com/anna_k/;2 words": ANNA,
    "Foo,Wert\nAnna K,@anna_k\nBen L,@ben": [Recipient("anna_k"), Recipient("ben")],
    "Wer;Wie heißt\nanna_k;Anna Smith": [Recipient("anna_k", "Anna Smith")],
}


@pytest.mark.parametrize(("table", "people"), SURE.items())
def test_a_table_without_known_headers_is_read_where_its_cells_are_sure(table, people):
    found = read(table)
    assert (found.accepted, found.rejected) == (people, [])
    assert found.column is not None


WIDER = {
    "full_name,username\nKim, Anna,anna_k": [],
    "Name,Username,City\nKim, Anna,anna_k,Berlin\nBo,ben.b,Paris": ["ben.b"],
    "Name;Handle\nKim; Anna;anna_k": [],
    "Company;Username\nFoo; Bar;anna_k": [],
    "Vorname,Nachname,Instagram\nAnna,von,der,Kim,anna_k": [],
    "Name,Comment,Username\nAnna,great,stuff,anna_kk": [],
    "Comment\tUsername\nhi\tthere\tanna_kk": [],
    'full name,handle\n"Kim, Anna",anna_kk\nHaas, Ben,ben.bb': ["anna_kk"],
    "username,full_name\nanna_k,Anna,Kim\nBen,Bo,ben.b": [],
    "Comment,Username\nhi, @friend,anna_kk": [],
    "Name,Username\nKim, Anna,": [],
    "Name,Username,\nKim, Anna,anna_k": [],
    "Name|Username\nKim| Anna|anna_k": [],
    "Username,Comment\n@anna_k,great, stuff": ["anna_k"],
}


@pytest.mark.parametrize(("table", "people"), WIDER.items())
def test_a_row_with_more_cells_than_the_header_is_not_read_by_position(table, people):
    found = read(table)
    assert [one.username for one in found.accepted] == people
    assert not any(one.full_name for one in found.accepted if "@" in table)
    assert {one.reason for one in found.rejected} <= {"too_many_cells"}
    assert len(found.accepted) + found.rejected_count == table.count("\n")


def test_a_wider_row_is_refused_in_a_column_that_was_chosen():
    table = "Anna Kim,anna_k\nHaas, Ben,ben.b"
    assert [one.username for one in read(table, column="2", header=False).accepted] == ["anna_k"]
    assert [one.username for one in read(f"name,who\n{table}", column="2").accepted] == ["anna_k"]


def test_a_header_of_one_cell_does_not_name_one_of_several_columns():
    assert asked("username\nKim;Anna Lee") == ("column", {"1": ["kim"]})


UNSURE = {
    "anna,Anna Müller\nbob": {"1": ["anna", "bob"]},
    "name,city\nann,Ulm": {"1": ["ann"], "2": ["ulm"]},
    "full_name,Contact\nAnn Lee,ann": {"2": ["ann"]},
    "Anna;@anna_k\nBen;@ben": {"1": ["anna", "ben"], "2": ["anna_k", "ben"], "all": ["anna", "anna_k", "ben"]},
    "anna_k;@agency\nben.b;@agency": {"1": ["anna_k", "ben.b"], "2": ["agency"], "all": ["anna_k", "agency", "ben.b"]},
    "vip,anna_k,Anna Kim\nvip,ben_l,Ben Lee": {"1": ["vip"], "2": ["anna_k", "ben_l"]},
    "Anna,Anna Kim\nBen,Ben Lee": {"1": ["anna", "ben"]},
    "on_hold,Anna Kim\nactive,Ben Lee": {"1": ["on_hold", "active"]},
    "anna_k,user,active\nben,admin,passive": {
        "1": ["anna_k", "ben"],
        "2": ["user", "admin"],
        "3": ["active", "passive"],
        "all": ["anna_k", "user", "active"],
    },
    "anna_k,instagram,2024\nben,facebook,2023": {"1": ["anna_k", "ben"], "2": ["instagram", "facebook"]},
    "name,account\nAnna K,Acme Corp\nBen L,acme": {"2": ["acme"]},
    "Username,Handle\nshop1,anna_k": {"1": ["shop1"], "2": ["anna_k"]},
    "1\tanna_k\n2\tben.b": {"2": ["anna_k", "ben.b"]},
    "anna, ben, cai": {"1": ["anna"], "2": ["ben"], "3": ["cai"], "all": ["anna", "ben", "cai"]},
    "anna_k\nben\nAnna Baker": {"1": ["anna_k", "ben"]},
    "+49 170 1234567\nanna_k": {"1": ["anna_k"]},
    "Anna Baker\nBen": {"1": ["ben"]},
}


@pytest.mark.parametrize(("table", "candidates"), UNSURE.items())
def test_where_no_column_is_surely_the_usernames_nothing_is_accepted(table, candidates):
    assert asked(table) == ("column", candidates)


def test_a_question_shows_the_first_rows_and_the_headers():
    with pytest.raises(Unsure) as caught:
        read("name,city\n" + "ann,Ulm\n" * 9)
    assert caught.value.rows == [["name", "city"], *[["ann", "Ulm"]] * 4]
    assert [one.label for one in caught.value.candidates] == ["name", "city"]
    assert "ann" not in str(caught.value.meta)


CHOSEN = [
    ("anna,Anna Müller\nbob", {"column": "1"}, [Recipient("anna"), Recipient("bob")]),
    (
        "anna,Anna Müller\nbob",
        {"column": "1", "name_column": "2"},
        [Recipient("anna", "Anna Müller"), Recipient("bob")],
    ),
    ("vip,anna_k,Anna Kim\nvip,ben_l,Ben Lee", {"column": "2"}, [Recipient("anna_k"), Recipient("ben_l")]),
    ("Kontakt,Wert\nAnna,anna_k", {"column": "2"}, ANNA),
    ("Kontakt,Wert\nAnna,anna_k", {"column": "Wert"}, ANNA),
    ("kontakt,wert\nanna,anna_k", {"column": "WERT"}, ANNA),
    ("Wert,Contact,Anmerkung,Vorname\nx,anna_k,1,Anna", {"column": "2"}, [Recipient("anna_k", "Anna", "Anna")]),
    ("name,Contact\nAnna Kim,anna_k", {"column": "contact"}, [Recipient("anna_k", "Anna Kim")]),
    ("wert,thema\nanna,berlin", {"column": "1", "header": True}, [Recipient("anna")]),
    ("wert,thema\nanna,berlin", {"column": "1", "header": False}, [Recipient("wert"), Recipient("anna")]),
    ("anna, ben\ncai", {"column": "all"}, [Recipient("anna"), Recipient("ben"), Recipient("cai")]),
    ("Username,Handle\nshop1,anna_k", {"column": "Handle"}, ANNA),
    ("anna_k\nAnna Baker", {"column": "1"}, ANNA),
    ("Kontakte\nanna_k", {"header": True}, ANNA),
    ("Kontakte\nanna_k", {"column": "kontakte"}, ANNA),
    ("Kontakte\nanna_k", {"header": False}, [Recipient("kontakte"), Recipient("anna_k")]),
]


@pytest.mark.parametrize(("table", "choice", "people"), CHOSEN)
def test_what_a_person_chooses_is_read(table, choice, people):
    assert read(table, **choice).accepted == people
    assert parse_pasted(table, Choice(**choice)).accepted == people


@pytest.mark.parametrize(
    ("table", "choice", "field"),
    [
        ("anna,ben", {"column": "3"}, "column"),
        ("anna,ben", {"column": "0"}, "column"),
        ("anna,ben", {"column": "-1"}, "column"),
        ("anna,ben", {"column": "²"}, "column"),
        ("anna,ben", {"column": "9" * 100}, "column"),
        ("name,name\na,b", {"column": "name"}, "column"),
        ("anna,ben", {"column": "1", "name_column": "x"}, "name_column"),
        ("anna,ben", {"column": "1", "name_column": "1"}, "name_column"),
        ("anna\nben", {"column": "2"}, "column"),
        ("anna\nben", {"column": "ben"}, "column"),
    ],
)
def test_a_column_that_is_not_there_is_refused(table, choice, field):
    with pytest.raises(BotException) as caught:
        read(table, **choice)
    assert [problem["field"] for problem in caught.value.meta["errors"]] == [field]


@pytest.mark.parametrize(
    "table",
    [
        "Kontakte\nanna_k\nben",
        "Name\nanna_k\nben",
        "user\nanna_k\nben",
        "Follower\nanna_k\nben",
        "URL\nhttps://www.instagram.com/anna_k\nhttps://www.instagram.com/ben",
        "insta_liste\nanna_k\nben",
        "Neue\nanna_k\nben",
    ],
)
def test_a_first_row_that_looks_like_a_header_is_asked_about(table):
    first = table.partition("\n")[0].lower()
    assert asked(table) == ("header", {"true": ["anna_k", "ben"], "false": [first, "anna_k", "ben"]})
    assert [one.username for one in read(table, header=True).accepted] == ["anna_k", "ben"]


def test_a_first_row_that_may_be_either_is_asked_about_once_a_column_is_chosen():
    assert asked("wert,thema\nanna,berlin", column="1") == ("header", {"true": ["anna"], "false": ["wert", "anna"]})


@pytest.mark.parametrize(
    "table", ["Anna\nBen\nCai", "anna\nben", "an_k\nBen\ncai", "Anna.K\nben", "@Anna\nben", "Anna"]
)
def test_one_column_of_what_can_be_usernames_is_a_list(table):
    assert [one.username for one in read(table).accepted] == [
        line.removeprefix("@").lower() for line in table.split("\n")
    ]


def test_what_programs_write_for_nothing_is_nobody():
    found = read("username,name\nnan,Ann\nNULL,x\nN/A,x\nundefined,x\n12345,x\nanna_k,x")
    assert [one.username for one in found.accepted] == ["anna_k"]
    assert [one.reason for one in found.rejected] == ["empty_name"] * 4 + ["not_a_username"]


def test_headers_in_the_middle_are_nobody():
    found = read("username,name\nanna_k,Anna\nusername,name\nben,Ben")
    assert [one.username for one in found.accepted] == ["anna_k", "ben"]
    assert [(one.line, one.reason) for one in found.rejected] == [(3, "header")]


def test_a_person_above_the_headers_is_shown_and_not_written_to():
    found = read("anna_k;Anna\nusername;name\nben;Ben")
    assert [one.username for one in found.accepted] == ["ben"]
    assert [(one.line, one.text, one.reason) for one in found.rejected] == [(1, "anna_k;Anna", "above_header")]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("username,city\nann,Ulm", None),
        ("city,Instagram\nUlm,ann", None),
        ("ann\nben", None),
        ("Account,Name\nann,Ann", "Account"),
        ("Foo,Bar\nAnn Lee,@ann", "Bar"),
        ("Ann Lee,@ann", ""),
    ],
)
def test_a_column_whose_header_does_not_say_that_it_has_usernames_is_named(table, column):
    assert read(table).column == column


words = st.sampled_from(["anna_k", "ben", "Anna", "Anna Kim", "vip", "@cai", "12", "", "nan", "a@b.de", "-", "user"])
headers = st.sampled_from(["username", "Name", "IG handle", "Notes", "first_name", "Wert", "user", "", "Email"])


@given(
    st.lists(headers, max_size=3),
    st.lists(st.lists(words, min_size=1, max_size=3), min_size=1, max_size=5),
    st.sampled_from(",;\t|"),
)
def test_each_recipient_is_the_whole_text_of_a_cell_under_one_column(head, rows, delimiter):
    table = "\n".join(delimiter.join(row) for row in [head, *rows])
    try:
        found = read(table)
    except BotException:
        return
    columns = [{at: read_username(cell).name for at, cell in enumerate(row)} for row in [head, *rows]]
    accepted = {one.username for one in found.accepted}
    assume(accepted)
    assert any(accepted <= {row.get(at) for row in columns} for at in range(3))
    assert all(header_kind(name) not in ("username", "instagram") for name in accepted)
