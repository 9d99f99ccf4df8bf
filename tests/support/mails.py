"""A person with their mails: read the latest one, and follow its link."""

import re

from bot.config.runtime import now
from bot.mail.outbox import OutboxMail, outbox
from bot.storage.models import User
from bot.storage.tenancy import identity
from bot.users.password_reset import answer_recoveries
from bot.users.registration import answer_registrations
from tests.support.people import VISITOR

_LINK = re.compile(r"^  (\S+)/([\w-]+)/([\w-]{40,})$", re.MULTILINE)


def the_clock_ticks() -> None:
    """Do the clock's work of every two seconds. In the tests' demo mails stay in the outbox."""
    answer_recoveries()
    answer_registrations()


def verified(user_id: str, email: str) -> str:
    """Give the user a verified address."""
    with identity() as session:
        user = session.get_one(User, user_id)
        user.email, user.email_verified_at = email, now()
        session.commit()
    return email


def mails_to(address: str) -> list[OutboxMail]:
    """Return the mails to that address, newest first."""
    return [letter for letter in outbox(VISITOR, "localhost") if letter.recipient == address]


def link_in(letter: OutboxMail) -> tuple[str, str, str]:
    """Return the target of the mail's only link: origin, page and token."""
    ((origin, page, token),) = _LINK.findall(letter.text)
    return origin, page, token


def token_for(address: str) -> str:
    """Return the token of the latest mail to that address."""
    return link_in(mails_to(address)[0])[2]
