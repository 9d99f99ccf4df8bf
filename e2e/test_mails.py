"""From registering to a forgotten password, by the mails of the demo, in a browser."""

import re

from e2e.api import PASSWORD
from e2e.conftest import Visit
from e2e.installation import Installation, Login
from e2e.visitor import FIRST_RUN, Visitor

NEW = "quite another phrase"


def test_somebody_registers_verifies_signs_in_forgets_the_password_and_gets_back_in(
    installation: Installation, visit: Visit
) -> None:
    guest = visit(installation)
    guest.open("/login")
    guest.link("Create an account").click()
    guest.fill("Username", "rita")
    guest.fill("E-mail", "rita@example.org")
    guest.fill("Password", PASSWORD)
    guest.fill("Repeat password", PASSWORD)
    guest.press("Create account")
    guest.sees(guest.heading("Check your e-mail"))
    follow_the_mail(guest, "Finish your registration")
    guest.fill("Password", PASSWORD)
    guest.press("Create account")
    guest.is_told(re.compile("Your login rita is made"))
    guest.sign_in(Login("", "rita", PASSWORD))
    guest.sees(guest.heading(FIRST_RUN))
    guest.sign_out("rita")
    guest.link("Forgot your password?").click()
    guest.fill("Username or e-mail", "rita@example.org")
    guest.press("Send the link")
    guest.sees(guest.heading("Check your e-mail"))
    follow_the_mail(guest, "Choose a new password")
    guest.fill("New password", NEW)
    guest.fill("Repeat password", NEW)
    guest.press("Change password")
    guest.is_told(re.compile("Your password is changed"))
    guest.sign_in(Login("", "rita", NEW))
    guest.sees(guest.heading(FIRST_RUN))


def follow_the_mail(guest: Visitor, subject: str) -> None:
    """The outbox shows the mail as soon as the clock has written it, on the page that is open; its link leads on."""
    guest.link("in the outbox").click()
    guest.region(subject).first.get_by_role("link").first.click()
    guest.sees(guest.heading(subject))
