"""Sign-in with a name, a password and a second factor."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from bot.auth import second_factor
from bot.auth.devices import remember_device
from bot.auth.passwords import (
    hash_password,
    needs_rehash,
    verify_password,
)
from bot.auth.second_factor import MAX_CODE
from bot.auth.sessions import kind_of, lock_current, sessions
from bot.auth.sign_in_notices import note_failure, notify_new_device
from bot.auth.throttle import clear_attempts, record_attempt
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.params import Params
from bot.storage.models import User
from bot.storage.models.values import AttemptKind, SignInKind
from bot.storage.tenancy import identity
from bot.users.directory import Password, find_by_name

TypedCode = Annotated[
    str | None,
    Field(
        max_length=MAX_CODE,
        description="Where the user has a second factor: the code of the authenticator app, or a recovery code.",
    ),
]


class SignIn(Params):
    username: str = Field(max_length=64, min_length=1)
    password: Password
    code: TypedCode = None
    remember: bool = Field(False, description="Whether it lasts SESSION_REMEMBER days; refused where that is 0.")


@dataclass(frozen=True)
class SignedIn:
    """A new sign-in. `device_token` is the cookie of the device, empty while the device is unknown."""

    token: str
    user: User
    device_token: str = ""
    kind: SignInKind = SignInKind.USUAL


def sign_in(params: SignIn, visitor: Visitor) -> SignedIn:
    """Check the name, the password and any second factor, and issue a new sign-in. Commits.

    Raises TOO_MANY_SIGN_INS (meta `retry_after` in seconds) before it checks a password. Raises WRONG_CREDENTIALS for
    an unknown name, a wrong password and a disabled user alike, and FIRST_PASSWORD_EXPIRED. After the correct password
    it raises SECOND_FACTOR_REQUIRED and WRONG_CODE. Raises INVALID_INPUT if it is to be remembered and the server
    remembers none.
    """
    kind = kind_of(remember=params.remember)
    user = check_password(params.username, params.password, visitor)
    second_factor.require(user, params.code, visitor)
    return start_session(user, visitor, kind)


def start_session(user: User, visitor: Visitor, kind: SignInKind) -> SignedIn:
    """Issue a sign-in after the check of password and second factor. Commits.

    Raises WRONG_CREDENTIALS if all sign-ins of the user were ended in between, by a new password or second factor.
    """
    with identity() as session:
        user = lock_current(session, user)
        user.last_login_at = now()
        notify_new_device(session, user, visitor)
        device = remember_device(session, user, visitor)
        token = sessions.issue(session, user, visitor, kind=kind, device_id=device.id)
        audit(session, "signed_in", actor_id=user.id, ip=visitor.ip)
        session.commit()
    clear_attempts(AttemptKind.SIGN_IN, user.username, visitor)
    return SignedIn(token, user, device.cookie, kind)


def check_password(username: str, password: str, visitor: Visitor) -> User:
    """Return the user of that name and password, whose second factor is still unchecked. Commits.

    The attempt counts as a failure until start_session clears it. Raises the errors of sign_in.
    """
    record_attempt(AttemptKind.SIGN_IN, username, visitor)
    with identity(reading=True) as session:
        user = find_by_name(session, username)
    matches = verify_password(user.password if user else None, password)
    if user is None or not matches or not user.is_active:
        note_failure(user, visitor)
        raise BotException("WRONG_CREDENTIALS")
    if user.first_password_expires_at and user.first_password_expires_at < now():
        raise BotException("FIRST_PASSWORD_EXPIRED")
    if needs_rehash(user.password, password):
        _renew_hash(user, password)
    return user


def _renew_hash(user: User, password: str) -> None:
    with identity() as session:
        lock_current(session, user).password = hash_password(password)
        session.commit()
