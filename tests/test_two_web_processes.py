"""Two web processes over one database and one Redis, as behind a load balancer that sends each request anywhere."""

import pytest
import requests

from bot.app import create_base_app
from bot.auth.throttle import ATTEMPT_LIMITS
from tests.support.environment import config_for, dispose
from tests.support.people import PASSWORD, make_somebody
from tests.support.web_process import web_process
from tests.web.browser import Page

PATIENCE = 30
LOGIN = {"username": "alice", "password": PASSWORD}


@pytest.fixture
def config(tmp_path, databases, redis_url):
    with databases.fresh("postgresql", tmp_path) as url:
        yield config_for(tmp_path, url, redis_url)


@pytest.fixture
def both(config, redis_url, tmp_path):
    """The addresses of the two, each with a disk of its own."""
    app = create_base_app(config)
    with app.app_context():
        make_somebody("alice")
    dispose(app)
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    # Without TLS, as here, browsers send no secure cookies.
    settings = {"SECURE_COOKIES": "0", "INSTAGRAM_SANDBOX": "1"}
    with (
        web_process(folders[0], config.database_url, redis_url, **settings) as first,
        web_process(folders[1], config.database_url, redis_url, **settings) as second,
    ):
        yield [f"http://127.0.0.1:{web.port}" for web in (first, second)]


def test_what_begins_at_one_goes_on_and_ends_at_both(both):
    for here, there in (both, both[::-1]):
        a_program_goes_from_one_to_the_other(here, there)
        a_browser_goes_from_one_to_the_other(here, there)
    wrong_passwords_are_counted_together(*both)


def asked(token, *webs):
    """What each of them answers who asks with that token who they are."""
    headers = {"Authorization": f"Bearer {token}"}
    return {requests.get(f"{web}/api/auth/me", headers=headers, timeout=PATIENCE).status_code for web in webs}


def a_program_goes_from_one_to_the_other(here, there):
    token = requests.post(f"{here}/api/auth/login", json=LOGIN, timeout=PATIENCE).json()["token"]
    assert asked(token, here, there) == {200}
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(f"{there}/api/auth/logout", headers=headers, timeout=PATIENCE).status_code == 200
    assert asked(token, here, there) == {401}


def a_browser_goes_from_one_to_the_other(here, there):
    """A form that one has made is taken by the other: cookies are those of the host, whatever the port."""
    browser = requests.Session()
    form = Page(browser.get(f"{here}/login").text).forms["login"]
    browser.post(f"{there}/login", form.values | LOGIN)
    page = Page(browser.get(f"{here}/").text)
    assert "alice" in page.text
    browser.post(f"{there}/logout", page.forms["sign-out"].values)
    for web in (here, there):
        assert browser.get(web, allow_redirects=False).headers["Location"] == "/login"


def wrong_passwords_are_counted_together(first, second):
    wrong = {"username": "alice", "password": "a wrong password"}
    most = ATTEMPT_LIMITS["sign_in"].account_and_network
    told = [
        requests.post(f"{second if number % 2 else first}/api/auth/login", json=wrong, timeout=PATIENCE).status_code
        for number in range(most + 2)
    ]
    assert told == [401] * most + [429] * 2
