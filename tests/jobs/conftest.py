"""Redis for the tests of lanes, and the jobs that they run instead of the product's."""

from collections.abc import Iterator

import pytest
from redis import Redis

from bot.lanes import queue
from jobs.lanes import Lanes
from tests.support.lanes import REQUEST, STEP


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Emptied before each test."""
    with queue.connect(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def lanes(redis: Redis) -> Lanes:
    return Lanes(redis, "first")


@pytest.fixture
def others(redis: Redis) -> Lanes:
    """The lanes as another worker sees them."""
    return Lanes(redis, "second")


@pytest.fixture
def lane_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "STEP_JOB", STEP)
    monkeypatch.setattr(queue, "REQUEST_JOB", REQUEST)
