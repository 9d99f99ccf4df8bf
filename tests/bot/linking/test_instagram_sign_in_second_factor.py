"""Sign-in with an Instagram account requires the second factor, however the password is proved."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from bot.core.errors import BotException
from bot.linking import instagram_sign_in, unlinking
from bot.linking.instagram_sign_in import CredentialsWithCode, sign_in_by_instagram
from bot.storage.models import AccountRequest
from bot.storage.tenancy import tenant
from tests.bot.linking.test_instagram_sign_in import (
    NAME,
    OWNER,
    RIGHT,
    answer,
    ask_for_code,
    end_instagram_session,
    who,
)
from tests.bot.linking.test_instagram_sign_in import _open as _open
from tests.bot.linking.test_instagram_sign_in import linked as linked
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
    """Return the authenticator app of a user that Instagram has let in, one step after its confirmation."""
    app = switch_on(Somebody(linked.id, linked.username, "")).app
    clock.advance(seconds=30)
    return app


def test_the_second_factor_is_asked_for_where_the_password_is_compared_here(app, clock):
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert refused_with("000000") == "WRONG_CODE"
    assert refused_with(app.code(clock.moment), "a guess") == "WRONG_CREDENTIALS"
    assert with_code(app.code(clock.moment)).signed_in


def asked_instagram(user):
    with tenant(user.id, reading=True) as session:
        return set(session.scalars(select(AccountRequest.id)))


def test_the_second_factor_is_asked_for_before_instagram_is(app, linked, clock):
    earlier = with_code(app.code(clock.moment)).signed_in.token
    end_instagram_session(linked)
    before = asked_instagram(linked)
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert refused_with("000000") == "WRONG_CODE"
    assert refused_with(None, "the new one") == "WRONG_CREDENTIALS"
    assert asked_instagram(linked) == before
    assert who(earlier)


def test_who_unlinked_the_account_is_not_linked_again_without_the_second_factor(app, linked):
    unlinking.unlink(linked.id)
    before = asked_instagram(linked)
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert asked_instagram(linked) == before


def test_an_answer_of_instagram_that_came_late_is_got_with_another_code(app, linked, clock):
    end_instagram_session(linked)
    assert with_code(app.code(clock.moment)).answer.pending
    answer()
    assert refused_with(app.code(clock.moment)) == "WRONG_CODE"
    clock.advance(seconds=30)
    assert with_code(app.code(clock.moment)).signed_in


def test_one_code_is_enough_where_instagram_answers_at_once(app, linked, clock, monkeypatch):
    end_instagram_session(linked)

    ask = instagram_sign_in._ask_instagram

    def ask_and_wait(*arguments):
        pending = ask(*arguments)
        answer()
        return replace(pending, pending=False, result={"session_valid": True})

    monkeypatch.setattr(instagram_sign_in, "_ask_instagram", ask_and_wait)
    assert with_code(app.code(clock.moment)).signed_in


def test_a_code_that_instagram_asks_for_does_not_stand_in_for_the_second_factor(app, linked, clock):
    end_instagram_session(linked)
    assert with_code(app.code(clock.moment)).answer.pending
    ask_for_code()
    before = asked_instagram(linked)
    assert refused_with(None) == "SECOND_FACTOR_REQUIRED"
    assert refused_with("000000") == "WRONG_CODE"
    clock.advance(seconds=30)
    done = with_code(app.code(clock.moment))
    assert done.requires_verification
    assert who(done.signed_in.token).needs_code
    assert asked_instagram(linked) == before
