"""Secrets sent through every route and every failure are found nowhere in the clear."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg
import pyotp
import pytest
from flask import Flask
from pydantic import SecretStr
from redis import Redis

from bot.config.environment import Config
from bot.core.log import finish_telling
from bot.history.activity import log_error
from bot.linking.stored_sessions import load_instagram_session
from bot.storage.engine import db
from tests.live.conftest import Person
from tests.live.test_following import place
from tests.support.environment import KEY
from tests.support.mails import mails_to, the_clock_ticks, token_for, verified
from tests.support.people import PASSWORD
from tests.support.proxy_in_front import PASSWORD as PROXY_PASSWORD
from tests.support.proxy_in_front import proxy_in_front_of
from tests.support.sandbox_process import SandboxProcess
from tests.support.sentry_server import Sentry, sentry_here

WRONG = "canary-wrong-password-9d1f"
CODE = "874125"


class Answers:
    """Every answer that a client got, as one text."""

    def __init__(self, user: Person) -> None:
        self.user = user
        self.texts: list[str] = []

    def post(self, path: str, **body: object) -> None:
        self.keep(self.user.post(path, **body))

    def send(self, path: str, data: bytes, content_type: str = "application/json") -> None:
        headers = self.user.somebody.headers
        self.keep(self.user.client.post(path, headers=headers, data=data, content_type=content_type))

    def get(self, path: str) -> None:
        self.keep(self.user.get(path))
        self.texts.append(self.user.page(path))

    def keep(self, response) -> None:
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


# The one exception to the rule: it hands the Instagram session to its owner, who has just confirmed who they are.
HANDS_OUT_THE_SESSION = "/api/bot/export-session"


def through_every_route(app: Flask, answers: Answers, secrets: list[str]) -> None:
    """Every route that takes a body gets the secrets in fields it does not know, as JSON and as a form."""
    body = {f"field{number}": secret for number, secret in enumerate(secrets)}
    for rule in app.url_map.iter_rules():
        for method in {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set()):
            path = str(rule).replace("<uuid:", "<")
            path = "/".join("00000000-0000-4000-8000-000000000000" if "<" in part else part for part in path.split("/"))
            if path.endswith("/logout") or path == HANDS_OUT_THE_SESSION:
                continue
            headers = answers.user.somebody.headers
            for form in ({"json": body}, {"data": body}):
                answers.keep(answers.user.client.open(path, method=method, headers=headers, **form))


def through_sign_in(answers: Answers, secret: str) -> None:
    for body in (
        {"username": "alice", "password": WRONG},
        {"username": WRONG, "password": {"nested": secret}},
        {"username": "alice", "password": [secret], "extra": WRONG},
    ):
        answers.post("/api/auth/login", **body)
    initial = {"username": "alice", "current_password": PASSWORD, "new_password": WRONG}
    answers.post("/api/admin/initialize-password", **initial)
    headers, client = answers.user.somebody.headers, answers.user.client
    change = {"current_password": WRONG, "new_password": secret}
    answers.keep(client.put(f"/api/users/{answers.user.id}/change-password", headers=headers, json=change))


def through_second_factor(answers: Answers, user: Person) -> list[str]:
    """Set up, used, its recovery codes made anew, switched off; what is shown once is returned, and no answer kept."""
    begun = user.post("/api/auth/totp").get_json()
    answers.keep(user.post("/api/auth/totp/confirm", code=CODE))
    done = user.post("/api/auth/totp/confirm", code=pyotp.TOTP(begun["secret"]).now()).get_json()
    user.somebody = replace(user.somebody, token=done["token"])
    first, second, third, *_ = shown = done["recovery_codes"]
    for code in (CODE, WRONG, [first], first, first):
        answers.keep(user.post("/api/auth/login", username=user.somebody.username, password=PASSWORD, code=code))
    answers.texts.append(user.page("/settings/second-factor"))
    answers.keep(user.post("/api/auth/totp/recovery-codes", code=WRONG))
    shown += user.post("/api/auth/totp/recovery-codes", code=second).get_json()["recovery_codes"]
    answers.keep(user.client.delete("/api/auth/totp", headers=user.somebody.headers, json={"code": third}))
    answers.keep(user.client.delete("/api/auth/totp", headers=user.somebody.headers, json={"code": shown[-1]}))
    return [begun["secret"], *shown]


def through_proxies(answers: Answers, proxy: str) -> None:
    """Proxies that are none, that may not be, that refuse the password or are dead, before the right one."""
    name, dead = answers.user.somebody.username, f"http://x:{PROXY_PASSWORD}@127.0.0.1:9"
    refusing = proxy.replace(PROXY_PASSWORD, WRONG)
    for typed in (
        proxy.replace("http:", "https:"),
        f"http://x:{PROXY_PASSWORD}@10.0.0.1:9",
        proxy * 20,
        dead,
        refusing,
    ):
        answers.post("/api/bot/login", username=name, password=WRONG, proxy=typed)
        answers.post("/api/login", username=name, password=WRONG, proxy=typed)
        answers.keep(answers.user.put("/api/bot/settings", proxy=typed))


def through_linking(answers: Answers, account: dict[str, str], proxy: str) -> None:
    secret = account["password"]
    answers.send("/api/bot/login", f'{{"username": "x", "password": "{secret}"'.encode())
    answers.send("/api/bot/login", f"password={secret}".encode(), "application/x-www-form-urlencoded")
    for password in (secret * 100, WRONG, secret):
        answers.post("/api/bot/login", username=account["username"], password=password, proxy=proxy)
    for code in (CODE, "no code " + secret, account["code"]):
        answers.post("/api/bot/verify", code=code)


def through_moving(answers: Answers, secret: str) -> None:
    """The session leaves by the one way that it may, and comes back whole, cut and as a cookie."""
    user = answers.user
    left = user.post(HANDS_OUT_THE_SESSION)
    assert left.headers["Cache-Control"] == "no-store"
    file = left.get_data(as_text=True)
    assert secret in file
    cookie = json.loads(file)["authorization_data"]["sessionid"]
    for session in (file[:-1], file * 40, file.replace('"mid"', f'"{secret}"'), cookie[:30], [cookie], file):
        answers.post("/api/bot/import-session", session=session)


def through_work(
    answers: Answers, sandbox: SandboxProcess, eventually: Callable[[Callable[[], object]], None], proxy: str
) -> None:
    """An action that meets a fault, a dead proxy, then the end of the session, then every page and list."""
    user = answers.user
    answers.post("/api/bot/start")
    sandbox.fault("two_factor", "follow", "html", 1)
    action = place(user, 2)
    eventually(lambda: user.status()["last_error_code"])
    answers.keep(user.put("/api/bot/settings", proxy=f"http://x:{PROXY_PASSWORD}@127.0.0.1:9"))
    answers.post(f"/api/users/{user.id}/test-session")
    answers.keep(user.put("/api/bot/settings", proxy=proxy))
    sandbox.end_sessions("two_factor")
    answers.post(f"/api/users/{user.id}/test-session")
    pages = ("/", "/settings/connection", "/actions/log", f"/actions/{action}", "/settings/security/password")
    calls = (
        "/api/auth/me",
        "/api/bot/settings",
        "/api/bot/status",
        "/api/bot/actions",
        f"/api/bot/actions/{action}/targets",
    )
    for path in (*pages, *calls, "/api/activity", "/api/errors", f"/api/users/{user.id}", "/nowhere"):
        answers.get(path)


def through_recovery(app: Flask, answers: Answers) -> str:
    """Asks for a link, looks at it and has a password refused; returns its token, which its own page may show."""
    client = answers.user.client
    with app.app_context():
        verified(answers.user.id, "alice@example.org")
    answers.post("/api/auth/forgot-password", username="alice")
    with app.app_context():
        the_clock_ticks()
        token = token_for("alice@example.org")
    for path in ("reset-password", "verify-email"):
        client.get(f"/{path}/{token}")
        client.post(f"/{path}/{token}", data={"new_password": WRONG})
    for path, body in (("reset-password", {"new_password": "short"}), ("verify-email", {"username": WRONG})):
        answers.post(f"/api/auth/{path}", token=token, **body)
    answers.get("/admin/health/e-mails")
    return token


def texts_in(value: object) -> Iterator[str]:
    """Every text in a structure of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts_in(part)


def through_faults(app: Flask, secrets: list[str]) -> None:
    """Errors that nobody foresaw, with the secrets in their texts and in the variables of their frames."""
    for secret in secrets:
        typed = {"password": secret}
        try:
            raise ValueError(f"could not take {typed}")
        except ValueError as error:
            with app.app_context():
                log_error(error, user_id=None)


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with sentry_here() as sentry:
        yield sentry


@pytest.fixture
def config(config: Config, sentry: Sentry) -> Config:
    """That of all live tests, with a Sentry and an operator who are told of faults."""
    return config.model_copy(update={"sentry_dsn": SecretStr(sentry.dsn), "operator_email": "operator@example.org"})


@pytest.fixture
def proxy(sandbox: SandboxProcess) -> Iterator[str]:
    with proxy_in_front_of(sandbox.proxy) as proxy:
        yield proxy.url()


def test_no_secret_is_anywhere_in_the_clear(app, person, sandbox, proxy, config, eventually, log, files, capfd, sentry):
    account = sandbox.account("two_factor")
    answers = Answers(person("alice"))
    through_sign_in(answers, account["password"])
    shown_once = through_second_factor(answers, person("tess"))
    assert len(shown_once) == 21
    through_proxies(answers, proxy)
    through_linking(answers, account, proxy)
    with app.app_context():
        session = json.loads(load_instagram_session(answers.user.id)[0])
    session_secrets = [session["authorization_data"]["sessionid"], *filter(is_key, texts_in(session["usdid"]))]
    assert len(session_secrets) > 1
    typed = [PASSWORD, WRONG, account["password"], account["code"], CODE, answers.user.somebody.token, PROXY_PASSWORD]
    secrets = [*typed, *shown_once, *session_secrets, KEY.split(":")[1]]
    through_moving(answers, session_secrets[0])
    token = through_recovery(app, answers)
    through_work(answers, sandbox, eventually, proxy)
    through_every_route(app, answers, secrets)
    through_faults(app, secrets)
    finish_telling()
    assert sentry.events
    with app.app_context():
        eventually(lambda: mails_to("operator@example.org"))
        told = "".join(letter.subject + letter.text for letter in mails_to("operator@example.org"))

    places = {
        "answers": "".join(answers.texts),
        "log": log() + "".join(capfd.readouterr()),
        "redis": redis_in_the_clear(config),
        "database": database_in_the_clear(app),
        "files": files(),
        "sentry": "".join(sentry.bodies),
        "mails": told,
    }
    found = [
        f"{name}: {secret[:6]}…" for secret in (*secrets, token) for name, held in places.items() if secret in held
    ]
    assert found == []


def is_key(value: str) -> bool:
    return len(value) > 40


def test_the_search_would_find_a_secret(app, person, config, log):
    """The search itself is tested: what is stored openly is seen in each place."""
    user = person("canary-name")
    user.post("/api/auth/login", username="x", password="y")
    Redis.from_url(config.redis_url).hset("somewhere", "key", "canary-name")
    assert "canary-name" in database_in_the_clear(app)
    assert "canary-name" in redis_in_the_clear(config)
    assert user.id in log()
