"""Two who sign in by one Instagram account at once: Instagram is asked once, and both are told what it said."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from bot.core.errors import BotException
from bot.linking import instagram_sign_in, requests
from bot.linking.instagram_sign_in import CredentialsWithCode, sign_in_by_instagram
from bot.linking.link_forms import Link
from bot.linking.provisioning import find_user
from bot.storage.models import AccountRequest
from bot.storage.tenancy import tenant
from local.processes import wait_until
from tests.bot.linking.test_instagram_sign_in import (
    NAME,
    OWNER,
    RIGHT,
    STRANGER,
    answer,
    ask_for_code,
    asked_of,
    login,
    refused,
    who,
)
from tests.bot.linking.test_instagram_sign_in import _open as _open
from tests.bot.linking.test_instagram_sign_in import linked as linked

AT_ONCE = 6


def test_who_comes_while_instagram_is_asked_shares_the_answer():
    assert login().answer.pending
    assert login(STRANGER).answer.pending
    user = answer()
    first, second = login().signed_in.token, login(STRANGER).signed_in.token
    assert first != second
    assert who(first).id == who(second).id == user.id
    assert asked_of(user) == ["done"]


def test_who_looked_before_instagram_answered_and_asks_after_it_does_not_ask_again(monkeypatch):
    """The moment between looking whether Instagram is to be asked and asking it."""
    login()
    look, ends = instagram_sign_in._asks_instagram, [answer]

    def looked(*arguments):
        found = look(*arguments)
        if ends:
            ends.pop()()
        return found

    monkeypatch.setattr(instagram_sign_in, "_asks_instagram", looked)
    assert login().signed_in
    assert asked_of(find_user(NAME)) == ["done"]


def test_a_wrong_password_that_comes_twice_at_once_is_tried_once():
    login(password="a guess")
    user = answer()
    assert refused(OWNER, "a guess") == "INSTAGRAM_WRONG_PASSWORD"
    assert refused(STRANGER, "a guess") == "INSTAGRAM_WRONG_PASSWORD"
    assert asked_of(user) == ["failed"]


def test_a_code_that_two_wait_for_is_asked_for_once():
    login()
    user = ask_for_code()
    assert login().requires_verification
    assert login(STRANGER).requires_verification
    assert asked_of(user) == ["done"]


def test_who_comes_after_the_answer_asks_again(clock):
    login(password="a guess")
    user = answer()
    refused(OWNER, "a guess")
    clock.advance(seconds=1)
    assert login(password="a guess").answer.pending
    assert asked_of(user) == ["failed", "queued"]


def test_a_wrong_guess_that_waits_for_its_turn_never_reaches_instagram_once_the_right_one_has_passed(monkeypatch):
    """It would put an end to the session that has just become valid."""
    login()
    ask, ends = requests.link, [answer]
    monkeypatch.setattr(instagram_sign_in, "POLL_INTERVAL", 0.0)

    def busy(*arguments, **options):
        try:
            return ask(*arguments, **options)
        finally:
            if ends:
                ends.pop()()

    monkeypatch.setattr(instagram_sign_in, "link", busy)
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        sign_in_by_instagram(CredentialsWithCode(username=NAME, password="a guess"), STRANGER, wait=5)
    assert asked_of(find_user(NAME)) == ["done"]


@pytest.mark.parametrize("password", [RIGHT, "a guess"])
def test_of_many_at_once_one_asks_instagram(base_app, password):
    typed = CredentialsWithCode(username=NAME, password=password)

    def sign_in(_number):
        with base_app.app_context():
            try:
                return sign_in_by_instagram(typed, OWNER, wait=20).signed_in.token
            except BotException as error:
                return error.name

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [pool.submit(sign_in, number) for number in range(AT_ONCE)]
        assert wait_until(lambda: _open_requests() == ["queued"], 20, every=0.05)
        answer()
        told = [one.result(30) for one in asked]
    assert asked_of(find_user(NAME)) == ["done" if password == RIGHT else "failed"]
    if password == RIGHT:
        assert len(set(told)) == AT_ONCE
        assert all(who(token) for token in told)
    else:
        assert set(told) == {"INSTAGRAM_WRONG_PASSWORD"}


def _open_requests():
    user = find_user(NAME)
    if user is None:
        return []
    with tenant(user.id, reading=True) as session:
        return list(session.scalars(select(AccountRequest.status)))


def test_a_link_of_who_is_signed_in_is_shared_with_nobody(linked):
    """Only what strangers type is marked: a user who links again may have reason to."""
    requests.link(linked.id, Link(username=NAME, password=RIGHT), wait=0)
    with tenant(linked.id, reading=True) as session:
        request = session.scalars(select(AccountRequest).where(AccountRequest.status == "queued")).one()
    assert request.asked_with is None
