"""Tests of a user's Instagram session by an administrator, who learns only if it is valid and why not."""

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
    """Test the session as the user could, one at a time, and audit it. Also raises USER_NOT_FOUND. Commits."""
    get_user(user_id)
    with identity() as session:
        audit(session, "session_tested", actor_id=actor.id, subject_id=user_id, ip=visitor.ip)
        session.commit()
    with _in_our_words():
        # Not by the administrator's own sign-in: what the answer changes is the user's.
        return requests.test_session(user_id, sign_in_id=None)


def find_test(user_id: str, request_id: str) -> Answer:
    """Return the state of a test of the user's session. Raises USER_NOT_FOUND, and REQUEST_NOT_FOUND for other
    requests.
    """
    get_user(user_id)
    mine = select(AccountRequest.kind).where(AccountRequest.id == request_id)
    with tenant(user_id, reading=True) as session:
        if session.scalars(mine).one_or_none() != "test":
            raise BotException("REQUEST_NOT_FOUND")
    with _in_our_words():
        return requests.get_request(user_id, request_id)


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Replace Instagram's words, which may name the account, its address or its number. Those are for the user only."""
    try:
        yield
    except BotException as refusal:
        raise BotException(refusal.name, **refusal.meta) from None
