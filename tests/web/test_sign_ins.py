from datetime import timedelta

import pytest

from bot.auth.sessions import sessions
from tests.support.people import PASSWORD
from tests.web.browser import Browser, shown

OTHERS = "/settings/sign-ins/end-others"
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"}


def table(page):
    """What the page says of sign-ins, without what stands around."""
    return page.text.partition("Where you are signed in")[2]


@pytest.fixture
def elsewhere(app, alice, clock):
    """The browser of alice on another device, a minute later."""
    clock.advance(minutes=1)
    browser = Browser(app)
    form = browser.page("/login").forms["login"]
    browser.post(form, {"username": "alice", "password": PASSWORD}, headers=FIREFOX)
    return browser


def token_of(browser):
    return browser.client.get_cookie("troupe_session").value


def test_the_settings_tell_where_one_is_signed_in_and_mark_this_device(browse, alice, elsewhere):
    told = table(browse(alice).page("/settings/security"))
    assert "Firefox on Windows Address" not in told
    assert told.index("Firefox on Windows") < told.index("tests")
    assert told.count("This device") == 1
    assert told.index("tests") < told.index("This device")


def test_alone_there_is_nothing_to_sign_out_elsewhere(browse, alice):
    page = browse(alice).page("/settings/security")
    assert "This is your only sign-in." in page.text
    assert OTHERS not in page.links
    assert "This is your only sign-in." in browse(alice).page(OTHERS).text


def test_another_device_is_signed_out_by_its_button(app, browse, alice, elsewhere):
    browser = browse(alice)
    page = browser.page("/settings/security")
    (name,) = [name for name in page.forms if name.startswith("form-end-")]
    response = browser.post(page.forms[name])
    assert "That device is signed out." in browser.page(response.location).text
    assert elsewhere.get("/settings").location == "/login?next=/settings"
    with app.app_context():
        assert sessions.find(alice.token, "cookie")


def test_this_device_is_signed_out_by_its_button_too(browse, alice):
    browser = browse(alice)
    response = browser.post(browser.page("/settings/security").forms["leave"])
    assert response.location == "/login"
    assert browse(alice).get("/").location == "/login"


def test_signing_out_everywhere_else_asks_first_and_names_the_devices(browse, alice, elsewhere):
    browser = browse(alice)
    assert OTHERS in browser.page("/settings/security").links
    asked = browser.page(OTHERS)
    assert "Firefox on Windows, 127.0.0.1" in asked.text
    page = browser.sent(OTHERS, "end-others")
    assert "You are signed out everywhere but here." in page.text
    assert elsewhere.get("/").location == "/login"


def test_the_history_tells_how_each_ended(browse, alice, elsewhere):
    browser = browse(alice)
    browser.sent(OTHERS, "end-others")
    page = browser.page("/settings/sign-ins")
    assert "Signed out from another device" in page.text
    assert "In use" in page.text


def test_the_history_past_its_end_says_so(browse, alice):
    cursor = "MjAyMC0wMS0wMVQwMDowMDowMCswMDowMHwxMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTE"
    assert "No older sign-ins" in browse(alice).page(f"/settings/sign-ins?cursor={cursor}").text


def test_a_strangers_sign_in_has_no_page_and_no_button(app, browse, alice, bob):
    browser = browse(alice)
    token = browser.page("/settings/security").forms["leave"].values
    with app.app_context():
        bobs = sessions.find(bob.token, "cookie").session_id
    response = browser.client.post(f"/settings/sign-ins/{bobs}/end", data=token)
    assert "You have no such sign-in." in shown(response, 404).text
    with app.app_context():
        assert sessions.find(bob.token, "cookie")


def test_signing_in_again_in_one_browser_ends_its_sign_in_from_before(app, browse, alice):
    """Whoever had a copy of the old token is out."""
    browser = browse()
    form = browser.page("/login").forms["login"]
    browser.client.set_cookie("troupe_session", alice.token)
    token = browser.page("/settings/security/password").forms["password"].values["csrf_token"]
    browser.post(form, {"username": "alice", "password": PASSWORD, "csrf_token": token})
    assert token_of(browser) != alice.token
    with app.app_context():
        assert sessions.find(alice.token, "cookie") is None
        assert sessions.find(token_of(browser), "cookie")


def test_administrators_see_everybody_and_are_asked_before_they_end_one(app, browse, alice, ada):
    browser = browse(ada)
    page = browser.page("/admin/people/sign-ins")
    assert "alice" in page.text
    (asked,) = [link for link in page.links if link.endswith("/end")]
    assert "End this sign-in of alice?" in browser.page(asked).text
    assert "The sign-in is ended." in browser.sent(asked, "end").text
    with app.app_context():
        assert sessions.find(alice.token, "cookie") is None


def test_administrators_remove_the_expired_ones(app, browse, alice, ada, clock):
    clock.advance(minutes=50)
    assert browse(ada).page("/admin/people/sign-ins")
    clock.advance(minutes=20)
    page = browse(ada).sent("/admin/people/sign-ins", "form-clean-up")
    assert "1 expired sign-in removed." in page.text
    assert "No expired sign-ins were left." in browse(ada).sent("/admin/people/sign-ins", "form-clean-up").text


def test_the_page_is_for_administrators(browse, alice):
    assert browse(alice).get("/admin/people/sign-ins").status_code == 403


def test_a_lost_sign_in_leads_to_the_sign_in_and_says_why(app, browse, alice):
    from bot.auth.session_stores import init_session_store, make_store
    from bot.config.runtime import EXTENSION

    runtime = app.extensions[EXTENSION]
    init_session_store(app, make_store("memory", runtime.redis, lambda _kind: timedelta(hours=1)))
    browser = browse(alice)
    response = browser.get("/actions/log")
    assert response.location == "/login?next=/actions/log"
    assert "This server has lost your sign-in" in browser.page(response.location).text
