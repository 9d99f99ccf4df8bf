"""The demo user's button: on one's own machine with the sandbox, and nowhere else."""

import pytest
from sqlalchemy import update

from bot.automation.status import bot_report
from bot.demo.users import DEMO_USER, ensure_demo_user
from bot.settings.preferences import settings_report
from bot.storage.models import User
from bot.storage.tenancy import identity
from tests.support.authenticators import switch_on
from tests.support.environment import dispose
from tests.support.people import Somebody
from tests.web.browser import Browser, shown

PATH = "/demo/sign-in"


def made(app):
    with app.app_context():
        return ensure_demo_user()[0]


def test_the_button_signs_in_a_usual_user_with_nothing_to_change_first(app, browse):
    user = made(app)
    nobody = browse()
    response = nobody.send("/login", DEMO_USER)
    assert (response.status_code, response.location) == (303, "/")
    assert nobody.get("/").status_code == 200
    assert nobody.get("/admin").status_code in (403, 404)
    with app.app_context():
        assert not settings_report(user.id).warm_up
        assert not bot_report(user.id).linked


def test_the_button_ends_the_sign_in_that_was_there(app, browse, alice):
    made(app)
    browser = browse()
    form = browser.page("/login").forms[DEMO_USER]
    browser.client.set_cookie("troupe_session", alice.token)
    assert browser.post(form).status_code == 303
    assert browse(alice).get("/").location == "/login"


def test_without_a_demo_user_there_is_no_button_and_nobody_to_sign_in(browse):
    nobody = browse()
    page = nobody.page("/login")
    assert PATH not in [form.action for form in page.forms.values()]
    values = page.forms["login"].values | {"username": [DEMO_USER]}
    token = {"csrf_token": values["csrf_token"], "username": DEMO_USER}
    assert nobody.client.post(PATH, data=token).status_code == 404


@pytest.mark.parametrize("username", ["alice", "ada", "nobody"])
def test_nobody_else_is_signed_in(app, browse, alice, ada, username):
    made(app)
    nobody = browse()
    response = nobody.send("/login", DEMO_USER, {"username": username})
    assert response.status_code == 404
    assert nobody.client.get_cookie("troupe_session") is None


@pytest.mark.parametrize("changed", [{"role": "admin"}, {"is_active": False}])
def test_a_demo_user_who_became_something_else_is_not_signed_in(app, browse, changed):
    user, nobody = made(app), browse()
    form = nobody.page("/login").forms[DEMO_USER]
    with app.app_context(), identity() as session:
        session.execute(update(User).where(User.id == user.id).values(**changed))
        session.commit()
    assert nobody.post(form).status_code == 404
    assert DEMO_USER not in nobody.page("/login").forms


def test_a_second_factor_of_the_demo_user_is_not_gone_around(app, browse):
    user, nobody = made(app), browse()
    with app.app_context():
        switch_on(Somebody(user.id, user.username, ""))
    response = nobody.send("/login", DEMO_USER)
    assert response.status_code == 401
    assert nobody.client.get_cookie("troupe_session") is None


def test_by_get_there_is_nothing(app, browse):
    made(app)
    for method in ("GET", "HEAD", "PUT", "OPTIONS"):
        assert browse().client.open(PATH, method=method).status_code in (404, 405), method
    assert browse().get(PATH).status_code == 404


def test_without_its_token_or_from_another_site_the_form_is_refused(app, browse):
    made(app)
    nobody = browse()
    assert nobody.client.post(PATH, data={"username": DEMO_USER}).status_code == 403
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert nobody.send("/login", DEMO_USER, headers=headers).status_code == 403
    assert nobody.client.get_cookie("troupe_session") is None


@pytest.mark.parametrize(
    "arrives",
    [
        {"base_url": "http://bot.example.org"},
        {"environ_overrides": {"SERVER_NAME": "::"}},
        {"environ_overrides": {"SERVER_NAME": "192.168.1.5"}},
        {"environ_overrides": {"REMOTE_ADDR": "192.168.1.7"}},
    ],
    ids=["a foreign host", "bound to everything", "bound to the network", "somebody of the network"],
)
def test_it_is_for_ones_own_machine_alone(config, clock, app, arrives):
    from wsgi import create_app

    made(app)
    open_to_all = create_app(config.model_copy(update={"allowed_hosts": "*"}), clock=clock)
    browser = Browser(open_to_all)
    page = shown(browser.get("/login", **arrives))
    assert DEMO_USER not in page.forms
    form = shown(browser.get("/login")).forms[DEMO_USER]
    assert browser.post(form, **arrives).status_code in (403, 404)
    # The form's token is of another host there, so the same is asked with one of that host.
    token = {"csrf_token": page.forms["login"].values["csrf_token"], "username": DEMO_USER}
    assert browser.client.post(PATH, data=token, **arrives).status_code == 404
    dispose(open_to_all)


@pytest.mark.parametrize("changed", [{"instagram_sandbox": False}, {"trusted_proxies": 1}], ids=["production", "proxy"])
def test_it_does_not_exist_in_production_or_behind_a_proxy(config, clock, app, changed):
    from wsgi import create_app

    made(app)
    production = create_app(config.model_copy(update=changed), clock=clock)
    browser = Browser(production)
    page = shown(browser.get("/login"))
    assert DEMO_USER not in page.forms
    token = {"csrf_token": page.forms["login"].values["csrf_token"], "username": DEMO_USER}
    assert browser.client.post(PATH, data=token).status_code == 404
    assert browser.client.post(PATH).status_code == 404
    dispose(production)
