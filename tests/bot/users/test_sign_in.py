"""Signing in with a name and a password."""

import bcrypt
import pytest
from sqlalchemy import select

from bot.auth.passwords import verify_password
from bot.auth.sessions import sessions
from bot.core.errors import BotException
from bot.storage.models import AuditEntry, User
from bot.storage.tenancy import identity
from bot.users import sign_in as users_sign_in
from bot.users.directory import NewUser, create_user
from bot.users.password_change import (
    new_first_password,
)
from bot.users.sign_in import SignIn, sign_in
from tests.support.people import PASSWORD, VISITOR

pytestmark = pytest.mark.usefixtures("base_app")


def attempt(username, password, visitor=VISITOR):
    return sign_in(SignIn(username=username, password=password), visitor)


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
        patched.setattr(users_sign_in, "verify_password", meanwhile)
        with pytest.raises(BotException, match="WRONG_CREDENTIALS"):
            attempt("alice", PASSWORD)
    assert attempt("alice", replaced[0]).user.id == alice.id
