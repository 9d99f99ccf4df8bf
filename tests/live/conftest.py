"""The web application and a worker in this process, against the sandbox; clocks are put forward to skip waits."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis

from bot.config.environment import Config
from bot.lanes.queue import connect
from jobs.lane_worker import LaneWorker
from jobs.tasks import instances
from jobs.worker import make_worker
from local.processes import wait_until
from tests.support.environment import compile_once, config_for, dispose, shortest
from tests.support.live_bots import PEOPLE, SEED, Bot, SharedClock, World, lift_limits, link
from tests.support.mortal_workers import MortalWorkers
from tests.support.people import Somebody, make_somebody
from tests.support.sandbox_process import SandboxProcess
from wsgi import create_app

PATIENCE = 20.0
# The client's own timeout: short so that a hang does not hold the tests up, and longer than a busy machine answers in.
INSTAGRAM_TIMEOUT = 4.0


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess.start(0, "--seed", str(SEED), "--people", str(PEOPLE)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: SandboxProcess) -> SandboxProcess:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def config(tmp_path: Path, database_url: str, redis_url: str, sandbox: SandboxProcess) -> Config:
    Redis.from_url(redis_url).flushall()
    port = int(sandbox.url.rsplit(":", 1)[1])
    return config_for(tmp_path, database_url, redis_url, sandbox_port=port, instagram_timeout=INSTAGRAM_TIMEOUT)


@pytest.fixture
def clock(tmp_path: Path) -> SharedClock:
    """The real time, until a test puts it forward."""
    return SharedClock(tmp_path / "ahead")


@pytest.fixture
def app(config: Config, clock: SharedClock) -> Iterator[Flask]:
    """The web application, with no delay between two steps."""
    app = create_app(config, clock=clock, uniform=lambda _low, _high: 0.0)
    compile_once(app)
    yield app
    dispose(app)


@contextmanager
def working(app: Flask, worker: LaneWorker) -> Iterator[LaneWorker]:
    """The worker works in a thread of this process."""
    thread = threading.Thread(target=worker.work, kwargs={"logging_level": None}, daemon=True)
    thread.start()
    yield worker
    worker.stop()
    thread.join(PATIENCE)
    with app.app_context():
        instances().close()


@pytest.fixture
def worker(app: Flask, config: Config) -> Iterator[LaneWorker]:
    """A lane worker in a thread of this process."""
    with working(app, make_worker(app, connect(config.redis_url))) as worker:
        yield worker


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Everything logged so far in this test, as one text."""
    caplog.set_level(logging.INFO)
    return lambda: "\n".join(str(record.msg) + record.getMessage() for record in caplog.records)


@dataclass
class Person:
    """A user with a client of the API and, where linked, an account of the sandbox."""

    somebody: Somebody
    client: FlaskClient

    @property
    def id(self) -> str:
        return self.somebody.id

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.somebody.headers)

    def post(self, path: str, **body: object) -> Any:
        return self.client.post(path, headers=self.somebody.headers, json=body)

    def put(self, path: str, **body: object) -> Any:
        return self.client.put(path, headers=self.somebody.headers, json=body)

    def status(self) -> dict[str, Any]:
        return self.get("/api/bot/status").get_json()

    def link(self, account: dict[str, str], **more: object) -> Any:
        return self.post("/api/bot/login", username=account["username"], password=account["password"], **more)

    def place(self, amount: int = 3, **more: object) -> Any:
        return self.post("/api/bot/actions/follow-hashtag", hashtag="coffee", amount=amount, **more)

    def action(self, action_id: str) -> dict[str, Any]:
        return self.get(f"/api/bot/actions/{action_id}").get_json()["action"]

    def page(self, path: str) -> str:
        """The page as the same sign-in sees it in a browser."""
        with self.client as client:
            client.set_cookie("troupe_session", self.somebody.token, domain="localhost")
            return client.get(path, follow_redirects=True).get_data(as_text=True)


@pytest.fixture
def person(app: Flask, worker: LaneWorker) -> Callable[[str], Person]:
    """Makes users by name, each with a client."""

    def make(name: str) -> Person:
        with app.app_context():
            somebody = make_somebody(name)
        return Person(somebody, app.test_client(use_cookies=True))

    return make


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Waits until something holds; fails when it does not within the patience."""

    def wait(condition: Callable[[], object]) -> None:
        assert wait_until(lambda: bool(condition()), PATIENCE), "it did not come about"

    return wait


@pytest.fixture
def world(app: Flask, sandbox: SandboxProcess, clock: SharedClock) -> Iterator[World]:
    """The app, in whose context the test is, the sandbox and their time; limits are far away."""
    with app.app_context():
        lift_limits()
        yield World(app, sandbox, clock)


@pytest.fixture
def bot(world: World, worker: LaneWorker) -> Bot:
    """Alice's running bot, and a worker for it."""
    return link(world, "alice", "plain_01")


@pytest.fixture
def paced(app: Flask) -> None:
    """The shortest delays in place of none."""
    app.extensions["troupe"].uniform = shortest


@pytest.fixture
def workers(config: Config, clock: SharedClock) -> Iterator[MortalWorkers]:
    """Worker processes that a test kills."""
    workers = MortalWorkers(config, clock)
    yield workers
    workers.kill_all()
