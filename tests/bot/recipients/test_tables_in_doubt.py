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
    *("user,Full Name\nadmin,Anna Kim", "user,Full Name\njoe,Anna Kim", "Handle,Followers\nanna_k,300"),
    "Handle,Title,Body (HTML),Vendor\nblueshirt,Blue Shirt,<p>x</p>,Acme",
    "Handle,Title,Body (HTML),Vendor\nblueshirt,Blue Shirt,<p>x</p>,Acme Inc",
    *("Username,Friend\nnike,anna", "Instagram,Friend\nnike,anna", "Username,Recipient\nme_me,anna"),
    *("Username,Assigned to\nnike,joe", "Username,Barátok\nnike,anna", "Username,Tagged\n@nike,@anna_k"),
    *("Username,Website\nnike,https://instagram.com/anna_k", "username,Following\nnike,@anna"),
    *("TikTok username,Name\n@anna_tt,Anna Kim", "TikTok,Name\n@anna_tt,Anna Kim", "tiktokHandle,City\n@anna_tt,Ulm"),
    *("TikTok followers\n\nusername\nanna_tt", "Twitter export\n\nusername,city\nanna_tt,Ulm"),
    *("weirdword\nanna_k\nben.b", "kuponkod\n@anna\n@ben", "felhasznalo\nhttps://instagram.com/anna"),
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
    "username,followers\nanna_k,300\nTotal,300": (["anna_k"], {"ordinary_word"}),
    "username\nanna_k\nEnd": (["anna_k"], {"ordinary_word"}),
    "username\nanna_k\nfull_name\nben.b": (["anna_k", "ben.b"], {"header"}),
    "username,first_name\nfirst_name,x\nanna_k,Anna": (["anna_k"], {"header"}),
    "username\nVorname\nanna_k\nsurname": (["anna_k"], {"header"}),
    "username\nanna_k\ntiktok\nben.b": (["anna_k"], {"other_site"}),
    "username,city\nanna_k,\nTikTok,\nben.b,Bonn\nInstagram,\ncai,": (["anna_k", "cai"], {"other_site", "header"}),
    "username,Platform\nanna_k,Instagram\nben.b,TikTok\ncai_c,X": (["anna_k"], {"other_site"}),
    "Instagram,Kanal\nanna_k,IG\nben.b,YouTube": (["anna_k"], {"other_site"}),
    "username,type\nanna_k,creator\nben.b,TikTok account": (["anna_k"], {"other_site"}),
    "@anna_tt\tTikTok account\n@anna_k\tInstagram": (["anna_k"], {"other_site"}),
    "Anna Kim,@anna_tt,on TikTok\nBen Lee,@ben_l,vip": (["ben_l"], {"other_site"}),
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


SURE = {
    "username,bio\nanna_k,TikTok: anna_tt\nben.b,me": ["anna_k", "ben.b"],
    "Instagram username,TikTok username,Twitter\nanna_k,anna_tt,anna_x": ["anna_k"],
    "shop_login,Instagram Username\nanna,anna_k": ["anna_k"],
    "username,plan_code\nanna_k,a\nben.b,b\ncai,a\ndora,a\neve,b\nfay,a\ngus,a": [
        *("anna_k", "ben.b", "cai", "dora", "eve", "fay", "gus")
    ],
    "username,Kosename\nanna_k,Anna\nben.b,Ben": ["anna_k", "ben.b"],
    "username,Website\nanna_k,https://instagram.com/anna_k\nben.b,": ["anna_k", "ben.b"],
    "Handle,Name\nannakim,Anna Kim\nben.lee,Ben Lee": ["annakim", "ben.lee"],
    "Handle,Followers\n@anna,300\n@ben,20": ["anna", "ben"],
    "username,owner\n@anna,joe\n@ben,sue": ["anna", "ben"],
}


@pytest.mark.parametrize(("table", "people"), SURE.items())
def test_a_table_whose_column_of_usernames_is_sure_is_read_without_a_question(table, people):
    for found in (read(table), parse_pasted(table)):
        assert ([one.username for one in found.accepted], found.rejected) == (people, [])


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("Do not contact\n\nusername\nanna_k", "do not want messages"),
        ("Blocked\nanna_k", "do not want messages"),
        ("username,opted_out\nanna_k,no", "do not want messages"),
        ("TikTok followers\n\nusername\nanna_tt", "another site"),
        ("TikTok,Name\n@anna_tt,Anna Kim", "another site"),
    ],
)
def test_a_question_says_why_it_is_asked(table, why):
    with pytest.raises(Unsure, match=why) as caught:
        read(table)
    assert why in caught.value.meta["errors"][0]["message"]
    assert read(table, column="1", header=True).accepted


LABELED = {
    "用户名\nanna_k\nben": ["用户名"],
    "اسم المستخدم\nanna_k": ["اسم المستخدم"],
    "Felhasználónév\nanna_k": ["Felhasználónév"],
    "名前,アカウント名\nanna,anna_k": ["名前", "アカウント名"],
    "Név,Felhasználónév\nanna,anna_k": ["Név", "Felhasználónév"],
    "Kontakt;Wert\nAnna;anna_k": ["Kontakt", "Wert"],
    "vip,anna_k\nvip,ben_l": [None, None],
}


@pytest.mark.parametrize(("table", "labels"), LABELED.items())
def test_a_question_labels_columns_by_a_first_row_that_can_only_be_headers(table, labels):
    with pytest.raises(Unsure) as caught:
        read(table)
    assert [one.label for one in caught.value.candidates if one.value != "all"] == labels


PLAIN_LISTS = [
    *("anna_k\nben.b\ncaro", "caro\nanna_k\nben", "anna\nben\ncaro", "Anna\nBen", "caro\nanna\nben.b", "anna"),
    *("@anna\n@ben", "nike\nadidas\npuma", "anna.k\nben", "anna_k\n\nben.b\n"),
]


@pytest.mark.parametrize("text", PLAIN_LISTS)
def test_a_list_of_usernames_is_taken_without_a_question(text):
    people = text.lower().replace("@", "").split()
    for found in (read(text), parse_pasted(text)):
        assert ([one.username for one in found.accepted], found.rejected) == (people, [])


SITES = {
    "anna_k\ntiktok\nanna_tt\nInstagram\nben.b": ["anna_k", "ben.b"],
    "Twitter\nanna_x\n@ben_x": [],
    "@anna_k\nTikTok accounts\nben_tt": ["anna_k"],
    "anna_k\n@tiktok\nben.b": ["anna_k", "tiktok", "ben.b"],
}


@pytest.mark.parametrize(("text", "people"), SITES.items())
def test_people_below_a_line_with_nothing_but_a_site_are_of_that_site(text, people):
    found = parse_pasted(text)
    assert [one.username for one in found.accepted] == people
    assert {one.reason for one in found.rejected} <= {"other_site", "header"}
