"""The second factor of a user: switching it on and off, its recovery codes, and its reset after a loss."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Annotated

import pyotp
import segno
from pydantic import Field, StringConstraints
from sqlalchemy import delete, update

from bot.auth import recovery_codes
from bot.auth.devices import remember_device
from bot.auth.second_factor import MAX_CODE, check_code, matching_step, open_totp_secret, seal_totp_secret, wrong_code
from bot.auth.sessions import SessionInfo, lock_current, sessions
from bot.auth.throttle import clear_attempts, record_attempt
from bot.config.runtime import now, runtime
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit, refusals_audited
from bot.inputs.params import Params
from bot.inputs.typed_text import plain_code
from bot.mail import texts
from bot.mail.outbox import mail_user
from bot.storage.models import PendingSignIn, RecoveryCode, User
from bot.storage.models.values import AttemptKind, SignInKind
from bot.storage.tenancy import IdentitySession, identity
from bot.users.directory import get_user
from bot.users.sign_in import SignedIn

ISSUER = "Troupe"


class SecondFactorCode(Params):
    code: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CODE)] = Field(
        description="The code of the authenticator app; where the second factor is on, also a recovery code."
    )


@dataclass(frozen=True)
class SecondFactor:
    """The state of a second factor. `required` if the user's role must have one."""

    on: bool
    since: datetime | None
    recovery_codes_left: int
    required: bool


@dataclass(frozen=True)
class Setup:
    """The input of an app: the secret in base32, the same as an otpauth URI, and as a QR code (SVG)."""

    secret: str
    uri: str
    qr: str


@dataclass(frozen=True)
class SwitchedOn:
    signed_in: SignedIn
    recovery_codes: list[str]


def second_factor_report(user_id: str) -> SecondFactor:
    user = get_user(user_id)
    return SecondFactor(
        on=user.has_second_factor,
        since=user.totp_confirmed_at,
        recovery_codes_left=recovery_codes.left(user_id),
        required=user.role == "admin" and runtime().config.require_admin_second_factor,
    )


def begin_setup(user_id: str, visitor: Visitor) -> Setup:
    """Create a new secret, which counts once its first code has come. An earlier unconfirmed one becomes void. Commits.

    Raises SECOND_FACTOR_ON.
    """
    with identity() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        if user.has_second_factor:
            raise BotException("SECOND_FACTOR_ON")
        seal_totp_secret(user, pyotp.random_base32())
        audit(session, "second_factor_begun", actor_id=user_id, ip=visitor.ip)
        session.commit()
    return begun_setup(user_id)


def begun_setup(user_id: str) -> Setup:
    """Return the unconfirmed setup. Raises SECOND_FACTOR_OFF if there is none, and SECOND_FACTOR_ON."""
    user = get_user(user_id)
    if user.has_second_factor:
        raise BotException("SECOND_FACTOR_ON")
    secret = open_totp_secret(user)
    if secret is None:
        raise BotException("SECOND_FACTOR_OFF")
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    return Setup(secret, uri, _qr_of(uri))


def _qr_of(uri: str) -> str:
    """Return an SVG for a page or for an image of its own. Its background is white, on dark pages too."""
    picture = BytesIO()
    segno.make(uri, error="m", micro=False).save(picture, kind="svg", scale=5, light="#fff", xmldecl=False, nl=False)
    return picture.getvalue().decode()


def confirm_setup(
    user_id: str, params: SecondFactorCode, visitor: Visitor, kind: SignInKind = SignInKind.USUAL
) -> SwitchedOn:
    """Switch it on with the first correct code, end all sign-ins of the user, and issue a new one of that kind.
    Commits.

    The recovery codes are in this result and are not stored in the clear. Raises SECOND_FACTOR_OFF, SECOND_FACTOR_ON,
    WRONG_CODE and TOO_MANY_SIGN_INS.
    """
    secret = begun_setup(user_id).secret
    user = get_user(user_id)
    record_attempt(AttemptKind.CODE, user.username, visitor)
    step = matching_step(secret, plain_code(params.code), now())
    if step is None:
        raise wrong_code()
    codes = recovery_codes.new_codes()
    with identity(user_id) as session:
        if not _switch_on(session, user, step):
            raise wrong_code()
        recovery_codes.replace(session, user_id, codes)
        signed_in = _sign_in_anew(session, user, visitor, kind, "second_factor_on")
        session.commit()
    clear_attempts(AttemptKind.CODE, user.username, visitor)
    return SwitchedOn(signed_in, list(codes))


def _switch_on(session: IdentitySession, user: User, step: int) -> bool:
    """Switch it on with the code's time step. Returns False if it was on already."""
    mine = (User.id == user.id) & (User.totp_secret_encrypted == user.totp_secret_encrypted)
    change = update(User).where(mine, User.totp_confirmed_at.is_(None), User.totp_last_step < step)
    values = {"totp_confirmed_at": now(), "totp_last_step": step}
    return bool(session.execute(change.values(values).returning(User.id)).all())


def switch_off(
    user_id: str, params: SecondFactorCode, visitor: Visitor, kind: SignInKind = SignInKind.USUAL
) -> SignedIn:
    """Switch it off with a code, end all sign-ins of the user, and issue a new one of that kind. Commits.

    Raises SECOND_FACTOR_OFF, WRONG_CODE and TOO_MANY_SIGN_INS.
    """
    user = _prove(user_id, params, visitor)
    with identity(user_id) as session:
        _remove(session, user_id)
        signed_in = _sign_in_anew(session, user, visitor, kind, "second_factor_off")
        session.commit()
    return signed_in


def renew_recovery_codes(user_id: str, params: SecondFactorCode, visitor: Visitor) -> list[str]:
    """Replace the user's recovery codes and return the ten new ones. Commits.

    Raises SECOND_FACTOR_OFF, WRONG_CODE and TOO_MANY_SIGN_INS.
    """
    user = _prove(user_id, params, visitor)
    codes = recovery_codes.new_codes()
    with identity(user_id) as session:
        lock_current(session, user, "AUTHENTICATION_REQUIRED")
        recovery_codes.replace(session, user_id, codes)
        audit(session, "recovery_codes_made", actor_id=user_id, ip=visitor.ip)
        session.commit()
    return list(codes)


def reset_second_factor(user_id: str, actor: SessionInfo | None) -> User:
    """Switch off the second factor of a user who lost it, and end their sign-ins. Commits.

    `actor` is the administrator, or None for the server's operator. Raises USER_NOT_FOUND, SECOND_FACTOR_OFF, and
    OWN_RIGHTS for the actor's own.
    """
    if actor and actor.id == user_id:
        with refusals_audited("admin_refused", "OWN_RIGHTS", actor_id=actor.id, subject_id=user_id):
            raise BotException("OWN_RIGHTS", "Your own second factor is turned off in your settings, with a code.")
    if not get_user(user_id).has_second_factor:
        raise BotException("SECOND_FACTOR_OFF")
    with identity(user_id) as session:
        _remove(session, user_id)
        user = session.get_one(User, user_id)
        sessions.end_all(session, user, "second_factor_reset")
        mail_user(session, user, texts.second_factor_reset(user.username, now()), purpose="second_factor")
        audit(session, "second_factor_reset", actor_id=actor.id if actor else None, subject_id=user_id)
        session.commit()
    return user


def _prove(user_id: str, params: SecondFactorCode, visitor: Visitor) -> User:
    user = get_user(user_id)
    if not user.has_second_factor:
        raise BotException("SECOND_FACTOR_OFF")
    check_code(user, params.code, visitor)
    return user


def _remove(session: IdentitySession, user_id: str) -> None:
    """Delete the secret. The last step stays, so that no code is accepted twice with any secret."""
    off = {"totp_secret_encrypted": None, "totp_confirmed_at": None}
    session.execute(update(User).where(User.id == user_id).values(off))
    for model in (RecoveryCode, PendingSignIn):
        session.execute(delete(model).where(model.user_id == user_id))


def _sign_in_anew(session: IdentitySession, checked: User, visitor: Visitor, kind: SignInKind, event: str) -> SignedIn:
    """Issue a new sign-in, unless the user's sign-ins were ended while the code was checked."""
    user = lock_current(session, checked, "AUTHENTICATION_REQUIRED")
    sessions.end_all(session, user, event)
    device = remember_device(session, user, visitor)
    token = sessions.issue(session, user, visitor, kind=kind, device_id=device.id)
    audit(session, event, actor_id=user.id, ip=visitor.ip)
    words = texts.second_factor_changed(user.username, user.has_second_factor, now(), visitor)
    mail_user(session, user, words, purpose="second_factor")
    return SignedIn(token, user, device.cookie, kind)
