"""Files in an encoding that they do not name: names are asked about and never guessed."""

import pytest

from bot.core.errors import BotException
from bot.recipients.encodings import ASCII, ENCODINGS, FEWEST_OFFERED, MAX_OFFERED, decode, offers
from bot.recipients.reading import Choice, Unsure, parse_csv

NAMES = {
    "windows-1251": "Анна Иван Мария Ольга Юлия Пётр Дмитрий Яна Жанна Щукин Олег Ева Ян Наталья",
    "shift_jis": "山田 佐藤 さくら 花子 ユキ 鈴木一郎 アンナ",
    "windows-1250": "Łucja Józef Žofie Zdeněk Śliwa Čapek Jiří Ondřej Michał Świat Dušan Želja Paweł Wałęsa Běla Šimon",
    "windows-1252": "Müller José Zoë Åsa Søren Núñez Günter Élodie João Jürgen Renée Käthe Weiß Björn Françoise",
    "windows-1254": "Ayşe Işıl Çağrı Gülşen Özgür İrem Tuğba Şebnem Yiğit Ümit Oğuz",
    "gb18030": "王芳 李娜 张伟 佐伊 刘洋",
    "big5": "陳小明 林志玲 黃家駒",
    "euc-kr": "김민수 이영희 박지성",
    "koi8-r": "Анна Иван Мария Ольга Юлия",
    "ibm866": "Анна Иван Мария Ольга Юлия",
    "windows-1253": "Άννα Γιώργος Μαρία",
    "iso-8859-2": "Łukasz Žofie Śliwa Šimon Ľuboš",
    "macintosh": "Müller José Zoë François",
    "ibm850": "Müller José Zoë François",
    "ibm852": "Łukasz Józef Čapek Michał",
}
EACH = [(encoding, name) for encoding, several in NAMES.items() for name in several.split()]


def table(name, encoding, head="username;full_name"):
    return f"{head}\nanna_k;{name}\n".encode(ENCODINGS[encoding].codec)


def asked(data, **choice):
    with pytest.raises(Unsure) as caught:
        parse_csv(data, Choice(**choice))
    return caught.value


@pytest.mark.parametrize(("encoding", "name"), EACH)
def test_a_name_is_asked_about_and_the_right_reading_is_offered(encoding, name):
    question = asked(table(name, encoding))
    assert (question.name, question.field) == ("RECIPIENTS_ENCODING", "encoding")
    *offered, without = question.candidates
    assert FEWEST_OFFERED <= len(offered) <= MAX_OFFERED
    assert without.value == ASCII
    assert name in [sample for one in offered for sample in one.samples]
    assert len({tuple(one.samples) for one in offered}) == len(offered)


@pytest.mark.parametrize(("encoding", "name"), EACH)
def test_the_encoding_that_a_person_chooses_is_the_one_that_is_read(encoding, name):
    found = parse_csv(table(name, encoding), Choice(encoding=encoding))
    assert [(one.username, one.full_name) for one in found.accepted] == [("anna_k", name)]


@pytest.mark.parametrize("encoding", NAMES)
def test_without_an_encoding_names_are_left_out(encoding):
    name = NAMES[encoding].split()[0]
    found = parse_csv(table(name, encoding) + b"ben;Ben Lee\n", Choice(encoding=ASCII))
    assert [(one.username, one.full_name) for one in found.accepted] == [("anna_k", None), ("ben", "Ben Lee")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("chosen", [None, "windows-1252", ASCII])
def test_what_names_its_encoding_itself_is_read_so_whatever_is_chosen(encoding, chosen):
    found = parse_csv("username;full_name\nanna_k;Анна".encode(encoding), Choice(encoding=chosen))
    assert [(one.username, one.full_name) for one in found.accepted] == [("anna_k", "Анна")]


def test_nothing_is_asked_where_no_name_is_in_question():
    found = parse_csv("username;city;full_name\nanna_k;Köln;Anna\n".encode("cp1252"))
    assert [(one.username, one.full_name) for one in found.accepted] == [("anna_k", "Anna")]


def test_headers_are_not_read_before_the_encoding_is_known():
    data = table("Анна", "windows-1251", "Имя пользователя;Полное имя")
    assert asked(data).field == "encoding"
    found = parse_csv(data, Choice(encoding="windows-1251"))
    assert [(one.username, one.full_name) for one in found.accepted] == [("anna_k", "Анна")]


def test_a_username_in_other_letters_is_no_username():
    found = parse_csv("username\nänna\nben".encode("cp1252"))
    assert [one.username for one in found.accepted] == ["ben"]
    assert [(one.line, one.text, one.reason) for one in found.rejected] == [(2, "�nna", "not_a_username")]


@pytest.mark.parametrize("encoding", ["shift_jis", "big5"])
def test_an_encoding_that_the_file_cannot_have_is_refused(encoding):
    with pytest.raises(BotException) as caught:
        parse_csv(b"username;full_name\nanna_k;\xfc\xff", Choice(encoding=encoding))
    assert [problem["field"] for problem in caught.value.meta["errors"]] == ["encoding"]


def test_any_bytes_have_an_encoding_to_offer():
    data = bytes(range(128, 256)) * 2
    text, known = decode(data)
    assert (len(offers(data, [text])) >= 1, known) == (True, False)
