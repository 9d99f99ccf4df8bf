"""People: sign in, first password, change."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import bcrypt
import pytest
from sqlalchemy import select

from bot.auth.passwords import check_new_password, hash_password, verify_password
from bot.auth.sessions import sessions
from bot.config.runtime import runtime
from bot.core.errors import BotException
from bot.operations.release import ensure_admin
from bot.storage.models import AuditEntry, User, UserSession
from bot.storage.tenancy import identity
from bot.users import directory as users
from bot.users.directory import (
    NewUser,
    PasswordChange,
    PasswordInitialization,
    SignIn,
    change_password,
    create_user,
    initialize_password,
    new_first_password,
    sign_in,
)
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")
NEW = "a brand new phrase"


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


def test_unknown_names_and_wrong_passwords_look_the_same(alice):
    messages = []
    for name, password in (("alice", "wrong password"), ("nobody", PASSWORD)):
        with pytest.raises(BotException, match="WRONG_CREDENTIALS") as refused:
            attempt(name, password)
        messages.append(refused.value.message)
    assert messages[0] == messages[1]


def test_a_first_password_expires(clock):
    created = create_user(NewUser(username="carol"), None)
    clock.advance(days=8)
    with pytest.raises(BotException, match="FIRST_PASSWORD_EXPIRED"):
        attempt("carol", created.initial_password)


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


@pytest.mark.usefixtures("strong")
def test_a_bcrypt_hash_is_accepted_and_renewed(alice):
    import bcrypt

    with identity() as session:
        session.get(User, alice.id).password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        session.commit()
    attempt("alice", PASSWORD)
    with identity() as session:
        assert session.get(User, alice.id).password.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_signs_in_in_whatever_form_it_is_typed_and_its_old_hash_is_renewed(alice):
    import bcrypt

    composed, apart = "Zo\u00eb and Chlo\u00eb 2024", "Zoe\u0308 and Chloe\u0308 2024"
    with identity() as session:
        session.get(User, alice.id).password = bcrypt.hashpw(composed.encode(), bcrypt.gensalt(4)).decode()
        session.commit()
    for typed in (apart, composed, "Ｚo\u00eb and Chlo\u00eb 2024"):
        attempt("alice", typed)
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        attempt("alice", "Zoe and Chloe 2024")


def test_a_disabled_user_is_out_at_once(alice):
    with identity() as session:
        session.get(User, alice.id).is_active = False
        session.commit()
    assert sessions.find(alice.token, "bearer") is None
    with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
        attempt("alice", PASSWORD)


def test_the_first_administrator_is_made_once():
    created = ensure_admin()
    assert created.user.role == "admin"
    assert created.user.must_change_password
    assert ensure_admin() is None


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
        patched.setattr(users, "verify_password", looked_at)
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


def test_sign_ins_and_changes_are_audited(alice):
    attempt("alice", PASSWORD)
    with identity() as session:
        events = session.scalars(select(AuditEntry.event)).all()
    assert {"user_created", "signed_in"} <= set(events)


@pytest.mark.parametrize("stored", ["argon2", "bcrypt"])
def test_a_password_that_is_replaced_while_it_is_looked_at_lets_nobody_in_and_does_not_come_back(
    alice, monkeypatch, stored
):
    """Somebody who knows the old one signs in at the same moment as the owner replaces it."""
    if stored == "bcrypt":
        with identity() as session:
            session.get_one(User, alice.id).password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
            session.commit()
    replaced = []

    def meanwhile(hashed, typed):
        found = verify_password(hashed, typed)
        replaced.append(new_first_password("alice").initial_password)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(users, "verify_password", meanwhile)
        with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
            attempt("alice", PASSWORD)
    assert attempt("alice", replaced[0]).user.id == alice.id
