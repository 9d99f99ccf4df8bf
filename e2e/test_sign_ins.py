"""Somebody who is signed in on two devices sees both, and signs out everywhere else."""

from e2e.conftest import Visit
from e2e.installation import Installation


def test_one_device_signs_the_other_out(installation: Installation, visit: Visit) -> None:
    login = installation.member("dora")
    here, there = visit(installation), visit(installation)
    for visitor in (here, there):
        visitor.sign_in(login)
    here.open("/settings/security")
    here.sees(here.region("Where you are signed in").get_by_text("This device"))
    here.link("Sign out everywhere else").click()
    here.sees(here.heading("Sign out everywhere else?"))
    here.press("Sign out everywhere else")
    here.is_told("You are signed out everywhere but here.")
    here.sees(here.region("Where you are signed in").get_by_text("This is your only sign-in."))
    there.link("Actions").click()
    there.sees(there.heading("Sign in"))
    there.sign_in(login)
    here.link("Earlier sign-ins").click()
    here.sees(here.page.get_by_text("Signed out from another device").first)
