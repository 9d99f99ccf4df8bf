import base64
import re

from middleware.access import COOKIE, PENDING_COOKIE
from tests.support.authenticators import Authenticator
from tests.support.people import PASSWORD
from tests.web.browser import Browser, pages_of_users, shown

PATH = "/settings/second-factor"
CODE = re.compile(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b")


def begun(browser):
    """The page of a setup that has just begun, and the app that has read it."""
    page = browser.sent(PATH, "begin")
    secret = re.search(r"type this one, as time-based: ([A-Z2-7 ]+) On the phone", page.text)
    return page, Authenticator(secret[1].replace(" ", ""))


def test_it_is_set_up_from_the_page(browse, alice, clock):
    browser = browse(alice)
    page, app = begun(browser)
    response = browser.post(page.forms["confirm"], {"code": app.code(clock.moment)})
    codes = CODE.findall(shown(response).text)
    assert len(set(codes)) == 10
    link = next(link for link in shown(response).links if link.startswith("data:text/plain"))
    assert all(code in link for code in codes)
    assert browser.client.get_cookie(COOKIE).value != alice.token
    state = browser.page(PATH)
    assert "10 of 10 left" in state.text
    assert not [code for code in codes if code in state.text]


def test_the_picture_is_a_code_with_words_for_who_cannot_see_it(browse, alice):
    page, app = begun(browse(alice))
    picture = next(attributes for tag, attributes in page.elements if tag == "img")
    assert picture["alt"] == "QR code of the secret below, for your authenticator app"
    svg = base64.b64decode(picture["src"].removeprefix("data:image/svg+xml;base64,")).decode()
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "style" not in svg
    assert f"otpauth://totp/Troupe:alice?secret={app.secret}&issuer=Troupe" in page.links


def test_the_secret_is_shown_until_it_is_confirmed_and_not_after(browse, two_factored):
    page = shown(browse(two_factored).get(f"{PATH}/setup"), 409)
    assert "The second factor is on already." in page.text
    assert "secret" not in page.forms
    assert two_factored.app.secret not in page.text.replace(" ", "")


def test_a_wrong_first_code_is_told_at_its_field_and_the_setup_stays(browse, alice, clock):
    browser = browse(alice)
    page, app = begun(browser)
    again = shown(browser.post(page.forms["confirm"], {"code": "000000"}), 401)
    assert again.element("confirm-code")["aria-invalid"] == "true"
    assert "000000" not in again.text
    assert shown(browser.post(again.forms["confirm"], {"code": app.code(clock.moment)})).has("codes-title")


def signing_in(browse, **values):
    """The browser of somebody who has typed the password, and where that leads."""
    nobody = browse()
    response = nobody.send("/login", "login", {"username": "alice", "password": PASSWORD} | values)
    return nobody, response


def test_what_is_off_is_not_asked_to_be_turned_off(browse, alice):
    response = browse(alice).get("/settings/second-factor/off")
    assert (response.status_code, response.location) == (303, "/settings/security")


def test_signing_in_takes_a_second_step(browse, two_factored, clock):
    nobody, response = signing_in(browse)
    assert (response.status_code, response.location) == (303, "/login/code")
    assert nobody.get("/").location == "/login"
    page = nobody.page("/login/code")
    assert set(page.forms["code"].values) == {"csrf_token", "next", "code"}
    assert PASSWORD not in nobody.get("/login/code").text
    wrong = shown(nobody.post(page.forms["code"], {"code": "000000"}), 401)
    assert wrong.element("code-code")["aria-invalid"] == "true"
    done = nobody.post(wrong.forms["code"], {"code": two_factored.app.code(clock.moment)})
    assert (done.status_code, done.location) == (303, "/")
    assert nobody.client.get_cookie(PENDING_COOKIE) is None
    assert "alice" in nobody.page("/").text


def test_the_second_step_leads_to_the_page_that_was_wanted_and_nowhere_else(browse, two_factored, clock):
    nobody, response = signing_in(browse, next="/actions/log")
    assert response.location == "/login/code?next=/actions/log"
    done = nobody.send(response.location, "code", {"code": two_factored.recovery_codes[0]})
    assert done.location == "/actions/log"
    nobody, _ = signing_in(browse)
    form = nobody.page("/login/code?next=//evil.example").forms["code"]
    assert nobody.post(form, {"code": two_factored.recovery_codes[1], "next": "//evil.example"}).location == "/"


def test_it_is_bound_to_the_browser_that_typed_the_password(browse, two_factored, clock):
    nobody, _ = signing_in(browse)
    form = nobody.page("/login/code").forms["code"]
    other = browse()
    cold = other.page("/login/code?next=/actions/log")
    assert cold.forms["login"].values["next"] == ["/actions/log"]
    assert "expired" not in cold.text
    token = {"csrf_token": other.page("/login").forms["login"].values["csrf_token"]}
    response = other.post(form, token | {"code": two_factored.app.code(clock.moment)})
    assert "/help/errors/E-AUTH-E-" in shown(response, 401).text + "".join(shown(response, 401).links)
    assert other.client.get_cookie(COOKIE) is None


def test_its_cookie_ends_with_it_and_is_out_of_the_reach_of_scripts(browse, two_factored):
    _, response = signing_in(browse)
    cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith(PENDING_COOKIE + "="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=300"} <= set(cookie.split("; "))


def test_after_five_minutes_it_begins_again_with_the_password(browse, two_factored, clock):
    nobody, _ = signing_in(browse)
    form = nobody.page("/login/code").forms["code"]
    clock.advance(minutes=5)
    page = shown(nobody.post(form, {"code": two_factored.app.code(clock.moment)}), 401)
    assert "login" in page.forms
    assert "more than 5 minutes" in page.text
    assert "login" in nobody.page("/login/code", 401).forms


def test_a_waiting_sign_in_opens_no_page(app, browse, two_factored):
    nobody, _ = signing_in(browse)
    token = nobody.client.get_cookie(PENDING_COOKIE).value
    nobody.client.set_cookie(COOKIE, token)
    for path, _ in pages_of_users(app):
        assert nobody.get(path).location.startswith("/login"), path


def test_new_recovery_codes_are_made_by_a_code(browse, two_factored, clock):
    browser = browse(two_factored)
    wrong = shown(browser.send(PATH, "renew", {"code": "000000"}), 401)
    assert wrong.element("renew-code")["aria-invalid"] == "true"
    page = shown(browser.send(PATH, "renew", {"code": two_factored.app.code(clock.moment)}))
    assert "the old ones are void" in page.text
    assert not [code for code in two_factored.recovery_codes if code in page.text]


def test_a_reload_of_new_codes_tells_that_they_are_shown_once_and_makes_new_ones(browse, alice, clock):
    browser = browse(alice)
    page, app = begun(browser)
    typed = {"code": app.code(clock.moment)}
    codes = CODE.findall(shown(browser.post(page.forms["confirm"], typed)).text)
    again = browser.post(page.forms["confirm"], typed)
    assert (again.status_code, again.location) == (303, f"{PATH}/recovery-codes")
    told = browser.page(again.location)
    assert "cannot be shown again" in told.text
    assert "10 of 10 left" in told.text
    assert not CODE.findall(told.text)
    clock.advance(seconds=30)
    typed = {"code": app.code(clock.moment)}
    made = browser.post(told.forms["renew"], typed)
    assert made.headers["HX-Push-Url"] == again.location
    assert len(set(CODE.findall(shown(made).text)) - set(codes)) == 10
    told = shown(browser.post(told.forms["renew"], typed), 401)
    assert "cannot be shown again" in told.text
    assert told.element("renew-code")["aria-invalid"] == "true"


def test_a_form_of_codes_that_is_too_old_or_of_another_site_is_refused_as_any_other(browse, bob, two_factored):
    setup = browse(bob).sent(PATH, "begin").forms["confirm"]
    values = {**setup.values, "csrf_token": "x", "code": "000000"}
    assert browse(bob).client.post(setup.action, data=values).status_code == 403
    browser = browse(two_factored)
    foreign = {"Origin": "https://evil.example"}
    assert browser.send(PATH, "renew", {"code": "000000"}, headers=foreign).status_code == 403
    assert browse().client.post(f"{PATH}/recovery-codes", data={"code": "1"}).status_code in (303, 403)


def test_without_a_second_factor_there_are_no_codes_to_tell_of(browse, alice):
    assert browse(alice).page(f"{PATH}/recovery-codes").forms["begin"]


def test_switching_it_off_asks_first_and_takes_a_code(browse, two_factored):
    browser = browse(two_factored)
    assert f"{PATH}/off" in browser.page(PATH).links
    wrong = shown(browser.send(f"{PATH}/off", "off", {"code": "000000"}), 401)
    assert wrong.element("off-code")["aria-invalid"] == "true"
    page = browser.sent(f"{PATH}/off", "off", {"code": two_factored.recovery_codes[0]})
    assert "Your second factor is off." in page.text
    assert page.forms["begin"]


def test_the_settings_tell_how_it_stands(browse, alice, two_factored, bob):
    assert "Second factor On" in browse(two_factored).page("/settings/security").text
    page = browse(bob).page("/settings/security")
    assert "Second factor Off" in page.text
    assert PATH in page.links


def test_who_they_are_is_asked_with_the_code_before_anything_changes(browse, two_factored, clock):
    clock.advance(minutes=11)
    browser = browse(two_factored)
    response = browser.send(f"{PATH}/off", "off", {"code": two_factored.recovery_codes[0]})
    assert response.location.startswith("/profile/confirm")
    values = {"password": PASSWORD, "code": two_factored.app.code(clock.moment)}
    assert browser.send("/profile/confirm", "confirm", values | {"code": ""}).status_code == 401
    assert browser.send("/profile/confirm", "confirm", values).status_code == 303


def test_an_administrator_resets_that_of_somebody_else(browse, two_factored, ada, bob):
    browser, path = browse(ada), f"/admin/people/{two_factored.id}/second-factor"
    assert path in browser.page(f"/admin/people/{two_factored.id}").links
    assert path.replace(two_factored.id, bob.id) not in browser.page(f"/admin/people/{bob.id}").links
    page = browser.sent(path, "reset")
    assert "The second factor of alice is off" in page.text
    assert browse(two_factored).get("/").location == "/login"
    assert signing_in(browse)[1].location == "/"


def test_where_it_is_required_every_page_of_an_administrator_leads_to_the_setup(app, ada, monkeypatch):
    parts = app.extensions["troupe"]
    monkeypatch.setattr(parts, "config", parts.config.model_copy(update={"require_admin_second_factor": True}))
    browser = Browser(app, ada)
    for path, access in pages_of_users(app):
        leads = (browser.get(path).location or "").startswith(PATH)
        assert leads is not access.allow_second_factor_setup, path
    page = browser.page(PATH)
    assert "Admins need a second factor on this server." in page.text
    assert "/settings/connection" not in page.links
