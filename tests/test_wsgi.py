"""What holds for every answer of both faces: headers, whose address is believed, and access that is said aloud."""

import pytest
from sqlalchemy import select

from bot.access import access_of
from bot.models import UserSession
from bot.scope import identity
from tests.support.environment import dispose
from tests.support.people import PASSWORD
from wsgi import CONTENT_SECURITY_POLICY, create_app

# None of it depends on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANSWERS = ["/login", "/", "/nowhere", "/help/errors", "/static/troupe.css", "/api/health", "/api/nowhere", "/api/docs"]


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_tells_browsers_what_not_to_do(app, path):
    headers = app.test_client().get(path).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/login", "/", "/nowhere", "/api/health", "/api/nowhere"])
def test_no_answer_is_kept_by_a_browser_or_a_proxy(app, path):
    assert app.test_client().get(path).headers["Cache-Control"] == "no-store"


def test_over_https_browsers_are_told_to_come_back_by_https(app):
    client = app.test_client()
    assert "Strict-Transport-Security" not in client.get("/login").headers
    secure = client.get("/login", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.parametrize(("proxies", "believed"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_an_address_that_is_told_is_believed_behind_a_trusted_proxy_only(config, clock, app, alice, proxies, believed):
    other = create_app(config.model_copy(update={"trusted_proxies": proxies}), clock=clock)
    answer = other.test_client().post(
        "/api/auth/login",
        json={"username": "alice", "password": PASSWORD},
        headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "User-Agent": "the second"},
    )
    assert answer.status_code == 200
    with app.app_context(), identity(reading=True) as session:
        row = session.scalars(select(UserSession).where(UserSession.user_agent == "the second")).one()
    dispose(other)
    assert row.ip == believed


def test_every_route_says_who_may_call_it(app):
    silent = {
        rule.endpoint for rule in app.url_map.iter_rules() if access_of(app.view_functions[rule.endpoint]) is None
    }
    assert silent == set()


def test_a_route_that_does_not_say_it_is_nobodys(app, alice):
    app.add_url_rule("/api/silent", view_func=lambda: "here")
    answer = app.test_client().get("/api/silent", headers=alice.headers)
    assert (answer.status_code, answer.get_json()["error"]) == (500, "INTERNAL")
