"""Registering oneself: what everybody is answered, who gets which mail, and what the link makes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.config.environment import Config, ConfigError
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.mail.outbox import list_mails
from bot.storage.models import AuditEntry, BotStatus, Registration, User
from bot.storage.tenancy import identity, tenant
from bot.users import registration
from bot.users.directory import NewUser, create_user
from bot.users.email_addresses import NewEmail, change_email
from bot.users.registration import Register, VerifyEmail, forget_unverified, register
from bot.users.sign_in import SignIn, sign_in
from bot.users.verification import no_caller, pending, verify_email
from tests.bot.driving import signed_in
from tests.support.mails import link_in, mails_to, the_clock_ticks, token_for, verified
from tests.support.people import PASSWORD, VISITOR, Somebody
from tests.support.statements import statements

EMAIL = "carol@example.org"
CHOSEN = "a phrase that she chose"


@pytest.fixture(autouse=True)
def open_to_all(base_app):
    runtime().config = runtime().config.model_copy(update={"allow_registration": True})


def ask(username="Carol", email=EMAIL, password=CHOSEN, visitor=VISITOR):
    register(Register(username=username, email=email, password=password), visitor)


def asked(**values):
    """The token of the mail that a registration brings."""
    ask(**values)
    the_clock_ticks()
    return token_for(values.get("email", EMAIL))


def verify(token, password=CHOSEN, visitor=VISITOR, **values):
    return verify_email(VerifyEmail(token=token, password=password, **values), visitor)


def users():
    with identity(reading=True) as session:
        return sorted(session.scalars(select(User.username)))


def test_who_opens_the_link_can_sign_in_with_the_password_they_chose():
    token = asked()
    assert link_in(mails_to(EMAIL)[0])[:2] == ("http://127.0.0.1:8000", "verify-email")
    assert (pending(token).email, pending(token).username) == (EMAIL, "carol")
    assert users() == []
    user = verify(token)
    assert (user.username, user.email, user.role) == ("carol", EMAIL, "user")
    signed_in = sign_in(SignIn(username="carol", password=CHOSEN), VISITOR)
    assert not signed_in.user.must_change_password
    assert signed_in.user.email_verified_at
    with tenant(user.id, reading=True) as session:
        assert session.scalars(select(BotStatus)).one()


def test_for_every_name_and_address_the_same_is_done_while_the_asker_waits(alice, monkeypatch):
    verified(alice.id, "alice@example.org")
    hashed = []

    def counted(password):
        hashed.append(password)
        return "a hash"

    monkeypatch.setattr(registration, "hash_password", counted)
    done = []
    for name, email in (("carol", EMAIL), ("alice", EMAIL), ("carol", "alice@example.org")):
        with statements() as executed:
            ask(name, email)
        done.append(executed)
    assert len(done[0]) > 0
    assert done[0] == done[1] == done[2]
    assert hashed == [CHOSEN] * 3


def test_to_a_taken_address_goes_the_news_and_no_link(alice):
    verified(alice.id, "alice@example.org")
    ask("carol", "Alice@Example.org", visitor=Visitor("192.0.2.7", "tests"))
    the_clock_ticks()
    (told,) = mails_to("alice@example.org")
    assert told.subject == "Someone tried to register with your address"
    assert "belongs to alice" in told.text
    assert "192.0.2.7" in told.text
    assert "/verify-email/" not in told.text
    with identity(reading=True) as session:
        assert session.scalars(select(Registration)).all() == []
        assert "registration_refused" in session.scalars(select(AuditEntry.event)).all()


def test_a_taken_name_is_told_behind_the_link_alone_which_stays_good_for_another(alice):
    token = asked(username="alice")
    with pytest.raises(BotException, match="USERNAME_TAKEN"):
        verify(token)
    with pytest.raises(BotException, match="PASSWORD_IS_NAME") as refused:
        verify(token, username="phrase")
    assert refused.value.meta["errors"][0]["field"] == "password"
    with pytest.raises(BotException, match="USERNAME_TAKEN"):
        verify(token, username="ig.carol")
    verify(token, username="carol")
    assert users() == ["alice", "carol"]
    assert sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)
    assert sign_in(SignIn(username="carol", password=CHOSEN), VISITOR)


def test_a_password_that_somebody_else_chose_makes_no_account_of_who_reads_the_mail(clock):
    token = asked(password="a phrase of a stranger")
    for password, refusal in ((None, "INVALID_INPUT"), (CHOSEN, "WRONG_REGISTRATION_PASSWORD")):
        for name in (None, "carol", "other"):
            with pytest.raises(BotException, match=refusal) as refused:
                verify(token, password, username=name)
            assert refused.value.meta["errors"][0]["field"] == "password"
    assert users() == []
    clock.advance(seconds=1)
    assert verify(asked(username="other")).username == "other"
    with pytest.raises(BotException, match="LINK_INVALID"):
        verify(token, "a phrase of a stranger")


def test_guesses_at_the_password_of_a_registration_end_however_many_links_there_are(clock):
    links = []
    for name in ("carol", "other"):
        links.append(asked(username=name, password="a phrase of a stranger"))
        clock.advance(seconds=1)
    for number in range(10):
        with pytest.raises(BotException, match="WRONG_REGISTRATION_PASSWORD"):
            verify(links[number % 2], visitor=Visitor(f"192.0.2.{number}", "tests"))
    with pytest.raises(BotException, match="TOO_MANY_ATTEMPTS"):
        verify(links[0], "a phrase of a stranger", visitor=Visitor("192.0.2.99", "tests"))
    clock.advance(minutes=15)
    assert verify(links[0], "a phrase of a stranger").username == "carol"


def test_a_name_that_is_tried_with_the_right_password_is_counted_too(alice):
    token = asked()
    for _ in range(10):
        with pytest.raises(BotException, match="USERNAME_TAKEN"):
            verify(token, username="alice")
    with pytest.raises(BotException, match="TOO_MANY_ATTEMPTS"):
        verify(token)


def test_a_link_makes_one_user_also_when_many_open_it_at_the_same_time(base_app):
    token = asked()

    def use_it(number):
        with base_app.app_context():
            try:
                verify(token, username=f"carol{number}")
            except BotException as refusal:
                return refusal.name
            return "made"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(use_it, range(6))) == ["LINK_INVALID"] * 5 + ["made"]
    assert len(users()) == 1


def test_once_one_link_to_an_address_was_opened_the_others_are_void(clock):
    first = asked()
    clock.advance(seconds=1)
    second = asked(username="other")
    verify(first)
    with pytest.raises(BotException, match="LINK_INVALID"):
        verify(second)


def test_the_mails_of_a_registration_have_no_text_once_it_is_finished_and_keep_nobody_from_theirs(alice):
    verify(asked())
    assert mails_to(EMAIL) == []
    (kept,) = list_mails(10, None).items
    assert (kept.recipient, kept.text_encrypted) == (EMAIL, None)
    asked_for(alice)
    assert len(mails_to(EMAIL)) == 1


def test_a_stranger_who_registers_with_the_same_address_voids_no_link(clock):
    token = asked()
    clock.advance(seconds=1)
    asked(username="stranger")
    assert verify(token).username == "carol"


def test_what_is_not_verified_within_a_day_is_removed(clock):
    token = asked()
    clock.advance(days=1)
    with pytest.raises(BotException, match="LINK_INVALID"):
        verify(token)
    forget_unverified()
    with identity(reading=True) as session:
        assert session.scalars(select(Registration)).all() == []


def test_several_clocks_answer_once(base_app):
    ask()

    def clock(_number):
        with base_app.app_context():
            the_clock_ticks()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clock, range(4)))
    assert len(mails_to(EMAIL)) == 1


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"password": "short"}, "PASSWORD_TOO_SHORT"),
        ({"password": "password123"}, "PASSWORD_TOO_COMMON"),
        ({"password": "carol is my name"}, "PASSWORD_IS_NAME"),
        ({"username": "ig.carol"}, "USERNAME_TAKEN"),
    ],
)
def test_bad_passwords_and_names_that_nobody_can_have_are_refused(values, refusal):
    with pytest.raises(BotException, match=refusal):
        ask(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"email": "carol@example.org\r\nBcc: eve@example.org"},
        {"email": "carol@example.org\n"},
        {"email": '"a\r\nb"@example.org'},
        {"username": "carol\r\nBcc: eve@example.org"},
        {"username": "carol\n"},
        {"email": "carol"},
        {"email": "a@example.org, b@example.org"},
    ],
)
def test_no_field_brings_a_second_line_into_a_mail(values):
    try:
        ask(**values)
    except ValueError:
        return
    the_clock_ticks()
    (letter,) = mails_to(EMAIL)
    assert letter.recipient == EMAIL


def test_the_sixth_registration_with_an_address_in_a_quarter_of_an_hour_has_to_wait():
    for number in range(5):
        ask(f"carol{number}")
    with pytest.raises(BotException, match="TOO_MANY_ATTEMPTS"):
        ask()


def close_registration():
    runtime().config = runtime().config.model_copy(update={"allow_registration": False})


def test_a_link_makes_nobody_after_registration_was_closed():
    token = asked()
    close_registration()
    with pytest.raises(BotException, match="REGISTRATION_CLOSED"):
        verify(token)


def test_it_is_closed_unless_a_setting_opens_it_which_needs_mail():
    close_registration()
    with pytest.raises(BotException, match="REGISTRATION_CLOSED"):
        ask()
    with pytest.raises(ConfigError, match="SMTP_URL"):
        Config.from_env(allow_registration=True, instagram_sandbox=False)


def test_it_is_audited():
    user = verify(asked())
    with identity(reading=True) as session:
        rows = {row.event: row for row in session.scalars(select(AuditEntry))}
    assert (rows["registered"].actor_id, rows["registered"].ip) == (user.id, VISITOR.ip)
    assert rows["user_created"].subject_id == user.id


def test_the_address_of_a_user_that_an_administrator_makes_is_verified_by_its_owner():
    created = create_user(NewUser(username="carol", email=EMAIL), None)
    assert created.user.email_verified_at is None
    token = token_for(EMAIL)
    credentials = SignIn(username="carol", password=created.initial_password)
    owner = signed_in(Somebody(created.user.id, "carol", sign_in(credentials, VISITOR).token))
    assert pending(token, lambda: owner).username is None
    params = VerifyEmail(token=token)
    assert verify_email(params, VISITOR, lambda: owner).email_verified_at
    with pytest.raises(BotException, match="LINK_INVALID"):
        verify_email(params, VISITOR, lambda: owner)


def test_the_link_of_a_user_is_for_nobody_else(alice, bob):
    params = VerifyEmail(token=asked_for(alice))
    for caller, refusal in ((no_caller, "AUTHENTICATION_REQUIRED"), (lambda: signed_in(bob), "FORBIDDEN")):
        with pytest.raises(BotException, match=refusal):
            pending(params.token, caller)
        with pytest.raises(BotException, match=refusal):
            verify_email(params, VISITOR, caller)
    assert verify_email(params, VISITOR, lambda: signed_in(alice)).id == alice.id


def asked_for(user):
    """The token of a link for a new address of the user."""
    change_email(user.id, NewEmail(email=EMAIL), VISITOR)
    return token_for(EMAIL)
