import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config.environment import ConfigError, config_of
from local.ports import free_port
from local.processes import wait_until
from local.stack import ADMIN_LINE, DEMO_LINE, InTheWay, Stack, made_user
from local.supervisor import Program

ROOT = Path(__file__).parents[2]


class StandIn(Stack):
    """A stack whose programs only wait: what is tested is what lies around them."""

    def _stages(self):
        return [[Program("web", (sys.executable, "-c", "import signal; signal.pause()"))]]


@pytest.fixture
def stack(tmp_path):
    stack = StandIn.private(tmp_path / "instance")
    yield stack
    stack.stop()


@pytest.fixture
def busy_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_it_makes_the_instances_folder_for_its_owner_alone(stack):
    stack.start()
    assert stack.instance.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("setting", ["PORT", "SANDBOX_PORT"])
def test_a_port_that_is_taken_is_named_with_its_setting(tmp_path, busy_port, setting):
    stack = StandIn.private(tmp_path, **{setting: str(busy_port)})
    with pytest.raises(InTheWay, match=rf"Port {busy_port} is in use.*set {setting}"):
        stack.start()


def test_without_the_sandbox_its_port_may_be_taken(tmp_path, busy_port):
    stack = StandIn.private(tmp_path, SANDBOX_PORT=str(busy_port), INSTAGRAM_SANDBOX="0")
    stack.start()
    stack.stop()


def test_a_second_one_on_the_same_instance_names_the_first(stack):
    stack.start()
    second = StandIn.private(stack.instance)
    with pytest.raises(InTheWay, match=rf"already runs in .*process {os.getpid()}.*set INSTANCE_DIR"):
        second.start()


def test_one_that_has_ended_is_in_nobodys_way(stack):
    stack.start()
    stack.stop()
    second = StandIn.private(stack.instance)
    second.start()
    second.stop()


def test_a_setting_that_cannot_be_is_named(tmp_path):
    with pytest.raises(ConfigError, match="PORT"):
        Stack.private(tmp_path, PORT="0")


def test_a_key_that_cannot_be_is_named_before_anything_starts(tmp_path):
    stack = Stack.private(tmp_path, ENCRYPTION_KEYS="k1:short")
    with pytest.raises(ConfigError, match="ENCRYPTION_KEYS"):
        stack.start()
    assert not stack.log("web").exists()


def test_a_private_one_takes_no_settings_of_its_surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://troupe:secret@production/troupe")
    monkeypatch.setenv("REDIS_URL", "redis://production/0")
    monkeypatch.setenv("session_timeout", "61")
    monkeypatch.setenv("LOG_LEVEL", "unheard of")
    stack = StandIn.private(tmp_path, TRUSTED_PROXIES="1")
    assert "DATABASE_URL" not in stack.env
    assert "REDIS_URL" not in stack.env
    told = stack.config.model_dump(exclude={"port", "sandbox_port", "instance_dir", "trusted_proxies"})
    usual = config_of({"INSTAGRAM_SANDBOX": "1"})
    assert told == usual.model_dump(include=set(told))
    assert stack.config.trusted_proxies == 1


def test_the_first_users_are_read_from_what_the_release_prints():
    printed = "seeded\nadmin: ada one-time secret\ndemo: demo secret\n"
    assert made_user(printed, ADMIN_LINE) == ("ada", "one-time secret")
    assert made_user(printed, DEMO_LINE) == ("demo", "secret")
    assert made_user("seeded\n", ADMIN_LINE) is None


def test_the_command_says_what_is_in_the_way_and_fails(tmp_path, busy_port):
    result = subprocess.run(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT,
        env={**os.environ, "INSTANCE_DIR": str(tmp_path), "PORT": str(busy_port)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert f"troupe: Port {busy_port} is in use by another program: set PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_lock_goes_with_a_killed_holder(tmp_path):
    holding = f"""
import signal
from pathlib import Path
from tests.local.test_stack import StandIn
StandIn.private(Path({str(tmp_path)!r})).start()
Path({str(tmp_path / "started")!r}).touch()
signal.pause()
"""
    holder = subprocess.Popen([sys.executable, "-c", holding], cwd=ROOT)
    assert wait_until((tmp_path / "started").exists, 20)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    stack = StandIn.private(tmp_path)
    stack.start()
    stack.stop()


def test_free_ports_differ():
    assert len({free_port() for _ in range(5)}) > 1
