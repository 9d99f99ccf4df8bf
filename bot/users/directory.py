"""People with a login: create, sign in, change the password."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.auth import second_factor
from bot.auth.devices import forget_devices, remember_device
from bot.auth.passwords import (
    MAXIMUM,
    check_new_password,
    hash_password,
    needs_rehash,
    random_password,
    verify_password,
)
from bot.auth.second_factor import MAX_CODE
from bot.auth.sessions import SessionInfo, kind_of, sessions, unchanged
from bot.auth.sign_in_notices import note_failure, notify_new_device, notify_new_password
from bot.auth.throttle import clear_attempts, record_attempt
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, invalid
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from bot.mail.links import send_verification, void
from bot.storage.initial_settings import default_settings
from bot.storage.models import BotStatus, User, new_id
from bot.storage.models.values import Role, SignInKind
from bot.storage.tenancy import IdentitySession, identity

FIRST_PASSWORD_DAYS = 7
# Names of users who came by way of Instagram begin with it; nobody else may take one.
INSTAGRAM_PREFIX = "ig."

Username = Annotated[
    str,
    Pattern(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$",
        "Type 2 to 32 letters, digits, dots, dashes or underscores, with a letter or digit first.",
    ),
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=MAXIMUM)]
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


class NewUser(Params):
    username: Username = Field(description="2 to 32 letters, digits, dots, dashes or underscores.")
    email: MailAddress | None = None
    role: Role = "user"
    password: Password | None = Field(None, description="A first password; without it one is made and shown once.")


class PasswordChange(Params):
    username: str = Field("", max_length=64, description="May be left out: whose password it is, is known.")
    current_password: Password
    new_password: Password


class PasswordInitialization(PasswordChange):
    username: str = Field("", max_length=64, description="The administrator; left out: the first one's name.")
    code: TypedCode = None


@dataclass(frozen=True)
class SignedIn:
    """`device_token` is what the device is to bring with its next sign-in; empty while it is not known yet."""

    token: str
    user: User
    device_token: str = ""
    kind: SignInKind = "usual"


@dataclass(frozen=True)
class Created:
    user: User
    initial_password: str | None


def _by_name(session: IdentitySession, username: str) -> User | None:
    return session.scalars(select(User).where(User.username == username.strip().lower())).one_or_none()


def user_id_of(username: str) -> str:
    """Raises USER_NOT_FOUND."""
    with identity(reading=True) as session:
        user = _by_name(session, username)
    if user is None:
        raise BotException("USER_NOT_FOUND")
    return user.id


def usernames(user_ids: Iterable[str]) -> dict[str, str]:
    """The names of users by their ids; one who is erased has none."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    with identity(reading=True) as session:
        rows = session.execute(select(User.id, User.username).where(User.id.in_(wanted)))
        return {row.id: row.username for row in rows}


def sign_in(params: SignIn, visitor: Visitor) -> SignedIn:
    """Checks the name, the password and any second factor, and issues a new sign-in.

    Raises WRONG_CREDENTIALS for an unknown name, a wrong password and a disabled user alike, FIRST_PASSWORD_EXPIRED,
    and TOO_MANY_SIGN_INS (meta `retry_after` in seconds) before any password is looked at; once the password is right,
    SECOND_FACTOR_REQUIRED and WRONG_CODE; INVALID_INPUT where it is to be remembered and none is. Commits.
    """
    kind = kind_of(remember=params.remember)
    user = check_password(params.username, params.password, visitor)
    second_factor.require(user, params.code, visitor)
    return admit(user, visitor, kind)


def admit(user: User, visitor: Visitor, kind: SignInKind) -> SignedIn:
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
    clear_attempts("sign_in", user.username, visitor)
    return SignedIn(token, user, device.cookie, kind)


def check_password(username: str, password: str, visitor: Visitor) -> User:
    """The user of that name and password, who has not given a second factor yet.

    The attempt is counted as a failure; whoever lets the user in forgets it. Raises as sign_in. Commits.
    """
    record_attempt("sign_in", username, visitor)
    with identity(reading=True) as session:
        user = _by_name(session, username)
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


def create_user(params: NewUser, actor: SessionInfo | None) -> Created:
    """Makes a user whose first password has to be changed; the password is in the answer only when it was made here.

    Raises USERNAME_TAKEN and the refusals of check_new_password.
    """
    check_prefix(params.username)
    made = None if params.password else random_password()
    if params.password:
        check_new_password(params.password, params.username)
    user = User(
        id=new_id(),
        username=params.username.lower(),
        email=params.email,
        password=hash_password(params.password or made or ""),
        role=params.role,
        created_at=now(),
        first_password_expires_at=now() + timedelta(days=FIRST_PASSWORD_DAYS),
    )
    add_user(user, actor_id=actor.id if actor else None)
    return Created(user, made)


def check_prefix(username: str) -> None:
    """Raises USERNAME_TAKEN for a name as those have who came by way of Instagram."""
    if username.lower().startswith(INSTAGRAM_PREFIX):
        message = f"Names that begin with {INSTAGRAM_PREFIX} are of those who sign in by Instagram."
        raise invalid("username", message, "USERNAME_TAKEN")


def add_user(user: User, *, actor_id: str | None) -> None:
    """Adds a user with the rows that every user has. Raises USERNAME_TAKEN. Commits."""
    with identity(user.id) as session:
        put_user(session, user, actor_id=actor_id)
        session.commit()


def put_user(session: IdentitySession, user: User, *, actor_id: str | None) -> None:
    """The same within the session, an identity's of this user; an address that is not verified yet gets a link to it.

    The caller commits, or has to give up at USERNAME_TAKEN.
    """
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        raise invalid("username", "This username is taken.", "USERNAME_TAKEN") from None
    session.add_all([BotStatus(user_id=user.id), default_settings(user.id)])
    audit(session, "user_created", actor_id=actor_id, subject_id=user.id)
    if user.email and not user.email_verified_at:
        send_verification(session, user, user.email)


def change_password(user_id: str, params: PasswordChange, visitor: Visitor, kind: SignInKind = "usual") -> SignedIn:
    """Changes the user's own password, ends all their sign-ins and issues a new one, of the kind of the one that asks.

    Raises WRONG_CURRENT_PASSWORD, TOO_MANY_SIGN_INS, USER_NOT_FOUND and those of check_new_password.
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
    """Whoever is signed in types their password once more, in that field.

    Wrong ones are counted apart from those at the sign-in, where strangers may try. Raises WRONG_CURRENT_PASSWORD and
    TOO_MANY_SIGN_INS.
    """
    record_attempt("confirm", user.username, visitor)
    if not verify_password(user.password, password):
        problem = {"field": field, "code": "WRONG_CURRENT_PASSWORD", "message": "This is not your current password."}
        raise BotException("WRONG_CURRENT_PASSWORD", errors=[problem])
    clear_attempts("confirm", user.username, visitor)


def new_first_password(username: str) -> Created:
    """Makes a new first password for somebody who lost theirs and ends their sign-ins; for whoever runs the server.

    Raises USER_NOT_FOUND. Commits.
    """
    made = random_password()
    with identity() as session:
        user = _by_name(session, username)
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
    kind: SignInKind = "usual",
    *,
    changed: str = "WRONG_CREDENTIALS",
) -> SignedIn:
    with identity() as session:
        user = unchanged(session, checked, changed)
        check_new_password(params.new_password, user.username, params.current_password)
        user.password = hash_password(params.new_password)
        first, user.must_change_password = user.must_change_password, False
        user.first_password_expires_at = None
        sessions.end_all(session, user, "password_changed")
        forget_devices(session, user)
        # Whoever changes a first password has perhaps not opened the first mail yet.
        void(session, user.id, *(("reset",) if first else ("reset", "verify")))
        notify_new_password(session, user, visitor)
        device = remember_device(session, user, visitor)
        token = sessions.issue(session, user, visitor, kind=kind, device_id=device.id)
        audit(session, "password_changed", actor_id=user.id, ip=visitor.ip)
        session.commit()
    return SignedIn(token, user, device.cookie, kind)


def initialize_password(params: PasswordInitialization, visitor: Visitor) -> SignedIn:
    """The forced first change of an administrator without a page: the name and current password prove who it is.

    Raises as sign_in, WRONG_CREDENTIALS also for users who are no administrators, and those of check_new_password.
    """
    user = check_password(params.username or runtime().config.admin_username, params.current_password, visitor)
    if user.role != "admin":
        raise BotException("WRONG_CREDENTIALS")
    second_factor.require(user, params.code, visitor)
    clear_attempts("sign_in", user.username, visitor)
    return _set_password(user, params, visitor)


def get_user(user_id: str) -> User:
    with identity(reading=True) as session:
        user = session.get(User, user_id)
    if user is None:
        raise BotException("USER_NOT_FOUND")
    return user


def is_known(user_id: str) -> bool:
    """Whether there is such a user, and they are not erased."""
    return bool(usernames([user_id]))


def visible_user(user_id: str, signed_in: SessionInfo) -> User:
    """A user as an administrator, or the user in person, may see them. Raises USER_NOT_FOUND for everybody else."""
    if signed_in.role != "admin":
        require_self(user_id, signed_in)
    return get_user(user_id)


def require_self(user_id: str, signed_in: SessionInfo) -> None:
    """Raises USER_NOT_FOUND unless the id is that of the signed-in user: others' ids do not tell that they exist."""
    if user_id != signed_in.id:
        raise BotException("USER_NOT_FOUND")
