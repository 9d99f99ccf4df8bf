"""Signing in by one's Instagram account does not go past the second factor, whoever proves the password."""

import pytest
from sqlalchemy import select

from bot.errors import BotException
from bot.instagram_sign_in import CredentialsWithCode, sign_in_by_instagram
from bot.models import AccountRequest
from bot.scope import tenant
from tests.bot.test_instagram_sign_in import (
    NAME,
    OWNER,
    RIGHT,
    answer,
    ask_for_code,
    end_instagram_session,
    who,
)
from tests.bot.test_instagram_sign_in import _open as _open
from tests.bot.test_instagram_sign_in import linked as linked
from tests.support.authenticators import switch_on
from tests.support.people import Somebody

pytestmark = pytest.mark.usefixtures("base_app")


def with_code(code, password=RIGHT):
    return sign_in_by_instagram(CredentialsWithCode(username=NAME, password=password, code=code), OWNER, wait=0)


def refused_with(code, password=RIGHT):
    with pytest.raises(BotException) as error:
        with_code(code, password)
    return error.value.name


@pytest.fixture
def app(linked, clock):
    """The authenticator app of a user whom Instagram has let in once, in the step after the one it was confirmed in."""
    app = switch_on(Somebody(linked.id, linked.username, "")).app
    clock.advance(seconds=30)
    return app


def test_the_second_factor_is_asked_for_where_the_password_is_compared_here(app, clock):
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert refused_with("000000") == "WRONG_CODE"
    assert refused_with(app.code(clock.moment), "a guess") == "WRONG_CREDENTIALS"
    assert with_code(app.code(clock.moment)).signed_in


def test_the_second_factor_is_asked_for_where_instagram_proves_the_password(app, linked, clock):
    end_instagram_session(linked)
    assert with_code(None).answer.pending
    answer()
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert with_code(app.code(clock.moment)).signed_in


def test_a_code_that_instagram_asks_for_does_not_stand_in_for_the_second_factor(app, linked, clock):
    end_instagram_session(linked)
    assert with_code(None).answer.pending
    ask_for_code()
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert refused_with("000000") == "WRONG_CODE"
    done = with_code(app.code(clock.moment))
    assert done.requires_verification
    assert who(done.signed_in.token).needs_code


def test_instagram_is_not_asked_for_another_code_while_that_of_the_second_factor_is_typed(app, linked, clock):
    end_instagram_session(linked)
    with_code(None)
    ask_for_code()
    refused_with(None)
    with tenant(linked.id, reading=True) as session:
        before = session.scalars(select(AccountRequest.id)).all()
    with_code(app.code(clock.moment))
    with tenant(linked.id, reading=True) as session:
        assert session.scalars(select(AccountRequest.id)).all() == before
