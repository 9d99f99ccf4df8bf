"""Confirm it is you: whoever is signed in proves it once more, before what could lock the owner out."""

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

LASTS = timedelta(minutes=10)
_FAILURES = ("WRONG_CURRENT_PASSWORD", "WRONG_CODE", "TOO_MANY_SIGN_INS", "TOO_MANY_ATTEMPTS")


class Confirmation(Params):
    password: Password = Field(description="The current password of whoever is signed in.")
    code: TypedCode = None


def confirm(signed_in: SessionInfo, params: Confirmation, visitor: Visitor) -> datetime:
    """Confirms this sign-in and returns until when that counts.

    Somebody who came by way of Instagram has a password here too, the one that Instagram proved last: Instagram is not
    asked. Raises WRONG_CURRENT_PASSWORD (counted as a failed sign-in), TOO_MANY_SIGN_INS, USER_NOT_FOUND, and where
    there is a second factor SECOND_FACTOR_REQUIRED and WRONG_CODE. Commits.
    """
    user = get_user(signed_in.id)
    with refusals_audited("confirmation_failed", *_FAILURES, actor_id=signed_in.id, ip=visitor.ip):
        check_current_password(user, params.password, visitor, field="password")
        second_factor.require(user, params.code, visitor)
    with identity() as session:
        sessions.confirm(session, signed_in.session_id)
        audit(session, "confirmed", actor_id=signed_in.id, ip=visitor.ip)
        session.commit()
    return now() + LASTS


def is_confirmed(signed_in: SessionInfo) -> bool:
    """Whether the last proof is young enough."""
    return signed_in.confirmed_at is not None and now() - signed_in.confirmed_at < LASTS
