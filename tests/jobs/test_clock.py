"""The clock: it rings what was lost, outlives what it needs, and ends when it is told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import select

from bot.automation import wakeups
from bot.fleet.counting import ResultsCount
from bot.lanes.queue import connect, planned
from bot.storage.models import UserSession
from bot.storage.tenancy import identity
from jobs.clock import BACKOFF, ROUND_INTERVAL, run, tick, tidy_up
from local.supervisor import Program
from tests.support.environment import KEY, FixedClock
from tests.support.lanes import eventually
from tests.support.people import make_somebody


class Enough(Exception):
    """Ends a clock in a test."""


def waits_of(outcomes: Sequence[Exception | None], *, every: float = ROUND_INTERVAL) -> list[float]:
    """How long a clock waits after each of these outcomes."""
    waits: list[float] = []
    coming = iter(outcomes)

    def one_tick() -> None:
        if outcome := next(coming):
            raise outcome

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == len(outcomes):
            raise Enough

    with pytest.raises(Enough):
        run(one_tick, wait, every=every)
    return waits


def test_it_ticks_every_minute() -> None:
    assert waits_of([None, None, None]) == [ROUND_INTERVAL, ROUND_INTERVAL, ROUND_INTERVAL]


def test_it_tries_again_sooner_while_redis_or_the_database_is_away() -> None:
    away = [RedisAway("no Redis"), OSError("no database"), RedisAway("no Redis"), None, RedisAway("again")]
    assert waits_of(away) == [1.0, 2.0, 4.0, ROUND_INTERVAL, 1.0]


def test_what_goes_on_beside_it_has_a_pace_of_its_own() -> None:
    assert waits_of([None, OSError("no database"), None], every=2.0) == [2.0, BACKOFF.initial, 2.0]


def test_its_pauses_have_an_end() -> None:
    assert waits_of([RedisAway("no Redis")] * 7)[-2:] == [BACKOFF.maximum, BACKOFF.maximum]


def test_two_clocks_plan_what_one_would(redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Flask("clock")
    monkeypatch.setattr(wakeups, "due_user_ids", lambda: ["alice", "bob"])
    monkeypatch.setattr(wakeups, "missed_user_ids", list)
    tick(app, redis)
    before = planned(redis, ["alice", "bob"])
    tick(app, connect(redis_url))
    assert None not in before.values()
    assert planned(redis, ["alice", "bob"]) == before


def test_it_tidies_up_without_redis(base_app: Flask, clock: FixedClock) -> None:
    make_somebody("alice")
    clock.advance(hours=25)
    tidy_up(base_app, ResultsCount())
    with identity(reading=True) as session:
        assert session.scalars(select(UserSession.end_reason)).one() == "idle"


@pytest.fixture
def lonely_clock(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A clock process that has neither a Redis nor a schema."""
    settings = {
        "INSTANCE_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "ENCRYPTION_KEYS": KEY,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.clock"], env=os.environ | settings, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_a_clock_without_redis_says_so_goes_on_and_ends_when_told(lonely_clock: subprocess.Popen[str]) -> None:
    assert lonely_clock.stderr
    sweeps = (line for line in lonely_clock.stderr if '"sweep_failed"' in line)
    assert all('"ConnectionError"' in line for line in islice(sweeps, 2))
    lonely_clock.send_signal(signal.SIGTERM)
    # As long as `make run` leaves it before it is killed.
    eventually(lambda: lonely_clock.poll() is not None, Program.grace)
    assert lonely_clock.returncode == 0
