"""Links that verify an e-mail address: of somebody who registers, or of a user."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.auth.sessions import SessionInfo
from bot.auth.throttle import clear_attempts, record_attempt
from bot.core.errors import BotException
from bot.core.visitor import Visitor
from bot.storage.models import User
from bot.storage.models.values import AttemptKind
from bot.users.email_addresses import pending_address, verify_address
from bot.users.registration import VerifyEmail, find_registration, finish_registration

Caller = Callable[[], SessionInfo | None]
"""Who is signed in; asked for the links of users only. It raises what keeps them from all but a few routes."""


def nobody() -> None:
    """The caller of whoever is not signed in."""


@dataclass(frozen=True)
class Pending:
    """What a link will do; `username` is the name that somebody registers with, None where there is a user already."""

    email: str
    username: str | None


def pending(token: str, caller: Caller = nobody) -> Pending:
    """Looking uses nothing up. Raises as verify_email does for a link."""
    if registration := find_registration(token):
        return Pending(registration.email, registration.username)
    return Pending(_own_address(token, caller), None)


def _own_address(token: str, caller: Caller) -> str:
    """The address that the link makes the user's who is signed in. Whoever set it for somebody else, as administrators
    can, would have their links to a new password too.
    """
    found, signed_in = pending_address(token), caller()
    if signed_in is None:
        raise BotException("AUTHENTICATION_REQUIRED", "Sign in as the user whose address it is to be.")
    if signed_in.id != found.user_id:
        raise BotException("FORBIDDEN", "This link is for another user: sign out, and open it again.")
    return found.address


def verify_email(params: VerifyEmail, visitor: Visitor, caller: Caller = nobody) -> User:
    """Verifies the address, and makes the user who registered with it. It signs nobody in. The link of a user is for
    whoever is signed in as that user.

    Raises LINK_INVALID, TOO_MANY_ATTEMPTS, AUTHENTICATION_REQUIRED and FORBIDDEN, and of a registration, whose link
    stays good, REGISTRATION_CLOSED, WRONG_REGISTRATION_PASSWORD, USERNAME_TAKEN, INVALID_INPUT and those of
    check_new_password. Commits.
    """
    registration = find_registration(params.token)
    # The address is what passwords are guessed for, whatever number of links there are to it.
    name = registration.email if registration else ""
    record_attempt(AttemptKind.VERIFY, name, visitor)
    if registration:
        user = finish_registration(registration, params, visitor)
        clear_attempts(AttemptKind.VERIFY, name, visitor)
        return user
    _own_address(params.token, caller)
    return verify_address(params.token, visitor)
