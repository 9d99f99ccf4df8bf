"""A second factor: switched on with an app, asked for at every sign-in, with a recovery code once, and off again."""

import re
import time

import pyotp
from playwright.sync_api import Download, expect

from e2e.conftest import Visit
from e2e.installation import Installation, Login
from e2e.visitor import FIRST_RUN, Visitor
from e2e.walkthrough import Walkthrough, look_at

CODE = re.compile(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}")
NEXT_STEP = 30


def app_of(visitor: Visitor) -> pyotp.TOTP:
    """The app that somebody has typed the secret of the page into."""
    return pyotp.TOTP(visitor.page.locator("#secret").inner_text().replace(" ", ""))


def switch_on(visitor: Visitor) -> tuple[pyotp.TOTP, list[str]]:
    """From the settings; returns the app and the recovery codes."""
    visitor.open("/settings/security")
    visitor.link("Set up a second factor").click()
    visitor.press("Set up")
    app = app_of(visitor)
    picture = visitor.page.get_by_role("img", name="QR code of the secret below")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0"), "the QR code is no picture"
    visitor.fill("Code", app.now())
    visitor.press("Turn on")
    visitor.sees(visitor.heading("Keep these recovery codes"))
    return app, CODE.findall(visitor.page.get_by_role("list", name="Recovery codes").inner_text())


def second_step(visitor: Visitor, login: Login, code: str) -> None:
    visitor.sign_in(login)
    visitor.sees(visitor.heading("Type your code"))
    visitor.fill("Code", code)
    visitor.press("Sign in")


def test_it_is_switched_on_asked_for_and_switched_off(installation: Installation, visit: Visit) -> None:
    login = installation.member("tilda")
    tilda = visit(installation)
    tilda.sign_in(login)
    app, codes = switch_on(tilda)
    with tilda.page.expect_download() as download:
        tilda.link("Download as text").click()
    assert codes == CODE.findall(text_of(download.value))
    tilda.link("I have kept them").click()
    tilda.sign_out(login.username)

    # The step of the code that switched it on is used up; that of the next half minute is taken already.
    second_step(tilda, login, app.at(time.time() + NEXT_STEP))
    tilda.sees(tilda.heading(FIRST_RUN))
    tilda.sign_out(login.username)

    with tilda.refused(401):
        second_step(tilda, login, "000000")
        tilda.sees(tilda.page.get_by_role("alert"))
    tilda.fill("Code", codes[0])
    tilda.press("Sign in")
    tilda.sees(tilda.heading(FIRST_RUN))

    tilda.open("/settings/second-factor")
    tilda.sees(tilda.page.get_by_text("9 of 10 left"))
    tilda.link("Turn off").click()
    tilda.fill("Code", codes[1])
    tilda.press("Turn off")
    tilda.is_told("Your second factor is off.")
    tilda.sign_out(login.username)
    tilda.sign_in(login)
    tilda.sees(tilda.heading(FIRST_RUN))


def text_of(download: Download) -> str:
    assert download.suggested_filename == "troupe-recovery-codes.txt"
    return download.path().read_text()


def test_a_browser_without_javascript_can_do_it_as_well(installation: Installation, visit: Visit) -> None:
    login = installation.member("tom")
    tom = visit(installation, java_script=False)
    tom.sign_in(login)
    _, codes = switch_on(tom)
    tom.link("I have kept them").click()
    tom.sign_out(login.username)
    second_step(tom, login, codes[0])
    tom.sees(tom.heading(FIRST_RUN))


def test_its_pages_can_be_used_by_everybody(installation: Installation, visit: Visit, walkthrough: Walkthrough) -> None:
    login = installation.member("tara")
    tara = walkthrough.visitor
    tara.sign_in(login)
    walkthrough.see("/settings/second-factor")
    tara.press("Set up")
    tara.sees(tara.heading("Set up the second factor"))
    walkthrough.stop()
    tara.fill("Code", "000000")
    with tara.refused(401):
        tara.press("Turn on")
        tara.sees(tara.page.get_by_role("alert"))
    walkthrough.stop()
    tara.fill("Code", app_of(tara).now())
    tara.press("Turn on")
    tara.sees(tara.heading("Keep these recovery codes"))
    assert look_at(tara.page) == []
    walkthrough.see("/settings/second-factor", "/settings/second-factor/off")
    visit_of_admin = visit(installation)
    visit_of_admin.sign_in(installation.admin_login)
    visit_of_admin.open(f"/admin/people/{login.id}/second-factor")
    expect(visit_of_admin.heading(re.compile(f"second factor of {login.username}"))).to_be_visible()
    assert look_at(visit_of_admin.page) == []
    tara.sign_out(login.username)
    tara.sign_in(login)
    tara.sees(tara.heading("Type your code"))
    walkthrough.stop()
