"""A check no longer counts once all sign-ins have ended, or the user is disabled or deleted."""

import pytest
from sqlalchemy import select

from bot.auth import recovery_codes
from bot.config.runtime import runtime
from bot.linking import instagram_sign_in
from bot.linking.instagram_sign_in import CredentialsWithCode, sign_in_by_instagram
from bot.operations.erasure import erase
from bot.operations.user_admin import UserChange, change_user
from bot.storage.models import RecoveryCode, User
from bot.storage.tenancy import identity
from bot.users import password_change, second_factor_setup
from bot.users import sign_in as users_sign_in
from bot.users.password_change import (
    PasswordChange,
    PasswordInitialization,
    change_password,
    initialize_password,
    new_first_password,
)
from bot.users.second_factor_setup import SecondFactorCode, begin_setup, confirm_setup, renew_recovery_codes, switch_off
from bot.users.sign_in import SignIn, sign_in
from tests.bot.driving import signed_in
from tests.support.attempts import refused
from tests.support.authenticators import Authenticator, switch_on
from tests.support.people import PASSWORD, VISITOR, give_valid_session, make_somebody

NEW = "a brand new phrase"


def by_name(user, clock):
    return lambda: sign_in(SignIn(username="owner", password=PASSWORD), VISITOR)


def by_instagram(user, clock):
    """As for somebody who came that way, where anybody may."""
    runtime().config = runtime().config.model_copy(update={"allow_instagram_sign_in": True})
    give_valid_session(user.id, username="owner.at.ig")
    with identity() as session:
        session.get_one(User, user.id).instagram_username = "owner.at.ig"
        session.commit()
    return lambda: sign_in_by_instagram(CredentialsWithCode(username="owner.at.ig", password=PASSWORD), VISITOR)


def change(user, clock):
    return lambda: change_password(user.id, PasswordChange(current_password=PASSWORD, new_password=NEW), VISITOR)


def initialize(user, clock):
    params = PasswordInitialization(username="owner", current_password=PASSWORD, new_password=NEW)
    return lambda: initialize_password(params, VISITOR)


def switch_a_factor_on(user, clock):
    app = Authenticator(begin_setup(user.id, VISITOR).secret)
    return lambda: confirm_setup(user.id, SecondFactorCode(code=app.code(clock.moment)), VISITOR)


def with_a_factor(call):
    def prepare(user, clock):
        app = switch_on(user).app
        clock.advance(seconds=30)
        return lambda: call(user.id, SecondFactorCode(code=app.code(clock.moment)), VISITOR)

    return prepare


WAYS = {
    "sign in": (by_name, users_sign_in, "verify_password"),
    "sign in by Instagram": (by_instagram, instagram_sign_in, "verify_password"),
    "change the password": (change, password_change, "verify_password"),
    "change a first password": (initialize, users_sign_in, "verify_password"),
    "switch a second factor on": (switch_a_factor_on, recovery_codes, "new_codes"),
    "switch it off": (with_a_factor(switch_off), second_factor_setup, "check_code"),
    "make recovery codes": (with_a_factor(renew_recovery_codes), recovery_codes, "new_codes"),
}


def reset_second_factor(owner, admin):
    new_first_password("owner")


def disable_and_enable(owner, admin):
    for active in (False, True):
        change_user(admin, owner.id, UserChange(is_active=active))


def erase_them(owner, admin):
    erase(admin, owner.id)


def stored(user_id):
    """What of the user only the owner may change."""
    with identity(user_id, reading=True) as session:
        user = session.get(User, user_id)
        codes = session.scalars(select(RecoveryCode.code_hash)).all()
        return user and (user.password, user.auth_epoch, user.totp_confirmed_at, sorted(codes))


@pytest.mark.parametrize("happens", [reset_second_factor, disable_and_enable, erase_them])
@pytest.mark.parametrize("way", WAYS)
def test_whoever_had_proved_it_before_gets_and_changes_nothing(ada, clock, monkeypatch, way, happens):
    prepare, module, checks = WAYS[way]
    owner, admin = make_somebody("owner", "admin"), signed_in(ada)
    call, check, left = prepare(owner, clock), getattr(module, checks), []

    def checked(*arguments):
        found = check(*arguments)
        happens(owner, admin)
        left.append(stored(owner.id))
        return found

    monkeypatch.setattr(module, checks, checked)
    assert refused(call) in ("WRONG_CREDENTIALS", "AUTHENTICATION_REQUIRED", "WRONG_CODE")
    assert left == [stored(owner.id)]


def test_who_is_disabled_while_instagram_is_asked_is_not_signed_in(alice, ada, clock, monkeypatch):
    call, admin = by_instagram(alice, clock), signed_in(ada)

    def asked(*_):
        change_user(admin, alice.id, UserChange(is_active=False))
        return False

    monkeypatch.setattr(instagram_sign_in, "_asks_instagram", asked)
    assert refused(call) == "WRONG_CREDENTIALS"
