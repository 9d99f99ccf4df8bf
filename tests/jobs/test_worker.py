"""The worker process: the product's jobs in the app's context, with their request in every line of the log."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, current_app
from redis import Redis
from rq.utils import import_attribute
from rq.worker import BaseWorker
from sqlalchemy import select
from structlog.contextvars import get_contextvars

from bot.app import create_base_app
from bot.config.runtime import runtime
from bot.lanes import queue
from bot.lanes.queue import REQUEST_ABANDONED, REQUEST_JOB, STEP_JOB, connect, notify_lane, planned, submit_request
from bot.storage.models import ErrorCodeRow
from bot.storage.tenancy import identity
from jobs import worker
from jobs.lane_worker import CRASH_PAUSE
from jobs.worker import make_worker
from tests.support.environment import KEY, config_for, dispose, prepare
from tests.support.lanes import eventually, told
from tests.support.redis_process import RedisProcess

SEEN = "told:seen"


def look(user_id: str, *_: str) -> None:
    """A job that tells what it sees around it."""
    context = get_contextvars()
    tell(current_app.name, context["request_id"], context["task_id"], user_id)


def break_down(user_id: str, *_: str) -> None:
    raise LookupError("nobody foresaw this")


def hear_of(user_id: str, row_id: str) -> None:
    tell("abandoned", get_contextvars()["request_id"], user_id, row_id)


def tell(*words: str) -> None:
    connect(runtime().config.redis_url).rpush(SEEN, " ".join(words))


@pytest.fixture
def app(tmp_path: Path, redis_url: str) -> Iterator[Flask]:
    app = create_base_app(config_for(tmp_path, f"sqlite:///{tmp_path / 'worker.db'}", redis_url))
    yield app
    dispose(app)


@pytest.fixture
def look_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for job in ("STEP_JOB", "REQUEST_JOB"):
        monkeypatch.setattr(queue, job, "tests.jobs.test_worker.look")


@pytest.fixture
def broken_job(monkeypatch: pytest.MonkeyPatch) -> None:
    for job in ("STEP_JOB", "REQUEST_JOB"):
        monkeypatch.setattr(queue, job, "tests.jobs.test_worker.break_down")
    monkeypatch.setattr(worker, "REQUEST_ABANDONED", "tests.jobs.test_worker.hear_of")


def work_off(app: Flask, redis_url: str) -> None:
    """Runs all that is due, in a thread: the main one's signals are the tests' own."""
    thread = threading.Thread(target=make_worker(app, connect(redis_url)).work, kwargs={"burst": True})
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_every_path_of_a_job_leads_somewhere() -> None:
    for path in (STEP_JOB, REQUEST_JOB, REQUEST_ABANDONED):
        assert callable(import_attribute(path))


@pytest.mark.usefixtures("look_job")
def test_a_job_runs_in_the_app_under_the_request_that_caused_it(redis: Redis, redis_url: str, app: Flask) -> None:
    submit_request(redis, "alice", "7", request_id="r-7")
    notify_lane(redis, "bob", request_id="r-8")
    work_off(app, redis_url)
    assert sorted(told(redis, SEEN)) == ["bot r-7 request-7 alice", "bot r-8 step-bob bob"]
    assert "task_id" not in get_contextvars()


@pytest.mark.usefixtures("look_job")
def test_a_step_that_nobody_asked_for_has_a_request_id_of_its_own(redis: Redis, redis_url: str, app: Flask) -> None:
    for user in ("alice", "bob"):
        notify_lane(redis, user)
    work_off(app, redis_url)
    ids = {line.split()[1] for line in told(redis, SEEN)}
    assert len(ids) == 2
    assert {len(request_id) for request_id in ids} == {32}


@pytest.mark.usefixtures("broken_job")
def test_an_unforeseen_error_gets_a_code_and_its_request_is_failed(redis: Redis, redis_url: str, app: Flask) -> None:
    prepare(app)
    notify_lane(redis, "alice")
    submit_request(redis, "bob", "7", request_id="r-7")
    work_off(app, redis_url)
    assert told(redis, SEEN) == ["abandoned r-7 bob 7"]
    with app.app_context(), identity(reading=True) as session:
        names = session.scalars(select(ErrorCodeRow.name).where(ErrorCodeRow.file_path.contains(__name__[-11:])))
        assert list(names) == ["LookupError"]


@pytest.mark.usefixtures("broken_job")
def test_the_pause_after_a_crash_needs_no_database(redis: Redis, redis_url: str, app: Flask) -> None:
    notify_lane(redis, "alice")
    work_off(app, redis_url)
    assert planned(redis, ["alice"])["alice"] == pytest.approx(time.time() + CRASH_PAUSE, abs=10)


def test_a_worker_process_waits_for_redis_and_ends_on_a_signal(tmp_path: Path) -> None:
    server = RedisProcess()
    settings = {
        "INSTANCE_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": server.url,
        "ENCRYPTION_KEYS": KEY,
        "WORKER_THREADS": "2",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "jobs.worker"], env=os.environ | settings, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert '"redis_away"' in process.stderr.readline()
        with server:
            redis = server.client()
            eventually(lambda: len(BaseWorker.all_keys(redis)) == 1)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            assert BaseWorker.all_keys(redis) == []
