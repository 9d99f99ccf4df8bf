"""Users that Instagram has not let in: they are deleted after a refusal, or if they never come back."""

import pytest
from sqlalchemy import select

from bot.core.errors import BotException
from bot.linking import outcomes
from bot.linking.provisioning import find_user, forget_unproven
from bot.storage.models import InstagramCredentials
from bot.storage.tenancy import tenant
from tests.bot.linking.test_instagram_sign_in import (
    NAME,
    STRANGER,
    answer,
    ask_for_code,
    asked_of,
    login,
    refused,
    taken,
    who,
)
from tests.bot.linking.test_instagram_sign_in import _open as _open
from tests.bot.linking.test_instagram_sign_in import linked as linked
from tests.support.people import give_valid_session


def forget_after(clock, **length):
    clock.advance(**length)
    forget_unproven()


def test_asking_again_does_not_ask_instagram_again(clock):
    login(STRANGER, "a guess")
    user = answer()
    clock.advance(seconds=5)
    assert refused(STRANGER, "a guess") == "INSTAGRAM_WRONG_PASSWORD"
    assert asked_of(user) == ["failed"]
    forget_after(clock, minutes=3)
    assert find_user(NAME) is None
    assert asked_of(user) == []


def test_whom_instagram_refused_is_forgotten_also_when_they_never_asked_again(clock):
    login(STRANGER, "a guess")
    answer()
    forget_after(clock, hours=23)
    assert find_user(NAME)
    forget_after(clock, hours=1, seconds=1)
    assert find_user(NAME) is None


def test_who_waits_for_a_code_is_not_forgotten_with_a_strangers_refused_guess(clock):
    login()
    ask_for_code()
    waiting = login().signed_in.token
    login(STRANGER, "a guess")
    answer()
    assert refused(STRANGER, "a guess") == "INSTAGRAM_WRONG_PASSWORD"
    forget_after(clock, minutes=5)
    assert who(waiting).needs_code


def test_who_comes_back_after_a_refusal_is_not_forgotten_while_they_wait(clock):
    login(STRANGER, "a guess")
    answer()
    refused(STRANGER, "a guess")
    clock.advance(seconds=1)
    assert login().answer.pending
    forget_after(clock, minutes=3)
    assert find_user(NAME)


def test_an_account_that_a_user_here_has_linked_makes_nobody(linked, alice, clock):
    give_valid_session(alice.id)
    with tenant(alice.id, reading=True) as session:
        mine = session.scalars(select(InstagramCredentials.instagram_id)).one()
    login(name="other")
    user, request = taken("other")
    with pytest.raises(BotException, match="INSTAGRAM_ACCOUNT_TAKEN") as error:
        outcomes.linked(user.id, request, session_data="{}", instagram_id=mine, username="other")
    outcomes.failed(user.id, request, error.value)
    with pytest.raises(BotException, match="INSTAGRAM_ACCOUNT_TAKEN"):
        login(name="other")
    forget_after(clock, minutes=3)
    assert find_user("other") is None
