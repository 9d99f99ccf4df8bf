"""An administrator tests the Instagram session of a user: whether it is valid and why not, and nothing else of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from bot.auth.sessions import SessionInfo
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.linking import requests
from bot.linking.requests import Answer
from bot.storage.models import AccountRequest
from bot.storage.tenancy import identity, tenant
from bot.users.directory import get_user


def begin_test(actor: SessionInfo, user_id: str, visitor: Visitor) -> Answer:
    """Tests it as the user could, one at a time, and notes who did. Raises USER_NOT_FOUND too. Commits."""
    get_user(user_id)
    with identity() as session:
        audit(session, "session_tested", actor_id=actor.id, subject_id=user_id, ip=visitor.ip)
        session.commit()
    with _in_our_words():
        # Not by the administrator's own sign-in: what the answer changes is the user's.
        return requests.test_session(user_id, sign_in_id=None)


def find_test(user_id: str, request_id: str) -> Answer:
    """How a test of the user's session stands. Raises USER_NOT_FOUND, and REQUEST_NOT_FOUND for any other request."""
    get_user(user_id)
    mine = select(AccountRequest.kind).where(AccountRequest.id == request_id)
    with tenant(user_id, reading=True) as session:
        if session.scalars(mine).one_or_none() != "test":
            raise BotException("REQUEST_NOT_FOUND")
    with _in_our_words():
        return requests.get_request(user_id, request_id)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """What Instagram said may name the account, its address or its number: that is the user's to read."""
    try:
        yield
    except BotException as refusal:
        raise BotException(refusal.name, **refusal.meta) from None
