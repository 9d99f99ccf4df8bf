"""Registration of new users: stored alike for all, answered by mail, and completed by the mailed link."""

from datetime import timedelta

from pydantic import Field
from sqlalchemy import delete, func, select, update

from bot.auth.passwords import check_new_password, hash_password, verify_password
from bot.auth.throttle import record_attempt
from bot.config.runtime import now, runtime
from bot.core.errors import BotException, invalid
from bot.core.tokens import digest, new_token
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.mail_addresses import MailAddress
from bot.inputs.params import Params
from bot.mail import texts
from bot.mail.links import MAX_TOKEN_LENGTH
from bot.mail.outbox import send_mail
from bot.storage.models import Mail, Registration, User, new_id
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import Password, Username, put_user, require_free_prefix

TTL = timedelta(days=1)
MAX_AT_ONCE = 50


class Register(Params):
    username: Username = Field(description="2 to 32 letters, digits, dots, dashes or underscores.")
    email: MailAddress
    password: Password


class VerifyEmail(Params):
    token: str = Field(min_length=1, max_length=MAX_TOKEN_LENGTH)
    username: Username | None = Field(None, description="Of a registration whose name is taken: another one.")
    password: Password | None = Field(None, description="Of a registration: the password that was chosen there.")


def register(params: Register, visitor: Visitor) -> None:
    """Store the registration with a hashed password, whether name and address are free or not. Only a mail tells.
    Commits.

    Raises REGISTRATION_CLOSED, TOO_MANY_ATTEMPTS, the errors of check_new_password, and USERNAME_TAKEN for reserved
    names.
    """
    if not runtime().config.allow_registration:
        raise BotException("REGISTRATION_CLOSED")
    require_free_prefix(params.username)
    record_attempt(AttemptKind.REGISTER, params.email, visitor)
    check_new_password(params.password, params.username, field="password")
    registration = Registration(
        id=new_id(),
        username=params.username.lower(),
        email=params.email,
        password=hash_password(params.password),
        ip=visitor.ip[:64],
        created_at=now(),
        expires_at=now() + TTL,
    )
    with identity() as session:
        session.add(registration)
        session.commit()


def answer_registrations() -> None:
    """Mail the people who registered. Each registration is answered once. Commits."""
    with identity(reading=True) as session:
        waiting = select(Registration).where(Registration.answered_at.is_(None), Registration.expires_at > now())
        registrations = list(session.scalars(waiting.order_by(Registration.created_at).limit(MAX_AT_ONCE)))
    for registration in registrations:
        with identity() as session:
            mine = update(Registration).where(Registration.id == registration.id, Registration.answered_at.is_(None))
            if session.scalars(mine.values(answered_at=now()).returning(Registration.id)).one_or_none():
                _answer(session, registration)
            session.commit()


def _answer(session: IdentitySession, registration: Registration) -> None:
    """Mail the link, or tell the owner of a verified address that someone tried to register with it.

    Unlike links of users, a later registration voids no earlier one. Otherwise a stranger's could replace the owner's.
    """
    same = func.lower(User.email) == registration.email.lower()
    owner = session.scalars(select(User).where(same, User.email_verified_at.is_not(None))).first()
    if owner:
        session.execute(delete(Registration).where(Registration.id == registration.id))
        audit(session, "registration_refused", actor_id=None, subject_id=owner.id, ip=registration.ip)
        words = texts.address_taken(owner.username, registration.ip)
        send_mail(session, owner.email or "", *words, purpose="register", user_id=owner.id)
        return
    token = new_token()
    changed = update(Registration).where(Registration.id == registration.id)
    session.execute(changed.values(token_hash=digest(token)))
    words = texts.register(registration.username, token, registration.ip)
    send_mail(session, registration.email, *words, purpose="register", useful_for=TTL)


def find_registration(token: str) -> Registration | None:
    """Return the registration of the link's token, or None if there is none.

    Raises REGISTRATION_CLOSED if registration was switched off since.
    """
    with identity(reading=True) as session:
        mine = select(Registration).where(Registration.token_hash == digest(token), Registration.expires_at > now())
        found = session.scalars(mine).one_or_none()
    if found and not runtime().config.allow_registration:
        raise BotException("REGISTRATION_CLOSED")
    return found


def finish_registration(registration: Registration, params: VerifyEmail, visitor: Visitor) -> User:
    """Create the user with a verified address. An error leaves the link valid. Commits.

    Raises INVALID_INPUT without a password, WRONG_REGISTRATION_PASSWORD, USERNAME_TAKEN, LINK_INVALID if the link was
    used meanwhile, and for another name the errors of check_new_password.
    """
    user = User(
        id=new_id(),
        username=_name(registration, params.username, _check_password(registration, params.password)),
        email=registration.email,
        email_verified_at=now(),
        password=registration.password,
        role="user",
        must_change_password=False,
        created_at=now(),
    )
    with identity(user.id) as session:
        _use(session, registration)
        put_user(session, user, actor_id=user.id)
        _hand_over_mails(session, user)
        audit(session, "registered", actor_id=user.id, ip=visitor.ip)
        session.commit()
    return user


def _check_password(registration: Registration, password: str | None) -> str:
    """Return the password of the registration.

    A stranger may have registered with the address of the reader of the mail. The stranger's password must not open
    that account.
    """
    if password is None:
        raise invalid("password", "Type the password that you chose when you registered.")
    if not verify_password(registration.password, password):
        message = "This is not the password of the registration."
        problem = {"field": "password", "code": "WRONG_REGISTRATION_PASSWORD", "message": message}
        raise BotException("WRONG_REGISTRATION_PASSWORD", errors=[problem])
    return password


def _name(registration: Registration, wanted: str | None, password: str) -> str:
    """Return the name of the registration, or another one, against which the password is checked again."""
    if wanted is None or wanted.lower() == registration.username:
        return registration.username
    require_free_prefix(wanted)
    check_new_password(password, wanted, field="password")
    return wanted.lower()


def _use(session: IdentitySession, registration: Registration) -> None:
    """Use the link up. Of several concurrent calls one succeeds. Other registrations of the address become void."""
    mine = delete(Registration).where(Registration.id == registration.id).returning(Registration.id)
    if session.scalars(mine).one_or_none() is None:
        raise BotException("LINK_INVALID")
    session.execute(delete(Registration).where(func.lower(Registration.email) == registration.email.lower()))


def _hand_over_mails(session: IdentitySession, user: User) -> None:
    """Assign the earlier mails to the address to the user, so that they are exported and erased with the user.

    Their links are used or void, and their texts were sealed without a user.
    """
    to_nobody = Mail.user_id.is_(None) & (func.lower(Mail.recipient) == (user.email or "").lower())
    session.execute(update(Mail).where(to_nobody).values(user_id=user.id, text_encrypted=None))


def forget_unverified() -> None:
    """Delete registrations that were not verified within a day. Commits."""
    with identity() as session:
        session.execute(delete(Registration).where(Registration.expires_at <= now()))
        session.commit()
