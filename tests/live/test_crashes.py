"""Processes killed in the middle of the work: nothing is lost and nobody is followed twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis

from bot.config.environment import Config
from bot.core.errors import find_code
from bot.lanes.queue import LEASE
from jobs.clock import tick
from local.processes import bind_to_parent, wait_until
from tests.live.conftest import Person
from tests.support.environment import KEY, dispose
from tests.support.people import make_somebody
from tests.support.redis_process import RedisProcess
from wsgi import create_app

ROOT = Path(__file__).resolve().parents[2]
# A killed worker's lane passes on after its lease of 30 s.
PATIENCE = 60.0


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """The web application in this process; workers are processes of their own."""
    app = create_app(config)
    yield app
    dispose(app)


class Workers:
    """Worker processes on the test's database, Redis and sandbox."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._path = folder / "worker.log"
        self._log = self._path.open("ab")
        self.processes: list[subprocess.Popen[bytes]] = []
        self._environment = os.environ | {
            "INSTANCE_DIR": str(config.instance_dir),
            "DATABASE_URL": config.database_url,
            "REDIS_URL": config.redis_url,
            "ENCRYPTION_KEYS": KEY,
            "INSTAGRAM_SANDBOX": "1",
            "SANDBOX_PORT": str(config.sandbox_port),
            "WORKER_THREADS": "2",
        }

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.worker"],
            cwd=ROOT,
            env=self._environment,
            stderr=self._log,
            preexec_fn=bind_to_parent(),
        )
        self.processes.append(process)
        until(lambda: self._path.read_text().count("worker_started") == len(self.processes))
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self._log.close()


@pytest.fixture
def workers(config: Config, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(config, tmp_path)
    yield workers
    workers.stop()


@pytest.fixture
def user(app: Flask, workers: Workers, sandbox) -> Person:
    """Alice, linked by a first worker, her bot running."""
    workers.start()
    with app.app_context():
        somebody = make_somebody("alice")
    person = Person(somebody, app.test_client())
    answer = person.link(sandbox.account("plain_01")).get_json()
    assert answer.get("session_valid"), answer
    person.post("/api/bot/start")
    return person


def until(condition) -> None:
    assert wait_until(lambda: bool(condition()), PATIENCE), "it did not come about"


def place(user: Person, amount: int) -> str:
    return str(user.place(amount).get_json()["action"]["id"])


def test_a_worker_killed_in_the_middle_of_a_follow_is_followed_by_another(workers, user, sandbox, app, config):
    first = workers.processes[0]
    action = place(user, 3)
    until(lambda: sandbox.targets("plain_01", "follow"))
    # The call is processed and its answer never comes: the worker dies while it waits for it.
    sandbox.fault("plain_01", "follow", "hang", 1, processed=True)
    until(lambda: len(sandbox.targets("plain_01", "follow")) == 2)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    died = time.monotonic()
    if config.database_url.startswith("postgresql"):
        # The half minute until the lease ends is waited for once.
        app.extensions["troupe"].redis.zadd(LEASE, {user.id: 1.0}, xx=True)
    assert user.action(action)["done"] == 1
    workers.start()
    until(lambda: user.action(action)["status"] == "succeeded")
    followed = sandbox.targets("plain_01", "follow")
    assert len(followed) == len(set(followed)) == 3
    targets = user.get(f"/api/bot/actions/{action}/targets").get_json()["items"]
    assert sorted(followed) == sorted(one["target"] for one in targets if one["status"] == "done")
    assert time.monotonic() - died < PATIENCE


@pytest.mark.parametrize(("call", "asked"), [("login", "/api/bot/login"), ("current_user", "/test-session")])
def test_what_a_killed_worker_was_asked_at_instagram_is_told_and_not_asked_again(
    workers, user, sandbox, app, call, asked
):
    path = asked if asked.startswith("/api") else f"/api/users/{user.id}{asked}"
    account = sandbox.account("plain_01")
    before = sandbox.requests("plain_01").get(call, 0)
    # Instagram takes it, and the worker dies while it waits for the answer.
    sandbox.fault("plain_01", call, "hang", 1, processed=True)
    body = {"username": account["username"], "password": account["password"]} if call == "login" else {}
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(user.post, path, **body)
        until(lambda: sandbox.requests("plain_01").get(call, 0) == before + 1)
        workers.processes[0].kill()
        workers.processes[0].wait()
        app.extensions["troupe"].redis.zadd(LEASE, {user.id: 1.0}, xx=True)
        workers.start()
        failed = ended(user, answer.result(PATIENCE))
    assert (failed.status_code, failed.get_json().get("error")) == (503, "REQUEST_ABANDONED"), failed.get_json()
    assert sandbox.requests("plain_01")[call] == before + 1
    assert "REQUEST_ABANDONED" in registry_names(user)
    assert user.link(account).get_json()["session_valid"]


def ended(user: Person, answer: Any) -> Any:
    """The answer itself, or what came of it where nobody had taken it within the time that a request waits."""
    if answer.status_code != 202:
        return answer
    until(lambda: user.get(answer.headers["Location"]).status_code != 202)
    return user.get(answer.headers["Location"])


def registry_names(user: Person) -> set[str]:
    """The names of the codes in the user's activity."""
    codes = {item["error_code"] for item in user.get("/api/activity").get_json()["items"]} - {None}
    return {find_code(code).name for code in codes}


def test_without_redis_an_action_stands_and_is_worked_on_later(app, workers, user, sandbox, config, monkeypatch):
    away = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    app.extensions["troupe"].redis, there = away, app.extensions["troupe"].redis
    answer = user.place(1)
    assert answer.status_code == 202
    refused = user.post(f"/api/users/{user.id}/test-session")
    assert (refused.status_code, refused.get_json()["error"]) == (503, "QUEUE_UNAVAILABLE")
    app.extensions["troupe"].redis = there

    def ended() -> bool:
        # A tick that meets the step of Start still running leaves the ring to the next one.
        tick(app, there)
        return user.action(answer.get_json()["action"]["id"])["status"] == "succeeded"

    until(ended)
    assert len(sandbox.targets("plain_01", "follow")) == 1


def test_a_redis_that_hangs_does_not_hang_the_pages(config, app, user):
    with RedisProcess() as redis:
        frozen = create_app(config.model_copy(update={"redis_url": redis.url}))
        client = frozen.test_client()
        redis.freeze()
        began = time.monotonic()
        assert client.get("/login").status_code == 200
        assert client.get("/api/health").status_code == 200
        assert time.monotonic() - began < 10
        dispose(frozen)
