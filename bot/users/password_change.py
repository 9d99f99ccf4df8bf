"""New passwords: chosen by their users, or generated for a user who lost theirs."""

from datetime import timedelta

from pydantic import Field

from bot.auth import second_factor
from bot.auth.devices import forget_devices, remember_device
from bot.auth.passwords import (
    check_new_password,
    hash_password,
    random_password,
    verify_password,
)
from bot.auth.sessions import lock_current, sessions
from bot.auth.sign_in_notices import notify_new_password
from bot.auth.throttle import clear_attempts, record_attempt
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, invalid
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.params import Params
from bot.mail.links import void
from bot.storage.models import User
from bot.storage.models.values import AttemptKind, SignInKind
from bot.storage.tenancy import identity
from bot.users.directory import FIRST_PASSWORD_DAYS, Created, Password, find_by_name
from bot.users.sign_in import SignedIn, TypedCode, check_password


class PasswordChange(Params):
    username: str = Field("", max_length=64, description="May be left out: whose password it is, is known.")
    current_password: Password
    new_password: Password


class PasswordInitialization(PasswordChange):
    username: str = Field("", max_length=64, description="The administrator; left out: the first one's name.")
    code: TypedCode = None


def change_password(
    user_id: str, params: PasswordChange, visitor: Visitor, kind: SignInKind = SignInKind.USUAL
) -> SignedIn:
    """Change the user's own password, end all their sign-ins, and issue a new one of the caller's kind. Commits.

    Raises WRONG_CURRENT_PASSWORD, TOO_MANY_SIGN_INS, USER_NOT_FOUND and the errors of check_new_password.
    """
    with identity(reading=True) as session:
        user = session.get(User, user_id)
    if user is None:
        raise BotException("USER_NOT_FOUND")
    if params.username and params.username.strip().lower() != user.username:
        raise invalid("username", "This is not the name that you are signed in with.")
    check_current_password(user, params.current_password, visitor, field="current_password")
    return _set_password(user, params, visitor, kind, changed="AUTHENTICATION_REQUIRED")


def check_current_password(user: User, password: str, visitor: Visitor, *, field: str) -> None:
    """Check the password that a signed-in user typed again into that field. Commits.

    Wrong ones count separately from those at sign-in, which strangers can cause. Raises WRONG_CURRENT_PASSWORD and
    TOO_MANY_SIGN_INS.
    """
    record_attempt(AttemptKind.CONFIRM, user.username, visitor)
    if not verify_password(user.password, password):
        problem = {"field": field, "code": "WRONG_CURRENT_PASSWORD", "message": "This is not your current password."}
        raise BotException("WRONG_CURRENT_PASSWORD", errors=[problem])
    clear_attempts(AttemptKind.CONFIRM, user.username, visitor)


def new_first_password(username: str) -> Created:
    """Generate a first password for a user who lost theirs, and end their sign-ins, for the server's operator.

    Raises USER_NOT_FOUND. Commits.
    """
    made = random_password()
    with identity() as session:
        user = find_by_name(session, username)
        if user is None:
            raise BotException("USER_NOT_FOUND")
        user.password, user.must_change_password = hash_password(made), True
        user.first_password_expires_at = now() + timedelta(days=FIRST_PASSWORD_DAYS)
        sessions.end_all(session, user, "password_reset")
        forget_devices(session, user)
        void(session, user.id, "reset")
        audit(session, "first_password_made", actor_id=None, subject_id=user.id)
        session.commit()
    return Created(user, made)


def _set_password(
    checked: User,
    params: PasswordChange,
    visitor: Visitor,
    kind: SignInKind = SignInKind.USUAL,
    *,
    changed: str = "WRONG_CREDENTIALS",
) -> SignedIn:
    with identity() as session:
        user = lock_current(session, checked, changed)
        check_new_password(params.new_password, user.username, params.current_password)
        user.password = hash_password(params.new_password)
        first, user.must_change_password = user.must_change_password, False
        user.first_password_expires_at = None
        sessions.end_all(session, user, "password_changed")
        forget_devices(session, user)
        # A user who changes a first password may not have opened the first mail yet.
        void(session, user.id, *(("reset",) if first else ("reset", "verify")))
        notify_new_password(session, user, visitor)
        device = remember_device(session, user, visitor)
        token = sessions.issue(session, user, visitor, kind=kind, device_id=device.id)
        audit(session, "password_changed", actor_id=user.id, ip=visitor.ip)
        session.commit()
    return SignedIn(token, user, device.cookie, kind)


def initialize_password(params: PasswordInitialization, visitor: Visitor) -> SignedIn:
    """Make the forced first change of an administrator without a page. The name and current password prove their
    identity.

    Raises the errors of sign_in and check_new_password, and WRONG_CREDENTIALS also for users who are no administrators.
    Commits.
    """
    user = check_password(params.username or runtime().config.admin_username, params.current_password, visitor)
    if user.role != "admin":
        raise BotException("WRONG_CREDENTIALS")
    second_factor.require(user, params.code, visitor)
    clear_attempts(AttemptKind.SIGN_IN, user.username, visitor)
    return _set_password(user, params, visitor)
