"""What holds for every answer of both faces: headers, whose address is believed, and access that is said aloud."""

from itertools import product

import pytest
from gunicorn.http.errors import InvalidChunkSize
from sqlalchemy import func, select

from bot.config.environment import Config
from bot.storage.models import ErrorCodeRow, UserSession
from bot.storage.tenancy import identity
from middleware.access import access_of
from middleware.security_headers import CONTENT_SECURITY_POLICY
from tests.support.environment import dispose
from tests.support.people import PASSWORD
from wsgi import create_app

# None of it depends on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ANSWERS = ["/login", "/", "/nowhere", "/help", "/static/troupe.css", "/api/health", "/api/nowhere", "/api/docs"]


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


NOT_HERE = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:8000",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "a b",
    "",
]


@pytest.mark.parametrize("host", NOT_HERE)
def test_nobody_is_answered_who_calls_the_server_by_another_name(app, host):
    answer = app.test_client().get("/api/errors", headers={"Host": host})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "HOST_NOT_ALLOWED")
    page = app.test_client().get("/login", headers={"Host": host})
    assert page.status_code == 400
    assert "ALLOWED_HOSTS" in page.text
    assert "evil" not in page.text


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8000", "localhost.", "127.0.0.1:8000", "[::1]:8000"])
def test_on_this_machine_it_is_called_by_the_names_of_loopback(app, host):
    assert app.test_client().get("/login", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("allowed", "host", "status"),
    [
        ("bot.example.org", "bot.example.org", 200),
        ("bot.example.org", "Bot.Example.org:443", 200),
        ("bot.example.org", "example.org", 400),
        ("bot.example.org", "other.bot.example.org", 400),
        ("a.example, .example.org", "bot.example.org", 200),
        (".example.org", "evilexample.org", 400),
        ("*", "anything.example", 200),
        ("", "people.example.net", 200),
        ("bot.example.org", "localhost", 200),
    ],
)
def test_its_names_are_set(config, clock, allowed, host, status):
    settings = {name: getattr(config, name) for name in type(config).model_fields} | {
        "allowed_hosts": allowed,
        "public_url": "https://people.example.net",
    }
    app = create_app(Config.from_env(**settings), clock=clock)
    assert app.test_client().get("/login", headers={"Host": host}).status_code == status
    dispose(app)


def test_probes_may_come_by_address(app):
    assert app.test_client().get("/api/health", headers={"Host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.parametrize("name", ["Host", "Proto", "Port", "Prefix", "For"])
def test_what_is_told_of_the_way_here_has_no_effect_without_a_trusted_proxy(app, name):
    told = {f"X-Forwarded-{name}": "https", "Forwarded": "host=evil.example;proto=https", "X-Forwarded-Ssl": "on"}
    answer = app.test_client().get("/", headers=told)
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Strict-Transport-Security" not in answer.headers


def test_behind_a_trusted_proxy_the_name_that_it_was_called_by_is_the_one_that_counts(config, clock):
    behind = config.model_copy(update={"trusted_proxies": 1, "allowed_hosts": "bot.example.org"})
    app = create_app(behind, clock=clock)
    for told, status in (("bot.example.org", 200), ("evil.example", 400), ("bot.example.org, evil.example", 400)):
        headers = {"Host": "10.0.0.7:8000", "X-Forwarded-Host": told, "X-Forwarded-Proto": "https"}
        answer = app.test_client().get("/login", headers=headers)
        assert answer.status_code == status
        assert answer.headers["Strict-Transport-Security"]
    dispose(app)


@pytest.mark.parametrize("path", ["/login", "/api/auth/login", "/static/troupe.css", "/nowhere"])
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "DEBUG", "X"])
def test_odd_methods_are_refused_everywhere(app, path, method):
    answer = app.test_client().open(path, method=method, headers={"X-Secret": "canary"})
    assert answer.status_code == 405
    assert "Allow" in answer.headers
    assert "canary" not in answer.text
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_who_takes_another_method_is_told_which(app):
    assert app.test_client().get("/api/auth/login").headers["Allow"] == "OPTIONS, POST"
    assert app.test_client().put("/login").headers["Allow"] == "GET, HEAD, OPTIONS, POST"


HIDDEN = [
    "/.git/config",
    "/.env",
    "/console",
    "/debug",
    "/metrics",
    "/wsgi.py",
    "/static/../wsgi.py",
    "/static/..%2fwsgi.py",
]


@pytest.mark.parametrize("path", HIDDEN)
def test_nothing_is_open_that_is_no_page(app, path):
    assert app.test_client().get(path).status_code == 404
    assert not app.debug


def test_every_route_says_who_may_call_it(app):
    silent = {
        rule.endpoint for rule in app.url_map.iter_rules() if access_of(app.view_functions[rule.endpoint]) is None
    }
    assert silent == set()


def test_a_route_that_does_not_say_it_is_nobodys(app, alice):
    app.add_url_rule("/api/silent", view_func=lambda: "here")
    answer = app.test_client().get("/api/silent", headers=alice.headers)
    assert (answer.status_code, answer.get_json()["error"]) == (500, "INTERNAL")


@pytest.mark.parametrize("part", ["bytes=0-5,9-12", "bytes=999999-", "bytes=5-2", "lines=1"])
def test_a_part_of_a_file_that_there_is_not_is_no_failure_of_ours(app, part):
    assert app.test_client().get("/static/troupe.css", headers={"Range": part}).status_code == 400


class Breaking:
    """What a client sends, until it sends something else."""

    def __init__(self, error):
        self._error = error

    def read(self, *_size):
        raise self._error

    readline = read


FAULTS = [OSError(), TimeoutError(), ValueError(), EOFError(), InvalidChunkSize(b""), RuntimeError(), KeyError()]
KINDS = ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]


@pytest.mark.parametrize("path", ["/api/auth/login", "/login"])
def test_whatever_raises_while_a_body_is_read_is_the_clients_fault(app, path):
    def codes():
        with app.app_context(), identity(reading=True) as session:
            return session.scalar(select(func.count()).select_from(ErrorCodeRow))

    before = codes()
    for error, kind in product(FAULTS, KINDS):
        sent = {"wsgi.input": Breaking(error), "wsgi.input_terminated": True}
        answer = app.test_client().post(path, environ_overrides=sent, content_type=kind)
        # A body of a type that the face does not take is refused unread.
        assert answer.status_code in (400, 403, 415), (error, kind)
    assert codes() == before
