"""A job in a process of its own: it returns, raises, dies and loses its lease there, and ends with its worker."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.config.clock import Clock
from bot.config.environment import Config
from bot.history.error_codes import list_codes
from jobs.isolation import IsolatedJobs, JobCrashed, JobProcessDied
from local.processes import wait_until
from tests.support import isolated_jobs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def run(config: Config) -> IsolatedJobs:
    return IsolatedJobs(config, Clock())


@pytest.fixture
def job(config: Config):
    return lambda name, argument="alice": isolated_jobs.job(config, f"{isolated_jobs.HERE}.{name}", argument)


def test_it_runs_in_another_process_that_is_gone_afterwards(run, job):
    first, second = (int(run(job("who_am_i"))) for _ in range(2))
    assert os.getpid() not in (first, second)
    assert first != second
    assert wait_until(lambda: not Path(f"/proc/{first}").exists() and not Path(f"/proc/{second}").exists(), 20)


def test_what_it_raises_is_recorded_there_and_told_here_without_its_text(run, job, base_app):
    with pytest.raises(JobCrashed) as told:
        run(job("raises"))
    assert str(told.value) == "RuntimeError"
    assert "RuntimeError" in {known.entry.name for known in list_codes()}


def test_a_process_that_is_killed_is_told(run, job):
    with pytest.raises(JobProcessDied, match="-9"):
        run(job("is_killed"))


def test_it_finishes_when_a_platform_asks_all_processes_to_end(run, job):
    assert run(job("outlives_a_request_to_end")) == 1.0


def test_it_learns_that_its_lease_was_lost(run, job, tmp_path):
    said, lost = tmp_path / "said", job("tells_when_the_lease_is_lost", str(tmp_path / "said"))
    answers = []
    thread = threading.Thread(target=lambda: answers.append(run(lost)))
    thread.start()
    assert wait_until(lambda: said.exists() and said.read_text() == "mine", 20)
    lost.lease.note(lost.lease.renewed, lost=True)
    thread.join(20)
    assert answers == [1.0]


def test_it_does_not_outlive_its_worker(config, tmp_path):
    pid_file = tmp_path / "pid"
    where = (str(config.instance_dir), config.sqlalchemy_url, config.redis_url, str(pid_file))
    worker = subprocess.Popen([sys.executable, "-m", "tests.support.isolated_jobs", *where])
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text() != "", 30)
    pid = int(pid_file.read_text())
    worker.kill()
    worker.wait()
    assert wait_until(lambda: not Path(f"/proc/{pid}").exists(), 20)
