"""A forgotten password: who gets a link, how often it works, what it changes, and what no stranger learns."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.auth.sessions import SessionInfo, sessions
from bot.auth.throttle import ATTEMPT_LIMITS, record_attempt
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import AuditEntry, MailToken, RecoveryRequest, User, UserSession
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordChange, change_password, new_first_password
from bot.users.password_reset import ForgotPassword, check_link, forgot_password, reset_password, send_reset
from bot.users.sign_in import SignIn, sign_in
from tests.support.mails import link_in, mails_to, the_clock_ticks, token_for, verified
from tests.support.people import PASSWORD, VISITOR
from tests.support.statements import statements

pytestmark = pytest.mark.usefixtures("base_app")
EMAIL = "alice@example.org"
NEW = "a brand new phrase"


@pytest.fixture
def alice(alice):
    verified(alice.id, EMAIL)
    return alice


def ask(name="alice", visitor=VISITOR):
    forgot_password(ForgotPassword(username=name), visitor)
    the_clock_ticks()


def reset(token, password=NEW):
    reset_password(token, password, VISITOR)


def refused(token, password=NEW):
    with pytest.raises(BotException) as refusal:
        reset(token, password)
    return refusal.value.name


def disable(user):
    with identity() as session:
        session.get_one(User, user.id).is_active = False
        session.commit()


def test_a_link_by_mail_replaces_the_password(alice):
    ask()
    origin, page, token = link_in(mails_to(EMAIL)[0])
    assert (origin, page) == ("http://127.0.0.1:8000", "reset-password")
    check_link(token)
    reset(token)
    assert sign_in(SignIn(username="alice", password=NEW), VISITOR)
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)


@pytest.mark.parametrize("name", ["Alice ", "ALICE@example.ORG"])
def test_the_name_and_the_address_both_do(alice, name):
    ask(name)
    assert "for alice" in mails_to(EMAIL)[0].text


def test_every_user_of_an_address_gets_a_link_of_their_own(alice, bob):
    verified(bob.id, EMAIL)
    forgot_password(ForgotPassword(email=EMAIL), VISITOR)
    the_clock_ticks()
    tokens = {link_in(letter)[2] for letter in mails_to(EMAIL)}
    assert len(tokens) == 2


def test_a_reset_ends_every_sign_in_and_signs_nobody_in(alice):
    other = sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)
    ask()
    reset(token_for(EMAIL))
    assert sessions.find(alice.token, "bearer") is None
    assert sessions.find(other.token, "bearer") is None
    with identity(reading=True) as session:
        assert {row.end_reason for row in session.scalars(select(UserSession))} == {"password_reset"}


def test_whoever_reset_the_password_signs_in_whatever_strangers_try(alice):
    for number in range(ATTEMPT_LIMITS["sign_in"].account):
        record_attempt("sign_in", "alice", Visitor(f"198.51.100.{number}", ""))
    ask()
    device = reset_password(token_for(EMAIL), NEW, VISITOR)
    with pytest.raises(BotException, match="TOO_MANY_SIGN_INS"):
        sign_in(SignIn(username="alice", password=NEW), VISITOR)
    assert sign_in(SignIn(username="alice", password=NEW), replace(VISITOR, device=device))


def test_a_link_works_once(alice):
    ask()
    token = token_for(EMAIL)
    reset(token)
    assert refused(token, "yet another phrase") == "LINK_INVALID"
    with pytest.raises(BotException, match="LINK_INVALID"):
        check_link(token)


def test_a_link_works_once_also_when_many_use_it_at_the_same_time(base_app, alice):
    ask()
    token = token_for(EMAIL)

    def use_it(number):
        with base_app.app_context():
            try:
                reset(token, f"phrase of number {number}")
            except BotException as refusal:
                return refusal.name
            return "reset"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(use_it, range(8)))
    assert sorted(outcomes) == ["LINK_INVALID"] * 7 + ["reset"]


def test_a_link_is_good_for_half_an_hour(alice, clock):
    ask()
    clock.advance(minutes=29)
    check_link(token_for(EMAIL))
    clock.advance(minutes=2)
    assert refused(token_for(EMAIL)) == "LINK_INVALID"


def test_a_newer_link_takes_the_place_of_an_older_one(alice, clock):
    ask()
    older = token_for(EMAIL)
    clock.advance(seconds=1)
    ask()
    assert refused(older) == "LINK_INVALID"
    reset(token_for(EMAIL))


def test_a_change_of_the_password_voids_the_link(alice):
    ask()
    token = token_for(EMAIL)
    change_password(alice.id, PasswordChange(current_password=PASSWORD, new_password=NEW), VISITOR)
    assert refused(token) == "LINK_INVALID"


def test_a_password_made_on_the_server_voids_the_link(alice):
    ask()
    token = token_for(EMAIL)
    new_first_password("alice")
    assert refused(token) == "LINK_INVALID"


def test_another_address_voids_the_link(alice):
    ask()
    token = token_for(EMAIL)
    verified(alice.id, "other@example.org")
    assert refused(token) == "LINK_INVALID"


def test_disabling_a_user_voids_the_link(alice):
    ask()
    token = token_for(EMAIL)
    disable(alice)
    assert refused(token) == "LINK_INVALID"


def test_a_password_that_is_refused_leaves_the_link_good(alice):
    ask()
    token = token_for(EMAIL)
    assert refused(token, "short") == "PASSWORD_TOO_SHORT"
    assert refused(token, "alice in wonderland") == "PASSWORD_IS_NAME"
    reset(token)


def test_a_first_password_that_was_never_used_is_replaced_for_good(alice, clock):
    new_first_password("alice")
    clock.advance(days=8)
    ask()
    reset(token_for(EMAIL))
    assert not sign_in(SignIn(username="alice", password=NEW), VISITOR).user.must_change_password


def test_the_owner_is_told_when_and_from_where(alice, clock):
    ask()
    token = token_for(EMAIL)
    clock.advance(minutes=5)
    reset_password(token, NEW, Visitor("192.0.2.7", "Firefox\r\nBcc: eve@example.org"))
    told = mails_to(EMAIL)[0]
    assert told.subject == "Your password was changed"
    assert "10 March 2026, 12:05 UTC" in told.text
    assert "192.0.2.7" in told.text
    assert "Firefox\n" in told.text
    assert "eve@example.org" not in told.text


def test_it_is_audited(alice):
    ask()
    reset(token_for(EMAIL))
    with identity(reading=True) as session:
        rows = {row.event: row for row in session.scalars(select(AuditEntry))}
    assert (rows["password_reset_asked"].subject_id, rows["password_reset_asked"].actor_id) == (alice.id, None)
    assert (rows["password_reset"].actor_id, rows["password_reset"].ip) == (alice.id, VISITOR.ip)


def test_nobody_but_who_has_shown_an_address_gets_a_mail(alice, bob):
    with identity() as session:
        session.get_one(User, bob.id).email = "bob@example.org"
        session.commit()
    disable(alice)
    for name in ("alice", EMAIL, "bob", "bob@example.org", "nobody", "nobody@example.org", "%", "a@%", "' OR ''='"):
        ask(name)
    assert mails_to(EMAIL) == mails_to("bob@example.org") == []
    with identity(reading=True) as session:
        assert session.scalars(select(MailToken)).all() == []


def test_for_every_name_the_same_is_done_while_the_asker_waits(alice):
    done = []
    for name in ("alice", EMAIL, "nobody", "nobody@example.org"):
        with statements() as executed:
            forgot_password(ForgotPassword(username=name), VISITOR)
        done.append(executed)
    assert len(done[0]) > 0
    assert all(executed == done[0] for executed in done)


def test_what_was_typed_is_sealed_and_gone_once_it_is_answered(alice):
    forgot_password(ForgotPassword(username="my password by mistake"), VISITOR)
    with identity(reading=True) as session:
        assert b"mistake" not in session.scalars(select(RecoveryRequest.name_encrypted)).one()
    the_clock_ticks()
    with identity(reading=True) as session:
        assert session.scalars(select(RecoveryRequest)).all() == []


def test_several_clocks_answer_once(base_app, alice):
    forgot_password(ForgotPassword(username="alice"), VISITOR)

    def clock(_number):
        with base_app.app_context():
            the_clock_ticks()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(clock, range(4)))
    assert len(mails_to(EMAIL)) == 1


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "é" * 20])
def test_a_token_that_is_none_opens_nothing(alice, token):
    ask()
    with pytest.raises(BotException, match="LINK_INVALID"):
        check_link(token)


def test_only_the_hash_of_a_link_is_stored(alice):
    ask()
    with identity(reading=True) as session:
        assert token_for(EMAIL) not in str([vars(row) for row in session.scalars(select(MailToken))])


def test_without_mail_every_name_is_told_so(alice):
    runtime().config = runtime().config.model_copy(update={"instagram_sandbox": False})
    for name in ("alice", "nobody"):
        with pytest.raises(BotException, match="MAIL_NOT_CONFIGURED"):
            forgot_password(ForgotPassword(username=name), VISITOR)


@pytest.mark.parametrize("values", [{}, {"username": " "}, {"username": "alice", "email": EMAIL}])
def test_one_of_name_and_address_is_asked_for(values):
    with pytest.raises(ValueError, match="username or the e-mail"):
        ForgotPassword(**values)


@pytest.fixture
def administrator(ada):
    return SessionInfo(ada.id, "", "ada", None, "admin", False, "bearer")


def test_an_administrator_has_somebody_choose_a_new_password_and_learns_neither_it_nor_the_link(alice, administrator):
    send_reset(alice.id, administrator)
    assert sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)
    reset(token_for(EMAIL))
    with identity(reading=True) as session:
        (sent,) = session.scalars(select(AuditEntry).where(AuditEntry.event == "password_reset_sent"))
    assert (sent.actor_id, sent.subject_id) == (administrator.id, alice.id)


def test_who_cannot_be_reached_gets_no_reset_and_the_administrator_is_told(alice, bob, administrator):
    disable(alice)
    no_caller = "11111111-1111-4111-8111-111111111111"
    for user_id, name in {alice.id: "USER_DISABLED", bob.id: "RESET_NOT_POSSIBLE", no_caller: "USER_NOT_FOUND"}.items():
        with pytest.raises(BotException, match=name):
            send_reset(user_id, administrator)
