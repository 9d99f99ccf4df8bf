"""Links in mails. Each is random, valid for one purpose, once, and for a while. Only its SHA-256 is stored."""

from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.tokens import digest, new_token
from bot.mail import texts
from bot.mail.outbox import send_mail
from bot.storage.models import MailToken, User
from bot.storage.tenancy import identity

Purpose = Literal["reset", "verify"]
LIFETIME: dict[Purpose, timedelta] = {"reset": timedelta(minutes=30), "verify": timedelta(days=1)}
MAX_TOKEN_LENGTH = 64


def issue(session: Session, user_id: str, purpose: Purpose, address: str) -> str:
    """Return a new token of the user for that address. Earlier ones of the same purpose become void. The caller
    commits.
    """
    _hold(session, user_id)
    void(session, user_id, purpose)
    token, moment = new_token(), now()
    session.add(
        MailToken(
            user_id=user_id,
            purpose=purpose,
            token_hash=digest(token),
            address=address,
            created_at=moment,
            expires_at=moment + LIFETIME[purpose],
        )
    )
    return token


def send_verification(session: Session, user: User, address: str) -> None:
    """Mail a link to the address, which becomes the user's when it is opened. The caller commits."""
    token = issue(session, user.id, "verify", address)
    words = texts.verify_address(user.username, token)
    send_mail(session, address, *words, purpose="verify", user_id=user.id, useful_for=LIFETIME["verify"])


def _hold(session: Session, user_id: str) -> None:
    """Lock the user's tokens until the commit. Otherwise two concurrent ones would not void each other."""
    session.execute(select(User.id).where(User.id == user_id).with_for_update())


def void(session: Session, user_id: str, *purposes: Purpose) -> None:
    """Delete the user's tokens of these purposes. The caller commits."""
    session.execute(delete(MailToken).where(MailToken.user_id == user_id, MailToken.purpose.in_(purposes)))


def find_token(session: Session, token: str, purpose: Purpose) -> MailToken:
    """Return the row of a valid token. Raises LINK_INVALID."""
    mine = select(MailToken).where(MailToken.token_hash == digest(token), MailToken.purpose == purpose)
    found = session.scalars(mine.where(MailToken.expires_at > now())).one_or_none()
    if found is None:
        raise BotException("LINK_INVALID")
    return found


def use_token(session: Session, found: MailToken) -> None:
    """Use the token up. Of several concurrent calls one succeeds. The caller commits. Raises LINK_INVALID."""
    _hold(session, found.user_id)
    mine = delete(MailToken).where(MailToken.id == found.id).returning(MailToken.id)
    if session.scalars(mine).one_or_none() is None:
        raise BotException("LINK_INVALID")


def forget_expired_tokens() -> None:
    """Delete expired tokens. Commits."""
    with identity() as session:
        session.execute(delete(MailToken).where(MailToken.expires_at <= now()))
        session.commit()
