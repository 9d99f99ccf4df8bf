"""The sign-in throttle: wrong passwords counted in the database, by name and network and by network alone."""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.database import db
from bot.errors import BotException
from bot.models import FailedSignIn
from bot.runtime import now
from bot.scope import identity
from bot.sessions import Visitor

WINDOW = timedelta(minutes=15)
PER_NAME_AND_NETWORK = 10
PER_NETWORK = 50


def count_attempt(username: str, visitor: Visitor) -> None:
    """Counts a sign-in before its password is looked at; forget_failures takes it back when that is right.

    So many at once pass no further than many in turn. Names are counted together with the network they came from: a
    stranger elsewhere cannot lock out the owner. Raises TOO_MANY_SIGN_INS with `retry_after` seconds. Commits.
    """
    with identity() as session:
        _queue_up(session, visitor)
        mine = FailedSignIn.network == visitor.network
        name = FailedSignIn.username == _key(username)
        for condition, most in (((mine & name), PER_NAME_AND_NETWORK), (mine, PER_NETWORK)):
            count, oldest = _failures(session, condition)
            if count >= most and oldest:
                wait = max(1, int((oldest + WINDOW - now()).total_seconds()) + 1)
                message = f"Too many wrong sign-ins came from your network. Try again in {ceil(wait / 60)} minutes."
                raise BotException("TOO_MANY_SIGN_INS", message, retry_after=wait)
        session.add(FailedSignIn(username=_key(username), network=visitor.network, at=now()))
        session.execute(delete(FailedSignIn).where(FailedSignIn.at < now() - WINDOW * 4))
        session.commit()


def _queue_up(session: Session, visitor: Visitor) -> None:
    """Sign-ins of one network are counted one after the other; SQLite's write lock does that by itself."""
    if db.engine.dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(visitor.network))))


def _failures(session: Session, condition: object) -> tuple[int, datetime | None]:
    since = now() - WINDOW
    query = select(func.count(), func.min(FailedSignIn.at))
    row = session.execute(query.where(condition, FailedSignIn.at > since)).one()  # type: ignore[arg-type]
    return row[0], row[1]


def forget_failures(username: str, visitor: Visitor) -> None:
    """A right password clears the count of this name from this network."""
    with identity() as session:
        session.execute(
            delete(FailedSignIn).where(FailedSignIn.username == _key(username), FailedSignIn.network == visitor.network)
        )
        session.commit()


def _key(username: str) -> str:
    return username.strip().lower()[:64]
