"""Confirm it is you: how long it lasts, for which sign-in, and that it cannot be guessed."""

import pytest
from sqlalchemy import select, update

from bot.auth.sessions import sessions
from bot.auth.throttle import ATTEMPT_LIMITS
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import AuditEntry, UserSession
from bot.storage.tenancy import identity
from bot.users.password_change import PasswordChange, change_password
from bot.users.reauthentication import Confirmation, confirm, is_confirmed
from bot.users.sign_in import SignIn, sign_in
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")


def found(somebody):
    return sessions.find(somebody.token, "bearer")


def confirmed(somebody):
    return is_confirmed(found(somebody))


def attempt(somebody, password):
    return confirm(found(somebody), Confirmation(password=password), VISITOR)


def test_a_new_sign_in_counts_for_ten_minutes(alice, clock):
    clock.advance(minutes=9, seconds=59)
    assert confirmed(alice)
    clock.advance(seconds=1)
    assert not confirmed(alice)


def test_the_password_confirms_for_ten_minutes_more(alice, clock):
    clock.advance(minutes=30)
    until = attempt(alice, PASSWORD)
    assert (until - clock.now()).total_seconds() == 600
    clock.advance(minutes=9)
    assert confirmed(alice)
    clock.advance(minutes=1)
    assert not confirmed(alice)


def test_use_confirms_nothing(alice, clock):
    for _ in range(4):
        clock.advance(minutes=3)
        assert found(alice)
    assert not confirmed(alice)


def test_it_confirms_this_sign_in_and_no_other(alice, clock):
    other = sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)
    clock.advance(minutes=30)
    attempt(alice, PASSWORD)
    assert confirmed(alice)
    assert not is_confirmed(sessions.find(other.token, "bearer"))


def test_a_wrong_password_confirms_nothing_and_is_told_at_its_field(alice, clock):
    clock.advance(minutes=30)
    with pytest.raises(BotException, match="WRONG_CURRENT_PASSWORD") as refused:
        attempt(alice, "a guess of a thief")
    assert [problem["field"] for problem in refused.value.meta["errors"]] == ["password"]
    assert not confirmed(alice)


def test_guesses_are_counted_apart_from_those_of_the_sign_in(alice):
    for _ in range(ATTEMPT_LIMITS["confirm"].account_and_network):
        with pytest.raises(BotException, match="WRONG_CURRENT_PASSWORD"):
            attempt(alice, "a guess of a thief")
    with pytest.raises(BotException, match="TOO_MANY_SIGN_INS"):
        attempt(alice, PASSWORD)
    assert sign_in(SignIn(username="alice", password=PASSWORD), VISITOR)


def test_the_guesses_of_a_thief_do_not_keep_the_owner_from_confirming_elsewhere(alice):
    for _ in range(ATTEMPT_LIMITS["confirm"].account_and_network):
        with pytest.raises(BotException, match="WRONG_CURRENT_PASSWORD"):
            attempt(alice, "a guess of a thief")
    assert confirm(found(alice), Confirmation(password=PASSWORD), Visitor("192.0.2.7", "elsewhere"))


def test_the_sign_in_that_a_new_password_gives_is_confirmed(alice, clock):
    clock.advance(minutes=30)
    params = PasswordChange(current_password=PASSWORD, new_password="a brand new phrase")
    assert is_confirmed(sessions.find(change_password(alice.id, params, VISITOR).token, "bearer"))


def test_a_sign_in_that_waits_for_a_code_is_not_confirmed(alice):
    with identity() as session:
        session.execute(update(UserSession).values(needs_code=True, confirmed_at=None))
        session.commit()
    assert not confirmed(alice)


def test_it_is_audited(alice):
    attempt(alice, PASSWORD)
    with identity() as session:
        assert session.scalars(select(AuditEntry.actor_id).where(AuditEntry.event == "confirmed")).one() == alice.id
