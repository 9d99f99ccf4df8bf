"""The private memory of one bot: a cache that may be lost."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.instagram import Person
from jobs.memory import FRESH, Memory

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ANN = Person("1", "ann", "Ann", 10, 20, False, False, False, "", True)


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
