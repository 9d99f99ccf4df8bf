import grp
import os
import stat
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from bot.automation.memory_files import memory_path
from bot.config.environment import Config, ConfigError
from bot.config.file_modes import keep_private
from jobs.memory import Memory
from tests.support.environment import KEY, config_for

GROUP = 54321
PRIVATE = [
    "troupe.db",
    "troupe.db-wal",
    "troupe.db-turn",
    "encryption.keys",
    "bots/a.db",
    "log/web.log",
    "redis/appendonlydir/x",
]


@pytest.fixture(autouse=True)
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def wide(tmp_path):
    """Create the folder with permissions for everyone."""
    home = tmp_path / "instance"
    for name in PRIVATE:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        path.chmod(0o666)
    for folder in (home, *(path for path in home.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    (home / "notes.txt").write_text("somebody's own")
    (home / "notes.txt").chmod(0o644)
    return home


def modes(home):
    return {str(path.relative_to(home)): stat.S_IMODE(path.lstat().st_mode) for path in (home, *home.rglob("*"))}


def of(home, **settings):
    return config_for(home, "", "redis://127.0.0.1:1", **settings)


def test_what_is_wider_is_corrected_and_told_of(wide):
    with capture_logs() as told:
        keep_private(of(wide))
    found = modes(wide)
    assert {found[name] for name in PRIVATE} == {0o600}
    assert {found[name] for name in (".", "bots", "log", "redis", "redis/appendonlydir")} == {0o700}
    assert {(line["event"], line["was"], line["now"]) for line in told} == {
        ("file_mode_corrected", "0666", "0600"),
        ("file_mode_corrected", "0755", "0700"),
    }
    with capture_logs() as told:
        keep_private(of(wide))
    assert told == []


def test_what_is_not_ours_is_left_alone(wide):
    target = wide.parent / "elsewhere"
    target.write_text("")
    target.chmod(0o644)
    (wide / "bots" / "link").symlink_to(target)
    keep_private(of(wide))
    assert stat.S_IMODE(target.stat().st_mode) == 0o644
    assert modes(wide)["notes.txt"] == 0o644


def test_keys_and_a_database_elsewhere_are_private_too(wide, tmp_path):
    database, keys = tmp_path / "data" / "troupe.db", tmp_path / "secrets" / "keys"
    for path in (database, keys):
        path.parent.mkdir()
        path.parent.chmod(0o755)
        path.write_text("")
        path.chmod(0o644)
    keep_private(config_for(wide, f"sqlite:///{database}", "redis://127.0.0.1:1", encryption_keys_file=keys))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (database, keys)] == [0o600, 0o600]
    assert stat.S_IMODE(keys.parent.stat().st_mode) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to any group")
def test_a_group_shares_all_but_the_right_to_change_keys(wide):
    keep_private(of(wide, instance_group=str(GROUP)))
    found = modes(wide)
    assert {found[name] for name in PRIVATE if name != "encryption.keys"} == {0o660}
    assert found["encryption.keys"] == 0o640
    assert {found[name] for name in (".", "bots", "log", "redis")} == {0o2770}
    assert {(wide / name).stat().st_gid for name in (*PRIVATE, "bots")} == {GROUP}
    later = wide / "bots" / "later.db"
    later.write_text("")
    assert (stat.S_IMODE(later.stat().st_mode), later.stat().st_gid) == (0o660, GROUP)


def test_a_group_is_known_by_its_name(tmp_path):
    mine = grp.getgrgid(os.getegid()).gr_name
    assert of(tmp_path, instance_group=mine).instance_gid == os.getegid()
    with pytest.raises(ConfigError, match="INSTANCE_GROUP: there is no group nobodys-group"):
        of(tmp_path, instance_group="nobodys-group")


def test_what_programs_make_is_private_whoever_made_the_folder(tmp_path):
    home = tmp_path / "instance"
    home.mkdir()
    home.chmod(0o777)
    env = {
        **os.environ,
        "INSTANCE_DIR": str(home),
        "ENCRYPTION_KEYS": KEY,
        "INSTAGRAM_SANDBOX": "1",
        "SECURE_COOKIES": "0",
    }
    env |= {"DATABASE_URL": "", "REDIS_URL": "redis://127.0.0.1:1"}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "release"]
    subprocess.run(command, env=env, check=True, capture_output=True, preexec_fn=lambda: os.umask(0))
    found = modes(home)
    assert found["."] == 0o700
    assert "troupe.db" in found
    assert {mode for name, mode in found.items() if name != "."} == {0o600}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_memory_of_a_bot_is_private(base_app, alice, config, clock):
    path = memory_path(alice.id)
    memory = Memory(path)
    memory.person("nobody", clock.now())
    memory.close()
    found = modes(config.instance_dir)
    assert (found["bots"], found[f"bots/{path.name}"]) == (0o700, 0o600)


def test_an_umask_lets_nobody_else_in():
    assert [Config.from_env(instance_group=group).umask for group in ("", "0")] == [0o077, 0o007]
