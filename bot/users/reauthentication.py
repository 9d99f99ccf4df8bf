"""Reauthentication: a signed-in user proves their identity again before an act that could lock the owner out."""

from datetime import datetime, timedelta

from pydantic import Field

from bot.auth import second_factor
from bot.auth.sessions import SessionInfo, sessions
from bot.config.runtime import now
from bot.core.visitor import Visitor
from bot.history.audit import audit, refusals_audited
from bot.inputs.params import Params
from bot.storage.tenancy import identity
from bot.users.directory import Password, get_user
from bot.users.password_change import check_current_password
from bot.users.sign_in import TypedCode

TTL = timedelta(minutes=10)
_FAILURES = ("WRONG_CURRENT_PASSWORD", "WRONG_CODE", "TOO_MANY_SIGN_INS", "TOO_MANY_ATTEMPTS")


class Confirmation(Params):
    password: Password = Field(description="The current password of whoever is signed in.")
    code: TypedCode = None


def confirm(signed_in: SessionInfo, params: Confirmation, visitor: Visitor) -> datetime:
    """Confirm this sign-in, and return the time until which that counts. Commits.

    A user who came through Instagram has a password here too, the last one that Instagram accepted. Instagram is not
    asked. Raises WRONG_CURRENT_PASSWORD (counted as a failed sign-in), TOO_MANY_SIGN_INS and USER_NOT_FOUND. With a
    second factor it also raises SECOND_FACTOR_REQUIRED and WRONG_CODE.
    """
    user = get_user(signed_in.id)
    with refusals_audited("confirmation_failed", *_FAILURES, actor_id=signed_in.id, ip=visitor.ip):
        check_current_password(user, params.password, visitor, field="password")
        second_factor.require(user, params.code, visitor)
    with identity() as session:
        sessions.confirm(session, signed_in.session_id)
        audit(session, "confirmed", actor_id=signed_in.id, ip=visitor.ip)
        session.commit()
    return now() + TTL


def is_confirmed(signed_in: SessionInfo) -> bool:
    """Return whether the last proof is recent enough."""
    return signed_in.confirmed_at is not None and now() - signed_in.confirmed_at < TTL
