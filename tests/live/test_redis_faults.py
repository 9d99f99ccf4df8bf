"""Redis lost, silent, slow, full, read-only, emptied and cut short: what the web, workers and the clock make of it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.automation.wakeups import missed_user_ids, rescue_all
from bot.config.environment import Config
from bot.lanes.queue import planned
from local.processes import bind_to_parent, end, wait_until
from tests.live.conftest import INSTAGRAM_TIMEOUT, Person
from tests.support.environment import KEY, config_for
from tests.support.live_bots import Bot, SharedClock, World, link
from tests.support.mortal_workers import MortalWorkers
from tests.support.people import give_valid_session, make_somebody, set_running
from tests.support.redis_forwarder import RedisForwarder, forwarder_to
from tests.support.redis_process import RedisProcess

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PATIENCE = 15.0
MAX_ANSWER = 5.0
ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "plain_01"
LEASE = 2.0
# How long is looked at who waits for Redis, and what they may take and say in that time.
WATCHED, MAX_CPU, QUIET_LINES, MAX_LINES = 3.0, 0.2, 20, 60


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with Redis for a while, and what `ready` calls it."""

    code: str
    begin: Callable[[RedisProcess, RedisForwarder], object]
    end: Callable[[RedisProcess, RedisForwarder], object]
    stops: bool = True


FAULTS = {
    "away": Fault("QUEUE_UNAVAILABLE", lambda server, _: server.stop(), lambda server, _: server.start()),
    "cut off": Fault("QUEUE_UNAVAILABLE", lambda _, way: way.cut(), lambda _, way: way.mend()),
    "silent": Fault("QUEUE_SLOW", lambda _, way: way.silence(), lambda _, way: way.speak()),
    "slow": Fault("QUEUE_SLOW", lambda _, way: delay(way, 0.3), lambda _, way: delay(way, 0), stops=False),
    "full": Fault("QUEUE_FULL", lambda server, _: server.fill(), lambda server, _: server.give_memory()),
    "read-only": Fault(
        "QUEUE_READ_ONLY",
        lambda server, _: server.client().replicaof("127.0.0.1", "1"),
        lambda server, _: server.client().replicaof("NO", "ONE"),
    ),
    "without replicas": Fault(
        "QUEUE_READ_ONLY",
        lambda server, _: server.client().config_set("min-replicas-to-write", 1),
        lambda server, _: server.client().config_set("min-replicas-to-write", 0),
    ),
}


def delay(way: RedisForwarder, seconds: float) -> None:
    way.delay = seconds


@pytest.fixture
def server() -> Iterator[RedisProcess]:
    with RedisProcess(durable=True) as server:
        yield server


@pytest.fixture
def way(server: RedisProcess) -> Iterator[RedisForwarder]:
    with forwarder_to(server.url) as way:
        yield way


@pytest.fixture
def config(tmp_path: Path, database_url: str, way: RedisForwarder, sandbox: Any) -> Config:
    port = int(sandbox.url.rsplit(":", 1)[1])
    return config_for(tmp_path, database_url, way.url, sandbox_port=port, instagram_timeout=INSTAGRAM_TIMEOUT)


def until(condition: Callable[[], object]) -> None:
    assert wait_until(lambda: bool(condition()), PATIENCE), "it did not come about"


# The web.


@pytest.fixture
def user(app: Flask) -> Person:
    """Alice, whose bot runs; nothing works for it."""
    with app.app_context():
        somebody = make_somebody("alice")
        give_valid_session(somebody.id)
        set_running(somebody.id)
    return Person(somebody, app.test_client())


@pytest.mark.parametrize("name", FAULTS)
def test_pages_and_actions_go_on_and_whoever_waits_is_told(
    app: Flask, user: Person, server: RedisProcess, way: RedisForwarder, name: str
) -> None:
    fault = FAULTS[name]
    with app.app_context():
        rescue_all(app.extensions["troupe"].redis)
    fault.begin(server, way)
    assert answer(user.client.get, "/login").status_code == 200
    assert "alice" in answer(user.page, "/")
    assert answer(user.get, "/api/bot/status").status_code == 200
    assert answer(user.place, 1).status_code == 202
    ready = answer(user.get, "/api/ready").get_json()
    told = {one["field"]: one["code"] for one in ready["errors"]}
    if fault.stops:
        assert told == {"redis": fault.code}
        refused = answer(user.post, f"/api/users/{user.id}/test-session").get_json()
        assert (refused["status"], refused["error"]) == (503, "QUEUE_UNAVAILABLE")
    with app.app_context():
        assert missed_user_ids() == ([user.id] if fault.stops else [])
    fault.end(server, way)
    until(lambda: "redis" not in {one["field"] for one in user.get("/api/ready").get_json()["errors"]})
    with app.app_context():
        redis = app.extensions["troupe"].redis
        rescue_all(redis)
        assert missed_user_ids() == []
        assert (planned(redis, [user.id])[user.id] or 0) <= time.time() + 1


def answer(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call of the web answers, which must come within seconds."""
    began = time.monotonic()
    reply = call(*arguments)
    assert time.monotonic() - began < MAX_ANSWER
    return reply


# Workers.


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    path = tmp_path / "workers.log"
    path.touch()
    return path


@pytest.fixture
def workers(config: Config, clock: SharedClock, log_file: Path) -> Iterator[MortalWorkers]:
    workers = MortalWorkers(config, clock, lease_seconds=LEASE, log=log_file)
    yield workers
    workers.kill_all()


def in_the_middle_of_a_message(world: World, workers: MortalWorkers) -> tuple[Bot, str]:
    """A bot that has sent the first of three messages and waits for the answer, and the action."""
    for _ in range(2):
        workers.start()
    bot = link(world, "alice", ACCOUNT)
    world.sandbox.fault(ACCOUNT, "message", "hang", 1, processed=True)
    people = [person.username for person in world.people(lambda person: not person.is_private, 3)]
    action_id = bot.write_to(people)
    bot.drive(lambda: world.sandbox.targets(ACCOUNT, "message"))
    return bot, action_id


def goes_on(bot: Bot, action_id: str) -> None:
    """The clock sweeps, and the action ends with three messages to three people, within seconds."""
    began = time.monotonic()
    redis = bot.world.app.extensions["troupe"].redis

    def ended() -> bool:
        rescue_all(redis)
        bot.skip_wait()
        return bot.ended(action_id)

    assert wait_until(ended, PATIENCE), f"{bot.report().verdict} {bot.counts(action_id)}"
    assert time.monotonic() - began < PATIENCE
    assert bot.counts(action_id) == {"done": 3}
    reached = bot.world.sandbox.targets(ACCOUNT, "message")
    assert len(reached) == len(set(reached)) == 3


@pytest.mark.parametrize("name", FAULTS)
def test_a_worker_in_the_middle_of_a_step_does_nothing_twice_and_goes_on(
    world: World, workers: MortalWorkers, server: RedisProcess, way: RedisForwarder, log_file: Path, name: str
) -> None:
    bot, action_id = in_the_middle_of_a_message(world, workers)
    FAULTS[name].begin(server, way)
    until(lambda: bot.counts(action_id).get("unknown"))
    FAULTS[name].end(server, way)
    goes_on(bot, action_id)
    assert len(log_file.read_text().splitlines()) < MAX_LINES


def lose_the_end(server: RedisProcess) -> None:
    server.kill()
    server.cut_tail(600)
    server.start()


def lose_everything(server: RedisProcess) -> None:
    server.kill()
    server.cut_tail(10**9)
    server.start()


LOSSES: dict[str, Callable[[RedisProcess], object]] = {
    "restarted": lambda server: server.restart(),
    "killed": lambda server: server.restart(kill=True),
    "killed, its last writes lost": lose_the_end,
    "killed, all lost": lose_everything,
    "emptied": lambda server: server.flush(),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_redis_forgets_is_not_done_by_two_at_once(
    world: World, workers: MortalWorkers, server: RedisProcess, loss: str
) -> None:
    bot, action_id = in_the_middle_of_a_message(world, workers)
    before = world.sandbox.requests(ACCOUNT)
    LOSSES[loss](server)
    rescue_all(server.client())
    until(lambda: bot.counts(action_id).get("unknown"))
    assert world.sandbox.requests(ACCOUNT) == before
    goes_on(bot, action_id)


@pytest.mark.parametrize("name", FAULTS)
def test_who_has_nothing_to_do_waits_quietly_and_is_there_again(
    world: World,
    workers: MortalWorkers,
    config: Config,
    server: RedisProcess,
    way: RedisForwarder,
    log_file: Path,
    name: str,
) -> None:
    worker = workers.start()
    bot = link(world, "alice", ACCOUNT)
    bot.drive(bot.is_idle, lambda: "worker" in str(server.client().smembers("rq:workers")))
    FAULTS[name].begin(server, way)
    with clock_process(config, log_file) as clock:
        action_id = bot.place("follow-hashtag", hashtag="coffee", amount=1)
        before = cpu_seconds(clock.pid), cpu_seconds(worker.pid)
        threading.Event().wait(WATCHED)
        after = cpu_seconds(clock.pid), cpu_seconds(worker.pid)
        assert after[1] - before[1] < MAX_CPU * WATCHED
        assert len(log_file.read_text().splitlines()) < QUIET_LINES
        FAULTS[name].end(server, way)
        until(lambda: bot.world.sandbox.targets(ACCOUNT, "follow"))
        bot.drive(action_id)
    assert len(bot.world.sandbox.targets(ACCOUNT, "follow")) == 1


@contextmanager
def clock_process(config: Config, log_file: Path) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url,
        "ENCRYPTION_KEYS": KEY,
    }
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.clock"],
            cwd=ROOT,
            env=os.environ | settings,
            stderr=log,
            process_group=0,
            preexec_fn=bind_to_parent(),
        )
    try:
        yield process
    finally:
        end(process, grace=5)


def cpu_seconds(process_id: int | None) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
