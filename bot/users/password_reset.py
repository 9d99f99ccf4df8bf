"""A forgotten password: asked for by anybody, answered by mail to verified addresses, replaced once."""

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
from bot.mail.links import LIFETIME, MAX_TOKEN_LENGTH, issue, look_up, use, void
from bot.mail.outbox import require_mail, send_mail
from bot.storage.models import MailToken, RecoveryRequest, User, new_id
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import Password
from bot.vault.columns import seal, unseal

MAX_AT_ONCE = 50
# Several users may have one address; so many of them get a mail at once.
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
    """Takes note that somebody asked; who that is, is looked up later and elsewhere, so neither answer nor time tells.

    Raises TOO_MANY_ATTEMPTS, and MAIL_NOT_CONFIGURED for every name alike. Commits.
    """
    require_mail()
    record_attempt(AttemptKind.RESET, params.name, visitor)
    request = RecoveryRequest(id=new_id(), ip=visitor.ip[:64], created_at=now())
    seal(request, "name_encrypted", params.name)
    with identity() as session:
        session.add(request)
        session.commit()


def answer_recoveries() -> None:
    """Writes the mails of those who asked, where there is a user with a verified address; each is answered once."""
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
    """An administrator has a user choose a new password by mail, and learns neither it nor the link. Commits.

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
    """Raises LINK_INVALID for a link that opens no reset; looking uses nothing up."""
    with identity(reading=True) as session:
        _user_of(session, look_up(session, token, "reset"))


def _user_of(session: IdentitySession, found: MailToken) -> User:
    """Whose link it is: it is void for who was disabled, or has another address now. Raises LINK_INVALID."""
    user = session.get(User, found.user_id)
    if user is None or not user.is_active or user.email != found.address:
        raise BotException("LINK_INVALID")
    return user


def reset_password(token: str, new_password: str, visitor: Visitor) -> str:
    """Replaces the password of whoever the link was sent to, ends all their sign-ins, and tells them by mail.

    It signs nobody in, so that a second factor is asked for as ever, but their device is known now: the result is what
    it brings with the sign-in, which no stranger's attempts keep out. A password that is refused leaves the link good.
    Raises LINK_INVALID, TOO_MANY_ATTEMPTS and those of check_new_password. Commits.
    """
    record_attempt(AttemptKind.VERIFY, "", visitor)
    with identity(reading=True) as session:
        found = look_up(session, token, "reset")
        user = _user_of(session, found)
    check_new_password(new_password, user.username)
    hashed = hash_password(new_password)
    with identity() as session:
        use(session, found)
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
