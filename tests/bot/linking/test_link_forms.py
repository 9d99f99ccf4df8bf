import pytest

from bot.core.errors import BotException
from bot.inputs.validation import checked, checked_json
from bot.linking.link_forms import Code, Link

WHERE = "Instagram shows it at the top of your profile."
NOT_THE_ADDRESS = f"Type the username, not the e-mail address. {WHERE}"
NOT_THE_NUMBER = f"Type the username, not the phone number. {WHERE}"
FORM = "Type an Instagram username: letters, digits, dots and underscores, or a link to the profile."


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("anna_k", "anna_k"),
        (" @Anna_K ", "anna_k"),
        ("https://www.instagram.com/anna_k/", "anna_k"),
        ("＠anna_k", "anna_k"),
        ("anna.2026", "anna.2026"),
        ("12.34.56.78", "12.34.56.78"),
        ("123456", "123456"),
    ],
)
def test_a_username_is_taken(typed, name):
    assert checked(Link, {"username": typed, "password": "pass word"}).username == name


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("anna@example.org", NOT_THE_ADDRESS),
        (" Anna.K+ig@mail.example.co.uk ", NOT_THE_ADDRESS),
        ("mailto:anna@example.org", NOT_THE_ADDRESS),
        ("ä@example.org", NOT_THE_ADDRESS),
        ("a@münchen.de", NOT_THE_ADDRESS),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ", NOT_THE_ADDRESS),
        ("+49 151 2345678", NOT_THE_NUMBER),
        ("0151-2345678", NOT_THE_NUMBER),
        ("(555) 123-4567", NOT_THE_NUMBER),
        ("06.12.34.56.78", NOT_THE_NUMBER),
        ("+1\u00a0555\u00a0123\u00a04567", NOT_THE_NUMBER),
        ("4915123456789", NOT_THE_NUMBER),
        ("two words", FORM),
        (".nat", FORM),
        ("", FORM),
        ("@", FORM),
    ],
)
def test_an_address_and_a_number_are_told_from_a_username(typed, words):
    with pytest.raises(BotException) as raised:
        checked(Link, {"username": typed, "password": "pass word"})
    assert raised.value.meta["errors"] == [{"field": "username", "code": "WRONG_FORM", "message": words}]


@pytest.mark.parametrize("typed", [" pass word ", "Zoe\u0308", "ｐａｓｓ", "a\r\nb", "253-941"])
def test_a_password_goes_to_instagram_as_it_was_typed(typed):
    assert checked(Link, {"username": "anna", "password": typed}).password == typed


@pytest.mark.parametrize(
    "typed", ["253-941", " 253 941 ", "２５３９４１", "253\u2013941", "253\u00a0941", "2-5-3-9-4-1"]
)
def test_a_code_is_taken_as_it_is_copied(typed):
    assert checked(Code, {"code": typed}).code == "253941"


@pytest.mark.parametrize("typed", ["", "123", "abcdef", "1" * 13, "253/941", "2 5 3", "code 253941"])
def test_what_is_no_code_is_refused_and_told_why(typed):
    with pytest.raises(BotException) as raised:
        checked_json(Code, '{"code": "' + typed + '"}')
    words = "Type the code as you got it: 4 to 12 digits."
    assert raised.value.meta["errors"] == [{"field": "code", "code": "WRONG_FORM", "message": words}]
