"""The fixed cast: alice owns, bob is a stranger, ada administers."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from bot.activity import record
from bot.linking import store_session
from bot.models import BotStatus, User
from bot.scope import identity, tenant
from bot.sessions import Visitor
from bot.users import NewUser, SignIn, create_user, sign_in

VISITOR = Visitor("127.0.0.1", "tests")
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Somebody:
    """A user of the cast: has a password of their own and one sign-in."""

    id: str
    username: str
    token: str
    password: str = PASSWORD

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def make_somebody(username: str, role: str = "user") -> Somebody:
    created = create_user(NewUser(username=username, role=role, password=PASSWORD), None)
    with identity() as session:
        values = {"must_change_password": False, "first_password_expires_at": None}
        session.execute(update(User).where(User.id == created.user.id).values(**values))
        session.commit()
    signed_in = sign_in(SignIn(username=username, password=PASSWORD), VISITOR)
    return Somebody(created.user.id, username, signed_in.token)


def give_valid_session(user_id: str, *, username: str = "insta.name", session_data: str = "{}") -> None:
    """As if a worker had linked the account: each user has another one."""
    own_id = str(UUID(user_id).int)[:17]
    with tenant(user_id) as session:
        store_session(
            session, session_data=session_data, instagram_id=own_id, username=username, password="instagram secret"
        )
        record(session, "link", "done", target=username)
        session.commit()


def set_running(user_id: str) -> None:
    with tenant(user_id) as session:
        session.scalars(select(BotStatus)).one().bot_running = True
        session.commit()
