"""Register by the API, and verify an e-mail address with the token of a link."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from api.answers import Answer, Schema
from api.blueprint import blueprint, raises
from api.users import NEW_PASSWORD_FAILURES
from bot.storage.models import User
from bot.users import email_addresses, registration, verification
from bot.users.directory import require_self
from bot.users.email_addresses import EmailReport, NewEmail
from bot.users.registration import Register, VerifyEmail
from middleware.access import caller, me, public, require_confirmed, signed_in, visitor

bp = blueprint("registration", "Registering and e-mail addresses")


class VerifiedAnswer(Answer):
    """The user with the verified address."""

    username: str
    email: str

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(username=user.username, email=user.email or "")


class PendingEmail(Schema):
    """An address that is waiting for its link to be opened."""

    address: str
    created_at: datetime = Field(description="When the link was sent.")
    expires_at: datetime


class EmailAnswer(Answer):
    email: str | None
    verified_at: datetime | None
    pending: PendingEmail | None

    @classmethod
    def of(cls, report: EmailReport) -> Self:
        return cls.model_validate(report)


# Failures of a user's link, which only that user can open.
VERIFY_FAILURES = (
    "AUTHENTICATION_REQUIRED",
    "FORBIDDEN",
    "PASSWORD_CHANGE_REQUIRED",
    "SIGN_IN_NEEDS_CODE",
    "SECOND_FACTOR_SETUP_REQUIRED",
)


@bp.post("/auth/register")
@public
@bp.input(Register)
@bp.output(Answer)
@raises("REGISTRATION_CLOSED", "TOO_MANY_ATTEMPTS", "USERNAME_TAKEN", *NEW_PASSWORD_FAILURES)
def register(json_data: Register) -> Answer:
    """Ask for a login, if ALLOW_REGISTRATION permits it.

    The answer is the same whether name and address are taken or free; a mail to the address says how to go on.
    USERNAME_TAKEN is for names that are never given out.
    """
    registration.register(json_data, visitor())
    return Answer()


@bp.post("/auth/verify-email")
@public
@bp.input(VerifyEmail)
@bp.output(VerifiedAnswer)
@raises(
    "LINK_INVALID",
    "TOO_MANY_ATTEMPTS",
    "REGISTRATION_CLOSED",
    "WRONG_REGISTRATION_PASSWORD",
    "USERNAME_TAKEN",
    *VERIFY_FAILURES,
    *NEW_PASSWORD_FAILURES,
)
def verify_email(json_data: VerifyEmail) -> VerifiedAnswer:
    """Verify an address with the token of a link. A user's own link needs that user's sign-in.

    The link of a registration creates the user with the password chosen there. So another person's password never opens
    an account of the mail's reader. If the name was taken meanwhile, the token stays valid: send another name.
    """
    return VerifiedAnswer.of(verification.verify_email(json_data, visitor(), caller))


@bp.get("/users/<uuid:user_id>/email")
@signed_in
@bp.output(EmailAnswer)
@raises("USER_NOT_FOUND")
def show_email(user_id: UUID) -> EmailAnswer:
    """Show your e-mail address and the one that waits for its link to be opened."""
    require_self(str(user_id), me())
    return EmailAnswer.of(email_addresses.email_report(me().id))


@bp.put("/users/<uuid:user_id>/email")
@require_confirmed
@bp.input(NewEmail)
@bp.output(EmailAnswer)
@raises("USER_NOT_FOUND", "MAIL_NOT_CONFIGURED", "TOO_MANY_ATTEMPTS")
def change_email(user_id: UUID, json_data: NewEmail) -> EmailAnswer:
    """Send a link to your new address. It replaces the old one when you open the link."""
    require_self(str(user_id), me())
    email_addresses.change_email(me().id, json_data, visitor())
    return EmailAnswer.of(email_addresses.email_report(me().id))
