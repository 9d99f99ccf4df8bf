"""The private memory of one bot: a cache that may be lost."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.instagram import Person
from jobs.memory import FRESH, Memory

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ANN = Person("1", "ann", "Ann", 10, 20, False, False, False, "", True, 40)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bots" / "alice.db"


def test_somebody_looked_up_is_remembered_for_a_while(path):
    memory = Memory(path)
    memory.keep(ANN, NOON)
    assert memory.person("ann", NOON + FRESH - timedelta(minutes=1)) == ANN
    assert memory.person("ann", NOON + FRESH + timedelta(minutes=1)) is None
    assert memory.person("ben", NOON) is None
    memory.close()


def test_someone_from_an_earlier_version_is_looked_up_again(path):
    memory = Memory(path)
    memory.keep(ANN, NOON)
    memory.close()
    earlier = {name: value for name, value in asdict(ANN).items() if name != "posts"}
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE people SET person = ?", (json.dumps(earlier),))
    assert memory.person("ann", NOON) is None
    memory.close()


def test_it_is_there_again_after_a_restart(path):
    memory = Memory(path)
    memory.keep(ANN, NOON)
    memory.close()
    again = Memory(path)
    assert again.person("ann", NOON) == ANN
    again.close()


def test_a_broken_file_starts_anew(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database " * 100)
    memory = Memory(path)
    assert memory.person("ann", NOON) is None
    memory.keep(ANN, NOON)
    assert memory.person("ann", NOON) == ANN
    memory.close()


def test_a_file_that_breaks_in_the_middle_starts_anew(path):
    memory = Memory(path)
    memory.keep(ANN, NOON)
    memory.close()
    path.write_bytes(path.read_bytes()[:4096] + b"this is no page" * 300)
    assert memory.person("ann", NOON) is None
    memory.keep(ANN, NOON)
    assert memory.person("ann", NOON) == ANN
    memory.close()


def test_it_is_open_from_its_use_to_its_end_only(path):
    memory = Memory(path)
    assert not path.exists()
    before = os.listdir("/proc/self/fd")
    for _ in range(2):
        memory.keep(ANN, NOON)
        assert os.listdir("/proc/self/fd") != before
        memory.close()
        assert os.listdir("/proc/self/fd") == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_it_forgets_whom_it_would_not_tell_of_any_more(path):
    memory = Memory(path)
    for day in range(100):
        memory.keep(replace(ANN, username=f"ann{day}"), NOON + timedelta(days=day))
    memory.close()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM people").fetchone()[0] == FRESH.days


def test_the_file_of_an_earlier_version_is_read(path):
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("CREATE TABLE people (username TEXT PRIMARY KEY, person TEXT NOT NULL, seen_at TEXT NOT NULL)")
        row = ("ann", json.dumps(asdict(ANN)), NOON.isoformat())
        file.execute("INSERT INTO people VALUES (?, ?, ?)", row)
    memory = Memory(path)
    assert memory.person("ann", NOON) == ANN
    memory.close()
