"""Callers of the API, and a worker that answers as the test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis

from bot.core.errors import BotException
from bot.lanes.queue import REQUEST_PREFIX
from bot.linking import outcomes, requests
from bot.linking.claimed import ClaimedRequest, claim
from tests.api.caller import Caller, described_by
from tests.support.environment import Databases
from tests.support.people import Somebody, give_valid_session, set_running

PATIENCE = 20
Calls = Callable[..., Caller]
Worker = Callable[[Somebody, Callable[[ClaimedRequest], None]], AbstractContextManager[None]]


@pytest.fixture
def database_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """SQLite alone: what the views call is tested on both, and each route answers on both in the access matrix."""
    with databases.fresh("sqlite", tmp_path) as url:
        yield url


@pytest.fixture
def app(app: Flask) -> Flask:
    """It has its OpenAPI document, which answers are held against, from an earlier app of the same routes."""
    described_by(app)
    return app


@pytest.fixture
def calls(app: Flask) -> Calls:
    """Makes a caller: of nobody, or signed in as somebody."""

    def make(somebody: Somebody | None = None) -> Caller:
        return Caller(app, somebody)

    return make


@pytest.fixture
def makes_ready(app: Flask) -> Callable[[Somebody], Somebody]:
    """Gives somebody a valid session and a running bot."""

    def make_ready(user: Somebody) -> Somebody:
        with app.app_context():
            give_valid_session(user.id)
            set_running(user.id)
        return user

    return make_ready


@pytest.fixture
def ready(makes_ready: Callable[[Somebody], Somebody], alice: Somebody) -> Somebody:
    """Alice with a valid session and a running bot."""
    return makes_ready(alice)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request waits for no worker."""
    for asked in (requests.link, requests.preview):
        monkeypatch.setitem(asked.__kwdefaults__ or {}, "wait", 0.0)


@pytest.fixture
def worker(app: Flask, redis_url: str) -> Worker:
    """While the block runs, takes one request off the user's lane and ends it as the given function does."""

    @contextmanager
    def answering(user: Somebody, answer: Callable[[ClaimedRequest], None]) -> Iterator[None]:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                with app.app_context():
                    _take_one(redis_url, user.id, answer)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        yield
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert failures == []

    return answering


def _take_one(redis_url: str, user_id: str, answer: Callable[[ClaimedRequest], None]) -> None:
    with Redis.from_url(redis_url) as redis:
        popped = redis.blpop([f"rq:queue:{user_id}"], timeout=PATIENCE)
    assert isinstance(popped, tuple)
    taken = claim(user_id, popped[1].decode().removeprefix(REQUEST_PREFIX))
    assert taken
    try:
        answer(taken)
    except BotException as error:
        outcomes.failed(user_id, taken, error)
