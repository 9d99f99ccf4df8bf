"""The second factor of a sign-in here: a code of an authenticator app (TOTP), or a recovery code in its place."""

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
from bot.mail import texts as mail_texts
from bot.mail.outbox import notify
from bot.storage.models import User
from bot.storage.tenancy import IdentitySession, identity
from bot.vault.columns import seal, unseal

# What every authenticator app can do: SHA-1, 6 digits, 30 seconds. A code of one step before or after is taken as well.
WINDOW = 1
# A recovery code with room for what people put between its groups.
MAX_CODE = 32
_SIX_DIGITS = re.compile(r"[0-9]{6}")


def require(user: User, code: str | None, visitor: Visitor) -> None:
    """Takes the code where the user has a second factor; to be called once the password has been found right.

    Raises SECOND_FACTOR_REQUIRED without a code, and what check_code raises. Commits.
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
    """Uses up a code of the app or a recovery code; wrong ones are counted for the account.

    Raises WRONG_CODE, also for one that was used before, TOO_MANY_SIGN_INS and VAULT_REFUSED. Commits.
    """
    record_attempt("code", user.username, visitor)
    found = _find(user, code)
    with identity(user.id) as session:
        passed = found is not None and _use(session, user.id, found)
        event = "recovery_code_used" if isinstance(found, str) else "code_used"
        audit(session, event if passed else "code_refused", actor_id=user.id, ip=visitor.ip)
        if passed and isinstance(found, str):
            words = mail_texts.recovery_code_used(user.username, now(), visitor)
            notify(session, user, words, purpose="second_factor")
        session.commit()
    if not passed:
        raise wrong_code()
    clear_attempts("code", user.username, visitor)


def wrong_code() -> BotException:
    refusal = BotException("WRONG_CODE")
    refusal.meta["errors"] = [{"field": "code", "code": "WRONG_CODE", "message": refusal.message}]
    return refusal


def _find(user: User, code: str) -> int | str | None:
    """The time step whose code was typed, or the id of the recovery code; it may have been used before."""
    typed = plain_code(code)
    if _SIX_DIGITS.fullmatch(typed):
        return matching_step(open_totp_secret(user), typed, now())
    return recovery_codes.find(user.id, typed)


def _use(session: IdentitySession, user_id: str, found: int | str) -> bool:
    if isinstance(found, str):
        return recovery_codes.use(session, user_id, found)
    return _use_step(session, user_id, found)


def matching_step(secret: str | None, digits: str, moment: datetime) -> int | None:
    """The time step, in or next to that of the moment, whose code the digits are."""
    if secret is None:
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(digits, for_time=moment, valid_window=WINDOW)
    except OTPVerificationError:
        return None


def _use_step(session: IdentitySession, user_id: str, step: int) -> bool:
    """Whether the step is later than every one used before: of several at once one gets True. The caller commits."""
    change = update(User).where(User.id == user_id, User.totp_confirmed_at.is_not(None), User.totp_last_step < step)
    return bool(session.execute(change.values(totp_last_step=step).returning(User.id)).all())


def open_totp_secret(user: User) -> str | None:
    """The secret that the user's app shares, in base32; None where there is none. Raises VAULT_REFUSED."""
    return unseal(user, "totp_secret_encrypted")


def seal_totp_secret(user: User, secret: str) -> None:
    seal(user, "totp_secret_encrypted", secret)
