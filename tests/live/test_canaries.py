"""Secrets sent through every route and every failure are found nowhere in the clear."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest
from flask import Flask
from redis import Redis

from bot.config import Config
from bot.database import db
from bot.linking import stored_session
from tests.live.conftest import Person
from tests.live.test_following import ordered
from tests.support.environment import KEY
from tests.support.people import PASSWORD

WRONG = "canary-wrong-password-9d1f"
CODE = "874125"


class Answers:
    """Every answer that a client got, as one text."""

    def __init__(self, user: Person) -> None:
        self.user = user
        self.texts: list[str] = []

    def post(self, path: str, **body: object) -> None:
        self._keep(self.user.post(path, **body))

    def send(self, path: str, data: bytes, content_type: str = "application/json") -> None:
        headers = self.user.somebody.headers
        self._keep(self.user.client.post(path, headers=headers, data=data, content_type=content_type))

    def get(self, path: str) -> None:
        self._keep(self.user.get(path))
        self.texts.append(self.user.page(path))

    def _keep(self, response) -> None:
        self.texts.append(response.get_data(as_text=True) + str(response.headers))


def database_in_the_clear(app: Flask) -> str:
    """Every cell of every table, as the owner of the database sees it."""
    with app.app_context():
        url = db.engine.url.set(drivername=db.engine.url.get_backend_name()).render_as_string(hide_password=False)
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"))
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        connection = psycopg.connect(url)
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with closing(connection):
        tables = [name for (name,) in connection.execute(names).fetchall()]
        rows = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables]  # noqa: S608
    assert sum(map(len, rows)) > 50
    return repr(rows)


def redis_in_the_clear(config: Config) -> str:
    redis = Redis.from_url(config.redis_url)
    found = []
    for key in redis.scan_iter():
        kind = redis.type(key)
        reader: dict[bytes, Any] = {
            b"string": redis.get,
            b"hash": redis.hgetall,
            b"list": lambda name: redis.lrange(name, 0, -1),
            b"set": redis.smembers,
            b"zset": lambda name: redis.zrange(name, 0, -1, withscores=True),
        }
        found.append((key, reader[kind](key) if kind in reader else redis.dump(key)))
    return repr(found)


@pytest.fixture
def files(config: Config) -> Callable[[], str]:
    """Every file of the instance but the database, whose cells are read one by one."""
    return lambda: "".join(
        path.read_bytes().decode("latin-1")
        for path in config.instance_dir.rglob("*")
        if path.is_file() and not path.name.startswith("troupe.db")
    )


def test_no_secret_is_anywhere_in_the_clear(app, person, sandbox, config, eventually, log, files, capfd):
    user = person("alice")
    answers = Answers(user)
    account = sandbox.account("two_factor")
    secret = account["password"]

    for body in (
        {"username": "alice", "password": WRONG},
        {"username": WRONG, "password": {"nested": secret}},
        {"username": "alice", "password": [secret], "extra": WRONG},
    ):
        answers.post("/api/auth/login", **body)
    answers.send("/api/bot/login", f'{{"username": "x", "password": "{secret}"'.encode())
    answers.send("/api/bot/login", f"password={secret}".encode(), "application/x-www-form-urlencoded")
    answers.post("/api/bot/login", username="two_factor", password=secret * 100)
    answers.post("/api/bot/login", username="two_factor", password=WRONG)
    answers.post("/api/bot/login", username="two_factor", password=secret)
    answers.post("/api/bot/verify", code=CODE)
    answers.post("/api/bot/verify", code="no code " + secret)
    answers.post("/api/bot/verify", code=account["code"])
    change = f"/api/users/{user.id}/change-password"
    answers.texts.append(
        user.client.put(
            change, headers=user.somebody.headers, json={"current_password": WRONG, "new_password": secret}
        ).get_data(as_text=True)
    )
    answers.post("/api/admin/initialize-password", username="alice", current_password=PASSWORD, new_password=WRONG)
    with app.app_context():
        session = json.loads(stored_session(user.id)[0])
    answers.post("/api/bot/start")
    sandbox.fault("two_factor", "follow", "html", 1)
    action = ordered(user, 2)
    eventually(lambda: user.status()["last_error_code"])
    sandbox.end_sessions("two_factor")
    answers.post(f"/api/users/{user.id}/test-session")
    pages = ("/", "/automation", "/activity", f"/actions/{action}", "/profile/change-password")
    calls = ("/api/auth/me", "/api/bot/status", "/api/bot/actions", f"/api/bot/actions/{action}/targets")
    for path in (*pages, *calls, "/api/activity", "/api/errors", f"/api/users/{user.id}", "/nowhere"):
        answers.get(path)

    session_id = session["authorization_data"]["sessionid"]
    assert len(session_id) > 20
    places = {
        "answers": "".join(answers.texts),
        "log": log() + "".join(capfd.readouterr()),
        "redis": redis_in_the_clear(config),
        "database": database_in_the_clear(app),
        "files": files(),
    }
    secrets = {
        "platform password": PASSWORD,
        "wrong password": WRONG,
        "instagram password": secret,
        "instagram session": session_id,
        "device key": json.dumps(session["usdid"])[1:40] if "usdid" in session else session_id,
        "code": account["code"],
        "wrong code": CODE,
        "sign-in token": user.somebody.token,
        "encryption key": KEY.split(":")[1],
    }
    found = [f"{name} in {place}" for name, value in secrets.items() for place, held in places.items() if value in held]
    assert found == []


def test_the_search_would_find_a_secret(app, person, config, log):
    """The search itself is tested: what is stored openly is seen in each place."""
    user = person("canary-name")
    user.post("/api/auth/login", username="x", password="y")
    Redis.from_url(config.redis_url).hset("somewhere", "key", "canary-name")
    assert "canary-name" in database_in_the_clear(app)
    assert "canary-name" in redis_in_the_clear(config)
    assert user.id in log()
