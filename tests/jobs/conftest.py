"""Redis for the tests of lanes, and the jobs that they run instead of the product's."""

from collections.abc import Iterator

import pytest
from redis import Redis

from bot import queue
from tests.support import lanes


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """Emptied before each test."""
    with queue.connect(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def lane_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "STEP_JOB", lanes.STEP)
    monkeypatch.setattr(queue, "REQUEST_JOB", lanes.REQUEST)
