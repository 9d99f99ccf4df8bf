"""Sign-in here with the name and password of an Instagram account, for clients of the first version."""

import threading
import time
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from bot.auth import second_factor, session_list
from bot.auth.passwords import verify_password
from bot.auth.sessions import SessionInfo, lock_current, sessions
from bot.auth.sign_in_notices import note_failure
from bot.auth.throttle import record_attempt
from bot.automation import lifecycle
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.linking.link_forms import Code, Credentials, Link, TypedVerification
from bot.linking.provisioning import find_user, is_proven, refuse_user, sign_in_name, unproven_user
from bot.linking.requests import POLL_INTERVAL, WAIT_SECONDS, Answer, link, verify
from bot.linking.typed import AnsweredHere, Typed, asks_instagram
from bot.storage.models import BotStatus, User
from bot.storage.models.values import AttemptKind, SignInKind
from bot.storage.tenancy import identity, tenant
from bot.users.sign_in import SignedIn, TypedCode, start_session

# A user that Instagram has just refused may be deleted while another request asks for the same name.
_MAX_STARTS = 3
_WRONG = frozenset({"WRONG_CREDENTIALS", "INSTAGRAM_WRONG_PASSWORD"})
_WRONG_OR_CLOSED = "The username or the password is wrong, or new accounts cannot sign in here."
_SEND_WITH_ID = "Send the code together with the session_id of the answer that asked for it."


class CredentialsWithCode(Credentials):
    code: TypedCode = None
    verification_code: Annotated[
        TypedVerification | None,
        Field(description="What Instagram asked for, with the session_id of the answer that said so."),
    ] = None


@dataclass(frozen=True)
class InstagramSignIn:
    """The result. `signed_in` is None while Instagram has not answered.

    With `requires_verification` the sign-in may only send the code.
    """

    signed_in: SignedIn | None
    answer: Answer | None

    @property
    def requires_verification(self) -> bool:
        return bool(self.answer and self.answer.result.get("requires_verification"))


def sign_in_by_instagram(
    params: CredentialsWithCode, visitor: Visitor, who: SessionInfo | None = None, *, wait: float = WAIT_SECONDS
) -> InstagramSignIn:
    """Sign in the user of this Instagram account. With ALLOW_INSTAGRAM_SIGN_IN the first use creates the user.

    While the account's session is valid, the password is compared here and Instagram is not asked, so a stranger's
    guesses never reach it. A user with a second factor proves password and code before Instagram is asked, because its
    answer changes their data. They make a password that changed at Instagram known by linking again. `who` is the
    sign-in of the request, which may send the code that Instagram asked it for. Raises WRONG_CREDENTIALS,
    TOO_MANY_SIGN_INS, SECOND_FACTOR_REQUIRED, WRONG_CODE, NO_CODE_EXPECTED and the errors that Instagram causes.
    """
    name = params.username
    # The same count as a sign-in with this user's own name, because the password is the same.
    record_attempt(AttemptKind.SIGN_IN, sign_in_name(name), visitor)
    if params.verification_code:
        if who is None or who.kind != "first_version" or who.username != sign_in_name(name):
            raise BotException("NO_CODE_EXPECTED", _SEND_WITH_ID)
        return _verified(name, params, who, visitor, wait)
    return _by_password(name, params, visitor, wait)


def _by_password(name: str, params: CredentialsWithCode, visitor: Visitor, wait: float) -> InstagramSignIn:
    for _ in range(_MAX_STARTS):
        try:
            return _sign_in(name, params, visitor, wait)
        except NoResultFound:
            continue
        except BotException as refusal:
            if refusal.name == "USER_NOT_FOUND":
                continue
            if refusal.name in _WRONG:
                note_failure(find_user(name), visitor)
            raise
    raise BotException("INSTANCE_BUSY")


def _verified(
    name: str, params: CredentialsWithCode, who: SessionInfo, visitor: Visitor, wait: float
) -> InstagramSignIn:
    """Send the code. Once Instagram has accepted it, a new id is issued, and the one that waited for it ends."""
    if who.needs_code:
        answer = verify(who.id, Code(code=params.verification_code or ""), sign_in_id=who.session_id, wait=wait)
        if answer.pending:
            return InstagramSignIn(None, answer)
        done = _admitted(who.id, params, visitor, code_taken=True)
    else:
        # Instagram accepted it after the response that said to ask again.
        done = _by_password(name, params, visitor, wait)
    if done.signed_in:
        session_list.sign_out(who, visitor)
    return done


def _sign_in(name: str, params: CredentialsWithCode, visitor: Visitor, wait: float) -> InstagramSignIn:
    user = _user_named(name, params.password)
    if not _asks_instagram(user, name):
        return _admitted(user.id, params, visitor)
    code_taken = user.has_second_factor
    if code_taken:
        _proved(user.id, params, visitor)
    typed = Typed.of(user.id, name, params.password)
    try:
        answer = _ask_instagram(user, typed, params.password, wait)
    except AnsweredHere:
        return _admitted(user.id, params, visitor, code_taken=code_taken)
    if answer.pending:
        return InstagramSignIn(None, answer)
    if answer.result.get("requires_verification"):
        signed_in = _until_code(user.id, params, visitor, code_taken=code_taken)
        typed.tell(user.id)
        return InstagramSignIn(signed_in, answer)
    if _asks_instagram(user, name):
        # Let in, and asked for something else before the first page: the owner does that in the app.
        raise BotException(str(answer.result.get("error") or "REQUEST_WITHDRAWN"))
    return _admitted(user.id, params, visitor, code_taken=code_taken)


def _user_named(name: str, password: str) -> User:
    """Return the user of that name, created if new users may come.

    Otherwise only a known user with the proven password goes on. All others get the same error after the same work, so
    that it does not reveal which names exist. Raises WRONG_CREDENTIALS.
    """
    if runtime().config.allow_instagram_sign_in:
        user = unproven_user(name)
        if not user.is_active:
            raise BotException("WRONG_CREDENTIALS")
        return user
    known = find_user(name)
    proven = known if known and is_proven(known) else None
    matches = verify_password(proven.password if proven else None, password)
    if proven is None or not matches or not proven.is_active:
        raise BotException("WRONG_CREDENTIALS", _WRONG_OR_CLOSED)
    return proven


def _asks_instagram(user: User, name: str) -> bool:
    with tenant(user.id, reading=True) as session:
        return asks_instagram(session, name)


def _user(user_id: str) -> User:
    with identity(reading=True) as session:
        return session.get_one(User, user_id)


def _proved(user_id: str, params: CredentialsWithCode, visitor: Visitor, *, code_taken: bool = False) -> User:
    """Return the user if the password matches here, and the code unless it was accepted a moment ago."""
    user = _user(user_id)
    if not verify_password(user.password, params.password):
        raise BotException("WRONG_CREDENTIALS")
    if user.first_password_expires_at and user.first_password_expires_at < now():
        raise BotException("FIRST_PASSWORD_EXPIRED")
    if not code_taken:
        second_factor.require(user, params.code, visitor)
    return user


def _admitted(
    user_id: str, params: CredentialsWithCode, visitor: Visitor, *, code_taken: bool = False
) -> InstagramSignIn:
    signed_in = start_session(
        _proved(user_id, params, visitor, code_taken=code_taken), visitor, SignInKind.FIRST_VERSION
    )
    start_unless_stopped(user_id)
    return InstagramSignIn(signed_in, None)


def _until_code(user_id: str, params: CredentialsWithCode, visitor: Visitor, *, code_taken: bool) -> SignedIn:
    """Issue a sign-in that may only send the code. Its attempt stays counted: each one makes Instagram send another
    code to guess.
    """
    checked = _user(user_id)
    if not code_taken:
        second_factor.require(checked, params.code, visitor)
    with identity() as session:
        user = lock_current(session, checked)
        token = sessions.issue(session, user, visitor, kind=SignInKind.FIRST_VERSION, needs_code=True)
        audit(session, "sign_in_needs_code", actor_id=user.id, ip=visitor.ip)
        session.commit()
    return SignedIn(token, user)


def _ask_instagram(user: User, typed: Typed, password: str, wait: float) -> Answer:
    """Ask Instagram, which alone knows the owner of the account. Each caller gets the answer to their own input.

    Callers with the same input at the same time, or who come again for the answer, share it. A caller with other input
    waits for their turn. A new user is not kept if Instagram refuses.
    """
    deadline, never = time.monotonic() + wait, threading.Event()
    # A caller without a sign-in names no proxy: the account's own is used.
    wanted = Link(username=typed.name, password=password)
    while True:
        left = max(0.0, deadline - time.monotonic())
        try:
            return link(user.id, wanted, typed=typed, wait=left)
        except BotException as refusal:
            if refusal.name != "INSTANCE_BUSY":
                typed.tell(user.id)
                refuse_user(user.id)
                raise
            if not left:
                return Answer("", "link", pending=True, result={}, last_tested=None)
            never.wait(min(left, POLL_INTERVAL))


def start_unless_stopped(user_id: str) -> None:
    """Start a bot that neither a person nor Instagram has stopped. The first version had no Start."""
    with tenant(user_id, reading=True) as session:
        status = session.scalars(select(BotStatus)).one()
    if status.session_valid and not status.bot_running and status.stop_reason is None:
        lifecycle.start(user_id)
