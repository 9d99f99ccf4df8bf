"""Signing in here with the name and password of one's Instagram account, as clients of the first version do."""

import hmac
import json
import threading
import time
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.exc import NoResultFound

from bot import bots, second_factor
from bot.accounts import ABANDONED_AFTER, LOOK_EVERY, WAIT_SECONDS, Answer, link, wait_for
from bot.audit import audit
from bot.errors import BotException
from bot.instagram_users import find_user, forget_unproven, is_proven, make_user, sign_in_name
from bot.last_sign_in import note_failure
from bot.link_forms import Credentials, Link
from bot.models import AccountRequest, BotStatus, InstagramCredentials, User
from bot.passwords import verify_password
from bot.runtime import now, runtime
from bot.scope import identity, tenant
from bot.sessions import Visitor, sessions, unchanged
from bot.throttle import count_attempt
from bot.users import SignedIn, TypedCode, admit

# A user whom Instagram has just refused may be removed while another asks for the same name.
_MOST_STARTS = 3
_WRONG = frozenset({"WRONG_CREDENTIALS", "INSTAGRAM_WRONG_PASSWORD"})


class CredentialsWithCode(Credentials):
    code: TypedCode = None


@dataclass(frozen=True)
class InstagramSignIn:
    """What came of it: `signed_in` is None while Instagram has not answered yet.

    With `requires_verification` the sign-in may do no more than send the code.
    """

    signed_in: SignedIn | None
    answer: Answer | None

    @property
    def requires_verification(self) -> bool:
        return bool(self.answer and self.answer.result.get("requires_verification"))


def sign_in_by_instagram(
    params: CredentialsWithCode, visitor: Visitor, *, wait: float = WAIT_SECONDS
) -> InstagramSignIn:
    """Signs in the user of this Instagram account, making one on first use where ALLOW_INSTAGRAM_SIGN_IN says so.

    While the account's session is valid the password is compared here and Instagram is not asked: a stranger's guesses
    never reach it. Who has a second factor here proves password and code before Instagram is asked, as its answer
    changes what is theirs; a password that was changed there is made known by linking anew. Raises WRONG_CREDENTIALS,
    TOO_MANY_SIGN_INS, SECOND_FACTOR_REQUIRED, WRONG_CODE and what Instagram answers.
    """
    name = params.username
    # The same count as that of a sign-in by this user's own name: it is the same password.
    count_attempt("sign_in", sign_in_name(name), visitor)
    for _ in range(_MOST_STARTS):
        try:
            return _sign_in(name, params, visitor, wait)
        except NoResultFound:
            continue
        except BotException as refusal:
            if refusal.name in _WRONG:
                note_failure(find_user(name), visitor)
            raise
    raise BotException("INSTANCE_BUSY")


def _sign_in(name: str, params: CredentialsWithCode, visitor: Visitor, wait: float) -> InstagramSignIn:
    user = find_user(name)
    if user is None or not is_proven(user):
        if not runtime().config.allow_instagram_sign_in:
            verify_password(None, params.password)
            raise BotException("WRONG_CREDENTIALS")
        user = user or make_user(name)
    if not user.is_active:
        raise BotException("WRONG_CREDENTIALS")
    if not _asks_instagram(user, name):
        return _admitted(user.id, params, visitor)
    code_taken = user.has_second_factor
    if code_taken:
        _proved(user.id, params, visitor)
    mark = _mark(user.id, name, params.password)
    answer = _ask_instagram(user, name, params.password, mark, wait)
    if answer.pending:
        return InstagramSignIn(None, answer)
    if answer.result.get("requires_verification"):
        signed_in = _until_code(user.id, params, visitor, code_taken=code_taken)
        _forget_mark(user.id, mark)
        return InstagramSignIn(signed_in, answer)
    _forget_mark(user.id, mark)
    if _asks_instagram(user, name):
        raise BotException("REQUEST_WITHDRAWN")
    return _admitted(user.id, params, visitor, code_taken=code_taken)


def _asks_instagram(user: User, name: str) -> bool:
    """Whether Instagram is asked: while the account has no valid session, unless its user has linked another one.

    A stranger who knows no more than the password would put an end to that.
    """
    with tenant(user.id, reading=True) as session:
        valid = session.scalars(select(BotStatus.session_valid)).one()
        linked = session.scalars(select(InstagramCredentials.username)).one_or_none()
    return linked is None or (linked == name and not valid)


def _user(user_id: str) -> User:
    with identity(reading=True) as session:
        return session.get_one(User, user_id)


def _proved(user_id: str, params: CredentialsWithCode, visitor: Visitor, *, code_taken: bool = False) -> User:
    """The user, whose password was found right here, and the code unless that was taken a moment ago."""
    user = _user(user_id)
    if not verify_password(user.password, params.password):
        raise BotException("WRONG_CREDENTIALS")
    if not code_taken:
        second_factor.require(user, params.code, visitor)
    return user


def _admitted(
    user_id: str, params: CredentialsWithCode, visitor: Visitor, *, code_taken: bool = False
) -> InstagramSignIn:
    signed_in = admit(_proved(user_id, params, visitor, code_taken=code_taken), visitor)
    start_unless_stopped(user_id)
    return InstagramSignIn(signed_in, None)


def _until_code(user_id: str, params: CredentialsWithCode, visitor: Visitor, *, code_taken: bool) -> SignedIn:
    """A sign-in for sending the code. Its attempt stays counted: each asks Instagram for another code to guess."""
    checked = _user(user_id)
    if not code_taken:
        second_factor.require(checked, params.code, visitor)
    with identity() as session:
        user = unchanged(session, checked)
        token = sessions.issue(session, user, visitor, needs_code=True)
        audit(session, "sign_in_needs_code", actor_id=user.id, ip=visitor.ip)
        session.commit()
    return SignedIn(token, user)


def _ask_instagram(user: User, name: str, password: str, mark: str, wait: float) -> Answer:
    """Only Instagram can say whose account it is, and each is told what it said to what they typed themselves.

    Whoever asks again with the same password gets that answer; whoever typed another waits until it is their turn.
    Somebody new is not kept when Instagram says no.
    """
    deadline, never = time.monotonic() + wait, threading.Event()
    while True:
        left = max(0.0, deadline - time.monotonic())
        try:
            answer = _ask_once(user.id, name, password, mark, left)
        except BotException as refusal:
            if refusal.name != "INSTANCE_BUSY":
                _forget_mark(user.id, mark)
                forget_unproven(user.id)
                raise
            if not left:
                return Answer("", "link", pending=True, result={}, last_tested=None)
            never.wait(min(left, LOOK_EVERY))
        else:
            return answer


def _ask_once(user_id: str, name: str, password: str, mark: str, wait: float) -> Answer:
    known = _asked_before(user_id, mark)
    if known:
        return wait_for(user_id, known, wait)
    # Whoever is not signed in names no proxy: the one that the account has is gone through.
    return link(user_id, Link(username=name, password=password), asked_with=mark, wait=wait)


def _mark(user_id: str, name: str, password: str) -> str:
    """What tells whether the same was typed, of no use without the keys of this installation."""
    key = bytes.fromhex(runtime().vault.derived("asked_with"))
    return hmac.digest(key, json.dumps([user_id, name, password]).encode(), sha256).hex()


def _asked_before(user_id: str, mark: str) -> str | None:
    """The request whose answer whoever typed this has not got yet."""
    query = select(AccountRequest).where(
        AccountRequest.asked_with.is_not(None), AccountRequest.created_at > now() - ABANDONED_AFTER
    )
    with tenant(user_id, reading=True) as session:
        rows = session.scalars(query.order_by(AccountRequest.created_at.desc())).all()
    return next((row.id for row in rows if hmac.compare_digest(row.asked_with or "", mark)), None)


def _forget_mark(user_id: str, mark: str) -> None:
    with tenant(user_id) as session:
        session.execute(update(AccountRequest).where(AccountRequest.asked_with == mark).values(asked_with=None))
        session.commit()


def start_unless_stopped(user_id: str) -> None:
    """The first version had no Start: a bot that neither a person nor Instagram has stopped works as soon as it can."""
    with tenant(user_id, reading=True) as session:
        status = session.scalars(select(BotStatus)).one()
    if status.session_valid and not status.bot_running and status.stop_reason is None:
        bots.start(user_id)
