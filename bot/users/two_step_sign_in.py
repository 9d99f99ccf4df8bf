"""The page's sign-in in two steps: the password, then the code within five minutes from the same browser."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update

from bot.auth.second_factor import check_code, require
from bot.auth.sessions import kind_of
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.storage.models import PendingSignIn, User
from bot.storage.models.values import SignInKind
from bot.storage.tenancy import identity
from bot.users.second_factor_setup import SecondFactorCode
from bot.users.sign_in import SignedIn, SignIn, check_password, start_session

TTL = timedelta(minutes=5)
MAX_TRIES = 5
# The user's id, which limits the search to their rows, and 256 random bits.
_TOKEN = re.compile(r"[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Pending:
    """A sign-in with the correct password whose code is missing. The token goes into this browser's cookie."""

    token: str


def begin_sign_in(params: SignIn, visitor: Visitor) -> SignedIn | Pending:
    """Sign in a user without a second factor, or with its code. Any other sign-in waits for the code. Commits.

    Raises the errors of sign_in except SECOND_FACTOR_REQUIRED. The attempt counts until the code is correct, so that
    knowing the password alone does not allow endless tries.
    """
    kind = kind_of(remember=params.remember)
    user = check_password(params.username, params.password, visitor)
    if params.code or not user.has_second_factor:
        require(user, params.code, visitor)
        return start_session(user, visitor, kind)
    token = f"{user.id}.{secrets.token_urlsafe(32)}"
    with identity(user.id) as session:
        mine = PendingSignIn.user_id == user.id
        session.execute(delete(PendingSignIn).where(mine, PendingSignIn.expires_at <= now()))
        waiting = {"auth_epoch": user.auth_epoch, "remember": params.remember, "expires_at": now() + TTL}
        audit(session, "code_asked", actor_id=user.id, ip=visitor.ip)
        session.add(PendingSignIn(user_id=user.id, token_hash=_digest(token), **waiting))
        session.commit()
    return Pending(token)


def check_pending(token: str) -> None:
    """Raise SIGN_IN_EXPIRED if no code is accepted for it."""
    owner, mine = _whose(token)
    with identity(owner, reading=True) as session:
        if session.scalars(select(PendingSignIn.id).where(mine, _takes_codes())).first() is None:
            raise BotException("SIGN_IN_EXPIRED")


def finish_sign_in(token: str, params: SecondFactorCode, visitor: Visitor) -> SignedIn:
    """Sign in with the code, once. Raises SIGN_IN_EXPIRED, WRONG_CODE, TOO_MANY_SIGN_INS and VAULT_REFUSED. Commits."""
    owner, mine = _whose(token)
    with identity(owner) as session:
        tried = update(PendingSignIn).where(mine, _takes_codes()).values(tries=PendingSignIn.tries + 1)
        waiting = session.execute(tried.returning(PendingSignIn.auth_epoch, PendingSignIn.remember)).one_or_none()
        user = session.get(User, owner)
        session.commit()
    if user is None or waiting is None or user.auth_epoch != waiting.auth_epoch or not user.is_active:
        raise BotException("SIGN_IN_EXPIRED")
    check_code(user, params.code, visitor)
    with identity(owner) as session:
        if not session.execute(delete(PendingSignIn).where(mine).returning(PendingSignIn.id)).all():
            raise BotException("SIGN_IN_EXPIRED")
        session.commit()
    return start_session(user, visitor, SignInKind.REMEMBERED if waiting.remember else SignInKind.USUAL)


def _whose(token: str) -> tuple[str, ColumnElement[bool]]:
    """Return the user's id that the token states, and the condition that finds its row."""
    owner = token.partition(".")[0] if _TOKEN.fullmatch(token) else ""
    return owner, (PendingSignIn.user_id == owner) & (PendingSignIn.token_hash == _digest(token))


def _takes_codes() -> ColumnElement[bool]:
    return (PendingSignIn.expires_at > now()) & (PendingSignIn.tries < MAX_TRIES)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
