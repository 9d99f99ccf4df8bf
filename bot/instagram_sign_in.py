"""Signing in here with the name and password of one's Instagram account, as clients of the first version do."""

from dataclasses import dataclass

from sqlalchemy import select

from bot import bots
from bot.accounts import Answer, Credentials, Link, link
from bot.audit import audit
from bot.errors import BotException
from bot.models import BotStatus, User, new_id
from bot.passwords import hash_password, verify_password
from bot.runtime import now, runtime
from bot.scope import identity, tenant
from bot.sessions import Visitor, sessions
from bot.throttle import count_attempt, forget_failures
from bot.users import SignedIn, add_user

WAIT_SECONDS = 25.0


@dataclass(frozen=True)
class InstagramSignIn:
    """What came of it: `signed_in` is None while Instagram has not answered yet."""

    signed_in: SignedIn | None
    answer: Answer | None

    @property
    def requires_verification(self) -> bool:
        return bool(self.answer and self.answer.result.get("requires_verification"))


def sign_in_by_instagram(params: Credentials, visitor: Visitor, *, wait: float = WAIT_SECONDS) -> InstagramSignIn:
    """Signs in the user of this Instagram account, making one on first use where ALLOW_INSTAGRAM_SIGN_IN says so.

    While the account's session is valid the password is compared here and Instagram is not asked: a stranger's guesses
    never reach it. Raises WRONG_CREDENTIALS, TOO_MANY_SIGN_INS, and what Instagram answers.
    """
    name = params.username.removeprefix("@").lower()
    count_attempt(f"instagram:{name}", visitor)
    with identity(reading=True) as session:
        user = session.scalars(select(User).where(User.instagram_username == name)).one_or_none()
    if user is None and not runtime().config.allow_instagram_sign_in:
        verify_password(None, params.password)
        raise BotException("WRONG_CREDENTIALS")
    if user is not None and _linked(user):
        if not verify_password(user.password, params.password) or not user.is_active:
            raise BotException("WRONG_CREDENTIALS")
        return _signed_in(user, params, visitor, None)
    return _ask_instagram(user, name, params, visitor, wait)


def _linked(user: User) -> bool:
    with tenant(user.id, reading=True) as session:
        return session.scalars(select(BotStatus.session_valid)).one()


def _ask_instagram(user: User | None, name: str, params: Credentials, visitor: Visitor, wait: float) -> InstagramSignIn:
    """Only Instagram can say whose account it is; somebody new is not kept when it says no."""
    if user is not None and not user.is_active:
        raise BotException("WRONG_CREDENTIALS")
    person = user or _new_user(name, params.password)
    try:
        # Whoever is not signed in names no proxy: the one that the account has is gone through.
        answer = link(person.id, Link(username=params.username, password=params.password), wait=wait)
    except BotException:
        if user is None:
            _forget(person)
        raise
    return InstagramSignIn(None, answer) if answer.pending else _signed_in(person, params, visitor, answer)


def _new_user(name: str, password: str) -> User:
    user = User(
        id=new_id(),
        username=f"ig.{name}",
        instagram_username=name,
        password=hash_password(password),
        must_change_password=False,
        created_at=now(),
    )
    add_user(user, actor_id=None)
    return user


def _forget(user: User) -> None:
    with identity(user.id) as session:
        session.delete(session.get_one(User, user.id))
        audit(session, "user_erased", actor_id=None, subject_id=user.id)
        session.commit()


def _signed_in(user: User, params: Credentials, visitor: Visitor, answer: Answer | None) -> InstagramSignIn:
    """Issues a sign-in; with a password that Instagram has just accepted, all others end."""
    forget_failures(f"instagram:{params.username.removeprefix('@').lower()}", visitor)
    with identity() as session:
        user = session.get_one(User, user.id)
        if answer is not None:
            user.password = hash_password(params.password)
            sessions.end_all(session, user, "password_changed")
        user.last_login_at = now()
        token = sessions.issue(session, user, visitor)
        audit(session, "signed_in", actor_id=user.id, ip=visitor.ip)
        session.commit()
    result = InstagramSignIn(SignedIn(token, user), answer)
    if not result.requires_verification:
        _start(user.id)
    return result


def _start(user_id: str) -> None:
    """The first version had no Start: a bot that Instagram has not stopped works as soon as it can."""
    with tenant(user_id, reading=True) as session:
        status = session.scalars(select(BotStatus)).one()
    if status.session_valid and not status.bot_running and status.stop_reason is None:
        bots.start(user_id)
