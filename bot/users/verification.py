"""Verification links of e-mail addresses, for registrations and for users."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.auth.sessions import SessionInfo
from bot.auth.throttle import clear_attempts, record_attempt
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import User
from bot.storage.models.values import AttemptKind
from bot.users.email_addresses import confirm_address, pending_address
from bot.users.registration import VerifyEmail, find_registration, finish_registration

Caller = Callable[[], SessionInfo | None]
"""Returns the signed-in user. It is called only for links of users, and raises their restrictions."""


def no_caller() -> None:
    """Return None: no user is signed in."""


@dataclass(frozen=True)
class PendingVerification:
    """The effect of a link. `username` is the name of a registration, or None for an existing user."""

    email: str
    username: str | None


def pending(token: str, caller: Caller = no_caller) -> PendingVerification:
    """Return the effect of a link without using it up. Raises the errors of verify_email for a link."""
    if registration := find_registration(token):
        return PendingVerification(registration.email, registration.username)
    return PendingVerification(_own_address(token, caller), None)


def _own_address(token: str, caller: Caller) -> str:
    """Return the address that the link gives to the signed-in user.

    An administrator can set an address for another user. Opening the link themselves would give them that user's
    password links too.
    """
    found, signed_in = pending_address(token), caller()
    if signed_in is None:
        raise BotException("AUTHENTICATION_REQUIRED", "Sign in as the user whose address it is to be.")
    if signed_in.id != found.user_id:
        raise BotException("FORBIDDEN", "This link is for another user: sign out, and open it again.")
    return found.address


def verify_email(params: VerifyEmail, visitor: Visitor, caller: Caller = no_caller) -> User:
    """Verify the address, and create the user of a registration. It signs no one in. Commits.

    The link of a user requires that user's sign-in. Raises LINK_INVALID, TOO_MANY_ATTEMPTS, AUTHENTICATION_REQUIRED and
    FORBIDDEN. A registration, whose link stays valid, also raises REGISTRATION_CLOSED, WRONG_REGISTRATION_PASSWORD,
    USERNAME_TAKEN, INVALID_INPUT and the errors of check_new_password.
    """
    registration = find_registration(params.token)
    # Guesses of a password count under the address, however many links there are to it.
    name = registration.email if registration else ""
    record_attempt(AttemptKind.VERIFY, name, visitor)
    if registration:
        user = finish_registration(registration, params, visitor)
        clear_attempts(AttemptKind.VERIFY, name, visitor)
        return user
    _own_address(params.token, caller)
    return confirm_address(params.token, visitor)
