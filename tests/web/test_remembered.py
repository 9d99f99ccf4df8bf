import pytest
from sqlalchemy import update

from bot.storage.models import User
from bot.storage.tenancy import identity
from middleware.access import COOKIE
from tests.support.environment import config_for
from tests.support.people import PASSWORD

TYPED = {"username": "alice", "password": PASSWORD}


@pytest.fixture
def days():
    return 7


@pytest.fixture
def config(tmp_path, database_url, redis_url, days):
    return config_for(tmp_path, database_url, redis_url, session_remember=days)


def cookie_of(response):
    return next(line for line in response.headers.getlist("Set-Cookie") if line.startswith(f"{COOKIE}="))


def test_who_ticks_the_box_is_signed_in_for_its_days_and_sees_so(app, browse, alice, clock):
    browser = browse()
    page = browser.page("/login")
    assert "Keep me signed in on this device for 7 days" in page.text
    assert page.forms["login"].values["remember"] == ["false"]
    response = browser.post(page.forms["login"], {**TYPED, "remember": "true"})
    assert "Max-Age=604800" in cookie_of(response)
    clock.advance(days=3)
    assert "Kept until" in browser.page("/settings/security").text
    assert "Kept until" in browser.page("/settings/sign-ins").text
    clock.advance(days=4)
    assert browser.get("/settings").location == "/login?next=/settings"


def test_who_does_not_is_signed_in_until_the_browser_is_closed(browse, alice, clock):
    browser = browse()
    response = browser.send("/login", "login", TYPED)
    assert "Max-Age" not in cookie_of(response)
    assert "Kept until" not in browser.page("/settings/security").text
    clock.advance(minutes=60)
    assert browser.get("/settings").location == "/login?next=/settings"


def test_a_ticked_box_stays_so_where_the_password_was_wrong(browse, alice):
    browser = browse()
    form = browser.page("/login").forms["login"]
    response = browser.post(form, {**TYPED, "password": "a guess", "remember": ["false", "true"]})
    assert 'value="true" checked' in response.text


def test_it_is_asked_for_before_the_code_of_the_second_factor(browse, two_factored, clock):
    browser = browse()
    browser.send("/login", "login", {**TYPED, "remember": "true"})
    response = browser.send("/login/code", "code", {"code": two_factored.app.code(clock.moment)})
    assert "Max-Age=604800" in cookie_of(response)


def test_a_first_password_that_is_changed_keeps_what_was_chosen(app, browse, alice):
    with app.app_context(), identity() as session:
        session.execute(update(User).values(must_change_password=True))
        session.commit()
    browser = browse()
    browser.send("/login", "login", {**TYPED, "remember": "true"})
    new = {"current_password": PASSWORD, "new_password": "three lamps over water"}
    changed = browser.send("/settings/security/password", "password", {**new, "repeat_password": new["new_password"]})
    assert "Max-Age=604800" in cookie_of(changed)


@pytest.mark.parametrize("days", [0])
def test_without_the_setting_there_is_no_box_and_one_that_was_made_up_is_refused(browse, alice):
    browser = browse()
    page = browser.page("/login")
    assert "remember" not in page.forms["login"].values
    response = browser.post(page.forms["login"], {**TYPED, "remember": "true"})
    assert response.status_code == 422
    assert "remembers no sign-ins" in response.text
