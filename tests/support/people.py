"""The fixed cast: alice owns, bob is a stranger, ada administers."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from bot.auth.passwords import hash_password
from bot.auth.sessions import sessions
from bot.config.runtime import now
from bot.core.visitor import Visitor
from bot.history.activity import record
from bot.linking.outcomes import store_session
from bot.phones.devices import keep_device
from bot.storage.bot_lock import locked_status
from bot.storage.models import User, new_id
from bot.storage.tenancy import identity, tenant
from bot.users.directory import add_user

VISITOR = Visitor("127.0.0.1", "tests")
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Somebody:
    """A user of the cast, with a changed password and one sign-in."""

    id: str
    username: str
    token: str
    password: str = PASSWORD

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@cache
def _hash() -> str:
    """Return one hash for all. Hashing is slow on purpose, and most tests need a user."""
    return hash_password(PASSWORD)


def make_somebody(username: str, role: str = "user") -> Somebody:
    user = User(
        id=new_id(),
        username=username,
        password=_hash(),
        role=role,
        created_at=now(),
        must_change_password=False,
    )
    add_user(user, actor_id=None)
    with identity() as session:
        user = session.get_one(User, user.id)
        user.last_login_at = now()
        token = sessions.issue(session, user, VISITOR)
        session.commit()
    return Somebody(user.id, username, token)


def give_valid_session(user_id: str, *, username: str = "insta.name", session_data: str = "{}") -> None:
    """Act as if a worker had linked an account, another one for each user."""
    own_id = str(UUID(user_id).int)[:17]
    with tenant(user_id) as session:
        store_session(
            session, session_data=session_data, instagram_id=own_id, username=username, password="instagram secret"
        )
        record(session, "link", "done", target=username)
        session.commit()
    keep_device(user_id, username, "{}")


def set_running(user_id: str) -> None:
    with tenant(user_id) as session:
        locked_status(session).bot_running = True
        session.commit()
