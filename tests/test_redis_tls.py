"""Redis behind `rediss://`: every client of it speaks TLS, and refuses a certificate that it has no reason to trust."""

import json
import re

import pytest
from redis import Redis

from bot.app import create_base_app
from bot.config.runtime import runtime
from bot.lanes.queue import notify_lane
from tests.api.caller import Caller, field_codes
from tests.support.environment import config_for, dispose, shortest
from tests.support.people import make_somebody
from tests.support.tls import Authority, tls_in_front_of
from wsgi import create_app

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TOKEN = "a token that nobody else has"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secured(authority, redis_url):
    """The port of the pipe."""
    Redis.from_url(redis_url).flushall()
    with tls_in_front_of(redis_url, authority) as port:
        yield port


@pytest.fixture
def started(tmp_path, database_url, clock):
    apps = []

    def start(port, **settings):
        address = f"rediss://127.0.0.1:{port}/0"
        config = config_for(tmp_path, database_url, address, metrics_token=TOKEN, session_storage="redis", **settings)
        apps.append(create_app(config, clock=clock, uniform=shortest))
        return apps[-1]

    yield start
    for app in apps:
        dispose(app)


def metrics(app):
    return app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


@pytest.mark.parametrize("trust", ["REDIS_CA_FILE", "REDIS_TLS_VERIFY"])
def test_every_client_of_redis_speaks_tls(trust, started, secured, authority, redis_url):
    named = trust == "REDIS_CA_FILE"
    app = started(secured, **({"redis_ca_file": authority.certificate} if named else {"redis_tls_verify": "off"}))
    with app.app_context():
        alice = make_somebody("alice")
        notify_lane(runtime().redis, alice.id)
    assert Caller(app, alice).get("/auth/me").status_code == 200
    assert field_codes(Caller(app).get("/ready")) == {"workers": "NO_WORKER"}
    assert "troupe_redis_up 1.0" in metrics(app)
    kept = [key.decode() for key in Redis.from_url(redis_url).scan_iter()]
    assert [key for key in kept if key.startswith("troupe:sign-in:")], "sign-ins"
    assert [key for key in kept if key.startswith("LIMIT")], "the limit of requests"
    assert [key for key in kept if alice.id in key and "sign-in" not in key], "lanes"


@pytest.mark.parametrize("trust", ["of the system", "of somebody else"])
def test_a_certificate_that_nobody_vouches_for_is_refused(trust, started, secured, tmp_path):
    other = Authority.make(tmp_path, "another").certificate
    app = started(secured, **({} if trust == "of the system" else {"redis_ca_file": other}))
    problem = next(one for one in Caller(app).get("/ready").json["errors"] if one["field"] == "redis")
    assert problem["code"] == "QUEUE_UNAVAILABLE"
    assert "REDIS_CA_FILE" in problem["message"]
    assert "troupe_redis_up 0.0" in metrics(app)


def test_a_certificate_of_another_host_is_refused(started, secured, authority, monkeypatch, tmp_path, database_url):
    address = f"rediss://localhost.localdomain:{secured}/0"
    monkeypatch.setattr("socket.getaddrinfo", lambda *_a, **_o: [(2, 1, 6, "", ("127.0.0.1", secured))])
    config = config_for(tmp_path, database_url, address, redis_ca_file=authority.certificate)
    app = create_app(config)
    assert "certificate" in Caller(app).get("/ready").json["errors"][0]["message"]
    dispose(app)


def test_the_log_says_that_the_certificate_is_not_checked(tmp_path, database_url, secured, capsys):
    config = config_for(tmp_path, database_url, f"rediss://127.0.0.1:{secured}/0", redis_tls_verify="off")
    dispose(create_base_app(config))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["level"] for line in lines if line["event"] == "redis_not_verified"] == ["warning"]


def test_a_wrong_password_is_told_from_a_redis_that_is_away(tmp_path, database_url, secured):
    address = f"rediss://:wrong-password@127.0.0.1:{secured}/0"
    app = create_app(config_for(tmp_path, database_url, address, redis_tls_verify="off"))
    message = Caller(app).get("/ready").json["errors"][0]["message"]
    assert message == "Redis refuses the name or password of REDIS_URL."
    assert not re.search("wrong-password", Caller(app).get("/ready").text)
    dispose(app)
