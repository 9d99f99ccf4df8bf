"""`python -m local.run`, with everything that it starts."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.ports import free_port, obstacle
from local.processes import wait_until

ROOT = Path(__file__).parents[2]
READY = re.compile(r"Troupe is ready at http://127\.0\.0\.1:(\d+) - (.*)\. Ctrl-C ends it\.")
SIGN_IN = re.compile(r"sign in as (\S+) with the one-time password (\S+)")

pytestmark = pytest.mark.xdist_group("make run")


class Run:
    """One run, as a person at a terminal has it."""

    def __init__(self, instance, *flags, through=()):
        self.instance = instance
        self.port, self.sandbox_port = free_port(), free_port()
        settings = {"INSTANCE_DIR": str(instance), "PORT": str(self.port), "SANDBOX_PORT": str(self.sandbox_port)}
        self.environment = {**os.environ, **settings}
        self.process = subprocess.Popen(
            [*through, sys.executable, "-m", "local.run", *flags],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Whoever runs the tests in the background of a shell hands down that Ctrl-C is not heard.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.lines = []

    def ready(self):
        """What the ready line says after the address."""
        for line in self.process.stdout:
            self.lines.append(line)
            if found := READY.match(line):
                assert int(found[1]) == self.port
                return found[2]
        raise AssertionError("".join(self.lines))

    def tree(self):
        """Every process that belongs to it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def new_password(self, name):
        """What `make password` prints for a user, beside the run."""
        command = [sys.executable, "-m", "local.run", "--new-password", name]
        printed = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True)
        return printed.stdout.split()[-1]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.lines.append(self.process.communicate(timeout=60)[0])
        return self.process.returncode


@pytest.fixture
def run(tmp_path):
    runs = []

    def begin(*flags, instance=tmp_path / "instance", through=()):
        runs.append(Run(instance, *flags, through=through))
        return runs[-1]

    yield begin
    end_all(runs)


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """One that is ready, for tests that leave it so."""
    standing = Run(tmp_path_factory.mktemp("standing"))
    standing.ready()
    yield standing
    end_all([standing])


def end_all(runs):
    for started in runs:
        if started.process.poll() is None:
            started.end()


def gone(processes, seconds=15):
    return wait_until(
        lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes), seconds
    )


def sign_in(port, username, password):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = json.dumps({"username": username, "password": password})
    connection.request("POST", "/api/auth/login", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def runs_module(process, module):
    try:
        return module in process.cmdline()
    except psutil.Error:
        return False


def test_it_says_when_it_is_ready_and_how_to_sign_in_and_ends_whole(run):
    first = run()
    name, password = SIGN_IN.fullmatch(first.ready()).groups()
    status, answer = sign_in(first.port, name, password)
    assert (status, answer["must_change_password"]) == (200, True)
    processes = first.tree()
    names = {part for process in processes for part in process.cmdline()}
    assert {"sandbox", "middleware.web", "jobs.worker", "jobs.clock"} <= names
    assert first.end(signal.SIGINT) == 0
    assert gone(processes, 0)
    assert [obstacle(port) for port in (first.port, first.sandbox_port)] == [None, None]
    assert sum(password in line for line in first.lines) == 1
    assert not any(password in log.read_text() for log in (first.instance / "log").iterdir())

    again = run()
    assert again.ready() == "sign in with your existing login (lost it: make password)"
    assert sign_in(again.port, name, password)[0] == 200
    renewed = again.new_password(name)
    assert sign_in(again.port, name, password)[0] == 401
    assert sign_in(again.port, name, renewed)[0] == 200


def test_a_second_one_says_what_is_in_the_way_and_harms_nothing(standing, run):
    second = run(instance=standing.instance)
    assert second.process.wait(60) == 1
    assert f"process {standing.process.pid}" in second.process.stdout.read()
    assert sign_in(standing.port, "nobody", "wrong password")[0] == 401


def test_a_worker_that_is_killed_is_replaced(standing):
    worker = next(process for process in standing.tree() if runs_module(process, "jobs.worker"))
    worker.kill()
    assert wait_until(lambda: any(runs_module(p, "jobs.worker") and p != worker for p in standing.tree()), 20)


def test_nothing_is_left_when_it_is_killed(run):
    killed = run()
    killed.ready()
    processes = killed.tree()
    killed.process.kill()
    assert gone(processes)


def test_it_ends_when_its_caller_is_killed(run):
    shell = ("sh", "-c", '"$0" "$@"; exit')
    called = run("--end-with-parent", through=shell)
    called.ready()
    processes = called.tree()
    called.process.kill()
    assert gone(processes, 30)
