"""Many threads and processes at one database: no one gets "database is locked", and connections are bounded."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from bot.storage import engine
from bot.storage.engine import WriteTurn, db
from bot.storage.models import Activity
from bot.storage.tenancy import tenant
from tests.support.environment import config_for
from tests.support.people import make_somebody
from tests.support.writers import DeadWriter, Writers, write_line

PROCESSES, THREADS = 4, 8
# A whole step holds its transactions for less.
HOLD = 0.004
SECONDS = 4.0
MAX_WAIT = 10.0
"""Half of what SQLite is given; on a busy machine a fair turn of 33 writers takes a second or two."""


@pytest.fixture
def person(app):
    with app.app_context():
        return make_somebody("alice")


def lines_of(user_id: str) -> int:
    with tenant(user_id, reading=True) as session:
        return session.scalar(select(func.count()).select_from(Activity)) or 0


def test_requests_are_served_while_many_processes_write(app, config, person):
    client, statuses, slowest = app.test_client(), set(), 0.0
    with app.app_context():
        before = lines_of(person.id)
    with Writers(config, person.id, processes=PROCESSES, threads=THREADS, hold=HOLD) as writers:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            began = time.monotonic()
            changed = client.put("/api/bot/settings", json={"timezone": "Europe/Berlin"}, headers=person.headers)
            read = client.get("/api/bot/status", headers=person.headers)
            statuses |= {changed.status_code, read.status_code}
            slowest = max(slowest, time.monotonic() - began)
        written = writers.end()
    assert statuses == {200}
    assert [one.failures for one in written] == [[]] * PROCESSES
    assert max(slowest, *(one.longest for one in written)) < MAX_WAIT
    with app.app_context():
        assert lines_of(person.id) - before >= sum(one.lines for one in written)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_process_that_dies_while_it_writes_loses_its_turn(app, config, person):
    writer = DeadWriter(config, person.id)
    with ThreadPoolExecutor(1) as pool, app.app_context():
        before = lines_of(person.id)
        ours = pool.submit(_write_in, app, person.id)
        writer.kill()
        ours.result(5)
        assert lines_of(person.id) == before + 1


def _write_in(app, user_id):
    with app.app_context():
        write_line(user_id, lambda: None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_writer_that_never_ends_is_an_outage_and_no_hang(app, person, monkeypatch):
    monkeypatch.setattr(engine, "SQLITE_BUSY_MS", 200)
    taken, free = threading.Event(), threading.Event()

    def inside():
        taken.set()
        free.wait(20)

    def write_for_ever():
        with app.app_context():
            write_line(person.id, inside)

    with ThreadPoolExecutor(1) as pool:
        endless = pool.submit(write_for_ever)
        assert taken.wait(5)
        answer = app.test_client().post("/api/bot/stop", headers=person.headers)
        assert (answer.status_code, answer.get_json()["error"]) == (503, "DATABASE_UNAVAILABLE")
        free.set()
        endless.result(5)
    assert app.test_client().post("/api/bot/stop", headers=person.headers).status_code == 200


def test_a_turn_is_taken_once_and_left_by_its_holder_only(tmp_path):
    turn, one, other = WriteTurn(str(tmp_path / "turn")), object(), object()
    turn.take(one, 1)
    turn.take(one, 1)
    turn.leave(other)
    with pytest.raises(OperationalError):
        turn.take(other, 0.01)
    turn.leave(one)
    turn.take(other, 1)


def test_a_transaction_that_failed_leaves_the_turn(app, person):
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            write_line(person.id, lambda: 1 / 0)
        write_line(person.id, lambda: None)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_process_never_holds_more_connections_than_the_formula_says(tmp_path, database_url, redis_url, person, app):
    threads = 3
    options = engine.engine_options(config_for(tmp_path, database_url, redis_url, worker_threads=threads))
    assert options["pool_size"] + options["max_overflow"] == threads + 6
    bound, seen = app.extensions["troupe"].config.worker_threads + 6, []

    def look():
        with app.app_context(), tenant(person.id, reading=True) as session:
            session.scalar(select(func.count()).select_from(Activity))
            pool = db.engine.pool
            assert isinstance(pool, QueuePool)
            seen.append(pool.checkedout())

    with ThreadPoolExecutor(3 * bound) as pool:
        list(pool.map(lambda _: look(), range(30 * bound)))
    assert max(seen) <= bound
