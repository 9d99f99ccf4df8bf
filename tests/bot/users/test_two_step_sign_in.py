"""The page's sign-in in two steps: what the first leaves behind opens nothing but the second."""

import pytest
from sqlalchemy import select

from bot.auth.sessions import sessions
from bot.auth.throttle import ATTEMPT_LIMITS
from bot.core.visitor import Visitor
from bot.storage.models import PendingSignIn, User
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordChange, change_password
from bot.users.second_factor_setup import SecondFactorCode, switch_off
from bot.users.sign_in import SignedIn, SignIn
from bot.users.two_step_sign_in import MAX_TRIES, Pending, begin_sign_in, check_pending, finish_sign_in
from tests.support.attempts import refused, side_by_side
from tests.support.authenticators import switch_on
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")


def begin(password=PASSWORD, code=None, visitor=VISITOR):
    return begin_sign_in(SignIn(username="alice", password=password, code=code), visitor)


@pytest.fixture
def token(two_factored) -> str:
    pending = begin()
    assert isinstance(pending, Pending)
    return pending.token


def finish(token, code, visitor=VISITOR):
    return finish_sign_in(token, SecondFactorCode(code=code), visitor)


def test_who_has_no_second_factor_is_signed_in_at_once(alice):
    assert isinstance(begin(), SignedIn)


def test_a_code_that_comes_along_is_taken_at_once(two_factored, clock):
    assert refused(begin, code="000000") == "WRONG_CODE"
    assert isinstance(begin(code=two_factored.app.code(clock.moment)), SignedIn)


def test_a_wrong_password_begins_nothing(two_factored):
    assert refused(begin, "a guess") == "WRONG_CREDENTIALS"
    with identity(two_factored.id, reading=True) as session:
        assert session.scalars(select(PendingSignIn)).all() == []


def test_the_code_finishes_it_once(two_factored, token, clock):
    signed_in = finish(token, two_factored.app.code(clock.moment))
    assert sessions.find(signed_in.token, "cookie").id == two_factored.id
    assert refused(check_pending, token) == "SIGN_IN_EXPIRED"
    clock.advance(seconds=30)
    assert refused(finish, token, two_factored.app.code(clock.moment)) == "SIGN_IN_EXPIRED"


def test_a_recovery_code_finishes_it(two_factored, token):
    assert finish(token, two_factored.recovery_codes[0])


def test_its_token_is_no_sign_in_and_that_of_a_sign_in_is_none_of_it(two_factored, token, clock):
    code = two_factored.app.code(clock.moment)
    for part in (token, token.partition(".")[2]):
        assert sessions.find(part, "cookie") is None
        assert sessions.find(part, "bearer") is None
    assert refused(finish, two_factored.token, code) == "SIGN_IN_EXPIRED"


def test_only_the_hash_of_its_token_is_kept(two_factored, token):
    with identity(two_factored.id, reading=True) as session:
        held = str([vars(row) for row in session.scalars(select(PendingSignIn))])
    assert token not in held
    assert token.partition(".")[2] not in held


def test_it_ends_after_five_minutes(two_factored, token, clock):
    clock.advance(minutes=4, seconds=59)
    check_pending(token)
    clock.advance(seconds=1)
    assert refused(check_pending, token) == "SIGN_IN_EXPIRED"
    assert refused(finish, token, two_factored.app.code(clock.moment)) == "SIGN_IN_EXPIRED"


def test_it_ends_after_some_wrong_codes(two_factored, token, clock):
    for _ in range(MAX_TRIES):
        assert refused(finish, token, "000000") == "WRONG_CODE"
    assert refused(finish, token, two_factored.app.code(clock.moment)) == "SIGN_IN_EXPIRED"


def test_of_many_codes_at_once_no_more_are_looked_at_than_in_turn(base_app, token, unthrottled):
    def guess(number):
        finish(token, f"{number:06}", Visitor(f"192.0.2.{number}", ""))

    names = side_by_side(base_app, 16, guess)
    assert (names.count("WRONG_CODE"), names.count("SIGN_IN_EXPIRED")) == (MAX_TRIES, 16 - MAX_TRIES)


@pytest.mark.parametrize("change", ["password", "off", "disabled"])
def test_it_ends_with_what_it_stands_on(two_factored, token, clock, change):
    if change == "password":
        params = PasswordChange(current_password=PASSWORD, new_password="a brand new phrase")
        change_password(two_factored.id, params, VISITOR)
    elif change == "off":
        switch_off(two_factored.id, SecondFactorCode(code=two_factored.recovery_codes[0]), VISITOR)
    else:
        with identity() as session:
            session.get(User, two_factored.id).is_active = False
            session.commit()
    assert refused(finish, token, two_factored.app.code(clock.moment)) == "SIGN_IN_EXPIRED"


def test_what_is_no_token_of_it_finishes_nothing(two_factored, token, clock):
    for spoilt in (token[:-1] + "!", token + "x", "", ".", "\0" * 80):
        assert refused(check_pending, spoilt) == "SIGN_IN_EXPIRED"
        assert refused(finish, spoilt, two_factored.app.code(clock.moment)) == "SIGN_IN_EXPIRED"


def test_the_token_of_one_does_not_finish_that_of_another(two_factored, token, bob, clock):
    bob = switch_on(bob)
    forged = f"{bob.id}.{token.partition('.')[2]}"
    assert refused(finish, forged, two_factored.app.code(clock.moment)) == "SIGN_IN_EXPIRED"


def test_who_knows_only_the_password_cannot_begin_again_and_again(two_factored):
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        begin()
    assert refused(begin) == "TOO_MANY_SIGN_INS"


def test_once_the_code_is_right_the_count_is_forgotten(two_factored, clock):
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network - 1):
        begin()
    finish(begin().token, two_factored.app.code(clock.moment))
    assert begin()


def test_expired_ones_are_removed(two_factored, token, clock):
    clock.advance(minutes=6)
    begin()
    with identity(two_factored.id, reading=True) as session:
        assert len(session.scalars(select(PendingSignIn)).all()) == 1
