"""New passwords: which are taken, and what ends with the old one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from bot.auth.passwords import check_new_password, hash_password, verify_password
from bot.auth.sessions import sessions
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.operations.release import ensure_admin
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from bot.users import password_change
from bot.users import sign_in as users_sign_in
from bot.users.directory import NewUser, create_user
from bot.users.password_change import (
    PasswordChange,
    PasswordInitialization,
    change_password,
    initialize_password,
)
from bot.users.sign_in import SignIn, sign_in
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
NEW = "a brand new phrase"


def attempt(username, password, visitor=VISITOR):
    return sign_in(SignIn(username=username, password=password), visitor)


def test_changing_the_password_ends_all_sign_ins_and_gives_a_new_one(alice):
    answer = change_password(alice.id, PasswordChange(current_password=PASSWORD, new_password=NEW), VISITOR)
    assert sessions.find(alice.token, "bearer") is None
    assert sessions.find(answer.token, "bearer").id == alice.id
    assert attempt("alice", NEW)
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        attempt("alice", PASSWORD)


def test_changing_needs_the_current_password(alice):
    with pytest.raises(BotException, match="WRONG_CURRENT_PASSWORD"):
        change_password(alice.id, PasswordChange(current_password="not this one", new_password=NEW), VISITOR)
    assert sessions.find(alice.token, "bearer")


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("short", "PASSWORD_TOO_SHORT"),
        ("password123", "PASSWORD_TOO_COMMON"),
        ("aaaaaaaaaaaa", "PASSWORD_TOO_COMMON"),
        ("xx-Alice-in-chains", "PASSWORD_IS_NAME"),
        ("my troupe of bots", "PASSWORD_IS_NAME"),
        (PASSWORD, "PASSWORD_UNCHANGED"),
    ],
)
def test_bad_new_passwords_are_refused_each_with_its_code(password, refusal):
    with pytest.raises(BotException, match=refusal):
        check_new_password(password, "alice", PASSWORD)


def test_a_lower_case_passphrase_and_four_byte_characters_are_taken():
    check_new_password("correct horse battery staple", "alice")
    long = "🦊🐻🐼🐨" * 16
    check_new_password(long, "alice")
    assert verify_password(hash_password(long), long)


def test_long_passwords_differ_to_their_end():
    assert not verify_password(hash_password("x" * 98 + "a1"), "x" * 98 + "b1")


def test_the_first_password_of_an_administrator_can_be_changed_without_a_page():
    created = ensure_admin()
    name = runtime().config.admin_username
    params = PasswordInitialization(username=name, current_password=created.initial_password, new_password=NEW)
    assert not initialize_password(params, VISITOR).user.must_change_password
    assert attempt(name, NEW)


@pytest.mark.parametrize("way", ["initialize", "change"])
def test_of_two_who_change_one_first_password_at_once_one_wins(base_app, monkeypatch, way):
    """Both have looked at the password before either has changed it."""
    created, both = create_user(NewUser(username="boss", role="admin"), None), Barrier(2)

    def looked_at(stored, typed):
        found = verify_password(stored, typed)
        both.wait(timeout=30)
        return found

    def replace(new):
        passwords = {"username": "boss", "current_password": created.initial_password, "new_password": new}
        with base_app.app_context():
            try:
                if way == "initialize":
                    return initialize_password(PasswordInitialization(**passwords), VISITOR).token
                return change_password(created.user.id, PasswordChange(**passwords), VISITOR).token
            except BotException as refusal:
                return refusal.name

    tried = ("one new phrase", "another new phrase")
    with monkeypatch.context() as patched, ThreadPoolExecutor(2) as pool:
        module = users_sign_in if way == "initialize" else password_change
        patched.setattr(module, "verify_password", looked_at)
        answers = dict(zip(tried, pool.map(replace, tried), strict=True))
    (loser,) = [new for new, answer in answers.items() if answer in ("WRONG_CREDENTIALS", "AUTHENTICATION_REQUIRED")]
    (winner,) = set(tried) - {loser}
    assert sessions.find(answers[winner], "bearer").username == "boss"
    with identity(reading=True) as session:
        assert len(session.scalars(select(UserSession)).all()) == 1
    assert attempt("boss", winner)
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        attempt("boss", loser)


def test_initialize_password_is_for_administrators(alice):
    params = PasswordInitialization(username="alice", current_password=PASSWORD, new_password=NEW)
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        initialize_password(params, VISITOR)
