"""The directory of users: create them, and find them by name or id."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from bot.auth.passwords import (
    MAXIMUM,
    check_new_password,
    hash_password,
    random_password,
)
from bot.auth.sessions import SessionInfo
from bot.config.runtime import now
from bot.core.errors import BotException, invalid
from bot.history.audit import audit
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.pagination import Page, page
from bot.inputs.params import Params
from bot.inputs.validation import Pattern
from bot.mail.links import send_verification
from bot.storage.initial_settings import default_settings
from bot.storage.models import BotStatus, User, new_id
from bot.storage.models.values import Role
from bot.storage.tenancy import IdentitySession, identity

FIRST_PASSWORD_DAYS = 7
# Names of users who came through Instagram begin with it, and no other name may.
INSTAGRAM_PREFIX = "ig."
Username = Annotated[
    str,
    Pattern(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$",
        "Type 2 to 32 letters, digits, dots, dashes or underscores, with a letter or digit first.",
    ),
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=MAXIMUM)]


class NewUser(Params):
    username: Username = Field(description="2 to 32 letters, digits, dots, dashes or underscores.")
    email: MailAddress | None = None
    role: Role = "user"
    password: Password | None = Field(None, description="A first password; without it one is made and shown once.")


@dataclass(frozen=True)
class Created:
    user: User
    initial_password: str | None


def find_by_name(session: IdentitySession, username: str) -> User | None:
    """Return the user of that name, typed in any case, or None."""
    return session.scalars(select(User).where(User.username == username.strip().lower())).one_or_none()


def user_id_of(username: str) -> str:
    """Return the id of the user of that name. Raises USER_NOT_FOUND."""
    with identity(reading=True) as session:
        user = find_by_name(session, username)
    if user is None:
        raise BotException("USER_NOT_FOUND")
    return user.id


def usernames(user_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of users by id. Erased users are missing."""
    wanted = set(user_ids)
    if not wanted:
        return {}
    with identity(reading=True) as session:
        rows = session.execute(select(User.id, User.username).where(User.id.in_(wanted)))
        return {row.id: row.username for row in rows}


def create_user(params: NewUser, actor: SessionInfo | None) -> Created:
    """Create a user whose first password has to be changed. The result holds the password only if it was generated
    here.

    Raises USERNAME_TAKEN and the errors of check_new_password. Commits.
    """
    require_free_prefix(params.username)
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


def require_free_prefix(username: str) -> None:
    """Raise USERNAME_TAKEN for a name with the prefix of users who came through Instagram."""
    if username.lower().startswith(INSTAGRAM_PREFIX):
        message = f"Names that begin with {INSTAGRAM_PREFIX} are of those who sign in by Instagram."
        raise invalid("username", message, "USERNAME_TAKEN")


def add_user(user: User, *, actor_id: str | None) -> None:
    """Add a user with the rows that every user has. Raises USERNAME_TAKEN. Commits."""
    with identity(user.id) as session:
        put_user(session, user, actor_id=actor_id)
        session.commit()


def put_user(session: IdentitySession, user: User, *, actor_id: str | None) -> None:
    """Do the same within the session, an identity's of this user. An unverified address gets a link.

    The caller commits, or has to give up after USERNAME_TAKEN.
    """
    session.add(user)
    try:
        session.flush()
    except IntegrityError:
        raise invalid("username", "This username is taken.", "USERNAME_TAKEN") from None
    session.add_all([_first_status(user), default_settings(user.id)])
    audit(session, "user_created", actor_id=actor_id, subject_id=user.id)
    if user.email and not user.email_verified_at:
        send_verification(session, user, user.email)


def _first_status(user: User) -> BotStatus:
    """Return the status of a bot without an account, whose verdict needs no decision."""
    at = user.created_at
    return BotStatus(
        user_id=user.id,
        verdict="NOT_LINKED",
        verdict_condition="off",
        verdict_who="user",
        verdict_since=at,
        verdict_at=at,
        verdict_revision=0,
    )


def list_users(limit: int, cursor: str | None, search: str | None = None) -> Page[User]:
    """Return a page of users, newest first. `search` matches parts of name or address. Raises BAD_CURSOR."""
    query = select(User)
    if search and (sought := search.strip().lower()):
        by_address = func.lower(User.email).contains(sought, autoescape=True)
        query = query.where(or_(User.username.contains(sought, autoescape=True), by_address))
    with identity(reading=True) as session:
        found: Page[User] = page(session, query, (User.created_at, User.id), limit, cursor)
        return found


def get_user(user_id: str) -> User:
    """Return the user. Raises USER_NOT_FOUND."""
    with identity(reading=True) as session:
        user = session.get(User, user_id)
    if user is None:
        raise BotException("USER_NOT_FOUND")
    return user


def is_known(user_id: str) -> bool:
    """Return whether the user exists, and is not erased."""
    return bool(usernames([user_id]))


def visible_user(user_id: str, signed_in: SessionInfo) -> User:
    """Return a user to an administrator or to the user themselves. Raises USER_NOT_FOUND for anyone else."""
    if signed_in.role != "admin":
        require_self(user_id, signed_in)
    return get_user(user_id)


def require_self(user_id: str, signed_in: SessionInfo) -> None:
    """Raise USER_NOT_FOUND unless the id is the signed-in user's. It hides which other ids exist."""
    if user_id != signed_in.id:
        raise BotException("USER_NOT_FOUND")
