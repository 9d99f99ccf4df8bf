"""The sandbox as a process: how it starts, whom it lets through, how it ends."""

import signal
import socket
import stat
import subprocess
import sys

import pytest
import requests

from tests.support.sandbox_process import ROOT, SandboxProcess

START = [sys.executable, "-m", "sandbox", "--people", "1000"]


@pytest.fixture
def connect(sandbox):
    """Asks the proxy for a host; gives the first line of its reply."""

    def connect(target: str, method: str = "CONNECT", user: str = "") -> str:
        host, _, port = sandbox.proxy.removeprefix("http://").partition(":")
        head = f"{method} {target} HTTP/1.1\r\nhost: {target}\r\n{user}\r\n"
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(head.encode())
            return connection.recv(1_000).decode().partition("\r\n")[0]

    return connect


@pytest.mark.parametrize("host", ["i.instagram.com", "b.i.instagram.com", "www.instagram.com"])
def test_the_proxy_lets_through_to_instagrams_hosts(connect, host):
    assert " 200 " in connect(f"{host}:443")


@pytest.mark.parametrize("target", ["example.com:443", "127.0.0.1:443", "i.instagram.com:80", "instagram.com:443"])
def test_the_proxy_lets_nobody_out(connect, target):
    assert " 403 " in connect(target)


def test_the_proxy_knows_nothing_but_connect(connect):
    assert " 400 " in connect("http://i.instagram.com/", method="GET")


def test_the_authority_lasts_over_a_restart_where_a_folder_is_kept_for_it(tmp_path):
    seen = []
    for _ in range(2):
        with SandboxProcess.start(0, "--people", "1000", "--state-dir", str(tmp_path / "state")) as sandbox:
            seen.append(sandbox.get("/connection")["ca_pem"])

    assert seen[0] == seen[1]
    assert stat.S_IMODE((tmp_path / "state" / "ca.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_and_quietly_even_with_clients_on_it(ending):
    process = subprocess.Popen(
        [*START, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    ready = process.stdout.readline()
    control = ready.partition('"control": "')[2].partition('"')[0]
    with requests.Session() as session:
        assert session.get(control + "/health", timeout=10).ok

        process.send_signal(ending)

        _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (0, "")


def test_it_says_what_is_in_the_way_when_its_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*START, "--port", port], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
        )

    assert ended.returncode == 1
    assert port in ended.stderr
    assert "already in use" in ended.stderr


@pytest.mark.parametrize("option", [("--port", "99999"), ("--people", "3"), ("--plain", "none")])
def test_options_that_make_no_sense_are_refused(option):
    ended = subprocess.run([*START, *option], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 2
    assert option[0] in ended.stderr


def test_there_may_be_any_number_of_plain_accounts():
    with SandboxProcess.start(0, "--people", "1000", "--plain", "500") as sandbox:
        assert len(sandbox.accounts("plain")) == 500
