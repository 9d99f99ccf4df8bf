"""Links that verify an e-mail address: of somebody who registers, or of a user."""

from dataclasses import dataclass

from bot.email_addresses import pending_address, verify_address
from bot.models import User
from bot.registration import VerifyEmail, find_registration, finish_registration
from bot.sessions import Visitor
from bot.throttle import count_attempt


@dataclass(frozen=True)
class Pending:
    """What a link will do; `username` is the name that somebody registers with, None where there is a user already."""

    email: str
    username: str | None


def pending(token: str) -> Pending:
    """Raises LINK_INVALID; looking uses nothing up."""
    if registration := find_registration(token):
        return Pending(registration.email, registration.username)
    return Pending(pending_address(token).address, None)


def verify_email(params: VerifyEmail, visitor: Visitor) -> User:
    """Verifies the address, and makes the user who registered with it. It signs nobody in.

    Raises LINK_INVALID, TOO_MANY_ATTEMPTS, and of a registration USERNAME_TAKEN, which leaves the link good for another
    name, INVALID_INPUT and those of check_new_password. Commits.
    """
    count_attempt("verify", "", visitor)
    if registration := find_registration(params.token):
        return finish_registration(registration, params, visitor)
    return verify_address(params.token, visitor)
