"""The lane worker: one job of a lane at a time, fair, on time, and never silently dead."""

import pytest
from redis import Redis

from bot.queue import ring
from tests.support.lanes import DONE, eventually, told, working

pytestmark = pytest.mark.usefixtures("lane_jobs")


def test_it_runs_a_rung_step(redis: Redis, redis_url: str) -> None:
    ring(redis, "alice")
    with working(redis_url):
        eventually(lambda: told(redis, DONE) == ["alice mine"])
