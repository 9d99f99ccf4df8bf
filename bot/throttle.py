"""The sign-in throttle: wrong passwords counted in the database, by name and network and by network alone."""

from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.errors import BotException
from bot.models import FailedSignIn
from bot.runtime import now
from bot.scope import identity
from bot.sessions import Visitor

WINDOW = timedelta(minutes=15)
PER_NAME_AND_NETWORK = 10
PER_NETWORK = 50


def check_sign_in(username: str, visitor: Visitor) -> None:
    """Raises TOO_MANY_SIGN_INS with `retry_after` seconds.

    Names are counted together with the network they came from: a stranger elsewhere cannot lock out the owner.
    """
    with identity(reading=True) as session:
        mine = FailedSignIn.network == visitor.network
        name = FailedSignIn.username == _key(username)
        for condition, most in (((mine & name), PER_NAME_AND_NETWORK), (mine, PER_NETWORK)):
            count, oldest = _failures(session, condition)
            if count >= most and oldest:
                wait = max(1, int((oldest + WINDOW - now()).total_seconds()) + 1)
                message = f"Too many wrong sign-ins came from your network. Try again in {ceil(wait / 60)} minutes."
                raise BotException("TOO_MANY_SIGN_INS", message, retry_after=wait)


def _failures(session: Session, condition: object) -> tuple[int, datetime | None]:
    since = now() - WINDOW
    query = select(func.count(), func.min(FailedSignIn.at))
    row = session.execute(query.where(condition, FailedSignIn.at > since)).one()  # type: ignore[arg-type]
    return row[0], row[1]


def count_failure(username: str, visitor: Visitor) -> None:
    """Records one wrong sign-in, and forgets what no window reaches any more."""
    with identity() as session:
        session.add(FailedSignIn(username=_key(username), network=visitor.network, at=now()))
        session.execute(delete(FailedSignIn).where(FailedSignIn.at < now() - WINDOW * 4))
        session.commit()


def forget_failures(username: str, visitor: Visitor) -> None:
    """A right password clears the count of this name from this network."""
    with identity() as session:
        session.execute(
            delete(FailedSignIn).where(FailedSignIn.username == _key(username), FailedSignIn.network == visitor.network)
        )
        session.commit()


def _key(username: str) -> str:
    return username.strip().lower()[:64]
