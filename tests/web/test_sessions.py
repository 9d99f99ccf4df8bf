import pytest
from sqlalchemy import update

from bot.auth.throttle import ATTEMPT_LIMITS
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from tests.support.environment import dispose
from tests.support.people import PASSWORD
from tests.web.browser import HTMX, Browser, pages_of_users, shown

ELSEWHERE = ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)"]


def test_a_page_leads_to_the_sign_in_and_back(browse, alice):
    nobody = browse()
    response = nobody.get("/actions/log?result=failed")
    assert (response.status_code, response.location) == (303, "/login?next=/actions/log?result%3Dfailed")
    assert "Sign in to go on." in nobody.page(response.location).text
    assert "Sign in to go on." not in nobody.page("/login").text
    signed_in = nobody.send(response.location, "login", {"username": "alice", "password": PASSWORD})
    assert (signed_in.status_code, signed_in.location) == (303, "/actions/log?result=failed")
    assert "alice" in nobody.page("/").text


def test_the_cookie_is_out_of_the_reach_of_scripts_and_other_sites(browse, alice):
    response = browse().send("/login", "login", {"username": "alice", "password": PASSWORD})
    cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("troupe_session="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_a_browser_is_known_after_a_sign_in(browse, alice):
    known, values = browse(), {"username": "alice", "password": PASSWORD}
    response = known.send("/login", "login", values)
    cookie = next(line for line in response.headers.getlist("Set-Cookie") if line.startswith("troupe_device="))
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(cookie.split("; "))
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        browse().send("/login", "login", {"username": "alice", "password": "wrong"})
    known.send("/", "sign-out")
    assert known.send("/login", "login", values).location == "/"
    assert shown(browse().send("/login", "login", values), 429)


def test_over_https_the_cookie_is_bound_to_this_host(config, clock, app, alice):
    from wsgi import create_app

    secure = create_app(config.model_copy(update={"secure_cookies": True}), clock=clock)
    browser = Browser(secure)
    page = shown(browser.get("/login", base_url="https://localhost"))
    values = {"username": "alice", "password": PASSWORD}
    headers = {"Origin": "https://localhost"}
    response = browser.post(page.forms["login"], values, base_url="https://localhost", headers=headers)
    dispose(secure)
    for name in ("session", "device"):
        cookies = response.headers.getlist("Set-Cookie")
        cookie = next(line for line in cookies if line.startswith(f"__Host-troupe_{name}="))
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_nobody_is_led_elsewhere(browse, alice, elsewhere):
    values = {"username": "alice", "password": PASSWORD, "next": elsewhere}
    assert browse().send("/login", "login", values).location == "/"
    assert browse(alice).get("/login", query_string={"next": elsewhere}).location == "/"


def test_a_wrong_password_is_told_at_the_form_which_keeps_the_name(browse, alice):
    response = browse().send("/login", "login", {"username": "alice", "password": "not my password"})
    page = shown(response, 401)
    assert page.element("login-username")["value"] == "alice"
    assert "value" not in page.element("login-password")
    assert "not my password" not in response.text
    assert "/help/errors/E-AUTH-E-0002" in page.links
    assert page.element("failure")["role"] == "alert"


def test_fields_left_empty_are_named(browse):
    page = shown(browse().send("/login", "login"), 422)
    assert page.element("login-username")["aria-invalid"] == "true"
    assert page.element("login-username")["aria-describedby"] == "login-username-problem"
    assert {"#login-username", "#login-password"} <= set(page.links)


def test_after_too_many_wrong_ones_it_says_how_long_to_wait(browse, alice):
    nobody = browse()
    for _ in range(ATTEMPT_LIMITS["sign_in"].account_and_network):
        nobody.send("/login", "login", {"username": "alice", "password": "wrong"})
    response = nobody.send("/login", "login", {"username": "alice", "password": PASSWORD})
    assert "Try again in 15 minutes." in shown(response, 429).text
    assert int(response.headers["Retry-After"]) > 800


def test_signing_out_ends_the_sign_in(app, browse, alice):
    browser = browse(alice)
    response = browser.send("/", "sign-out")
    assert response.location == "/login"
    assert browser.client.get_cookie("troupe_session") is None
    assert Browser(app, alice).get("/").location == "/login"


def test_a_form_without_its_token_is_refused(browse, alice):
    response = browse(alice).client.post("/bot/start")
    assert "/help/errors/E-AUTH-E-0006" in shown(response, 403).links


def test_a_form_from_another_site_is_refused(browse, alice):
    response = browse(alice).send("/", "sign-out", headers={"Origin": "https://evil.example"})
    assert response.status_code == 403


def test_htmx_is_told_to_load_the_sign_in(browse):
    response = browse().get("/bot", headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/login?next=/automation")
    foreign = browse().get("/bot", headers=HTMX | {"HX-Current-URL": "https://evil.example/x"})
    assert foreign.headers["HX-Redirect"] == "/login"


def test_a_form_sent_after_the_sign_in_ended_leads_back_to_its_page(browse, alice, clock):
    browser = browse(alice)
    form = browser.page("/settings/connection/link").forms["link"]
    clock.advance(hours=2)
    response = browser.post(form, headers={"Referer": "http://localhost/settings/connection/link"})
    assert response.location == "/login?next=/settings/connection/link"


def test_a_sign_in_whose_code_has_not_come_opens_no_page(app, browse, alice):
    with app.app_context(), identity() as session:
        session.execute(update(UserSession).values(needs_code=True))
        session.commit()
    browser = browse(alice)
    for path, _ in pages_of_users(app):
        page = browser.page(path, 403)
        assert "Instagram needs a code before you can sign in." in page.text, path
        assert "/settings/connection" not in page.links


def test_the_last_sign_in_is_told_and_those_that_failed_since(app, browse, linked, clock):
    assert "Last sign-in" not in browse(linked).page("/").text
    clock.advance(minutes=1)
    browse().send("/login", "login", {"username": "alice", "password": "not my password"})
    clock.advance(minutes=1)
    browser = browse()
    browser.send("/login", "login", {"username": "alice", "password": PASSWORD})
    text = browser.page("/").text
    assert "Last sign-in: 12:00 , from 127.0.0.1, tests. 1 sign-in failed since then." in text
