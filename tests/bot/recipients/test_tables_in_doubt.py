"""Tables whose headers or cells may mean something else than people to write to."""

import pytest

from bot.recipients.reading import Unsure, parse_pasted
from tests.bot.recipients.test_ordinary_words import LISTS
from tests.bot.recipients.test_tables import asked, read

ASKED = [
    *("username,instagram\nanna_k,yes\nben.b,no", "Name,Instagram,Username\nAnna,yes,anna_kk"),
    *("Username,Instagram\nanna_k,active", "username,instagram\nanna_k,no\nben.bb,https://instagram.com/ben.bb"),
    "username,instagram\na_a,blau\nb_b,blau\nc_c,blau\nd_d,blau",
    "name,instagram\nAn A,blau\nBo B,blau\nCy C,rot\nDa D,blau\nEd E,rot\nFi F,rot",
    *("User,Contact\nsales_joe,anna_k", "Usuario,Cliente\nmaria,anna_k", "Login,Name\njoe,Anna"),
    *("Username,Commenter\nnike,anna_k", "UserName,UserName Followed\nx1,anna_k"),
    "Your Instagram username,Friend\nme_me,anna_k",
    *("Do not contact\n\nusername\nanna_k", "Do not contact\nanna_k", "username,opted_out\nanna_k,no"),
    *("Blocklist\n\nusername,city\nanna_k,Ulm", "Blocked\nanna_k", "BLACKLIST\nanna_k", "blocked,since\n@anna_k,2024"),
    *("Username (unsubscribed)\nanna_k", "stop\nanna_k"),
    *(f"{word}\nanna_k\nben.b" for word in LISTS.split()),
]


@pytest.mark.parametrize("table", ASKED)
def test_a_table_is_asked_about_where_two_columns_or_the_first_row_may_mean_something_else(table):
    asked(table)
    with pytest.raises(Unsure):
        parse_pasted(table)


REFUSED = {
    "name,instagram\nAnna,yes\nBen,no": ([], {"ordinary_word"}),
    "Instagram account?,Name\nyes,Anna": ([], {"ordinary_word"}),
    "user,Full Name\nadmin,Anna Kim": ([], {"ordinary_word"}),
    "username,followers\nanna_k,300\nTotal,300": (["anna_k"], {"ordinary_word"}),
    "username\nanna_k\nEnd": (["anna_k"], {"ordinary_word"}),
    "username\nanna_k\nfull_name\nben.b": (["anna_k", "ben.b"], {"header"}),
    "username,city\nanna_k,Ulm\n\nnotes,username\nvip,ben.b": (["anna_k"], {"second_table"}),
    "username,city\nanna_k,Ulm\nUsername,City\nben.b,Ulm": (["anna_k", "ben.b"], {"header"}),
}


@pytest.mark.parametrize(("table", "expected"), REFUSED.items())
def test_a_row_that_says_something_else_than_a_username_is_refused(table, expected):
    found = read(table)
    assert ([one.username for one in found.accepted], {one.reason for one in found.rejected}) == expected


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "ja", "kein", "nope", "idk", "ditto", "same", "unknown", "private", "x", "TRUE", "n_a", "test"],
)
def test_an_answer_in_the_column_of_usernames_is_a_person_only_behind_an_at(word):
    found = read(f"username,city\n{word},Ulm\nanna_k,Bonn")
    assert [one.username for one in found.accepted] == ["anna_k"]
    assert [one.username for one in read(f"username,city\n@{word},Ulm").accepted] == [word.lower()]
