from datetime import timedelta

import pytest

from bot.config.environment import Config
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.inputs.mail_addresses import kept_form, wire_form
from bot.inputs.validation import checked
from bot.mail.smtp import build_message
from bot.operations.user_admin import UserChange
from bot.storage.models import Mail
from bot.users.directory import NewUser
from bot.users.email_addresses import NewEmail
from bot.users.password_reset import ForgotPassword
from bot.users.registration import Register

FORMS = {
    NewUser: {"username": "alice"},
    UserChange: {},
    NewEmail: {},
    Register: {"username": "alice", "password": "correct horse"},
}


@pytest.fixture(params=FORMS, ids=lambda model: model.__name__)
def read(request):
    return lambda text: checked(request.param, FORMS[request.param] | {"email": text}).email


@pytest.mark.parametrize(
    ("typed", "kept", "wire"),
    [
        ("a@münchen.de", "a@münchen.de", "a@xn--mnchen-3ya.de"),
        ("a@xn--mnchen-3ya.de", "a@münchen.de", "a@xn--mnchen-3ya.de"),
        ("A.B+c@MÜNCHEN.de", "A.B+c@münchen.de", "A.B+c@xn--mnchen-3ya.de"),
        ("x@例え.jp", "x@例え.jp", "x@xn--r8jz45g.jp"),
        ("x@mu\u0308nchen.de", "x@münchen.de", "x@xn--mnchen-3ya.de"),
        ("a@пример.рф", "a@пример.рф", "a@xn--e1afmkfd.xn--p1ai"),
        (" anna@example.org\n", "anna@example.org", "anna@example.org"),
        ("mailto:anna@example.org", "anna@example.org", "anna@example.org"),
        ("<anna@example.org>", "anna@example.org", "anna@example.org"),
        ("\u200eanna@example.org\u200b", "anna@example.org", "anna@example.org"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "anna@example.org", "anna@example.org"),
    ],
)
def test_an_address_is_read_as_people_type_it(read, typed, kept, wire):
    assert read(typed) == kept
    assert wire_form(kept) == wire
    assert kept_form(typed) == kept


OTHER_LETTERS = (
    "Before the @ only a to z, digits and signs like . - _ + can be used: mail servers refuse other letters."
)
FORM = "Type an e-mail address, like name@example.org."


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ä@example.org", OTHER_LETTERS),
        ("анна@example.org", OTHER_LETTERS),
        ("山田@example.jp", OTHER_LETTERS),
        ("anna☕@example.org", OTHER_LETTERS),
        ("a@münchen.de, b@example.org", FORM),
        ("a@b", FORM),
        ("a@☕.org", FORM),
        ("a@-münchen.de", FORM),
        ("a@xn--zzzz.de", FORM),
        (f"a@{'ü' * 63}.de", FORM),
        ("anna", FORM),
    ],
)
def test_an_address_that_no_mail_reaches_is_refused_at_its_field(read, typed, words):
    with pytest.raises(BotException) as raised:
        read(typed)
    assert raised.value.meta["errors"] == [{"field": "email", "code": "INVALID", "message": words}]


def mail_to(address):
    return Mail(id="1", recipient=address, subject="s", created_at=now(), expires_at=now() + timedelta(days=1))


@pytest.mark.usefixtures("base_app")
@pytest.mark.parametrize("address", ["a@münchen.de", "a@xn--mnchen-3ya.de", "x@例え.jp"])
def test_a_mail_names_its_recipient_in_ascii(address):
    head = bytes(build_message(mail_to(address), "text")).partition(b"\r\n\r\n")[0]
    assert f"To: {wire_form(address)}".encode() in head.splitlines()
    assert b"=?" not in head


@pytest.mark.usefixtures("base_app")
@pytest.mark.parametrize("address", ["ä@example.org", "анна@münchen.de", "a@☕☕.example"])
def test_an_address_from_before_that_no_mail_can_have_is_a_failure_of_that_mail_alone(address):
    with pytest.raises(BotException, match="INVALID_INPUT"):
        build_message(mail_to(address), "text")


def test_the_sender_has_to_be_an_address_that_mails_can_have(monkeypatch):
    assert Config(MAIL_FROM="bot@münchen.de", SMTP_URL=None).mail_from == "bot@münchen.de"
    with pytest.raises(ValueError, match="mail_from"):
        Config(MAIL_FROM="ä@example.org")


@pytest.mark.parametrize("field", ["username", "email"])
def test_an_address_is_looked_up_in_the_form_that_it_is_kept_in(field):
    assert ForgotPassword(**{field: "a@xn--mnchen-3ya.de"}).name == "a@münchen.de"
    assert ForgotPassword(**{field: " alice "}).name == "alice"
