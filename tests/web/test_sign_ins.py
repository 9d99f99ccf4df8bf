from datetime import timedelta

import pytest

from bot.auth.session_ends import TOLD
from bot.auth.sessions import sessions
from bot.core.tokens import new_token
from bot.storage.models import User
from bot.storage.tenancy import identity
from tests.support.people import PASSWORD
from tests.web.browser import Browser, shown
from web.labels import SIGN_IN_ENDS

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


def told(browser):
    """What the page of the sign-in says of an earlier one, and the answer of the API to the same browser."""
    page = browser.page("/login")
    said = page.element_text("signed-out").strip() if page.has("signed-out") else None
    return said, browser.get("/api/auth/me").json["message"]


def end_by(reason):
    def end(app, alice, elsewhere, clock):
        with app.app_context(), identity() as session:
            sessions.end_all(session, session.get_one(User, alice.id), reason)
            session.commit()

    return end


def wait(**length):
    return lambda app, alice, elsewhere, clock: clock.advance(**length)


def withdraw(app, alice, elsewhere, clock):
    with app.app_context(), identity() as session:
        session.get_one(User, alice.id).auth_epoch += 1
        session.commit()


ENDS = {
    "ended_by_user": lambda app, alice, elsewhere, clock: elsewhere.sent(OTHERS, "end-others"),
    "idle": wait(hours=13),
    "expired": wait(days=40),
    "withdrawn": withdraw,
}


@pytest.mark.parametrize("reason", TOLD)
def test_a_device_that_was_signed_out_is_told_why(app, browse, alice, elsewhere, clock, reason):
    browser = browse(alice)
    assert browser.get("/").status_code == 200
    ENDS.get(reason, end_by(reason))(app, alice, elsewhere, clock)
    assert browser.get("/actions").location == "/login?next=/actions"
    assert told(browser) == (TOLD[reason], TOLD[reason])
    assert told(browser)[0], "a reload says it too"


def test_every_end_of_a_sign_in_has_its_sentence_but_for_those_that_need_none():
    assert set(SIGN_IN_ENDS) - {"signed_out", "lost"} <= set(TOLD)


def test_no_stranger_is_told_of_an_end(app, browse, alice, bob, elsewhere):
    browse(alice).sent(OTHERS, "end-others")
    nobody = browse()
    usual = told(nobody)
    assert usual[0] is None
    for token in ("", "x", alice.id, new_token(), f"{token_of(elsewhere)[:-1]}-"):
        nobody.client.set_cookie("troupe_session", token)
        assert told(nobody) == usual
    assert told(elsewhere)[0] == TOLD["ended_by_user"]


def test_a_person_who_signed_out_is_told_nothing(app, browse, alice):
    browser = browse(alice)
    token = token_of(browser)
    browser.post(browser.page("/settings/security").forms["leave"])
    browser.client.set_cookie("troupe_session", token)
    assert told(browser)[0] is None


def test_the_sentence_is_gone_after_the_next_sign_in_and_while_one_types(browse, alice, elsewhere):
    browse(alice).sent(OTHERS, "end-others")
    form = elsewhere.page("/login").forms["login"]
    assert (
        TOLD["ended_by_user"] not in shown(elsewhere.post(form, {"username": "alice", "password": "wrong"}), 401).text
    )
    form = elsewhere.page("/login").forms["login"]
    assert elsewhere.post(form, {"username": "alice", "password": PASSWORD}).location == "/"
    assert elsewhere.get("/actions").status_code == 200


def test_a_program_is_told_by_its_token(app, browse, alice, clock):
    end_by("ended_by_admin")(app, alice, None, clock)
    reply = browse().get("/api/auth/me", headers={"Authorization": f"Bearer {alice.token}"})
    assert reply.status_code == 401
    assert TOLD["ended_by_admin"] in reply.text
