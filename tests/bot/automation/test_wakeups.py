"""Lanes rebuilt from the database: all running bots, within seconds, while workers claim."""

import threading
from collections import Counter

import pytest
from flask import Flask
from redis import Redis

from bot.automation.lifecycle import notify_bot
from bot.automation.wakeups import missed_user_ids, rescue_all
from bot.config.environment import Config
from bot.config.runtime import runtime
from bot.lanes.queue import connect, planned
from jobs.lanes import LaneJob, Lanes
from tests.support.many_users import make_running_bots
from tests.support.people import Somebody, give_valid_session, set_running

MANY, SOME = 10_000, 300
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis(base_app: Flask) -> Redis:
    return runtime().redis


def test_ten_thousand_lanes_are_back_in_an_emptied_redis(base_app: Flask, config: Config, redis: Redis) -> None:
    users = make_running_bots(base_app, config, MANY)
    assert rescue_all(redis).notified == MANY
    assert None not in planned(redis, users).values()
    assert rescue_all(redis).notified == 0


def test_a_missed_ring_is_kept_until_it_was_made(base_app: Flask, alice: Somebody, redis: Redis) -> None:
    give_valid_session(alice.id)
    set_running(alice.id)
    rescue_all(redis)
    away = connect(NOWHERE)
    runtime().redis = away
    notify_bot(alice.id)
    assert missed_user_ids() == [alice.id]
    rescue_all(redis)
    assert missed_user_ids() == [alice.id]
    runtime().redis = redis
    assert rescue_all(redis).notified == 1
    assert missed_user_ids() == []


def test_a_sweep_disturbs_no_worker(base_app: Flask, config: Config, redis: Redis) -> None:
    users = make_running_bots(base_app, config, SOME)
    work = Work()
    threads = [
        threading.Thread(target=work.after_step, args=(Lanes(connect(config.redis_url), f"worker-{number}"),))
        for number in range(3)
    ]
    for thread in threads:
        thread.start()
    while any(work.done[user] < 2 for user in users):
        rescue_all(redis)
    work.ended.set()
    for thread in threads:
        thread.join()
    rescue_all(redis)
    assert work.overlaps == []
    assert None not in planned(redis, users).values()
    assert {redis.zcard(f"rq:scheduled:{user}") + redis.llen(f"rq:queue:{user}") for user in users} == {1}


class Work:
    """Run some workers at the same time, with steps that take no time."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.overlaps: list[str] = []
        self.ended = threading.Event()
        self._inside: set[str] = set()

    def after_step(self, lanes: Lanes) -> None:
        while not self.ended.is_set():
            job = lanes.claim()
            if isinstance(job, LaneJob) and lanes.start(job):
                self._step(job.lease.user_id)
                # Every other one plans nothing, so that a sweep has to.
                lanes.release(job.lease, None if self.done[job.lease.user_id] % 2 else 0)

    def _step(self, user: str) -> None:
        if user in self._inside:
            self.overlaps.append(user)
        self._inside.add(user)
        self.done[user] += 1
        self._inside.discard(user)
