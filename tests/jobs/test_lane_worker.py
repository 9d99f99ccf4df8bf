"""The lane worker: one job of a lane at a time, fair, on time, and no lane that ends in silence."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import cast

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker
from structlog.testing import capture_logs

from bot.lanes.queue import DUE, LEASE, REGISTERED_SECONDS, connect, notify_lane, planned, rescue, submit_request
from jobs import lanes
from jobs.lane_worker import CRASH_PAUSE
from local.processes import wait_until
from tests.support.lanes import (
    ABANDONED,
    CRASHED,
    DONE,
    OVERLAPS,
    STARTED,
    eventually,
    open_gate,
    shut,
    tell,
    told,
    working,
)
from tests.support.redis_process import RedisProcess

pytestmark = pytest.mark.usefixtures("lane_jobs")

FOLLOW_UP = 30.0
EVERYBODY = [f"user-{number}" for number in range(100)]


def next_step_in(redis: Redis, user_id: str) -> float | None:
    at = planned(redis, [user_id])[user_id]
    return None if at is None else at - time.time()


def lease_end(redis: Redis, user_id: str) -> float:
    return cast(float, redis.zscore(LEASE, user_id))


def clients(redis: Redis) -> list[dict[str, str]]:
    return cast(list[dict[str, str]], redis.client_list())


def idle(redis: Redis) -> bool:
    return not redis.exists(LEASE)


def test_a_rung_step_runs_and_plans_the_next_at_the_time_it_returned(redis: Redis, redis_url: str) -> None:
    tell(redis, "alice", FOLLOW_UP)
    notify_lane(redis, "alice")
    with working(redis_url):
        eventually(lambda: told(redis, DONE) == ["alice mine"] and idle(redis))
    assert next_step_in(redis, "alice") == pytest.approx(FOLLOW_UP, abs=5)


def test_steps_run_on_time_to_parts_of_a_second(redis: Redis, redis_url: str) -> None:
    started: dict[str, float] = {}

    @contextmanager
    def note(job: Job) -> Iterator[None]:
        started[job.args[0]] = time.time()
        yield

    with working(redis_url, surround=note):
        at = {f"user-{number}": time.time() + 0.3 + number * 0.17 for number in range(10)}
        for user, moment in at.items():
            notify_lane(redis, user, moment)
        eventually(lambda: len(told(redis, DONE)) == len(at))
    late = sorted(started[user] - moment for user, moment in at.items())
    assert late[0] >= -0.001
    assert late[len(late) // 2] < 0.2


def test_no_lane_is_run_twice_at_once_by_several_workers(redis: Redis, redis_url: str) -> None:
    users = EVERYBODY[:10]
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(working(redis_url))
        for _ in range(30):
            for user in users:
                notify_lane(redis, user)
        for number in range(5):
            for user in users:
                submit_request(redis, user, f"{user}-{number}", request_id=None)
        eventually(lambda: idle(redis) and not redis.exists(DUE))
    done = told(redis, DONE)
    assert len([line for line in done if "-" in line.removeprefix("user-")]) == 50
    assert {line.split()[0] for line in done} >= set(users)
    assert all(line.endswith("mine") for line in done)
    assert told(redis, OVERLAPS) == []


def test_a_hundred_users_do_not_wait_for_one_with_ten_thousand_jobs(redis: Redis, redis_url: str) -> None:
    greedy = Queue("greedy", connection=redis, serializer=JSONSerializer)
    one = greedy.enqueue("tests.support.lanes.nothing")
    with redis.pipeline() as pipe:
        for number in range(10_000):
            pipe.copy(one.key, f"{Job.redis_job_namespace_prefix}greedy-{number}")
            greedy.push_job_id(f"greedy-{number}", pipeline=pipe)
        pipe.execute()
    rescue(redis, list)
    turns: list[str] = []

    @contextmanager
    def note(job: Job) -> Iterator[None]:
        turns.append(job.origin)
        yield

    with working(redis_url, surround=note):
        eventually(lambda: greedy.count < 9_990)
        for user in EVERYBODY:
            notify_lane(redis, user)
        eventually(lambda: len(told(redis, DONE)) == len(EVERYBODY))
    places = [place for place, user in enumerate(turns) if user != "greedy"]
    assert len(places) == len(EVERYBODY)
    assert places[-1] - places[0] < 1000
    assert greedy.count > 0


def test_a_request_goes_before_everything_that_waits(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    notify_lane(redis, "alice")
    with working(redis_url):
        eventually(lambda: told(redis, STARTED) == ["alice"])
        notify_lane(redis, "alice")
        submit_request(redis, "alice", "7", request_id=None)
        open_gate(redis, "alice")
        eventually(lambda: len(told(redis, STARTED)) == 3)
    assert told(redis, STARTED) == ["alice", "7", "alice"]


def test_a_ring_during_a_running_step_is_followed_by_another(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    tell(redis, "alice", FOLLOW_UP, FOLLOW_UP)
    notify_lane(redis, "alice")
    with working(redis_url):
        eventually(lambda: told(redis, STARTED) == ["alice"])
        for _ in range(5):
            notify_lane(redis, "alice")
        open_gate(redis, "alice")
        eventually(lambda: len(told(redis, DONE)) == 2 and idle(redis))
        assert next_step_in(redis, "alice") == pytest.approx(FOLLOW_UP, abs=5)
    assert told(redis, STARTED) == ["alice", "alice"]


@pytest.mark.parametrize("reply", ["raise", "tomorrow", "inf"])
def test_a_step_that_breaks_is_told_once_and_looked_at_again_after_a_pause(
    redis: Redis, redis_url: str, reply: str
) -> None:
    tell(redis, "alice", reply)
    notify_lane(redis, "alice")
    with working(redis_url):
        eventually(lambda: len(told(redis, CRASHED)) == 1 and idle(redis))
        assert next_step_in(redis, "alice") == pytest.approx(CRASH_PAUSE, abs=5)
    assert told(redis, STARTED) == ["alice"]
    assert len(told(redis, CRASHED)) == 1
    assert told(redis, ABANDONED) == []
    assert not redis.exists("rq:results:step-alice", "rq:failed:alice")


def test_a_request_that_breaks_is_failed_and_not_run_again(redis: Redis, redis_url: str) -> None:
    redis.set("fails:7", 1)
    submit_request(redis, "alice", "7", request_id=None)
    with working(redis_url):
        eventually(lambda: told(redis, ABANDONED) == ["alice 7"] and idle(redis))
    assert told(redis, STARTED) == ["7"]
    assert told(redis, CRASHED) == ["request-7 RuntimeError"]
    assert FailedJobRegistry("alice", connection=redis).get_job_ids() == ["request-7"]
    assert 0 < cast(int, redis.ttl("rq:job:request-7")) <= 3600
    record = Job.fetch("request-7", connection=redis, serializer=JSONSerializer)
    result = record.latest_result()
    assert result
    assert result.exc_string == ""


def test_an_error_in_telling_of_a_crash_does_not_change_the_pause(redis: Redis, redis_url: str) -> None:
    def away(_job: Job, _error: BaseException) -> None:
        raise ConnectionError("no database")

    tell(redis, "alice", "raise")
    notify_lane(redis, "alice")
    with working(redis_url, on_crash=away):
        eventually(lambda: told(redis, DONE) == ["alice mine"] and idle(redis))
    assert next_step_in(redis, "alice") == pytest.approx(CRASH_PAUSE, abs=5)


def test_a_lane_whose_surroundings_break_goes_on_after_its_lease(redis: Redis, redis_url: str) -> None:
    breaks = iter([True])

    @contextmanager
    def sometimes(_job: Job) -> Iterator[None]:
        if next(breaks, False):
            raise ConnectionError("no app context today")
        yield

    notify_lane(redis, "alice")
    with working(redis_url, surround=sometimes, lease_seconds=0.6):
        eventually(lambda: told(redis, DONE) == ["alice mine"])


def test_a_lease_is_renewed_while_its_job_runs(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    notify_lane(redis, "alice")
    with working(redis_url, lease_seconds=0.6), working(redis_url, lease_seconds=0.6):
        eventually(lambda: told(redis, STARTED) == ["alice"])
        first = lease_end(redis, "alice")
        eventually(lambda: lease_end(redis, "alice") > first + 2)
        open_gate(redis, "alice")
        eventually(lambda: told(redis, DONE) == ["alice mine"])
    assert told(redis, STARTED) == ["alice"]


def test_a_job_that_runs_too_long_loses_its_lane(redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "JOB_SECONDS", 0.5)
    shut(redis, "alice")
    notify_lane(redis, "alice")
    with capture_logs() as logs, working(redis_url, lease_seconds=0.6, threads=2):
        eventually(lambda: told(redis, STARTED) == ["alice", "alice"])
        monkeypatch.setattr(lanes, "JOB_SECONDS", 300)
        open_gate(redis, "alice")
        eventually(lambda: len(told(redis, DONE)) == 2 and idle(redis))
    assert {"alice lost", "alice mine"} == set(told(redis, DONE))
    assert [entry["event"] for entry in logs] == ["job_overdue", "lane_lost"]


def test_a_worker_registers_again_and_the_sweep_rings_again_after_redis_was_emptied(
    redis: Redis, redis_url: str
) -> None:
    notify_lane(redis, "alice", time.time() + 3600)
    with working(redis_url, lease_seconds=0.6) as worker:
        eventually(lambda: BaseWorker.all_keys(redis) == [worker.key])
        redis.flushall()
        eventually(lambda: BaseWorker.all_keys(redis) == [worker.key] and bool(redis.hget(worker.key, "pid")))
        assert redis.hmget(worker.key, ["threads"]) == [b"4"]
        assert REGISTERED_SECONDS - 1 <= redis.ttl(worker.key) <= REGISTERED_SECONDS
        rescue(redis, lambda: ["alice"])
        eventually(lambda: told(redis, DONE) == ["alice mine"])


def test_a_worker_outlives_redis_and_its_restart() -> None:
    with RedisProcess() as server, working(server.url, lease_seconds=0.6):
        redis = connect(server.url)
        shut(redis, "alice")
        notify_lane(redis, "alice")
        eventually(lambda: told(redis, STARTED) == ["alice"])
        server.restart()
        rescue(redis, lambda: ["alice", "bob"])
        eventually(lambda: {"alice mine", "bob mine"} <= set(told(redis, DONE)))
        assert told(redis, OVERLAPS) == []


def test_a_stopping_worker_ends_what_runs_and_gives_back_the_rest(redis: Redis, redis_url: str) -> None:
    shut(redis, "alice")
    with working(redis_url, threads=1) as worker:
        notify_lane(redis, "alice")
        eventually(lambda: told(redis, STARTED) == ["alice"])
        worker.stop()
        notify_lane(redis, "bob")
        open_gate(redis, "alice")
        eventually(lambda: "lane-0" not in {thread.name for thread in threading.enumerate()})
    assert told(redis, DONE) == ["alice mine"]
    assert idle(redis)
    assert next_step_in(redis, "bob") is not None


def test_an_idle_worker_starts_a_rung_step_at_once(redis: Redis, redis_url: str) -> None:
    with working(redis_url):
        eventually(lambda: "blpop" in {client["cmd"] for client in clients(redis)})
        before = time.monotonic()
        notify_lane(redis, "alice")
        assert wait_until(lambda: told(redis, STARTED) == ["alice"], 5)
        assert time.monotonic() - before < 0.5
