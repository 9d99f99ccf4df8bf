"""The second factor of a sign-in: a code of an authenticator app (TOTP), or a recovery code."""

import re
from datetime import datetime

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import update

from bot.auth import recovery_codes
from bot.auth.throttle import clear_attempts, record_attempt
from bot.config.runtime import now
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.history.audit import audit
from bot.inputs.typed_text import plain_code
from bot.mail import texts
from bot.mail.outbox import mail_user
from bot.storage.models import User
from bot.storage.models.values import AttemptKind
from bot.storage.tenancy import IdentitySession, identity
from bot.vault.columns import seal, unseal

# Every authenticator app supports SHA-1, 6 digits and 30 seconds. A code of one step before or after is accepted too.
WINDOW = 1
# A recovery code, with room for separators between its groups.
MAX_CODE = 32
_SIX_DIGITS = re.compile(r"[0-9]{6}")


def require(user: User, code: str | None, visitor: Visitor) -> None:
    """Check the code if the user has a second factor. Call it after the password check. Commits.

    Raises SECOND_FACTOR_REQUIRED without a code, and the errors of check_code.
    """
    if not user.has_second_factor:
        return
    if not code:
        with identity() as session:
            audit(session, "code_asked", actor_id=user.id, ip=visitor.ip)
            session.commit()
        raise BotException("SECOND_FACTOR_REQUIRED")
    check_code(user, code, visitor)


def check_code(user: User, code: str, visitor: Visitor) -> None:
    """Use up a code of the app or a recovery code. Wrong codes count against the account. Commits.

    Raises WRONG_CODE, also for a used code, TOO_MANY_SIGN_INS and VAULT_REFUSED.
    """
    record_attempt(AttemptKind.CODE, user.username, visitor)
    found = _find(user, code)
    with identity(user.id) as session:
        passed = found is not None and _use(session, user.id, found)
        event = "recovery_code_used" if isinstance(found, str) else "code_used"
        audit(session, event if passed else "code_refused", actor_id=user.id, ip=visitor.ip)
        if passed and isinstance(found, str):
            words = texts.recovery_code_used(user.username, now(), visitor)
            mail_user(session, user, words, purpose="second_factor")
        session.commit()
    if not passed:
        raise wrong_code()
    clear_attempts(AttemptKind.CODE, user.username, visitor)


def wrong_code() -> BotException:
    refusal = BotException("WRONG_CODE")
    refusal.meta["errors"] = [{"field": "code", "code": "WRONG_CODE", "message": refusal.message}]
    return refusal


def _find(user: User, code: str) -> int | str | None:
    """Return the time step of the typed code, or the id of the recovery code. It may have been used before."""
    typed = plain_code(code)
    if _SIX_DIGITS.fullmatch(typed):
        return matching_step(open_totp_secret(user), typed, now())
    return recovery_codes.find(user.id, typed)


def _use(session: IdentitySession, user_id: str, found: int | str) -> bool:
    if isinstance(found, str):
        return recovery_codes.use(session, user_id, found)
    return _use_step(session, user_id, found)


def matching_step(secret: str | None, digits: str, moment: datetime) -> int | None:
    """Return the time step, at most one away from `moment`, that has this code. None if no step has it."""
    if secret is None:
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=moment, valid_window=WINDOW)
    except OTPVerificationError:
        return None


def _use_step(session: IdentitySession, user_id: str, step: int) -> bool:
    """Store the step if it is later than every used one. Of several concurrent calls one returns True. The caller
    commits.
    """
    change = update(User).where(User.id == user_id, User.totp_confirmed_at.is_not(None), User.totp_last_step < step)
    return bool(session.execute(change.values(totp_last_step=step).returning(User.id)).all())


def open_totp_secret(user: User) -> str | None:
    """Return the base32 secret that the user's app shares, or None if there is none. Raises VAULT_REFUSED."""
    return unseal(user, "totp_secret_encrypted")


def seal_totp_secret(user: User, secret: str) -> None:
    seal(user, "totp_secret_encrypted", secret)
