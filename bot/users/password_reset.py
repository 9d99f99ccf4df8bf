"""Reset of a forgotten password: anyone may ask, verified addresses get a mail, and its link works once."""

from typing import Self

from pydantic import Field, model_validator
from sqlalchemy import delete, func, select

from bot.auth.devices import forget_devices, remember_device
from bot.auth.passwords import check_new_password, hash_password
from bot.auth.sessions import SessionInfo, sessions
from bot.auth.throttle import record_attempt
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.mail_addresses import kept_form
from bot.inputs.params import Params
from bot.mail import texts
from bot.mail.links import LIFETIME, MAX_TOKEN_LENGTH, find_token, issue, use_token, void
from bot.mail.outbox import require_mail, send_mail
from bot.storage.models import MailToken, RecoveryRequest, User, new_id
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import Password
from bot.vault.columns import seal, unseal

MAX_AT_ONCE = 50
# Users that share one address. Each of them gets a mail, up to this number.
MAX_OF_ONE_ADDRESS = 5


class ForgotPassword(Params):
    username: str = Field("", max_length=254, description="The username, or the e-mail address instead.")
    email: str = Field("", max_length=254, description="The verified e-mail address.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.username.strip()) == bool(self.email.strip()):
            raise ValueError("Give the username or the e-mail address")
        return self

    @property
    def name(self) -> str:
        return kept_form(self.username or self.email)


class ResetPassword(Params):
    token: str = Field(min_length=1, max_length=MAX_TOKEN_LENGTH)
    new_password: Password


def forgot_password(params: ForgotPassword, visitor: Visitor) -> None:
    """Store the request. The clock finds the user later, so neither response nor time reveals which names exist.
    Commits.

    Raises TOO_MANY_ATTEMPTS, and MAIL_NOT_CONFIGURED for every name alike.
    """
    require_mail()
    record_attempt(AttemptKind.RESET, params.name, visitor)
    request = RecoveryRequest(id=new_id(), ip=visitor.ip[:64], created_at=now())
    seal(request, "name_encrypted", params.name)
    with identity() as session:
        session.add(request)
        session.commit()


def answer_recoveries() -> None:
    """Mail the users with a verified address who asked. Each request is answered once. Commits."""
    with identity(reading=True) as session:
        waiting = select(RecoveryRequest).order_by(RecoveryRequest.created_at).limit(MAX_AT_ONCE)
        requests = list(session.scalars(waiting))
    for request in requests:
        with identity() as session:
            mine = delete(RecoveryRequest).where(RecoveryRequest.id == request.id).returning(RecoveryRequest.id)
            if session.scalars(mine).one_or_none():
                _answer(session, request)
            session.commit()


def _answer(session: IdentitySession, request: RecoveryRequest) -> None:
    name = (unseal(request, "name_encrypted") or "").lower()
    named = func.lower(User.email) == name if "@" in name else User.username == name
    reachable = select(User).where(named, User.is_active, User.email_verified_at.is_not(None))
    for user in session.scalars(reachable.order_by(User.created_at).limit(MAX_OF_ONE_ADDRESS)):
        token = issue(session, user.id, "reset", user.email or "")
        _send_reset(session, user, texts.reset(user.username, token, request.ip))
        audit(session, "password_reset_asked", actor_id=None, subject_id=user.id, ip=request.ip)


def _send_reset(session: IdentitySession, user: User, words: texts.Words) -> None:
    send_mail(session, user.email or "", *words, purpose="reset", user_id=user.id, useful_for=LIFETIME["reset"])


def send_reset(user_id: str, actor: SessionInfo) -> None:
    """Let an administrator have a user choose a new password by mail, without seeing it or the link. Commits.

    Raises USER_NOT_FOUND, MAIL_NOT_CONFIGURED, USER_DISABLED and RESET_NOT_POSSIBLE.
    """
    require_mail()
    with identity() as session:
        user = session.get(User, user_id)
        if user is None:
            raise BotException("USER_NOT_FOUND")
        if not user.is_active:
            raise BotException("USER_DISABLED")
        if user.email is None or user.email_verified_at is None:
            raise BotException("RESET_NOT_POSSIBLE")
        token = issue(session, user.id, "reset", user.email)
        _send_reset(session, user, texts.reset_by_admin(user.username, token))
        audit(session, "password_reset_sent", actor_id=actor.id, subject_id=user.id)
        session.commit()


def check_link(token: str) -> None:
    """Raise LINK_INVALID if the link opens no reset. It does not use the link up."""
    with identity(reading=True) as session:
        _user_of(session, find_token(session, token, "reset"))


def _user_of(session: IdentitySession, found: MailToken) -> User:
    """Return the user of the link, which is void if they are disabled or have another address. Raises LINK_INVALID."""
    user = session.get(User, found.user_id)
    if user is None or not user.is_active or user.email != found.address:
        raise BotException("LINK_INVALID")
    return user


def reset_password(token: str, new_password: str, visitor: Visitor) -> str:
    """Replace the password of the link's user, end all their sign-ins, and notify them by mail. Commits.

    It signs no one in, so a second factor is still asked for. Their device becomes known: the result is its cookie,
    which keeps strangers' attempts from locking it out. A refused password leaves the link valid. Raises LINK_INVALID,
    TOO_MANY_ATTEMPTS and the errors of check_new_password.
    """
    record_attempt(AttemptKind.VERIFY, "", visitor)
    with identity(reading=True) as session:
        found = find_token(session, token, "reset")
        user = _user_of(session, found)
    check_new_password(new_password, user.username)
    hashed = hash_password(new_password)
    with identity() as session:
        use_token(session, found)
        device = _replace(session, session.get_one(User, user.id), hashed, visitor)
        session.commit()
    return device


def _replace(session: IdentitySession, user: User, hashed: str, visitor: Visitor) -> str:
    user.password, user.must_change_password, user.first_password_expires_at = hashed, False, None
    sessions.end_all(session, user, "password_reset")
    forget_devices(session, user)
    void(session, user.id, "reset", "verify")
    audit(session, "password_reset", actor_id=user.id, ip=visitor.ip)
    words = texts.password_reset(user.username, now(), visitor)
    send_mail(session, user.email or "", *words, purpose="password_reset", user_id=user.id)
    return remember_device(session, user, visitor).cookie
