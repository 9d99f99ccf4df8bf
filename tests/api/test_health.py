import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from rq import SimpleWorker

from bot.operations.readiness import _known, schema_trouble
from tests.api.caller import Caller, field_codes, json_of, refusal
from tests.support.environment import config_for, dispose


@pytest.fixture
def working(app: Flask, redis_url: str):
    """A worker that has made itself known."""
    redis = Redis.from_url(redis_url)
    worker = SimpleWorker(["any"], connection=redis)
    worker.register_birth()
    yield worker
    worker.register_death()
    redis.close()


def test_it_lives(calls):
    assert json_of(calls().get("/health")) == {"success": True, "status": "alive"}


@pytest.mark.usefixtures("working")
def test_it_is_ready_when_everything_is_there(calls):
    answer = json_of(calls().get("/ready"))
    assert (answer["success"], answer["status"]) == (True, "ready")


@pytest.mark.usefixtures("working")
def test_what_is_wrong_with_redis_and_not_in_the_way_is_a_warning(calls):
    """The Redis of tests keeps nothing."""
    [warning] = json_of(calls().get("/ready"))["warnings"]
    assert (warning["field"], warning["code"]) == ("redis", "QUEUE_NOT_KEPT")
    assert "appendonly" in warning["message"]


def test_it_is_not_ready_without_a_worker(calls):
    response = calls().get("/ready")
    assert refusal(response) == (503, "NOT_READY")
    assert field_codes(response) == {"workers": "NO_WORKER"}


def test_a_worker_that_died_counts_no_more(calls, working, redis_url):
    Redis.from_url(redis_url).delete(working.key)
    assert field_codes(calls().get("/ready")) == {"workers": "NO_WORKER"}


@pytest.mark.usefixtures("working")
@pytest.mark.parametrize(
    ("known", "trouble"),
    [
        (["9999", "{now}"], "The schema is older, {now}, than this version's, 9999: run `flask --app wsgi release`."),
        (["0000"], "The schema, {now}, is of a newer version than this one, whose is 0000: install the newer version."),
    ],
)
def test_it_is_not_ready_with_a_schema_of_another_version(calls, monkeypatch, known, trouble):
    now = _known()[0]
    monkeypatch.setattr("bot.operations.readiness._known", lambda: [name.format(now=now) for name in known])
    response = calls().get("/ready")
    assert field_codes(response) == {"schema": "SCHEMA_OUTDATED"}
    assert response.json["errors"][0]["message"] == trouble.format(now=now)


def test_an_empty_database_is_told_from_an_old_one():
    assert schema_trouble([]) == "The database is empty: run `flask --app wsgi release`."


@pytest.mark.usefixtures("working")
def test_without_redis_it_lives_and_is_not_ready(calls, monkeypatch: pytest.MonkeyPatch):
    def away(*_arguments, **_options):
        raise RedisAway("away")

    monkeypatch.setattr(Redis, "execute_command", away)
    assert calls().get("/health").status_code == 200
    assert field_codes(calls().get("/ready")) == {"redis": "QUEUE_UNAVAILABLE"}


@pytest.fixture
def without_database(tmp_path, redis_url):
    """The application whose database does not answer."""
    from wsgi import create_app

    app = create_app(config_for(tmp_path, "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2", redis_url))
    yield Caller(app)
    dispose(app)


def test_without_a_database_it_lives_and_is_not_ready(without_database):
    assert without_database.get("/health").status_code == 200
    assert field_codes(without_database.get("/ready"))["database"] == "DATABASE_UNAVAILABLE"


def test_without_a_database_a_sign_in_is_refused_in_the_one_shape(without_database):
    response = without_database.post("/auth/login", json={"username": "alice", "password": "a password"})
    assert refusal(response) == (503, "DATABASE_UNAVAILABLE")
