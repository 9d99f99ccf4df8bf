"""The demo users. They are users like others, signed in here without a password."""

from sqlalchemy import select

from bot.auth import second_factor
from bot.auth.passwords import hash_password, random_password
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import BotSettings, User, new_id
from bot.storage.models.values import SignInKind
from bot.storage.tenancy import identity, tenant
from bot.users.directory import add_user, find_by_name
from bot.users.sign_in import SignedIn, start_session

# The second one has lived through the days before the start.
DEMO_USER, PAST_USER = "demo", "demo-past"
DEMO_USERS = (DEMO_USER, PAST_USER)


def ensure_demo_user(username: str = DEMO_USER) -> tuple[User, str] | None:
    """Make the demo user, with a random password and without a warm-up, and return both. None if the name is in use.

    Commits.
    """
    if demo_user(username) is not None:
        return None
    password = random_password()
    user = User(
        id=new_id(),
        username=username,
        password=hash_password(password),
        must_change_password=False,
        created_at=now(),
    )
    add_user(user, actor_id=None)
    with tenant(user.id) as session:
        session.scalars(select(BotSettings)).one().warm_up = False
        session.commit()
    return user, password


def demo_user(username: str) -> User | None:
    """Return the user of that name, whatever became of them."""
    with identity(reading=True) as session:
        return find_by_name(session, username)


def demo_users() -> list[User]:
    """Return the demo users who may be signed in by a button."""
    found = (demo_user(name) for name in DEMO_USERS)
    return [user for user in found if user and user.role == "user" and user.is_active]


def sign_in_demo(username: str, visitor: Visitor) -> SignedIn:
    """Sign a demo user in without the password. The caller has checked that this is the demo. Commits.

    Raises NOT_FOUND for every other user, an administrator of that name among them, and SECOND_FACTOR_REQUIRED if the
    demo user has one.
    """
    user = next((one for one in demo_users() if one.username == username), None)
    if user is None:
        raise BotException("NOT_FOUND")
    second_factor.require(user, None, visitor)
    return start_session(user, visitor, SignInKind.USUAL)
