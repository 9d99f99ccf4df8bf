"""A parent and its workers: each death, signal and hang, and that no job is lost by any."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from redis import Redis
from rq.worker import BaseWorker

from bot.lanes.queue import LEASE, notify_lane
from jobs.lane_worker import END_SECONDS
from jobs.worker_pool import BACKOFF, KILL_SECONDS
from tests.support.environment import KEY
from tests.support.lanes import DONE, OVERLAPS, STARTED, eventually, open_gate, shut, told, working
from tests.support.pooled_workers import pool_of
from tests.support.redis_process import RedisProcess

pytestmark = pytest.mark.usefixtures("lane_jobs")

PLATFORM_SECONDS = 30.0


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def start_job(redis: Redis, user: str) -> None:
    """A step of the user's, which waits inside until its gate is opened."""
    shut(redis, user)
    notify_lane(redis, user)
    eventually(lambda: user in told(redis, STARTED))


def test_all_children_work_and_end_with_one_signal(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    with pool_of(3, redis_url, tmp_path, threads=1) as pool:
        pool.full(3)
        for user in ("alice", "bob", "carol"):
            start_job(redis, user)
        pool.signal(signal.SIGTERM)
        for user in ("alice", "bob", "carol"):
            open_gate(redis, user)
        assert pool.process.wait(20) == 0
    assert set(told(redis, DONE)) == {"alice mine", "bob mine", "carol mine"}
    assert not redis.exists(LEASE)
    assert BaseWorker.all_keys(redis) == []


def test_children_share_neither_connections_nor_chance(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    with pool_of(3, redis_url, tmp_path) as pool:
        pool.full(3)
        assert not psutil.Process(pool.process.pid).net_connections("all")
        assert psutil.Process(pool.process.pid).num_threads() == 1
        born = pool.born()
    assert {child["pid"] for child in born}.isdisjoint({pool.process.pid})
    assert len({child["dice"] for child in born}) == len({child["name"] for child in born}) == 3
    files = [set(child["files"]) for child in born]
    sockets = [{name for name in names if name.startswith(("socket:", "pipe:"))} for names in files]
    ours = {os.readlink("/proc/self/fd/0"), os.readlink("/proc/self/fd/1")}
    assert sockets[0] & sockets[1] & sockets[2] <= ours


def test_a_child_that_died_is_replaced_after_a_pause_that_grows(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    with pool_of(2, redis_url, tmp_path) as pool:
        pool.full(2)
        start_job(redis, "alice")
        for number in (1, 2):
            os.kill(pool.born()[-1]["pid"], signal.SIGKILL)
            pool.full(2 + number)
        for pid in pool.children:
            os.kill(pid, signal.SIGKILL)
        open_gate(redis, "alice")
        eventually(lambda: "alice mine" in told(redis, DONE) and not redis.exists(LEASE))
        assert [line["pause"] for line in pool.log("worker_died")][:3] == [
            BACKOFF.initial,
            2 * BACKOFF.initial,
            4 * BACKOFF.initial,
        ]
        assert pool.log("worker_died")[0]["status"] == -signal.SIGKILL
    assert told(redis, OVERLAPS) == []


def test_all_are_replaced_one_after_the_other_and_nothing_is_cut(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    with pool_of(2, redis_url, tmp_path) as pool:
        pool.full(2)
        first = pool.children
        start_job(redis, "alice")
        pool.signal(signal.SIGHUP)
        pool.full(3)
        assert len(pool.children) == 3
        open_gate(redis, "alice")
        pool.full(4)
        eventually(lambda: not pool.children & first)
        assert len(pool.children) == 2
        notify_lane(redis, "bob")
        eventually(lambda: set(told(redis, DONE)) == {"alice mine", "bob mine"})
        assert len(pool.log("worker_replaced")) == 2
        assert pool.log("worker_died") == []
    assert told(redis, STARTED) == ["alice", "bob"]


def test_an_old_child_stays_while_no_new_one_serves(redis_url: str, redis: Redis, tmp_path: Path) -> None:
    with pool_of(1, redis_url, tmp_path) as pool:
        pool.full(1)
        first = pool.children
        redis.set("refuse", "crash")
        pool.signal(signal.SIGHUP)
        eventually(lambda: len(pool.log("worker_died")) >= 2)
        assert first <= pool.children
        redis.delete("refuse")
        eventually(lambda: bool(pool.children) and not pool.children & first)


def test_a_call_that_hangs_is_given_up_in_time(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    assert END_SECONDS + 2 < KILL_SECONDS < PLATFORM_SECONDS - 1
    with pool_of(2, redis_url, tmp_path, end_seconds=2.0) as pool:
        pool.full(2)
        start_job(redis, "alice")
        asked = time.monotonic()
        pool.signal(signal.SIGTERM)
        assert pool.process.wait(20) == 0
        assert 2.0 <= time.monotonic() - asked < 6.0
        assert [line["jobs"] for line in pool.log("jobs_given_up")] == [["step-alice"]]
    assert redis.zcard(LEASE) == 1
    open_gate(redis, "alice")
    with working(redis_url):
        eventually(lambda: told(redis, DONE) == ["alice mine"])
    assert told(redis, OVERLAPS) == []


def test_a_redis_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with RedisProcess() as server, pool_of(1, server.url, tmp_path, end_seconds=1.0) as pool:
        pool.full(1)
        server.freeze()
        pool.signal(signal.SIGTERM)
        assert pool.process.wait(6) == 0


def test_a_child_that_cannot_end_is_killed(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    with pool_of(2, redis_url, tmp_path, kill_seconds=2.0) as pool:
        pool.full(2)
        stuck = pool.children.pop()
        os.kill(stuck, signal.SIGSTOP)
        pool.signal(signal.SIGTERM)
        assert pool.process.wait(20) == 0
        assert [line["pid"] for line in pool.log("worker_killed")] == [stuck]


def test_a_second_signal_ends_all_at_once(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    with pool_of(2, redis_url, tmp_path) as pool:
        pool.full(2)
        children = pool.children
        start_job(redis, "alice")

        def asked_again() -> bool:
            pool.signal(signal.SIGTERM)
            return pool.process.poll() is not None

        eventually(asked_again)
        assert all(is_gone(pid) for pid in children)
    assert told(redis, DONE) == []


def test_children_end_their_jobs_and_themselves_when_the_parent_is_killed(
    redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    with pool_of(2, redis_url, tmp_path) as pool:
        pool.full(2)
        children = pool.children
        start_job(redis, "alice")
        os.kill(pool.process.pid, signal.SIGKILL)
        pool.process.wait()
        open_gate(redis, "alice")
        eventually(lambda: all(is_gone(pid) for pid in children))
    assert told(redis, DONE) == ["alice mine"]
    assert not redis.exists(LEASE)


def test_settings_that_a_child_refuses_end_the_whole(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    redis.set("refuse", "config")
    with pool_of(2, redis_url, tmp_path) as pool:
        assert pool.process.wait(20) == os.EX_CONFIG
        assert pool.log("config_refused")


def test_the_worker_of_the_product_runs_in_several_processes(redis: Redis, redis_url: str, tmp_path: Path) -> None:
    settings = {
        "INSTANCE_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "REDIS_URL": redis_url,
        "ENCRYPTION_KEYS": KEY,
        "WORKER_PROCESSES": "2",
        "WORKER_THREADS": "2",
    }
    with subprocess.Popen([sys.executable, "-m", "jobs.worker"], env=os.environ | settings) as process:
        eventually(lambda: len(BaseWorker.all_keys(redis)) == 2)
        parent = psutil.Process(process.pid)
        assert (len(parent.children()), parent.num_threads()) == (2, 1)
        opened = [file.path for file in parent.open_files()]
        assert not any("troupe.db" in path for path in opened)
        assert not parent.net_connections("all")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert BaseWorker.all_keys(redis) == []
