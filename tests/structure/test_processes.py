import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from local.keys import new_key
from tests.structure.source import ROOT


def targets():
    """Process name → its command, as the Procfile says."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: shlex.split(command) for name, _, command in (line.partition(":") for line in lines)}


def test_the_procfile_names_all_four_processes():
    assert list(targets()) == ["release", "web", "worker", "clock"]


@pytest.mark.parametrize("name", ["web", "worker", "clock"])
def test_a_process_of_the_procfile_is_a_module_that_runs(name):
    python, flag, module = targets()[name]
    assert (python, flag) == ("python", "-m")
    spec = importlib.util.find_spec(module)
    assert spec
    assert spec.origin
    assert '__name__ == "__main__"' in Path(spec.origin).read_text()


def test_the_web_process_finds_its_application(tmp_path):
    _, _, module = targets()["web"]
    result = run_module(module, "--check-config", instance=tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_release_process_finds_its_command(tmp_path):
    command, *arguments = targets()["release"]
    result = run_module(command, *arguments, "--help", instance=tmp_path)
    assert result.returncode == 0, result.stderr


def test_the_web_process_loads_neither_the_client_of_instagram_nor_the_sandbox():
    assert loaded_by("wsgi") & {"instagrapi", "aiograpi", "sandbox", "jobs", "local"} == set()


@pytest.mark.parametrize("module", ["jobs.worker", "jobs.clock"])
def test_worker_and_clock_hold_nothing_in_memory_that_only_pages_and_deploys_need(module):
    assert loaded_by(module) & {"alembic", "apiflask", "api", "web", "sandbox"} == set()


def loaded_by(module):
    check = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def run_module(module, *arguments, instance):
    settings = {"INSTANCE_DIR": str(instance), "ENCRYPTION_KEYS": new_key()}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, capture_output=True, text=True)
