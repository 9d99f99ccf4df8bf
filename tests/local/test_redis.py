import os
import signal
import subprocess
from pathlib import Path

import pytest
import redis

from local.processes import end, wait_until
from local.redis import prepare, running


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "redis"


def test_it_runs_while_the_block_runs(folder):
    with running(folder) as url:
        assert redis.Redis.from_url(url).ping()
    with pytest.raises(redis.exceptions.ConnectionError):
        redis.Redis.from_url(url).ping()


def test_only_the_owner_reaches_it(folder):
    with running(folder) as url:
        assert redis.Redis.from_url(url).config_get("port") == {"port": "0"}
        assert folder.stat().st_mode & 0o077 == 0
        assert prepare(folder).socket.stat().st_mode & 0o077 == 0


def test_it_never_throws_lanes_away_for_want_of_memory(folder):
    with running(folder) as url:
        client = redis.Redis.from_url(url)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_durable_one_keeps_its_data_over_a_restart(folder):
    with running(folder, durable=True) as url:
        redis.Redis.from_url(url).set("lane", "kept")
    with running(folder, durable=True) as url:
        assert redis.Redis.from_url(url).get("lane") == b"kept"


def test_a_folder_with_spaces_does(tmp_path):
    with running(tmp_path / "my instance" / "redis") as url:
        assert redis.Redis.from_url(url).ping()


def test_a_path_too_long_for_a_socket_gets_a_private_one_elsewhere(tmp_path):
    deep = tmp_path / ("x" * 120) / "redis"
    with running(deep) as url:
        socket = prepare(deep).socket
        assert not socket.is_relative_to(tmp_path)
        assert socket.parent.stat().st_mode & 0o077 == 0
        assert redis.Redis.from_url(url).ping()
    socket.parent.rmdir()


def test_one_left_behind_is_ended_and_its_data_kept(folder):
    server = prepare(folder)
    orphan = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL)
    try:
        assert wait_until(server.is_ready, 20)
        redis.Redis.from_url(server.url).set("lane", "kept")
        with running(folder, durable=True) as url:
            assert orphan.wait(20) == 0
            assert redis.Redis.from_url(url).get("lane") == b"kept"
    finally:
        end(orphan, grace=0)


def test_a_killed_one_leaves_nothing_in_the_way(folder):
    server = prepare(folder)
    killed = subprocess.Popen(server.argv, stdout=subprocess.DEVNULL)
    assert wait_until(server.is_ready, 20)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert Path(server.socket).exists()
    with running(folder) as url:
        assert redis.Redis.from_url(url).ping()
