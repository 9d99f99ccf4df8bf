"""Signing in with a name, a password and a second factor."""

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
from bot.auth.sessions import kind_of, sessions, unchanged
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
    """`device_token` is what the device is to bring with its next sign-in; empty while it is not known yet."""

    token: str
    user: User
    device_token: str = ""
    kind: SignInKind = SignInKind.USUAL


def sign_in(params: SignIn, visitor: Visitor) -> SignedIn:
    """Checks the name, the password and any second factor, and issues a new sign-in.

    Raises WRONG_CREDENTIALS for an unknown name, a wrong password and a disabled user alike, FIRST_PASSWORD_EXPIRED,
    and TOO_MANY_SIGN_INS (meta `retry_after` in seconds) before any password is looked at; once the password is right,
    SECOND_FACTOR_REQUIRED and WRONG_CODE; INVALID_INPUT where it is to be remembered and none is. Commits.
    """
    kind = kind_of(remember=params.remember)
    user = check_password(params.username, params.password, visitor)
    second_factor.require(user, params.code, visitor)
    return start_session(user, visitor, kind)


def start_session(user: User, visitor: Visitor, kind: SignInKind) -> SignedIn:
    """Issues a sign-in for somebody whose password and second factor have been checked.

    Raises WRONG_CREDENTIALS where all sign-ins of the user were ended in between: another password, a second factor
    that has just been switched on. Commits.
    """
    with identity() as session:
        user = unchanged(session, user)
        user.last_login_at = now()
        notify_new_device(session, user, visitor)
        device = remember_device(session, user, visitor)
        token = sessions.issue(session, user, visitor, kind=kind, device_id=device.id)
        audit(session, "signed_in", actor_id=user.id, ip=visitor.ip)
        session.commit()
    clear_attempts(AttemptKind.SIGN_IN, user.username, visitor)
    return SignedIn(token, user, device.cookie, kind)


def check_password(username: str, password: str, visitor: Visitor) -> User:
    """The user of that name and password, who has not given a second factor yet.

    The attempt is counted as a failure; whoever lets the user in forgets it. Raises as sign_in. Commits.
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
        unchanged(session, user).password = hash_password(password)
        session.commit()
