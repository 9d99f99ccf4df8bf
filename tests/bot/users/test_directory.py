"""Users are created with a password that works once shown."""

import pytest

from bot.auth.sessions import sessions
from bot.core.errors import BotException
from bot.operations.release import ensure_admin
from bot.users.directory import NewUser, create_user
from bot.users.sign_in import SignIn, sign_in
from tests.support.people import VISITOR

pytestmark = pytest.mark.usefixtures("base_app")


def attempt(username, password, visitor=VISITOR):
    return sign_in(SignIn(username=username, password=password), visitor)


def test_a_new_user_gets_a_password_that_works_once_shown():
    created = create_user(NewUser(username="Carol"), None)
    signed_in = attempt("carol", created.initial_password)
    assert signed_in.user.must_change_password
    assert sessions.find(signed_in.token, "bearer").must_change_password


def test_usernames_are_one_whatever_their_case(alice):
    with pytest.raises(BotException, match="USERNAME_TAKEN"):
        create_user(NewUser(username="ALICE"), None)


def test_the_first_administrator_is_made_once():
    created = ensure_admin()
    assert created.user.role == "admin"
    assert created.user.must_change_password
    assert ensure_admin() is None
